"""What a browser fetches once from the app's server: modules, styles, plotly.js, pictures.

All of it is for the app's own pages: other origins may not read it, and requests for pictures are
refused to them. No file is looked up by a path that a request names.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.feed import film
from simclr_core.feed.categories import category_names
from simclr_core.feed.thumbnails import probe_facts, sheet
from simclr_core.runs.run import Run

from .same_origin import GUARD, missing, refusal, run_of

FOREVER = "max-age=31536000, immutable"
_TYPES = {"webp": "image/webp", "png": "image/png"}
_TEXT_TYPES = {".js": "text/javascript", ".css": "text/css"}


def asset_files() -> dict[str, Path]:
    """Return the modules and style sheets that are served, by their paths below assets.

    They are looked up here by name: no path of a request is ever joined to a folder.
    """
    files = [*ASSETS.glob("js/*/*.js"), *ASSETS.glob("css/elements/*.css")]
    return {file.relative_to(ASSETS).as_posix(): file for file in sorted(files)}


def asset_version() -> str:
    """Return a hash of all modules and style sheets: they use each other and change together."""
    files = asset_files().values()
    return _digest(tuple((str(file), file.stat().st_mtime_ns) for file in files))


def plotly_version() -> str:
    """Return the version of the plotly package whose plotly.js is served."""
    return version("plotly")


def asset(request: Request) -> Response:
    """Answer with a module or a style sheet; only its present version is cached for ever."""
    name = request.path_params["file"]
    known = asset_files()
    if name not in known:
        return missing(f"Expected one of {', '.join(known)}, found {name}.")
    fresh = request.path_params["version"] == asset_version()
    headers = {**GUARD, "Cache-Control": FOREVER if fresh else "no-cache"}
    file = known[name]
    return Response(file.read_bytes(), media_type=_TEXT_TYPES[file.suffix], headers=headers)


def plotly(request: Request) -> Response:
    """Answer with the plotly.js that ships inside the Python package, packed once."""
    return _packed(request, plotly_version(), _plotly, "text/javascript")


def recorded(request: Request) -> Response:
    """Answer with the film of the recorded runs, as `film.js` plays it, packed once."""
    return _packed(request, film.version(), _film, "application/json")


def _packed(
    request: Request, version: str, body: Callable[[bool], bytes], media_type: str
) -> Response:
    """Answer with a large file of the app itself; only its present version is cached for ever.

    Args:
        version: of the file.
        body: returns its bytes, packed by gzip if the argument says so.
    """
    fresh = request.query_params.get("v") == version
    headers = {
        **GUARD,
        "Cache-Control": FOREVER if fresh else "no-cache",
        "Vary": "Accept-Encoding",
        "ETag": f'"{version}"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    content = body("gzip" in request.headers.get("accept-encoding", ""))
    if content[:2] == b"\x1f\x8b":
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=media_type, headers=headers)


@functools.lru_cache(maxsize=2)
def _film(packed: bool) -> bytes:
    body = film.film_bytes()
    return gzip.compress(body, 6, mtime=0) if packed else body


def thumbnails(request: Request) -> Response:
    """Answer with all pictures of a run's map in one sheet."""
    extension = request.path_params["extension"]
    if extension not in _TYPES:
        return missing(f"Expected thumbnails.webp or thumbnails.png, found .{extension}.")
    return _of_run(request, lambda run: sheet(run, extension), _TYPES[extension])


def run_film(request: Request) -> Response:
    """Answer with the film of one run, as `film.js` plays it beside others."""
    return _of_run(request, film.run_film, "application/json")


def points(request: Request) -> Response:
    """Answer with the label and the factors of each picture of a run's map, as JSON."""
    return _of_run(request, _points, "application/json")


ROUTES = [
    Route("/lab/assets/{version}/{file:path}", asset),
    Route("/lab/plotly.js", plotly),
    Route("/lab/film.json", recorded),
    Route("/lab/runs/{run_id}/thumbnails.{extension}", thumbnails),
    Route("/lab/runs/{run_id}/points.json", points),
    Route("/lab/runs/{run_id}/film.json", run_film),
    Route("/lab/runs/{run_id}/sets/{set}/thumbnails.{extension}", thumbnails),
    Route("/lab/runs/{run_id}/sets/{set}/points.json", points),
]


def _of_run(
    request: Request, read: Callable[[Run], tuple[bytes, str] | None], media_type: str
) -> Response:
    """Answer with what `read` returns for a run, to the app's own pages only."""
    if refused := refusal(request):
        return refused
    try:
        content = read(run_of(request))
    except LabError as error:
        return missing(str(error))
    if content is None:
        return missing("This run has no pictures yet; they appear once it has read its data.")
    body, digest = content
    fresh = request.query_params.get("v") == digest
    headers = {
        **GUARD,
        "Cache-Control": f"private, {FOREVER if fresh else 'no-cache'}",
        "ETag": f'"{digest}"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _points(run: Run) -> tuple[bytes, str] | None:
    probe = probe_facts(run)
    if probe is None:
        return None
    known = {
        name: {"names": category_names(run, name, values), "values": values.tolist()}
        for name, values in probe.categories.items()
    }
    if probe.files is not None:
        known["file"] = {"names": probe.files, "values": list(range(probe.count))}
    return json.dumps(known, separators=(",", ":")).encode(), probe.digest


@functools.lru_cache(maxsize=4)
def _digest(stamps: tuple[tuple[str, int], ...]) -> str:
    total = hashlib.sha256()
    for name, _ in stamps:
        total.update(Path(name).read_bytes())
    return total.hexdigest()[:12]


@functools.lru_cache(maxsize=2)
def _plotly(packed: bool) -> bytes:
    spec = find_spec("plotly")
    if spec is None or not spec.origin:
        raise FileNotFoundError("plotly")
    body = (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()
    return gzip.compress(body, 6, mtime=0) if packed else body
