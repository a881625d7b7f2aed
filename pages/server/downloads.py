"""A run folder as a zip, sent while it is made: a route of the app's own server.

`st.download_button` holds the whole file in the server's memory; a run may be larger than that
is allowed to be.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from simclr_core.base.errors import LabError
from simclr_core.runs import bundle
from simclr_core.runs.run import Run

from .same_origin import GUARD, missing, refusal, run_of


def address(run: Run) -> str:
    """Where a run's zip is fetched."""
    return f"/lab/runs/{run.id}/run.zip"


def download(request: Request) -> Response:
    """The zip of a run, for the app's own pages and for addresses typed by hand."""
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
