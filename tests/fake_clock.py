"""A clock that tests set, for the callbacks that measure time."""

from __future__ import annotations

import pytest

from simclr_core.training import callbacks, clock
from simclr_core.training.clock import Clock, TrainingProgress


class FakeTime:
    """Stands for the `time` module; `now` changes only when a test sets it."""

    now = 1000.0

    def perf_counter(self) -> float:
        """Return `now`, in seconds."""
        return self.now

    monotonic = perf_counter


class FakeModel:
    """What callbacks use of a model in training."""

    stop_training = False


class FakeSteps:
    """A `Clock`, and steps that take as long as a test says."""

    def __init__(self, time: FakeTime, progress: TrainingProgress) -> None:
        self.time, self.progress, self.found = time, progress, []
        self.clock = Clock(progress, self.found.append)
        self.net = FakeModel()
        self.clock.set_model(self.net)

    def take(self, *seconds: float, between: float = 0.0, loss: float = 1.0) -> None:
        """Do one step for each length, with a break of `between` seconds before each."""
        for length in seconds:
            self.time.now += between
            self.clock.on_train_batch_begin(0)
            self.time.now += length
            self.clock.on_train_batch_end(0, {"loss": loss, "contrastive_accuracy": 0.5})


def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Let `clock` and `callbacks` read a fake time, and return it."""
    found = FakeTime()
    for module in (clock, callbacks):
        monkeypatch.setattr(module, "time", found)
    return found
