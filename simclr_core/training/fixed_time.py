"""The training loop without a run folder: for a number of steps, or for a number of seconds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ..base.errors import Diverged
from ..base.progress import Progress

CALIBRATED = 1.0  # seconds of steps after which the pace is measured
LEAST = 10  # steps that the pace is measured on, at least
REPORTED = 10  # steps between two reports of progress

OnBatch = Callable[[int, dict[str, Any]], None]  # gets the number of steps made, and their logs


def train_for(
    model: Any,
    feed: Any,
    *,
    schedule: Any = None,
    steps: int = 0,
    seconds: float = 0.0,
    hold: int = LEAST,
    progress: Progress | None = None,
    on_batch: OnBatch | None = None,
) -> list[float]:
    """Train a compiled model for a number of steps, or else for a number of seconds.

    Args:
        model: compiled, with a loss in its logs.
        feed: a dataset for `fit` with the batch of every step; it may go on without end.
        schedule: whose `total` is set, or None.
        steps: to make; 0 trains for seconds.
        seconds: after the first step, which compiles. The pace of the first second says how many
            steps these are; it is measured again every second, as other programs come and go.
        hold: steps whose learning rate does not depend on the length.
        progress: called with the share of the steps done, and words.
        on_batch: called after every step.

    Returns:
        Seconds of each step but the first, without those of the callbacks.

    Raises:
        Diverged: the loss is no longer a number.
    """
    if schedule is not None:
        schedule.total.assign(steps)
    pace = _Pace(schedule, steps, seconds, hold, progress, on_batch)
    model.fit(feed, callbacks=[pace], verbose=0, shuffle=False)
    return pace.times


class _Pace(keras.callbacks.Callback):
    """Times the steps, finds out how many fit into the seconds, and stops after them."""

    def __init__(
        self,
        schedule: Any,
        steps: int,
        seconds: float,
        hold: int,
        progress: Progress | None,
        on_batch: OnBatch | None,
    ) -> None:
        super().__init__()
        self.times: list[float] = []
        self._schedule, self._seconds, self._hold = schedule, seconds, hold
        self._progress, self._on_batch = progress, on_batch
        self._fixed, self._total = bool(steps), steps
        self._due, self._reported, self._began = min(CALIBRATED, seconds / 4), 0.0, 0.0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Note when the step began."""
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note how long the step took, and stop after the last one."""
        step = batch + 1
        if batch:  # the first step compiles
            self.times.append(time.perf_counter() - self._began)
        _check_loss(logs, step)
        if self._on_batch:
            self._on_batch(step, logs)
        if batch and not self._fixed and step >= self._hold and sum(self.times) > self._due:
            self._plan(step)
        if step == self._total or not step % REPORTED or not self._total:
            self._report(step)
        if self._total and step >= self._total:
            self.model.stop_training = True

    def _plan(self, step: int) -> None:
        """Set the total number of steps from the pace of the latest ones."""
        spent = sum(self.times)
        recent = self.times[-max(len(self.times) // 4, LEAST) :]
        left = (self._seconds - spent) / statistics.median(recent)
        self._total, self._due = step + max(round(left), 0), spent + CALIBRATED
        if self._schedule is not None:
            self._schedule.total.assign(self._total)

    def _report(self, step: int) -> None:
        if self._progress is None:
            return
        share = step / self._total if self._total else sum(self.times) / max(self._seconds, 1e-9)
        self._reported = max(self._reported, min(share, 1.0))  # it never goes back
        words = f"step {step:,} of {self._total:,}" if self._fixed else f"step {step:,}"
        self._progress(self._reported, words)


def _check_loss(logs: Any, step: int) -> None:
    if not math.isfinite(float(np.ravel(logs["loss"])[-1])):
        raise Diverged(
            f"Expected a loss that is a number, found none at step {step:,}; take a lower learning "
            "rate."
        )
