"""Routes of the files that a run is exported to; each is made when it is asked for."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simclr_core.base.errors import LabError, RunError
from simclr_core.export import formats, static_figures
from simclr_core.questions.job import encoder_job
from simclr_core.questions.jobs import key_of
from simclr_core.questions.reply import read
from simclr_core.runs.run import Run

from .same_origin import GUARD, missing, refusal, run_of

ENCODERS = {"keras": "encoder.keras", "savedmodel": "encoder.zip"}  # form -> file
MOVING = "map.gif"
FILES = (
    "table.csv",
    "table.parquet",
    *(
        f"{figure}{ending}"
        for figure in static_figures.FIGURES
        for ending in static_figures.ENDINGS
    ),
    "replay.html",
    "tensorboard.zip",
)
_TYPES = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
}


def address(run: Run, file: str, **query: str | int) -> str:
    """Return the address of a file of a run.

    Args:
        file: one of `FILES`, `MOVING`, or a value of `ENCODERS`.
        query: step; for a figure also of, method and color; for `MOVING` the question's key.
    """
    return f"/lab/runs/{run.id}/take/{file}?{urlencode(query)}"


def take(request: Request) -> Response:
    """Answer with a file of a run, to the app's own pages and to typed addresses."""
    if refused := refusal(request):
        return refused
    try:
        run, file = run_of(request), request.path_params["file"]
        step = formats.chosen_step(run, _step(request.query_params.get("step", "")))
        body = _body(run, file, step, request)
    except LabError as error:
        return missing(str(error))
    name = file if file in ENCODERS.values() else f"run-{run.id}-step-{step}-{file}"
    headers = {
        **GUARD,
        "Cache-Control": "no-store",  # downloaded, never shown: HTML would be a page of this server
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    kind = _TYPES.get(PurePosixPath(file).suffix, "application/octet-stream")
    return Response(body, media_type=kind, headers=headers)


def _body(run: Run, file: str, step: int, request: Request) -> bytes:
    """Return the contents of a file.

    Raises:
        LabError: the file is not known, or cannot be made.
    """
    if file == MOVING:
        return _made(run, request.query_params.get("key", ""))
    for form, name in ENCODERS.items():
        if file == name:
            return _made(run, key_of(run, encoder_job(form, step)))
    if file not in FILES:
        raise RunError(f"Expected one of {', '.join(FILES)}, found {file[:40]!r}.")
    path, query = PurePosixPath(file), request.query_params
    of, method = query.get("of", "h"), query.get("method", "umap")
    if of not in ("h", "z") or method not in ("umap", "pca"):
        raise RunError(f"Expected h or z, and umap or pca, found {of[:20]!r}, {method[:20]!r}.")
    figure = path.stem if path.suffix in static_figures.ENDINGS else static_figures.MAP
    look = formats.Look(figure, of, method, query.get("color", ""))
    return formats.contents(run, step, path.suffix, look)


def _made(run: Run, key: str) -> bytes:
    """Return a file that the analyst made.

    Args:
        key: of the question.

    Raises:
        RunError: it has not been made, or has expired.
    """
    reply = read(run, key)
    if reply.arrays is None or "body" not in reply.arrays:
        raise RunError("Expected a file that has been made; press the button for it again.")
    return reply.arrays["body"].tobytes()


def _step(text: str) -> int | None:
    """Return the step in the address; None: the newest.

    Raises:
        RunError: the text is not a step.
    """
    if not text:
        return None
    if not text.isdecimal() or len(text) > 12:
        raise RunError(f"Expected a step, found {text[:40]!r}.")
    return int(text)


ROUTES = [Route("/lab/runs/{run_id}/take/{file}", take)]
