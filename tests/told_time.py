"""Time as tests tell it: clocks that stand still, and steps as long as they are told."""

from __future__ import annotations

import pytest

from simclr_core.training import callbacks, clock
from simclr_core.training.clock import Clock, TrainingProgress


class Time:
    """The two clocks that callbacks read, at a time that tests set."""

    now = 1000.0

    def perf_counter(self) -> float:
        return self.now

    monotonic = perf_counter


class Net:
    """What callbacks see of a model in training."""

    stop_training = False


class Steps:
    """A `Clock` and steps that take as long as they are told to."""

    def __init__(self, time: Time, progress: TrainingProgress) -> None:
        self.time, self.progress, self.found = time, progress, []
        self.clock = Clock(progress, self.found.append)
        self.net = Net()
        self.clock.set_model(self.net)

    def take(self, *seconds: float, between: float = 0.0, loss: float = 1.0) -> None:
        """Steps of these lengths, something else for `between` seconds before each."""
        for length in seconds:
            self.time.now += between
            self.clock.on_train_batch_begin(0)
            self.time.now += length
            self.clock.on_train_batch_end(0, {"loss": loss, "contrastive_accuracy": 0.5})


def told(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Have the clock and what is beside it read this time."""
    found = Time()
    for module in (clock, callbacks):
        monkeypatch.setattr(module, "time", found)
    return found
