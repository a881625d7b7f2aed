"""What happens beside the steps: writing, observing, obeying, as time is told to go."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fake_clock import FakeModel, FakeSteps, FakeTime, fake_time
from simclr_core.base.errors import Diverged
from simclr_core.base.files import read_npz
from simclr_core.model.schedule import learning_rate_at
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots.observer import Observer, Probe
from simclr_core.runs.store import RunStore
from simclr_core.training import callbacks
from simclr_core.training.callbacks import (
    Checkpoints,
    MetricsLog,
    Snapshots,
    StatusLine,
    StopOnRequest,
    snapshot_steps,
    status_of,
)
from simclr_core.training.clock import Clock, TrainingProgress
from small_parts import VIEWS, assert_same, compiled, config, dataset, feed, weights_of


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """A clock that stands still until a test sets it."""
    return fake_time(monkeypatch)


def test_rows_hold_the_steps_own_values(store: RunStore) -> None:
    """Against what Keras reports after each step; 4 steps, their rates from the schedule."""
    run = store.create(config())
    model, p = compiled(eager=True), TrainingProgress(config(warmup_steps=3), steps=50)
    clock, log = Clock(p, print), MetricsLog(run, p)
    reported: list[dict[str, float]] = []

    class Keep(callbacks.keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            reported.append(dict(logs))

    model.fit(feed(), steps_per_epoch=4, verbose=0, shuffle=False, callbacks=[clock, log, Keep()])
    log.flush()
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
    store: RunStore, time: FakeTime
) -> None:
    run = store.create(config())
    steps = FakeSteps(time, TrainingProgress(config(), steps=100))
    log = MetricsLog(run, steps.progress)

    def step(seconds: float) -> list[int]:
        steps.take(seconds)
        log.on_train_batch_end(0, {"loss": 1.0, "contrastive_accuracy": 0.5})
        return [row["step"] for row in run.metrics()[0]]

    assert step(0.05) == [1]
    assert [step(0.05) for _ in range(3)] == [[1]] * 3
    assert step(0.06) == [1, 2, 3, 4, 5]
    assert step(0.01) == [1, 2, 3, 4, 5]
    log.flush()
    assert [row["step"] for row in run.metrics()[0]] == [1, 2, 3, 4, 5, 6]


def test_a_row_goes_on_where_the_file_ends(store: RunStore, time: FakeTime) -> None:
    run = store.create(config())
    for first in (0, 2):
        steps = FakeSteps(time, TrainingProgress(config(), steps=100, step=first))
        log = MetricsLog(run, steps.progress)
        for _ in range(2):
            steps.take(0.1)
            log.on_train_batch_end(0, {"loss": 1.0, "contrastive_accuracy": 0.5})
        log.flush()
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
    folder.mkdir(exist_ok=True)
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
    weight_files(tmp_path / "snapshots", 10, 1000)
    Run(tmp_path).thin_weights(most)
    folder = tmp_path / "snapshots"
    found = [int(path.name[:8]) for path in sorted(folder.glob("*.weights.npz"))]
    assert found == list(kept)
    assert len(list(folder.glob("*.npz"))) == len(found) + 10  # the snapshots themselves stay


def test_thinning_nothing_or_one_file(tmp_path: Path) -> None:
    Run(tmp_path).thin_weights(0)
    weight_files(tmp_path / "snapshots", 1, 10)
    Run(tmp_path).thin_weights(0)
    assert (tmp_path / "snapshots" / "00000000.weights.npz").exists()


def test_snapshots_are_taken_at_their_steps(store: RunStore) -> None:
    settings = config(snapshots=3)
    run, model, p = (
        store.create(settings),
        compiled(eager=True),
        TrainingProgress(settings, steps=6),
    )
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
    run, model, p = store.create(config()), compiled(), TrainingProgress(config(), steps=6)
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
    run, model, p = store.create(config()), compiled(), TrainingProgress(config(), step=3, steps=6)
    kernels = [w for w in model.encoder.weights if w.path.endswith("kernel")]
    kernel = kernels[0 if first else -1]
    kernel.assign(np.full(kernel.shape, np.nan, np.float32))
    parts = (Probe(dataset(), 20, VIEWS), Observer(model), Clock(p, print))
    with pytest.raises(Diverged, match="finite weights and representations, found NaN or infinity"):
        Snapshots(run, p, *parts).take()
    assert run.snapshot_steps() == [] and run.snapshot_rows() == []


def test_checkpoints_come_every_ten_seconds(store: RunStore, time: FakeTime) -> None:
    run, p = store.create(config()), TrainingProgress(config(), step=4, steps=6, seconds=2.5)
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
    store: RunStore, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def slow(*args: Any) -> None:
        time.now += 2.0
        written.append(time.now)

    monkeypatch.setattr(callbacks, "save_checkpoint", slow)
    keeper = Checkpoints(store.create(config()), TrainingProgress(config()))
    keeper.set_model(FakeModel())
    for _ in range(200):
        time.now += 1.0
        keeper.on_train_batch_end(0)
    assert [b - a for a, b in itertools.pairwise(written)] == [42.0] * (len(written) - 1)
    assert len(written) >= 4


def test_a_request_ends_the_training_at_once() -> None:
    p, requests = TrainingProgress(config()), iter([None, None, "stop"])
    obey = StopOnRequest(p, lambda: next(requests))
    obey.set_model(FakeModel())
    for expected in ("", "", "stop"):
        assert not obey.model.stop_training
        obey.on_train_batch_end(0)
        assert p.ended == expected
    assert obey.model.stop_training


def test_status_by_hand() -> None:
    """10 of 40 steps took 5 s: 30 are left, so 15 s; 8 images in .25 s are 32 a second."""
    p = TrainingProgress(
        config(), step=10, steps=40, seconds=5.0, recent=[0.25, 0.25, 1.0], loss=2.5
    )
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
    found = status_of(TrainingProgress(config(), step=2, seconds=0.1))
    assert found["phase"] == "finding the pace"
    assert found["seconds_left"] is None and found["images_per_second"] is None


def test_status_is_kept_fresh(store: RunStore, time: FakeTime) -> None:
    run, p = store.create(config()), TrainingProgress(config(), steps=40)
    line = StatusLine(run, p)
    seen = []
    for p.step in range(1, 13):
        line.on_train_batch_end(0)
        status = json.loads((run.path / "status.json").read_text())
        seen.append(status["step"])
        time.now += 0.1
    assert seen == [1, 1, 1, 1, 5, 5, 5, 5, 9, 9, 9, 9]
    assert status["loss"] is None  # NaN before the first step, which JSON has not
