"""What happens beside the steps: counting, calibrating, writing, obeying, as time is told to go."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simclr_core import callbacks
from simclr_core.callbacks import (
    Checkpoints,
    Clock,
    MetricsLog,
    Obey,
    Progress,
    Snapshots,
    StatusLine,
    snapshot_steps,
    status_of,
    thin_weights,
)
from simclr_core.errors import Diverged
from simclr_core.files import read_npz
from simclr_core.model import learning_rate_at
from simclr_core.observer import Observer, Probe
from simclr_core.runs import RunStore
from small_parts import VIEWS, assert_same, compiled, config, dataset, feed, weights_of


class Time:
    """The two clocks that callbacks read, at a time that tests set."""

    now = 1000.0

    def perf_counter(self) -> float:
        return self.now

    monotonic = perf_counter


class Net:
    """What callbacks see of a model in training."""

    stop_training = False


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    """Time that stands still unless it is told."""
    clock = Time()
    monkeypatch.setattr(callbacks, "time", clock)
    yield clock


class Steps:
    """A `Clock` and steps that take as long as they are told to."""

    def __init__(self, time: Time, progress: Progress) -> None:
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


def test_the_first_step_is_counted_as_a_step_and_not_as_time(time: Time) -> None:
    steps = Steps(time, Progress(config(), steps=100))
    steps.take(30.0)  # it includes tracing
    assert steps.progress.step == 1 and steps.progress.seconds == 0
    assert steps.progress.images_per_second is None
    steps.take(0.1, 0.1, 0.4)
    assert steps.progress.step == 4 and steps.progress.seconds == pytest.approx(0.6)
    assert steps.progress.images_per_second == pytest.approx(80)  # 8 images in .1 s, the median


def test_a_launch_of_several_steps_counts_each(time: Time, store: RunStore) -> None:
    """Launches of 3, 3 and, as 8 is the end, 2; each 0.3 s, the first one not counted."""
    p = Progress(config(), steps=8)
    steps, log = Steps(time, p), MetricsLog(run := store.create(config()), p)
    values = iter(np.arange(1.0, 10.0, dtype=np.float32).reshape(3, 3))
    for done in (3, 6, 8):
        steps.clock.on_train_batch_begin(0)
        time.now += 0.3
        logs = {"loss": next(values), "contrastive_accuracy": np.full(3, 0.5, np.float32)}
        steps.clock.on_train_batch_end(0, logs)
        log.on_train_batch_end(0, logs)
        assert p.step == done and steps.net.stop_training == (done == 8)
    log.close()
    rows = run.metrics()[0]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row["loss"] for row in rows] == [1, 2, 3, 4, 5, 6, 8, 9]  # the newest are kept
    assert [row["seconds"] for row in rows] == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3, 0.45, 0.6])
    assert p.seconds == pytest.approx(0.6) and rows[3]["images_per_second"] == pytest.approx(80)


def test_a_number_that_is_none_is_told_with_its_own_step(time: Time) -> None:
    steps = Steps(time, Progress(config(), steps=100, step=20))
    steps.clock.on_train_batch_begin(0)
    with pytest.raises(Diverged, match="at step 22"):
        steps.clock.on_train_batch_end(0, {"loss": np.array([1.0, np.nan, np.nan, 1.0])})


def test_a_fit_for_the_pace_ends_when_it_is_known(time: Time) -> None:
    p = Progress(config(), steps=100)
    clock = Clock(p, print, pace=True)
    clock.set_model(net := Net())
    for step in range(11):
        assert not net.stop_training and clock.together == 1
        clock.on_train_batch_begin(step)
        time.now += 0.01
        clock.on_train_batch_end(step, {"loss": 1.0})
    assert net.stop_training and clock.together == 4 and p.step == 11  # 4 of .01 s
    net.stop_training = False
    clock.on_train_begin()
    clock.on_train_batch_begin(0)
    time.now += 9.0  # traced anew
    clock.on_train_batch_end(0, {"loss": np.ones(4)})
    assert p.step == 15 and p.seconds == pytest.approx(0.1) and not net.stop_training


def test_a_fit_of_slow_steps_is_not_ended_for_its_pace(time: Time) -> None:
    clock = Clock(Progress(config(), steps=100), print, pace=True)
    clock.set_model(net := Net())
    for step in range(30):
        clock.on_train_batch_begin(step)
        time.now += 0.03
        clock.on_train_batch_end(step, {"loss": 1.0})
    assert clock.together == 1 and not net.stop_training


def test_observing_counts_as_time_and_not_as_pace(time: Time) -> None:
    steps = Steps(time, Progress(config(), steps=100, step=7, seconds=5.0))
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
def test_calibration(time: Time, warmup: int, length: float, after: int, steps: int) -> None:
    run = Steps(time, Progress(config(seconds=60.0, warmup_steps=warmup)))
    run.take(9.0, *[length] * (after - 2))
    assert (run.progress.steps, run.found) == (0, [])
    run.take(length)
    assert (run.progress.steps, run.found) == (steps, [steps])
    run.take(*[3 * length] * 9)
    assert run.found == [steps]  # from here on steps rule
    assert not run.net.stop_training


@pytest.mark.parametrize(("each", "steps"), [(0.0, 600), (4.0, 480), (100.0, 300)])
def test_calibration_leaves_time_for_snapshots(time: Time, each: float, steps: int) -> None:
    """3 snapshots of 4 s leave 48 s of 60; they never take more than half."""
    run = Steps(time, Progress(config(seconds=60.0, snapshots=3)))
    run.clock.snapshot_seconds = each
    run.take(*[0.1] * 22)
    assert run.found == [steps]


def test_calibration_goes_by_the_later_steps_and_what_lies_between_them(time: Time) -> None:
    """19 of .25 s and 21 of .03 s with .01 s between: 60 s are 1,500 of the latter."""
    run = Steps(time, Progress(config(seconds=60.0, warmup_steps=0)))
    run.take(9.0, *[0.0625] * 12)
    run.take(*[0.03] * 27, between=0.01)
    assert run.found == [1500]


def test_what_was_held_stays_held(time: Time) -> None:
    """Half of 4 s for snapshots leaves 40 steps of .05 s; 14 had the peak rate: 70 it must be."""
    run = Steps(time, Progress(config(seconds=4.0, warmup_steps=0, snapshots=3)))
    run.clock.snapshot_seconds = 100.0
    run.take(9.0, *[0.0125] * 7, *[0.05] * 6)
    assert run.found == []
    run.take(0.05)
    assert (run.progress.step, run.found) == (15, [70])
    training = run.progress.config.training
    rates = {learning_rate_at(training, step, 70) for step in range(15)}
    assert rates == {training.learning_rate}
    assert learning_rate_at(training, 15, 70) < training.learning_rate


def test_what_slows_single_steps_does_not_count(time: Time) -> None:
    """A third of the steps take three times as long: 60 s are 1,200 of the others."""
    run = Steps(time, Progress(config(seconds=60.0, warmup_steps=0)))
    run.take(9.0, *[0.05, 0.15, 0.05] * 9)
    assert run.found == [1200]


def test_a_budget_that_is_used_up_ends_the_run(time: Time) -> None:
    run = Steps(time, Progress(config(seconds=1.0)))
    run.take(*[0.9] * 2)
    assert run.found == [2] and run.progress.steps == run.progress.step == 2
    assert run.net.stop_training


@pytest.mark.parametrize("begun", [59, 60, 75])  # of 60: paused in untimed steps, over and over
def test_an_attempt_that_goes_on_in_the_held_steps_calibrates_too(time: Time, begun: int) -> None:
    """Its first step is not timed, so it cannot tell; the next one can."""
    run = Steps(time, Progress(config(seconds=60.0, warmup_steps=20), step=begun))
    run.take(5.0)
    assert run.progress.step == begun + 1 and run.found == []
    assert not run.net.stop_training
    run.take(0.1)
    assert run.found == [600] and not run.net.stop_training


def test_the_last_step_ends_the_training(time: Time) -> None:
    run = Steps(time, Progress(config(), steps=4))
    run.take(0.1, 0.1, 0.1)
    assert not run.net.stop_training
    run.take(0.1)
    assert run.net.stop_training and run.found == []


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_ends_the_training_in_a_sentence(time: Time, loss: float) -> None:
    run = Steps(time, Progress(config(learning_rate=0.5), steps=100))
    run.take(0.1, 0.1)
    with pytest.raises(Diverged) as error:
        run.take(0.1, loss=loss)
    text = str(error.value)
    assert f"found {loss}" in text and "step 3" in text and "0.5" in text
    assert "a tenth" in text and text.endswith(".") and "\n" not in text


def test_rows_hold_the_steps_own_values(store: RunStore) -> None:
    """Against what Keras reports after each step; 4 steps, their rates from the schedule."""
    run = store.create(config())
    model, p = compiled(eager=True), Progress(config(warmup_steps=3), steps=50)
    clock, log = Clock(p, print), MetricsLog(run, p)
    reported: list[dict[str, float]] = []

    class Keep(callbacks.keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            reported.append(dict(logs))

    model.fit(feed(), steps_per_epoch=4, verbose=0, shuffle=False, callbacks=[clock, log, Keep()])
    log.close()
    rows = run.metrics()[0]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    for name in ("loss", "contrastive_accuracy"):
        found = [row[name] for row in rows]
        np.testing.assert_allclose(found, [logs[name] for logs in reported], atol=1e-6)
        assert len(set(found)) > 1
    rates = [learning_rate_at(p.config.training, step, 50) for step in range(4)]
    assert [row["learning_rate"] for row in rows] == rates
    assert rates[0] == pytest.approx(2e-2 / 3)  # of the update just made, counted from 0
    seconds = [row["seconds"] for row in rows]
    assert seconds[0] == 0 and seconds == sorted(seconds) and seconds[-1] > 0
    assert rows[0]["images_per_second"] is None and rows[3]["images_per_second"] > 0


def test_rows_are_written_a_few_times_a_second_and_all_at_the_end(
    store: RunStore, time: Time
) -> None:
    run = store.create(config())
    steps = Steps(time, Progress(config(), steps=100))
    log = MetricsLog(run, steps.progress)

    def step(seconds: float) -> list[int]:
        steps.take(seconds)
        log.on_train_batch_end(0, {"loss": 1.0, "contrastive_accuracy": 0.5})
        return [row["step"] for row in run.metrics()[0]]

    assert step(0.05) == [1]
    assert [step(0.05) for _ in range(3)] == [[1]] * 3
    assert step(0.06) == [1, 2, 3, 4, 5]
    assert step(0.01) == [1, 2, 3, 4, 5]
    log.close()
    assert [row["step"] for row in run.metrics()[0]] == [1, 2, 3, 4, 5, 6]


def test_a_row_goes_on_where_the_file_ends(store: RunStore, time: Time) -> None:
    run = store.create(config())
    for first in (0, 2):
        steps = Steps(time, Progress(config(), steps=100, step=first))
        log = MetricsLog(run, steps.progress)
        for _ in range(2):
            steps.take(0.1)
            log.on_train_batch_end(0, {"loss": 1.0, "contrastive_accuracy": 0.5})
        log.close()
    assert [row["step"] for row in run.metrics()[0]] == [1, 2, 3, 4]


@pytest.mark.parametrize("count", [1, 2, 3, 12, 24, 200])
@pytest.mark.parametrize("steps", [1, 2, 5, 12, 100, 999, 100_000])
def test_snapshots_begin_with_0_end_with_the_last_and_thin_out(steps: int, count: int) -> None:
    found = snapshot_steps(steps, count)
    assert found[0] == 0 and found[-1] == steps
    assert all(a < b for a, b in itertools.pairwise(found))
    assert len(found) <= count + 1
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert all(later >= earlier - 1 for earlier, later in itertools.pairwise(gaps))  # rounding
    if steps >= 10 * count**1.5:
        assert len(found) == count + 1


def test_snapshots_by_hand() -> None:
    """(k / 4) ** 1.5 = 0, .125, .3536, .6495, 1 of 1,000 steps."""
    assert snapshot_steps(1000, 4) == [0, 125, 354, 650, 1000]
    assert snapshot_steps(6, 3) == [0, 1, 3, 6]


def weight_files(folder: Path, count: int, size: int) -> None:
    for step in range(count):
        (folder / f"{step:08d}.weights.npz").write_bytes(bytes(size))
        (folder / f"{step:08d}.npz").write_bytes(bytes(size))


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (10_000, range(10)),
        (9_999, (0, 2, 4, 6, 8, 9)),
        (6_000, (0, 2, 4, 6, 8, 9)),
        (5_999, (0, 4, 8, 9)),
        (3_999, (0, 8, 9)),
        (2_999, (0, 9)),
        (0, (0, 9)),
    ],
)
def test_weights_are_thinned_and_the_first_and_last_stay(
    tmp_path: Path, most: float, kept: tuple[int, ...]
) -> None:
    weight_files(tmp_path, 10, 1000)
    thin_weights(tmp_path, most)
    found = [int(path.name[:8]) for path in sorted(tmp_path.glob("*.weights.npz"))]
    assert found == list(kept)
    assert len(list(tmp_path.glob("*.npz"))) == len(found) + 10  # the snapshots themselves stay


def test_thinning_nothing_or_one_file(tmp_path: Path) -> None:
    thin_weights(tmp_path, 0)
    weight_files(tmp_path, 1, 10)
    thin_weights(tmp_path, 0)
    assert (tmp_path / "00000000.weights.npz").exists()


def test_snapshots_are_taken_at_their_steps(store: RunStore) -> None:
    settings = config(snapshots=3)
    run, model, p = store.create(settings), compiled(eager=True), Progress(settings, steps=6)
    clock, probe = Clock(p, print), Probe(dataset(), 20, VIEWS)
    snapshots = Snapshots(run, p, probe, Observer(model, batch=20), clock)
    snapshots.take()
    first = weights_of(model)
    model.fit(feed(), steps_per_epoch=6, verbose=0, shuffle=False, callbacks=[clock, snapshots])
    assert run.snapshot_steps() == run.coordinate_steps("pca") == [0, 1, 3, 6]
    assert [row["step"] for row in run.snapshot_rows()] == [0, 1, 3, 6]
    for step, weights in ((0, first), (6, weights_of(model))):
        stored = read_npz(run.path / "snapshots" / f"{step:08d}.weights.npz")
        assert_same([value for _, value in sorted(stored.items())], weights)
    last, expected = run.snapshot(6), probe.snapshot(Observer(model, batch=20))
    for name, array in expected.items():
        np.testing.assert_allclose(last[name], array, atol=1e-6)
    row = run.snapshot_rows()[-1]
    assert {name: row[name] for name in probe.scores(last)} == pytest.approx(probe.scores(last))
    assert clock.snapshot_seconds > 0
    snapshots.take()  # that of this step is there already
    assert len(run.snapshot_rows()) == 4


def test_a_resumed_run_turns_its_map_like_the_one_before(store: RunStore) -> None:
    run, model, p = store.create(config()), compiled(), Progress(config(), steps=6)
    parts = (Probe(dataset(), 20, VIEWS), Observer(model), Clock(p, print))
    Snapshots(run, p, *parts).take()
    path = run.path / "coordinates" / "pca-00000000.npz"
    stored = read_npz(path)
    mirrored = -stored["xy"]
    np.savez(path, **{**stored, "xy": mirrored})
    p.step = 1
    Snapshots(run, p, *parts).take()
    np.testing.assert_allclose(run.coordinates("pca", 1)["xy"], mirrored, atol=1e-4)


@pytest.mark.parametrize("first", [True, False])
def test_numbers_that_are_none_are_told_and_not_written(store: RunStore, first: bool) -> None:
    """Also those of the first layer, which a maximum over places passes over."""
    run, model, p = store.create(config()), compiled(), Progress(config(), step=3, steps=6)
    kernels = [w for w in model.encoder.weights if w.path.endswith("kernel")]
    kernel = kernels[0 if first else -1]
    kernel.assign(np.full(kernel.shape, np.nan, np.float32))
    parts = (Probe(dataset(), 20, VIEWS), Observer(model), Clock(p, print))
    with pytest.raises(Diverged, match="finite weights and representations, found NaN or infinity"):
        Snapshots(run, p, *parts).take()
    assert run.snapshot_steps() == [] and run.snapshot_rows() == []


def test_checkpoints_come_every_ten_seconds(store: RunStore, time: Time) -> None:
    run, p = store.create(config()), Progress(config(), step=4, steps=6, seconds=2.5)
    keeper = Checkpoints(run, p)
    keeper.set_model(compiled())
    path = run.path / "checkpoint.npz"
    time.now += 9.9
    keeper.on_train_batch_end(0)
    assert not path.exists()
    time.now += 0.1
    keeper.on_train_batch_end(0)
    stored = read_npz(path)
    assert (stored["step"], stored["steps"], stored["seconds"]) == (4, 6, 2.5)
    p.step = 5
    time.now += 9.9
    keeper.on_train_batch_end(0)
    assert read_npz(path)["step"] == 4
    keeper.save()  # at the end, due or not
    assert read_npz(path)["step"] == 5


def test_writing_takes_a_twentieth_of_the_time_at_most(
    store: RunStore, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def slow(*args: Any) -> None:
        time.now += 2.0
        written.append(time.now)

    monkeypatch.setattr(callbacks, "save_checkpoint", slow)
    keeper = Checkpoints(store.create(config()), Progress(config()))
    keeper.set_model(Net())
    for _ in range(200):
        time.now += 1.0
        keeper.on_train_batch_end(0)
    assert [b - a for a, b in itertools.pairwise(written)] == [42.0] * (len(written) - 1)
    assert len(written) >= 4


def test_a_request_ends_the_training_at_once() -> None:
    p, requests = Progress(config()), iter([None, None, "stop"])
    obey = Obey(p, lambda: next(requests))
    obey.set_model(Net())
    for expected in ("", "", "stop"):
        assert not obey.model.stop_training
        obey.on_train_batch_end(0)
        assert p.ended == expected
    assert obey.model.stop_training


def test_status_by_hand() -> None:
    """10 of 40 steps took 5 s: 30 are left, so 15 s; 8 images in .25 s are 32 a second."""
    p = Progress(config(), step=10, steps=40, seconds=5.0, recent=[0.25, 0.25, 1.0], loss=2.5)
    assert status_of(p) == {
        "state": "running",
        "phase": "training",
        "step": 10,
        "steps": 40,
        "loss": 2.5,
        "seconds": 5.0,
        "seconds_left": 15.0,
        "images_per_second": 32.0,
    }


def test_status_before_the_length_is_known() -> None:
    found = status_of(Progress(config(), step=2, seconds=0.1))
    assert found["phase"] == "finding the pace"
    assert found["seconds_left"] is None and found["images_per_second"] is None


def test_status_is_kept_fresh(store: RunStore, time: Time) -> None:
    run, p = store.create(config()), Progress(config(), steps=40)
    line = StatusLine(run, p)
    seen = []
    for p.step in range(1, 13):
        line.on_train_batch_end(0)
        status = json.loads((run.path / "status.json").read_text())
        seen.append(status["step"])
        time.now += 0.1
    assert seen == [1, 1, 1, 1, 5, 5, 5, 5, 9, 9, 9, 9]
    assert status["loss"] is None  # NaN before the first step, which JSON has not
