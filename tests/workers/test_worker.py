"""The worker process: how each end is told, and that its run is never left in the dark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from child_processes import ROOT, wait_for
from simclr_core.base.locks import try_lock
from simclr_core.machine.devices import Device
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import DataConfig, ModelConfig, RunConfig, TrainConfig, replace
from simclr_core.workers import launch
from simclr_core.workers.worker import DISK_FULL, OUT_OF_MEMORY
from small_disk import fill, room, small_disk
from stub_worker import StubWorkers, stub_workers

pytestmark = pytest.mark.heavy

CPU = Device("cpu", "2 cores", 0, usable=True)
GPU = Device("gpu:1", "a GPU", 0, usable=True)
ON_CPU = RunConfig(training=TrainConfig(device="cpu"))


@pytest.fixture
def light(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StubWorkers]:
    with stub_workers(tmp_path / "stand-in", store, monkeypatch) as workers:
        yield workers


@pytest.fixture
def alone(store: RunStore) -> Iterator[None]:
    """No mapper is started for the runs of the store."""
    handle = try_lock(store.root / "mapper.lock")
    yield
    os.close(handle)


def work(run: Run) -> subprocess.CompletedProcess[str]:
    """A worker started by hand, to its end."""
    command = [sys.executable, "-m", "simclr_core.workers.worker", str(run.path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


def small(source: str, **training: object) -> RunConfig:
    """A config for a short run on the processor."""
    changes = {"device": "cpu", "batch_size": 32, "probe_size": 50, "snapshots": 1, **training}
    return RunConfig(
        data=DataConfig(source=source),
        model=ModelConfig(width=4),
        training=replace(TrainConfig(), **changes),
    )


# How an attempt that fails is told


@pytest.mark.parametrize(
    ("word", "message", "error"),
    [
        ("training", "Expected nothing else: a light worker ends so.", "TrainingError"),
        ("memory", OUT_OF_MEMORY, "MemoryError"),
        ("device memory", OUT_OF_MEMORY, "MemoryError"),
        ("disk", DISK_FULL, "OSError"),
        (
            "unexpected",
            "Training ended unexpectedly: ZeroDivisionError: deliberate in two lines; see log.txt.",
            "TrainingError",
        ),
    ],
)
def test_every_error_becomes_one_sentence(
    store: RunStore, light: StubWorkers, word: str, message: str, error: str
) -> None:
    run = launch.start(store, ON_CPU)
    light.end(run, word)
    wait_for(lambda: run.state == states.FAILED and not run.alive)
    status = run.status
    assert (status["message"], status["error"], status["phase"]) == (message, error, "")
    log = (run.path / "log.txt").read_text()
    assert log.count(message) == 1  # the traceback is for the log alone
    assert ("Traceback" in log) == (word != "training")


def test_folders_that_a_copy_has_lost_are_made_again(store: RunStore, light: StubWorkers) -> None:
    run = store.create(ON_CPU)
    for name in ("snapshots", "coordinates"):
        (run.path / name).rmdir()
    assert run.snapshot_steps() == [] and run.state == states.QUEUED
    launch.advance(store)
    light.pid(run)
    assert (run.path / "snapshots").is_dir() and (run.path / "coordinates").is_dir()


def test_what_a_killed_worker_left_is_removed(store: RunStore, light: StubWorkers) -> None:
    run = store.create(ON_CPU)
    (run.path / "status.json").write_text('{"state": "running", "attempt": 1}')
    left = [".status.json.abcd_123", ".checkpoint.npz.01234567", "snapshots/.00000012.npz.zzzzzzzz"]
    left += ["snapshots/.00000012.weights.npz.a1b2c3d4", "coordinates/.pca-00000012.npz.a1b2c3d4"]
    of_others = [
        ".control.json.abcd_123",
        ".label.json.abcd_123",
        ".DS_Store",
        ".job.json.12345678",
    ]
    of_others += ["coordinates/.umap-00000012.npz.a1b2c3d4", "checkpoint.npz"]
    for name in (*left, *of_others):
        (run.path / name).write_bytes(b"half")
    launch.resume(store, run)
    light.pid(run)
    assert not any((run.path / name).exists() for name in left)
    assert all((run.path / name).exists() for name in of_others)


def test_a_later_attempt_adds_to_the_log(store: RunStore, light: StubWorkers) -> None:
    run = launch.start(store, ON_CPU)
    light.end(run)
    wait_for(lambda: run.state == states.FAILED and not run.alive)
    launch.resume(store, run)
    wait_for(lambda: run.status["attempt"] == 2 and run.state == states.FAILED and not run.alive)
    assert (run.path / "log.txt").read_text().count("a light worker ends so") == 2


def test_settings_that_cannot_be_read_fail_before_any_framework_starts(
    store: RunStore, light: StubWorkers
) -> None:
    run = store.create(ON_CPU)
    text = (run.path / "config.json").read_text()
    (run.path / "config.json").write_text(text.replace('"seed"', '"sede"'))
    done = work(run)
    assert done.returncode == 1 and light.started() == []
    assert "did you mean seed?" in done.stderr and "Traceback" not in done.stderr
    assert run.state == states.DAMAGED and not run.alive


def test_a_worker_has_room_for_its_last_words_on_a_full_disk(
    tmp_path: Path, light: StubWorkers
) -> None:
    with small_disk(tmp_path / "disk", "size=512k") as folder:
        store = RunStore(folder)
        mapper = try_lock(folder / "mapper.lock")
        run = launch.start(store, ON_CPU)
        light.pid(run)
        filler = fill(folder)
        assert room(folder) == 0
        light.end(run, "unexpected")
        wait_for(lambda: not run.alive)
        assert run.state == states.FAILED and "ZeroDivisionError" in run.status["message"]
        filler.unlink()
        launch.resume(store, run)
        wait_for(lambda: run.status["attempt"] == 2 and run.state == states.FAILED)
        wait_for(lambda: not run.alive)
        assert not (run.path / ".reserve").exists()
        os.close(mapper)


def test_a_signal_during_the_start_does_not_end_the_worker(
    store: RunStore, light: StubWorkers
) -> None:
    run = launch.start(store, ON_CPU)
    os.kill(light.pid(run), signal.SIGTERM)  # the framework is still being imported
    light.end(run)
    wait_for(lambda: not run.alive)
    assert run.state == states.FAILED  # as its stand-in wants; not interrupted


# With the framework


@pytest.mark.usefixtures("alone")
def test_missing_pictures_are_told(store: RunStore, tmp_path: Path) -> None:
    run = launch.start(store, small(str(tmp_path / "gone.npz")))
    wait_for(lambda: run.state == states.FAILED and not run.alive)
    status = run.status
    assert status["error"] == "DataError" and "gone.npz" in status["message"]
    assert status["message"].startswith("Expected ") and "\n" not in status["message"]
    log = (run.path / "log.txt").read_text()
    assert status["message"] in log and "Traceback" not in log
    assert not (run.path / "checkpoint.npz").exists() and run.snapshot_steps() == []


@pytest.mark.usefixtures("alone")
def test_a_signal_pauses_with_a_checkpoint_and_the_run_goes_on_later(
    store: RunStore, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (300, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "noise.npz", images=images)
    run = launch.start(store, small(str(tmp_path / "noise.npz"), steps=100_000))
    wait_for(lambda: len(run.metrics()[0]) > 5)
    os.kill(run.status["pid"], signal.SIGTERM)
    wait_for(lambda: not run.alive)
    status = run.status
    assert (status["state"], status["phase"]) == (states.PAUSED, "")
    with np.load(run.path / "checkpoint.npz") as checkpoint:
        assert checkpoint["step"] == status["step"] == run.metrics()[0][-1]["step"] > 5
    assert run.snapshot_steps() == [0]
    assert "Traceback" not in (run.path / "log.txt").read_text()
