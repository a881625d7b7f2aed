"""The film on Home: the recorded runs, playing side by side on the same pictures."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..export import replay
from ..measures.knn import knn_accuracy
from ..runs import shipped
from ..runs.record import group
from ..runs.run import Run
from ..runs.tables import known
from .explore.pictures import original, recipe_words, two_views

MADE = b"1"  # another one where this module makes another film of the same runs
QUALITY = 88  # of the sheet of pictures
GIVEN = 22  # the picture whose two views are shown
FACTORS = ("shape", "hue")  # that neighbours are asked for: one needs the colours, one does not


@functools.cache
def film_bytes() -> bytes:
    """Return the film of the recorded runs as JSON.

    Raises:
        LabError: a file of them cannot be read.
    """
    runs = shipped.originals()
    return json.dumps(film(runs), separators=(",", ":")).encode() + b"\n"


@functools.cache
def version() -> str:
    """Return what changes when the film does, without making it.

    Raises:
        LabError: a file of the recorded runs cannot be read.
    """
    configs = [run.config_path.read_bytes() for run in shipped.originals()]
    return hashlib.sha256(b"".join([*configs, MADE])).hexdigest()[:12]


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
        runs: of the same pictures, at the same steps.

    Returns:
        runs: for each one what `replay.data` returns, and its `votes` (see `_votes`). Only the
        first one carries the pictures. given: a picture and its two views, as data URIs.
    """
    sides: list[dict[str, Any]] = []
    for run in runs:
        side = replay.data(run, quality=QUALITY)
        side["votes"] = _votes(run, side["steps"])
        sides.append(side if not sides else {**side, "sheet": ""})
    return {"runs": sides, "given": _given(runs[0])}


def _votes(run: Run, steps: Sequence[int]) -> list[dict[str, Any]]:
    """Return how often neighbours on the map vote for the right shape and the right hue.

    Returns:
        For each factor: of, its name; values (K,), shares in [0, 1] at each step; pixels, the same
        of raw pixels; chance; and test, the final scores of pictures that were never trained on.
    """
    probe = run.probe()
    factors, tested = known(probe), group(run.evaluation(), "knn_factors")
    votes = []
    for name in FACTORS:
        truth = factors[name]
        values = [knn_accuracy(run.snapshot(step)["h"], truth) for step in steps]
        votes.append(
            {
                "of": name,
                "values": [round(value, 4) for value in values],
                "pixels": round(knn_accuracy(probe["images"], truth), 4),
                "chance": 1 / len(np.unique(truth)),
                "test": _known_scores(group(tested, name)),
            }
        )
    return votes


def _known_scores(scores: Mapping[str, Any]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in scores.items() if value is not None}


def _given(run: Run) -> dict[str, Any]:
    """Return a picture of the run and its two views."""
    return {
        "picture": _uri(original(run, GIVEN)),
        "views": _uri(two_views(run, GIVEN)),
        "words": [view["words"] for view in recipe_words(run, GIVEN)],
    }


def _uri(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
