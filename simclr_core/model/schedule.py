"""The learning rate, step by step: linear warm-up, then cosine decay to zero (SimCLR, section 2.2).

`WarmupCosine` is what an optimiser follows, `learning_rate_at` the same numbers without Keras'
tensors. The first steps do not depend on the length of the run, which may not be known yet.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from ..settings.config import TrainConfig

MORE_HELD, HELD_SHARE = 40, 5  # steps of the peak rate for calibration, 1/5 of a run at most


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then cosine decay to zero, by step (SimCLR, section 2.2).

    The first steps (`hold_steps`) do not depend on the number of steps, which calibration finds
    out while they run; it is an optimiser variable, so that a traced step sees it change. So is
    the step that the optimiser's own count begins at: 0 unless a run goes on from another's.
    """

    def __init__(self, peak: float, warmup: int) -> None:
        self.peak, self.warmup = peak, warmup
        self.total: Any = None  # both set by `bind`
        self.first: Any = None

    def bind(self, optimizer: Any) -> None:
        """Keep the number of steps, and the first of them, among the optimiser's variables."""
        self.total = optimizer.add_variable((), initializer="zeros", name="total_steps")
        self.first = optimizer.add_variable((), initializer="zeros", name="first_step")

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step of this optimiser, counted from 0."""
        step = ops.cast(step, "float32") + self.first
        rise = ops.minimum((step + 1) / max(self.warmup, 1), 1.0) if self.warmup else 1.0
        share = ops.minimum(ops.floor(self.total / HELD_SHARE), float(self.warmup + MORE_HELD))
        hold = ops.maximum(share, float(hold_steps(self.warmup)))
        length = ops.maximum(self.total - hold, 1.0)
        progress = ops.clip((step - hold) / length, 0.0, 1.0)
        fall = ops.where(self.total > hold, 0.5 * (1 + ops.cos(math.pi * progress)), 1.0)
        return self.peak * rise * fall

    def get_config(self) -> dict[str, Any]:
        """Peak and warm-up."""
        return {"peak": self.peak, "warmup": self.warmup}


def hold_steps(warmup: int, steps: int = 0) -> int:
    """Return the steps whose learning rate does not depend on the length of the run.

    Warm-up and 40 more, so that calibration sees enough of them, but no more of the additional
    ones than make a fifth of the run; at least the warm-up, and 5.

    Args:
        warmup: steps of the warm-up.
        steps: of the run; 0 for the steps that are held whatever the length.
    """
    return max(warmup, 5, min(warmup + MORE_HELD, steps // HELD_SHARE))


def learning_rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """Return the learning rate of step `step` (from 0) of `steps`, the same as `WarmupCosine`."""
    rise = min((step + 1) / config.warmup_steps, 1.0) if config.warmup_steps else 1.0
    hold = hold_steps(config.warmup_steps, steps)
    if steps <= hold:
        return config.learning_rate * rise
    progress = min(max((step - hold) / max(steps - hold, 1), 0.0), 1.0)
    return config.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * progress))
