"""What the app's routes share: who may ask, which run is meant, how a refusal reads.

Only the app's own pages may read a run; other origins are refused. No file is looked up by a path
that a request names.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from simclr_core.base.errors import RunError
from simclr_core.questions import large_probe
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

GUARD = {"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}


def refusal(request: Request) -> Response | None:
    """Return a refusal if another site asks, None for the app's pages and for typed addresses."""
    if request.headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return None
    text = "Expected a request from the app's own pages, found one from another site."
    return PlainTextResponse(text, status_code=403, headers=GUARD)


def run_of(request: Request) -> Run:
    """Return the run with exactly the id in the path, or a set of its pictures.

    Raises:
        RunError: there is no such run or set.
    """
    run_id = request.path_params["run_id"]
    if not re.fullmatch(r"[0-9a-z][0-9a-z_-]{0,63}", run_id):
        raise RunError(f"Expected a run's id, found {run_id[:60]!r}; see the Runs page.")
    run = RunStore().get(run_id)
    if run.id != run_id:
        raise RunError(f"Expected a run named {run_id!r}, found none; see the Runs page.")
    name = request.path_params.get("set")
    run_or_set = large_probe.set_of(run, name) if name else run
    if run_or_set is None:
        raise RunError(
            f"Expected a set of run {run.id}, found {str(name)[:40]!r}; ask for it again."
        )
    return run_or_set


def missing(sentence: str) -> Response:
    """Return the answer for what is not there, with a sentence."""
    return PlainTextResponse(sentence, status_code=404, headers=GUARD)
