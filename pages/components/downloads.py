"""A run folder as a zip, sent while it is made: a route of the app's own server.

`st.download_button` holds the whole file in the server's memory; a run may be larger than that
is allowed to be.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from simclr_core import bundle
from simclr_core.errors import LabError, RunError
from simclr_core.runs import Run, RunStore

_GUARD = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def address(run: Run) -> str:
    """Where a run's zip is fetched."""
    return f"/lab/runs/{run.id}/run.zip"


def download(request: Request) -> Response:
    """The zip of a run, for the app's own pages and for addresses typed by hand."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        text = "Expected a request from the app's own pages, found one from another site."
        return PlainTextResponse(text, status_code=403, headers=_GUARD)
    try:
        run = _run(request.path_params["run_id"])
    except LabError as error:
        return PlainTextResponse(str(error), status_code=404, headers=_GUARD)
    disposition = f'attachment; filename="{bundle.bundle_name(run)}"'
    headers = {**_GUARD, "Content-Disposition": disposition}
    return StreamingResponse(bundle.chunks(run), media_type="application/zip", headers=headers)


ROUTES = [Route("/lab/runs/{run_id}/run.zip", download)]


def _run(run_id: str) -> Run:
    """The run of exactly this id."""
    run = RunStore().get(run_id) if re.fullmatch(r"[0-9a-z][0-9a-z_-]{0,63}", run_id) else None
    if run is None or run.id != run_id:
        raise RunError(f"Expected a run's id, found {run_id[:60]!r}; see the Runs page.")
    return run
