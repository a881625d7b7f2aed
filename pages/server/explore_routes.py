"""Routes of what Explore fetches: coordinates, colours, pictures, selections (see `feed`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simclr_core.base.errors import LabError, RunError
from simclr_core.feed.explore import facts, label_issues, map_blocks, pairs, pictures
from simclr_core.feed.packing import plain
from simclr_core.runs.run import Run

from .same_origin import GUARD, missing, refusal, run_of

KEPT = "private, max-age=86400"  # under an address that names the version of the files
LARGEST_BODY = 1_000_000  # bytes of a selection
BYTES = "application/octet-stream"

_PICTURES = {
    "original": pictures.original,
    "views": pictures.two_views,
    "more": pictures.more_views,
}
_LISTS: dict[str, Callable[[Run, int], Any]] = {
    "pairs": pairs.hard_pairs,
    "labels": label_issues.label_issues,
    "copies": pairs.copies_and_outliers,
    "hard": label_issues.hard_picture,
}


def frame(request: Request) -> Response:
    """Answer with the coordinates of a step."""
    return _answer(
        request,
        lambda run, q: map_blocks.frame_block(
            run, _one_of(q, "of", "h", "z"), _one_of(q, "method", "umap", "pca"),
            _whole(q, "step"), q.get("key", ""),
        ),
        BYTES,
    )  # fmt: skip


def colors(request: Request) -> Response:
    """Answer with the colours of a step."""
    return _answer(
        request,
        lambda run, q: map_blocks.color_block(
            run, q.get("name", ""), _whole(q, "step"), q.get("key", "")
        ),
        BYTES,
    )


def picture(request: Request) -> Response:
    """Answer with what is known of one picture at a step, as JSON."""

    def read(run: Run, q: Mapping[str, str]) -> bytes:
        index = _whole(q, "index")
        about = facts.picture_facts(run, index, _whole(q, "step"))
        about["views"] = [] if map_blocks.is_recorded(run) else pictures.recipe_words(run, index)
        return json.dumps(plain(about)).encode()

    return _answer(request, read, "application/json")


def image(request: Request) -> Response:
    """Answer with a picture, its two views or more of them, as PNG."""
    what = request.path_params["what"]
    if what not in _PICTURES:
        return missing(f"Expected one of {', '.join(_PICTURES)}, found {what[:40]!r}.")
    return _answer(request, lambda run, q: _PICTURES[what](run, _whole(q, "index")), "image/png")


async def selection(request: Request) -> Response:
    """Answer with facts, a table or a folder of the pictures that the body lists."""
    if refused := refusal(request):
        return refused
    try:
        asked = _read_selection(await request.body())
        what = request.path_params["what"]
        return await run_in_threadpool(_selected, run_of(request), what, *asked)
    except LabError as error:
        return missing(str(error))


def matrix(request: Request) -> Response:
    """Answer with the projections of both views of some pictures."""
    return _answer(
        request,
        lambda run, q: pairs.matrix_block(
            run, _whole(q, "step"), min(_whole(q, "count"), max(pairs.COUNTS)),
            _one_of(q, "order", *pairs.ORDERS), q.get("chosen", ""),
        ),
        BYTES,
    )  # fmt: skip


def listed(request: Request) -> Response:
    """Answer with a list of what stands out at a step, or with a hard picture, as JSON."""

    def read(run: Run, q: Mapping[str, str]) -> bytes:
        """Read one list, by its name in the address."""
        found = _LISTS[request.path_params["what"]](run, _whole(q, "step"))
        return json.dumps(plain(found)).encode()

    if request.path_params["what"] not in _LISTS:
        return missing(f"Expected one of {', '.join(_LISTS)}, found another list.")
    return _answer(request, read, "application/json")


ROUTES = [
    route
    for run in ("/lab/runs/{run_id}", "/lab/runs/{run_id}/sets/{set}")
    for route in (
        Route(f"{run}/map/matrix.bin", matrix),
        Route(f"{run}/map/frame.bin", frame),
        Route(f"{run}/map/colors.bin", colors),
        Route(f"{run}/map/picture.json", picture),
        Route(f"{run}/map/{{what}}.json", listed),
        Route(f"{run}/map/{{what}}.png", image),
        Route(f"{run}/map/selection.{{what}}", selection, methods=["POST"]),
    )
]


def _answer(
    request: Request, read: Callable[[Run, Mapping[str, str]], bytes], media_type: str
) -> Response:
    """Answer with what `read` returns for a run and the request, to the app's own pages only."""
    if refused := refusal(request):
        return refused
    try:
        body = read(run_of(request), request.query_params)
    except LabError as error:
        return missing(str(error))
    keeping = KEPT if request.query_params.get("v") else "private, no-cache"
    return Response(body, media_type=media_type, headers={**GUARD, "Cache-Control": keeping})


def _read_selection(body: bytes) -> tuple[np.ndarray, int, list[tuple[str, ...]]]:
    """Return the indices, the step and the maps that a request holds.

    Raises:
        RunError: it holds something else.
    """
    try:
        if len(body) > LARGEST_BODY:
            raise ValueError
        sent = json.loads(body)
        chosen = np.array(sent["chosen"], np.int64)
        maps = [tuple(str(part) for part in one) for one in sent["maps"]]
        if chosen.ndim != 1 or not len(chosen) or any(len(one) != 3 for one in maps):
            raise ValueError
        return np.unique(chosen), int(sent["step"]), maps
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise RunError(
            "Expected a list of pictures, a step and maps, found something else."
        ) from error


def _selected(
    run: Run, what: str, chosen: np.ndarray, step: int, maps: list[tuple[str, ...]]
) -> Response:
    count = map_blocks.probe_of(run).count
    if chosen[0] < 0 or chosen[-1] >= count:
        raise RunError(f"Expected pictures from 1 to {count}, found others.")
    if what == "json":
        about: Any = plain(facts.selection_facts(run, chosen, step, maps))
        return JSONResponse(about, headers={**GUARD, "Cache-Control": "no-store"})
    if what == "csv":
        body, media_type = pictures.selection_table(run, chosen, step, maps), "text/csv"
    elif what == "zip":
        body, media_type = pictures.selection_zip(run, chosen), "application/zip"
    else:
        raise RunError(f"Expected json, csv or zip, found {what[:20]!r}.")
    name = f"run-{run.id}-step-{step}-{len(chosen)}-pictures.{what}"
    headers = {
        **GUARD,
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(body, media_type=media_type, headers=headers)


def _whole(query: Mapping[str, str], name: str) -> int:
    """Return a whole number of the address.

    Raises:
        RunError: it is not a whole number.
    """
    text = query.get(name, "")
    if not text.isdecimal() or len(text) > 12:
        raise RunError(f"Expected a whole number as {name}, found {text[:40]!r}.")
    return int(text)


def _one_of(query: Mapping[str, str], name: str, *known: str) -> str:
    value = query.get(name, known[0])
    if value not in known:
        raise RunError(f"Expected {' or '.join(known)} as {name}, found {value[:40]!r}.")
    return value
