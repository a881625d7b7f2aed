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
from . import findings, states
from .record import group
from .run import Run
from .validation import count, number

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
PROBED = "linear probe"
_KNN = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")
_DEPENDS = {  # curve: what it depends on besides the network
    "loss": ("pictures", "views", "temperature", "batch size"),
    "contrastive_accuracy": ("pictures", "views", "batch size"),
    "alignment": ("pictures", "views"),
    "gradient_norm": ("pictures", "views", "temperature", "batch size"),
}


@dataclass(frozen=True)
class Score:
    """A final score.

    Attributes:
        of: what was asked for: "class" or a factor.
        how: "" for the vote of the nearest neighbours, else `PROBED`.
        value, untrained, pixels: shares in [0, 1] of the network, of the untrained one and of raw
            pixels; None if unknown.
        tested: pictures; 0 if unknown.
    """

    of: str
    how: str
    value: float
    untrained: float | None
    pixels: float | None
    tested: int


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
    for part, values in config.to_dict(run.config).items():
        if isinstance(values, Mapping):
            flattened |= {f"{part}.{name}": value for name, value in values.items()}
        else:
            flattened[part] = values
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


def scores(run: Run) -> list[Score]:
    """Return the final scores of a run on new pictures, what it is scored by first: kNN accuracy,
    then what linear probes of h read; empty as long as there are none."""
    try:
        evaluation = run.evaluation() or {}
    except LabError:
        return []
    own, factors = findings.what(evaluation), group(evaluation, "knn_factors")
    found = [(own, "", [evaluation.get(key) for key in _KNN])]
    for name in factors:
        if name != own:
            found.append((name, "", [group(factors, name).get(key) for key in _KNN]))
    probes = group(evaluation, "linear_probe")
    read = [group(probes, space) for space in ("h", "untrained", "pixels")]
    for name in read[0]:
        what = findings.what({"of": name})
        found.append((what, PROBED, [space.get(name) for space in read]))
    tested = int(number(evaluation.get("queries")) or 0)
    return [
        Score(name, how, score, number(untrained), number(pixels), tested)
        for name, how, (value, untrained, pixels) in found
        if (score := number(value)) is not None
    ]


def not_comparable(runs: Sequence[Run]) -> dict[str, str]:
    """Return the curves that mean something else in each of some runs, and say why.

    Raises:
        LabError: the settings of a run cannot be read.
    """
    differ = [cause for cause, values in _causes(runs).items() if len(values) > 1]
    words = {}
    for what, depends in _DEPENDS.items():
        if causes := [cause for cause in differ if cause in depends]:
            listed = " and ".join([", ".join(causes[:-1]), causes[-1]] if causes[1:] else causes)
            words[what] = (
                f"Not comparable: these runs differ in {listed}, so their tasks are not equally "
                "hard. A better value here does not mean that more was learned; compare how "
                "neighbours vote instead."
            )
    return words


def cautions(runs: Sequence[Run]) -> list[str]:
    """Return sentences on what keeps runs from being compared as equals: pictures and steps."""
    words = []
    if len(_causes(runs)["pictures"]) > 1:
        words.append(
            "These runs learned from different pictures: compare each score with its own "
            "untrained, pixels and chance, not with the other runs'."
        )
    steps = list(dict.fromkeys(made for run in runs if (made := _steps_of(run))))
    if len(steps) > 1:
        listed = " and ".join(f"{made:,}" for made in steps)
        if len(steps) > 2:
            listed = f"{min(steps):,} to {max(steps):,}"
        words.append(
            f"{listed} steps: the maps show the same share of each run, and longer training alone "
            "can make a difference."
        )
    return words


def _steps_of(run: Run) -> int:
    """Return the steps of a run: those it made if it has ended, else those it is to make; 0 as long
    as they are not known."""
    status = run.status
    ended = status["state"] in states.ENDED
    return count(status.get("step" if ended else "steps")) or run.config.training.steps


def _causes(runs: Sequence[Run]) -> dict[str, set[Any]]:
    """Return what decides how hard a run's task is, and the values that it has among some runs."""
    found: dict[str, set[Any]] = {name: set() for name in _DEPENDS["loss"]}
    for run in runs:
        settings, data = run.config, run.data
        elsewhere = data.is_recorded and run.id  # it had none of our settings
        pictures = settings.data.content_hash or data.content_hash
        found["views"].add(elsewhere or settings.views)
        found["temperature"].add(elsewhere or settings.training.temperature)
        found["batch size"].add(elsewhere or settings.training.batch_size)
        found["pictures"].add(pictures or Path(settings.data.source).name)
    return found


def _place(row: Mapping[str, Any], axis: str, batch: int) -> float:
    if axis == "seconds":
        return float(number(row.get("seconds")) or 0.0)
    return float(row["step"]) * (batch if axis == "images seen" else 1)
