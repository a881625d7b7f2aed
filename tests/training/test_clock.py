"""What steps cost and how many fit into a budget, as time is told to go."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fake_clock import FakeModel, FakeSteps, FakeTime, fake_time
from simclr_core.base.errors import Diverged
from simclr_core.model.schedule import learning_rate_at
from simclr_core.runs.store import RunStore
from simclr_core.training.callbacks import MetricsLog
from simclr_core.training.clock import Clock, TrainingProgress
from small_parts import config


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """A clock that stands still until a test sets it."""
    return fake_time(monkeypatch)


def test_the_first_step_is_counted_as_a_step_and_not_as_time(time: FakeTime) -> None:
    steps = FakeSteps(time, TrainingProgress(config(), steps=100))
    steps.take(30.0)  # it includes tracing
    assert steps.progress.step == 1 and steps.progress.seconds == 0
    assert steps.progress.images_per_second is None
    steps.take(0.1, 0.1, 0.4)
    assert steps.progress.step == 4 and steps.progress.seconds == pytest.approx(0.6)
    assert steps.progress.images_per_second == pytest.approx(80)  # 8 images in .1 s, the median


def test_a_launch_of_several_steps_counts_each(time: FakeTime, store: RunStore) -> None:
    """Launches of 3, 3 and, as 8 is the end, 2; each 0.3 s, the first one not counted."""
    p = TrainingProgress(config(), steps=8)
    steps, log = FakeSteps(time, p), MetricsLog(run := store.create(config()), p)
    values = iter(np.arange(1.0, 10.0, dtype=np.float32).reshape(3, 3))
    for done in (3, 6, 8):
        steps.clock.on_train_batch_begin(0)
        time.now += 0.3
        logs = {"loss": next(values), "contrastive_accuracy": np.full(3, 0.5, np.float32)}
        steps.clock.on_train_batch_end(0, logs)
        log.on_train_batch_end(0, logs)
        assert p.step == done and steps.net.stop_training == (done == 8)
    log.flush()
    rows = run.metrics()[0]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row["loss"] for row in rows] == [1, 2, 3, 4, 5, 6, 8, 9]  # the newest are kept
    assert [row["seconds"] for row in rows] == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3, 0.45, 0.6])
    assert p.seconds == pytest.approx(0.6) and rows[3]["images_per_second"] == pytest.approx(80)


def test_a_number_that_is_none_is_told_with_its_own_step(time: FakeTime) -> None:
    steps = FakeSteps(time, TrainingProgress(config(), steps=100, step=20))
    steps.clock.on_train_batch_begin(0)
    with pytest.raises(Diverged, match="at step 22"):
        steps.clock.on_train_batch_end(0, {"loss": np.array([1.0, np.nan, np.nan, 1.0])})


def test_a_fit_for_the_pace_ends_when_it_is_known(time: FakeTime) -> None:
    p = TrainingProgress(config(), steps=100)
    clock = Clock(p, print, pace=True)
    clock.set_model(net := FakeModel())
    for step in range(11):
        assert not net.stop_training and clock.together == 1
        clock.on_train_batch_begin(step)
        time.now += 0.01
        clock.on_train_batch_end(step, {"loss": 1.0})
    assert net.stop_training and clock.together == 4 and p.step == 11  # 4 of .01 s
    net.stop_training = False
    clock.on_train_begin()
    clock.on_train_batch_begin(0)
    time.now += 9.0  # traced again
    clock.on_train_batch_end(0, {"loss": np.ones(4)})
    assert p.step == 15 and p.seconds == pytest.approx(0.1) and not net.stop_training


def test_a_fit_of_slow_steps_is_not_ended_for_its_pace(time: FakeTime) -> None:
    clock = Clock(TrainingProgress(config(), steps=100), print, pace=True)
    clock.set_model(net := FakeModel())
    for step in range(30):
        clock.on_train_batch_begin(step)
        time.now += 0.03
        clock.on_train_batch_end(step, {"loss": 1.0})
    assert clock.together == 1 and not net.stop_training


def test_observing_counts_as_time_and_not_as_pace(time: FakeTime) -> None:
    steps = FakeSteps(time, TrainingProgress(config(), steps=100, step=7, seconds=5.0))
    steps.take(1.0)
    steps.take(0.1, 0.1, 0.1, between=0.5)
    assert steps.progress.step == 11
    assert steps.progress.seconds == pytest.approx(5 + 3 * 0.6)
    assert steps.progress.images_per_second == pytest.approx(80)


@pytest.mark.parametrize(
    ("warmup", "length", "after", "steps"),
    [
        (0, 0.1, 21, 600),  # 60 s in steps of .1 s, known 2 s after the first, which has none
        (20, 0.03125, 60, 1920),  # 20 of warm-up and 40 more are all that it may take
        (20, 0.5, 5, 120),
        (20, 1.5, 3, 40),
        (0, 0.015625, 40, 3840),
    ],
)
def test_calibration(time: FakeTime, warmup: int, length: float, after: int, steps: int) -> None:
    run = FakeSteps(time, TrainingProgress(config(seconds=60.0, warmup_steps=warmup)))
    run.take(9.0, *[length] * (after - 2))
    assert (run.progress.steps, run.found) == (0, [])
    run.take(length)
    assert (run.progress.steps, run.found) == (steps, [steps])
    run.take(*[3 * length] * 9)
    assert run.found == [steps]  # from here on steps rule
    assert not run.net.stop_training


@pytest.mark.parametrize(("each", "steps"), [(0.0, 600), (4.0, 480), (100.0, 300)])
def test_calibration_leaves_time_for_snapshots(time: FakeTime, each: float, steps: int) -> None:
    """3 snapshots of 4 s leave 48 s of 60; they never take more than half."""
    run = FakeSteps(time, TrainingProgress(config(seconds=60.0, snapshots=3)))
    run.clock.snapshot_seconds = each
    run.take(*[0.1] * 22)
    assert run.found == [steps]


def test_calibration_goes_by_the_later_steps_and_what_lies_between_them(time: FakeTime) -> None:
    """19 of .25 s and 21 of .03 s with .01 s between: 60 s are 1,500 of the latter."""
    run = FakeSteps(time, TrainingProgress(config(seconds=60.0, warmup_steps=0)))
    run.take(9.0, *[0.0625] * 12)
    run.take(*[0.03] * 27, between=0.01)
    assert run.found == [1500]


def test_what_was_held_stays_held(time: FakeTime) -> None:
    """Half of 4 s for snapshots leaves 40 steps of .05 s; 14 had the peak rate: 70 it must be."""
    run = FakeSteps(time, TrainingProgress(config(seconds=4.0, warmup_steps=0, snapshots=3)))
    run.clock.snapshot_seconds = 100.0
    run.take(9.0, *[0.0125] * 7, *[0.05] * 6)
    assert run.found == []
    run.take(0.05)
    assert (run.progress.step, run.found) == (15, [70])
    training = run.progress.config.training
    rates = {learning_rate_at(training, step, 70) for step in range(15)}
    assert rates == {training.learning_rate}
    assert learning_rate_at(training, 15, 70) < training.learning_rate


def test_what_slows_single_steps_does_not_count(time: FakeTime) -> None:
    """A third of the steps take three times as long: 60 s are 1,200 of the others."""
    run = FakeSteps(time, TrainingProgress(config(seconds=60.0, warmup_steps=0)))
    run.take(9.0, *[0.05, 0.15, 0.05] * 9)
    assert run.found == [1200]


def test_a_budget_that_is_used_up_ends_the_run(time: FakeTime) -> None:
    run = FakeSteps(time, TrainingProgress(config(seconds=1.0)))
    run.take(*[0.9] * 2)
    assert run.found == [2] and run.progress.steps == run.progress.step == 2
    assert run.net.stop_training


@pytest.mark.parametrize("begun", [59, 60, 75])  # of 60: paused in untimed steps, over and over
def test_an_attempt_that_goes_on_in_the_held_steps_calibrates_too(
    time: FakeTime, begun: int
) -> None:
    """Its first step is not timed, so it cannot tell; the next one can."""
    run = FakeSteps(time, TrainingProgress(config(seconds=60.0, warmup_steps=20), step=begun))
    run.take(5.0)
    assert run.progress.step == begun + 1 and run.found == []
    assert not run.net.stop_training
    run.take(0.1)
    assert run.found == [600] and not run.net.stop_training


def test_the_last_step_ends_the_training(time: FakeTime) -> None:
    run = FakeSteps(time, TrainingProgress(config(), steps=4))
    run.take(0.1, 0.1, 0.1)
    assert not run.net.stop_training
    run.take(0.1)
    assert run.net.stop_training and run.found == []


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_ends_the_training_in_a_sentence(
    time: FakeTime, loss: float
) -> None:
    run = FakeSteps(time, TrainingProgress(config(learning_rate=0.5), steps=100))
    run.take(0.1, 0.1)
    with pytest.raises(Diverged) as error:
        run.take(0.1, loss=loss)
    text = str(error.value)
    assert f"found {loss}" in text and "step 3" in text and "0.5" in text
    assert "a tenth" in text and text.endswith(".") and "\n" not in text
