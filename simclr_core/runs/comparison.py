"""Runs side by side: which settings differ, how their curves go, and what came out.

Runs that differ in nothing but their seed are one setting; every seed stays a point of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LabError
from ..settings import config
from .run import Run
from .validation import number

AXES = ("step", "images seen", "seconds")
CURVES = {
    "loss": "loss",
    "contrastive_accuracy": "finds the right partner (contrastive accuracy)",
    "knn_accuracy": "neighbours vote right (kNN accuracy on the map)",
    "alignment": "alignment",
    "uniformity": "uniformity",
    "effective_rank_h": "effective rank of h",
    "effective_rank_z": "effective rank of z",
    "gradient_norm": "gradient norm (median of the last steps)",
}
MOST_POINTS = 300  # of one curve
SEED = "training.seed"
FORKED = "continues from"  # of a fork, beside the settings


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all runs: its name, and each run's value."""

    name: str
    values: tuple[Any, ...]


def flat(run: Run) -> dict[str, Any]:
    """Return all settings of a run, such as "training.temperature".

    Raises:
        LabError: they cannot be read.
    """
    flattened: dict[str, Any] = {}
    for group, values in config.to_dict(run.config).items():
        if isinstance(values, Mapping):
            flattened |= {f"{group}.{name}": value for name, value in values.items()}
        else:
            flattened[group] = values
    return flattened


def differences(runs: Sequence[Run]) -> list[Difference]:
    """Return settings that differ, in the order of the config; the seed comes last.

    Raises:
        LabError: the settings of a run cannot be read.
    """
    every = [flat(run) for run in runs]
    for run, one in zip(runs, every, strict=True):
        if run.is_recorded:  # it had none of our settings
            for name in [name for name in one if name != "data.source"]:
                del one[name]
    if all(one.get("training.steps", 1) for one in every):  # then no other budget had a say
        for one in every:
            one.pop("training.seconds", None), one.pop("training.epochs", None)
    for one in every:
        one["data.source"] = Path(str(one.get("data.source", ""))).name
    names = list(dict.fromkeys(name for one in every for name in one))
    names = [name for name in names if not name.endswith("content_hash")]  # the source says it
    names.sort(key=lambda name: name == SEED)
    rows = [Difference(FORKED, tuple(_leaves(run) for run in runs))]
    rows += [Difference(name, tuple(one.get(name) for one in every)) for name in names]
    return [row for row in rows if len({repr(value) for value in row.values}) > 1]


def _leaves(run: Run) -> str | None:
    """Say where a fork leaves its parent."""
    came = run.origin
    return f"run {came.run}, step {came.step:,}" if came else None


def settings_of(runs: Sequence[Run]) -> list[int]:
    """Count the settings of the runs: runs that differ by their seed alone share one."""
    known: dict[str, int] = {}
    numbers = []
    for run in runs:
        values = flat(run)
        values.pop(SEED, None)
        values[FORKED] = _leaves(run)
        numbers.append(known.setdefault(repr(sorted(values.items())), len(known)))
    return numbers


def curve(run: Run, what: str, axis: str) -> tuple[list[float], list[float]]:
    """Return one curve of a run, at most `MOST_POINTS` points.

    Args:
        what: one of `CURVES`; those of every step are medians of windows.
        axis: one of `AXES`.

    Returns:
        x and y; empty where nothing is known.
    """
    in_steps = what in ("loss", "contrastive_accuracy")
    rows = run.metrics()[0] if in_steps else run.snapshot_rows()
    known = [(row, y) for row in rows if (y := number(row.get(what))) is not None]
    batch = run.config.training.batch_size
    xs = np.array([_place(row, axis, batch) for row, _ in known], float)
    ys = np.array([y for _, y in known], float)
    if len(xs) <= MOST_POINTS:
        return xs.tolist(), ys.tolist()
    parts = np.array_split(np.arange(len(xs)), MOST_POINTS)
    return [float(xs[p].mean()) for p in parts], [float(np.median(ys[p])) for p in parts]


def branch(
    run: Run, runs: Sequence[Run], what: str, axis: str
) -> tuple[tuple[float, float], str] | None:
    """Return where the curve of a fork leaves that of its parent.

    Args:
        run: perhaps a fork.
        runs: those that are drawn.
        what, axis: as for `curve`.

    Returns:
        The point on the parent's curve, and words; None if the run is no fork, or its parent is
        not among the others.
    """
    came = run.origin
    parent = next((one for one in runs if came and one.id == came.run), None)
    if came is None or parent is None:
        return None
    xs, ys = curve(parent, what, axis)
    if not xs:
        return None
    x = float(came.step)
    if axis == "images seen":
        x *= parent.config.training.batch_size
    elif axis == "seconds":
        rows = [row for row in parent.snapshot_rows() if row["step"] == came.step]
        x = number(rows[-1].get("seconds")) or 0.0 if rows else 0.0
    return (x, float(np.interp(x, xs, ys))), f"leaves run {parent.id} at step {came.step:,}"


def scores(run: Run) -> dict[str, float]:
    """Return final figures of a run: kNN accuracy, that of the untrained network and of pixels,
    and what linear probes of h read; empty as long as there are none."""
    try:
        evaluation = run.evaluation() or {}
    except LabError:
        return {}
    figures = {
        "kNN accuracy": evaluation.get("knn_accuracy"),
        "untrained": evaluation.get("knn_accuracy_untrained"),
        "pixels": evaluation.get("knn_accuracy_pixels"),
    }
    probes = evaluation.get("linear_probe")
    read = probes.get("h") if isinstance(probes, Mapping) else None
    if isinstance(read, Mapping):
        figures |= {f"probe of {name}": value for name, value in read.items()}
    return {name: value for name, held in figures.items() if (value := number(held)) is not None}


def _place(row: Mapping[str, Any], axis: str, batch: int) -> float:
    if axis == "seconds":
        return float(number(row.get("seconds")) or 0.0)
    return float(row["step"]) * (batch if axis == "images seen" else 1)
