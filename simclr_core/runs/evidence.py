"""What a run wrote that bears on its health."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.errors import Diverged, LabError
from ..data.unfit import unfit
from .record import group
from .run import Run
from .snapshots import cache


@dataclass(frozen=True)
class RunEvidence:
    """What a run wrote, as far as it goes.

    Attributes:
        losses, accuracies: (n,) of each step; a number that was not finite is NaN.
        batch: pictures per step (N).
        rows: scores of the snapshots, in the order of the steps.
        diverged: the run ended because its numbers overflowed.
        dead: share of h's numbers that are the same for every picture, at the newest snapshot.
        trained: the run began with weights that had learned already, as a fork does.
        unfit: what makes the pictures unfit to learn from (see `data.unfit`).
        rate: the highest learning rate; None if unknown.
    """

    losses: np.ndarray
    accuracies: np.ndarray
    batch: int
    rows: Sequence[Mapping[str, Any]] = ()
    diverged: bool = False
    dead: float | None = None
    trained: bool = False
    unfit: str = ""
    rate: float | None = None


def evidence_of(run: Run) -> RunEvidence:
    """Return what a run folder says.

    Raises:
        LabError: its settings cannot be read.
    """
    rows, _ = run.metrics()
    came = run.origin
    values = {
        name: np.array([_number(row.get(name)) for row in rows], np.float64)
        for name in ("loss", "contrastive_accuracy")
    }
    scores, steps = run.snapshot_rows(), run.snapshot_steps()
    if scores and not run.alive and [scores[-1]["step"]] != steps[-1:]:
        scores = []  # the newest ones are lost: older ones would speak of another network
    return RunEvidence(
        values["loss"],
        values["contrastive_accuracy"],
        run.config.training.batch_size,
        scores,
        run.status.get("error") == Diverged.__name__,
        dead_share(run),
        bool(came and came.step),
        unfit_pictures(run),
        None if run.is_recorded else run.config.training.learning_rate,
    )


def unfit_pictures(run: Run) -> str:
    """Return what makes a run's pictures unfit to learn from, "" if nothing is known.

    Older runs did not record it; then the pictures on their map are looked at.

    Raises:
        RunDamaged: config.json cannot be read.
    """
    if run.is_recorded or "unfit" in group(run.record, "data"):
        return run.data.unfit
    with contextlib.suppress(LabError):
        return unfit(run.probe()["images"])
    return ""


def dead_share(run: Run) -> float | None:
    """Return the share of units of h that are the same for every picture.

    It is that of the newest snapshot that can be read; None if there is none.
    """
    for step in reversed(run.snapshot_steps()):
        with contextlib.suppress(LabError):
            return dead_units(cache.vectors(run, step))
    return None


def dead_units(h: np.ndarray) -> float:
    """Return the share of the columns of (P, D) in which all rows agree."""
    spread = h.max(axis=0) - h.min(axis=0)
    return float((spread <= 1e-6 * np.maximum(np.abs(h).max(), 1e-12)).mean())


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
