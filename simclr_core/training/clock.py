"""The time that a run takes: what its steps cost, and how many of them fit into its seconds.

`TrainingProgress` is shared by all that happens beside the steps; `Clock` moves it on.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from ..base.errors import Diverged
from ..model.schedule import HELD_SHARE, MORE_HELD, hold_steps
from ..model.simclr import steps_per_launch
from ..settings.config import RunConfig

CALIBRATION_SECONDS = 2.0
PACED = 10  # timed steps that tell the pace


@dataclass
class TrainingProgress:
    """Where a run is; shared by the callbacks."""

    config: RunConfig
    step: int = 0  # updates done
    latest: int = 1  # of them, in the last launch
    each: float = 0.0  # seconds that one of these took; 0 if that was not timed
    steps: int = 0  # 0 until calibrated
    seconds: float = 0.0  # training and observation, over all attempts
    recent: list[float] = field(default_factory=list)  # seconds of the last steps
    loss: float = math.nan
    ended: str = ""  # "pause", "stop" or "" while it goes on or is done

    @property
    def images_per_second(self) -> float | None:
        """From the median of the last steps; None before the second step of an attempt."""
        if not self.recent:
            return None
        return self.config.training.batch_size / statistics.median(self.recent)


class Clock(keras.callbacks.Callback):
    """Counts steps and seconds, finds the number of steps, and ends the training.

    The first step of every `fit` includes tracing: it is not counted as training time.

    Args:
        progress: where the run is.
        found_steps: receives the number of steps.
        pace: end the `fit` once the pace of steps is known, if several of them could be launched
            together; `together` then says how many.
    """

    def __init__(
        self, progress: TrainingProgress, found_steps: Callable[[int], None], pace: bool = False
    ) -> None:
        super().__init__()
        self.progress, self.found_steps, self.pace = progress, found_steps, pace
        self.together = 1
        self.snapshot_seconds = 0.0  # of one snapshot, set by `Snapshots`
        self._last = self._begin = 0.0
        self._dts: list[float] = []  # of the steps alone
        self._all: list[float] = []  # of the steps with what is between them, until calibrated
        self._first = True

    def on_train_begin(self, logs: Any = None) -> None:
        """Start of a `fit`."""
        self._first = True

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Start of a launch, of one step or several."""
        self._begin = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """End a launch. The last one of a run may have fewer steps than the others.

        Raises:
            Diverged: a loss is NaN or infinite.
        """
        p, now = self.progress, time.perf_counter()
        launched = np.size(logs["loss"])
        p.latest = min(launched, p.steps - p.step) if p.steps else launched
        losses = own_values(logs["loss"], p.latest)
        p.step, p.loss = p.step + p.latest, losses[-1]
        p.each = 0.0
        if not self._first:
            p.seconds += now - self._last
            p.each = (now - self._begin) / p.latest
            self._dts.append(p.each)
            if not p.steps:
                self._all.append(now - self._last)
            p.recent = self._dts[-20:]
        self._first, self._last = False, now
        for i, loss in enumerate(losses):
            if not math.isfinite(loss):
                raise diverged(p, f"a finite loss, found {loss}", p.step - p.latest + 1 + i)
        if not p.steps:
            self._calibrate()
        del self._dts[:-200]
        if p.steps and p.step >= p.steps:
            self.model.stop_training = True
        elif self.pace and len(self._dts) >= PACED:
            self.pace, self.together = False, steps_per_launch(statistics.median(self._dts))
            self.model.stop_training = self.together > 1

    def _calibrate(self) -> None:
        """Find from about two seconds of steps how many fit into the budget.

        The median of the later half counts: during the first half, the process that started the
        run may still be busy. The mapper waits meanwhile. An attempt that resumes at the last of
        the held steps has timed none yet: the step after it has the peak rate at any length.
        """
        p, training = self.progress, self.progress.config.training
        enough = min(CALIBRATION_SECONDS, training.seconds / (2 * HELD_SHARE))
        if not self._all or (
            sum(self._all) < enough and p.step < training.warmup_steps + MORE_HELD
        ):
            return
        budget = training.seconds - training.snapshots * self.snapshot_seconds
        budget = max(budget, 0.5 * training.seconds)
        pace = statistics.median(self._all[len(self._all) // 2 :])
        p.steps = max(p.step, round(budget / pace))
        if p.step - 1 > hold_steps(training.warmup_steps, p.steps):  # these had the peak rate
            p.steps = max(p.steps, HELD_SHARE * (p.step - 1))
        self.found_steps(p.steps)


def own_values(logs: Any, count: int) -> list[float]:
    """Return the values of the last `count` steps out of what Keras logs of a launch."""
    return [float(value) for value in np.ravel(logs)[-count:]]


def diverged(progress: TrainingProgress, what: str, step: int | None = None) -> Diverged:
    """Return the error for a run whose numbers overflowed.

    Args:
        step: at which it was seen; the last one if not given.
    """
    rate = progress.config.training.learning_rate
    return Diverged(
        f"Expected {what} at step {step or progress.step}; the learning rate ({rate:g}) is "
        "probably too high: try a tenth of it."
    )
