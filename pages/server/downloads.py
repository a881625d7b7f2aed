"""A route that sends a run folder as a zip while it is made.

`st.download_button` would hold the whole file in the server's memory, and runs can be large.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from simclr_core.base.errors import LabError
from simclr_core.runs.run import Run
from simclr_core.runs.transfer import bundle

from .same_origin import GUARD, missing, refusal, run_of


def address(run: Run) -> str:
    """Return the address of a run's zip."""
    return f"/lab/runs/{run.id}/run.zip"


def download(request: Request) -> Response:
    """Answer with a run's zip, to the app's own pages and to typed addresses."""
    if refused := refusal(request):
        return refused
    try:
        run = run_of(request)
    except LabError as error:
        return missing(str(error))
    disposition = f'attachment; filename="{bundle.bundle_name(run)}"'
    headers = {**GUARD, "Cache-Control": "no-store", "Content-Disposition": disposition}
    return StreamingResponse(bundle.chunks(run), media_type="application/zip", headers=headers)


ROUTES = [Route("/lab/runs/{run_id}/run.zip", download)]
