"""The film: the maps of several runs, playing side by side, and how their neighbours vote.

Home plays the recorded runs, Explore the runs that are compared, and Train a run beside its sister.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

from ..base.errors import LabError
from ..export import replay
from ..measures.intervals import wilson_interval
from ..measures.registry import measure
from ..measures.vectors import Vectors
from ..runs import findings, shipped, states
from ..runs.run import Run
from ..runs.snapshots import cache
from ..runs.validation import count, number
from .categories import choices
from .explore.map_blocks import probe_of, target
from .explore.pictures import original, recipe_words, two_views
from .thumbnails import ProbeFacts

MADE = "2"  # another one where this module makes another film of the same runs
QUALITY = 88  # of the sheet of pictures on Home
GIVEN = 22  # the picture whose two views are shown
FILMS_KEPT, PIXELS_KEPT = 16, 16


@functools.cache
def film_bytes() -> bytes:
    """Return the film of the recorded runs as JSON: `film`, and `given`, a picture and its views.

    Raises:
        LabError: a file of them cannot be read.
    """
    runs = shipped.originals()
    return _json(film(runs) | {"given": _given(runs[0])})


@functools.cache
def version() -> str:
    """Return what changes when the film of the recorded runs does, without making it.

    Raises:
        LabError: a file of the recorded runs cannot be read.
    """
    configs = [run.config_path.read_bytes() for run in shipped.originals()]
    return hashlib.sha256(b"".join([*configs, MADE.encode()])).hexdigest()[:12]


@functools.cache
def about() -> dict[str, Any]:
    """Return what is said of the first recorded run: about, command, steps, and final scores.

    Raises:
        LabError: a file of it cannot be read.
    """
    run = shipped.originals()[0]
    return {
        "about": replay.about(run),
        "command": str(run.record.get("command") or ""),
        "scores": run.evaluation() or {},
        "steps": run.snapshot_steps()[-1],
    }


def film(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what the browser plays, as plain JSON values.

    Args:
        runs: of the same pictures.

    Returns:
        runs: `side` of each one. Only the first one carries the pictures.
    """
    return {"runs": [side(run, pictures=not i) for i, run in enumerate(runs)]}


def run_film(run: Run) -> tuple[bytes, str]:
    """Return the film of one run as JSON, whose pictures are fetched apart, and its version.

    Raises:
        LabError: there is no map to play yet, or the run cannot be read.
    """
    now = run_version(run)
    return _run_film(run, now), now


def run_version(run: Run) -> str:
    """Return what changes when the film of a run does."""
    files = [run.probe_path, run.evaluation_path, run.scores_path, run.label_path]
    for method in ("umap", "pca"):
        files += [run.coordinates_path(method, step) for step in run.coordinate_steps(method)]
    stamps = []
    for path in files:
        with contextlib.suppress(OSError):  # it is not there, or its run is being deleted
            stamps.append(f"{path.name} {path.stat().st_mtime_ns}")
    return hashlib.sha256(" ".join([MADE, run.state, *stamps]).encode()).hexdigest()[:12]


def side(run: Run, pictures: bool) -> dict[str, Any]:
    """Return one run of a film.

    Args:
        pictures: whether it carries the sheet of its pictures; else it names the sheet's address.

    Returns:
        What `replay.data` returns. digest: of the pictures. total: the steps that the run is to
        have. color: what colours its map best (see `findings.map_color`). votes: see `_votes`.

    Raises:
        LabError: there is no map to play yet, or the run cannot be read.
    """
    probe = probe_of(run)
    data = replay.data(run, quality=QUALITY, pictures=pictures)
    if not pictures:
        sheet = f"/lab/runs/{run.id}/thumbnails.webp?v={probe.digest}"
        data |= {"sheet": sheet, "columns": probe.columns, "size": probe.size}
    steps = data["steps"]
    planned = 0 if run.state in states.ENDED else count(run.status.get("steps")) or 0
    color, known = "", choices(probe)
    with contextlib.suppress(LabError):  # without a damaged file, the rest can be shown
        color = findings.map_color(run.evaluation() or {}, run.data)
    return data | {
        "digest": probe.digest,
        "total": max(planned, steps[-1]),
        "color": color if color in known else (target(probe) or next(iter(known), "")),
        "votes": _votes(run, probe, steps),
    }


@cached(LRUCache(FILMS_KEPT), condition=threading.Condition())
def _run_film(run: Run, version: str) -> bytes:
    return _json({"runs": [side(run, pictures=False)]})


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _votes(run: Run, probe: ProbeFacts, steps: Sequence[int]) -> list[dict[str, Any]]:
    """Return how often neighbours on the map vote right, what the run is scored by first.

    That is what the snapshots wrote; where there are more than `cache.MANY` pictures, no more is
    known.

    Returns:
        For each property: of, its name; values, low and high (K,), shares in [0, 1] at each step
        and their 95% intervals, None where unknown; untrained and pixels, the same share of the
        untrained network and of raw pixels, None if unknown; and chance.
    """
    own = target(probe)
    if own is None:
        return []
    names = [own, *(name for name in choices(probe) if name != own)]
    large = probe.count > cache.MANY
    rows = {row["step"]: row for row in run.snapshot_rows()}
    pixels: dict[str, float | None] = {}
    if not large:
        pixels |= _pixel_votes(run, probe.digest)
    pixels[own] = number(rows.get(steps[-1], {}).get("knn_accuracy_pixels")) or pixels.get(own)
    votes = []
    for name in names[: 1 if large else None]:
        truth = probe.categories[name]
        values = [number(rows.get(step, {}).get("knn_accuracy")) for step in steps]
        if name != own or (None in values and not large):
            values = [_share(run, step, truth) for step in steps]
        known = int((truth >= 0).sum())
        spans = [(None, None) if v is None else wilson_interval(v, known) for v in values]
        began = steps[0] == 0 and not run.is_recorded
        votes.append(
            {
                "of": name,
                "values": [_rounded(value) for value in values],
                "low": [_rounded(low) for low, _ in spans],
                "high": [_rounded(high) for _, high in spans],
                "untrained": _rounded(values[0]) if began else None,
                "pixels": _rounded(pixels.get(name)),
                "chance": 1 / max(len(np.unique(truth[truth >= 0])), 1),
            }
        )
    return votes


def _share(run: Run, step: int, truth: np.ndarray) -> float | None:
    """Return how often neighbours vote right at a step; None if nobody knows."""
    known = truth >= 0
    if known.sum() < 2:
        return None
    try:
        predicted = cache.predicted(run, step, truth)
    except LabError:  # a damaged snapshot; the others can be read
        return None
    return float((predicted[known] == truth[known]).mean())


@cached(LRUCache(PIXELS_KEPT), key=lambda run, digest: digest, condition=threading.Condition())
def _pixel_votes(run: Run, digest: str) -> dict[str, float]:
    """Return how often neighbours by raw pixels vote right, for each property."""
    probe = probe_of(run)
    named = {name: values for name, values in probe.categories.items() if (values >= 0).sum() > 1}
    return measure("knn_accuracy", Vectors(run.probe()["images"], targets=named))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _given(run: Run) -> dict[str, Any]:
    """Return a picture of the run and its two views."""
    return {
        "picture": _uri(original(run, GIVEN)),
        "views": _uri(two_views(run, GIVEN)),
        "words": [view["words"] for view in recipe_words(run, GIVEN)],
    }


def _uri(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
