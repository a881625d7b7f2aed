"""Real runs from the command line, with real workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from child_processes import wait_for
from simclr_core.base.paths import PROJECT
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.workers import launch

pytestmark = pytest.mark.heavy

ROOT = PROJECT


def lab(store: RunStore, *args: str, **options: Any) -> subprocess.CompletedProcess:
    """Run a command on a store."""
    command = [sys.executable, "-m", "simclr_core", *args, "--runs", str(store.root)]
    options = {"capture_output": True, "text": True, "timeout": 280, "cwd": ROOT} | options
    return subprocess.run(command, **options)


def last_json(done: subprocess.CompletedProcess) -> dict[str, Any]:
    """The last line on stdout."""
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """An empty store of its own."""
    return RunStore(tmp_path / "runs")


SMALL = ("--data", "digits", "--batch-size", "64", "--probe-size", "200", "--width", "8")
SMALL += ("--precision", "float32")  # "auto" takes what is faster at the moment


def rows_of(run: Run) -> list[dict[str, Any]]:
    return run.metrics()[0]


def test_a_run_of_given_steps_is_whole_and_repeats(store: RunStore) -> None:
    first = last_json(lab(store, "train", *SMALL, "--steps", "12", "--seed", "3", "--json"))
    second = last_json(lab(store, "train", *SMALL, "--steps", "12", "--seed", "3", "--json"))
    assert first["status"] == "finished" and first["steps"] == 12
    a, b = (rows_of(store.get(found["run"])) for found in (first, second))
    assert [row["step"] for row in a] == list(range(1, 13))
    assert [row["loss"] for row in a] == [row["loss"] for row in b]
    run = store.get(first["run"])
    assert run.snapshot_steps()[0] == 0 and run.snapshot_steps()[-1] == 12
    snapshot = run.snapshot(12)
    assert snapshot["h"].shape == (200, 64) and snapshot["z_views"].shape == (200, 2, 64)
    assert np.isfinite(snapshot["h"]).all()
    assert run.coordinate_steps("pca") == run.snapshot_steps()
    assert run.evaluation()["bank"] == len_of_digits(run)["train"]
    assert 0 < first["knn_accuracy"] <= 1 and first["device"]


def len_of_digits(run: Run) -> dict[str, int]:
    return run.record["data"]


@pytest.mark.slow
def test_pause_resume_equals_an_uninterrupted_run(store: RunStore) -> None:
    whole = last_json(lab(store, "train", *SMALL, "--steps", "150", "--json"))
    run = launch.start(store, store.get(whole["run"]).config)
    wait_for(lambda: len(rows_of(run)) > 3)
    launch.pause(run)
    wait_for(lambda: run.state == states.PAUSED)
    paused_at = run.status["step"]
    assert 3 < paused_at < 150
    wait_for(lambda: not run.alive)
    assert lab(store, "resume", run.id).returncode == 0
    assert run.state == states.FINISHED
    assert [row["step"] for row in rows_of(run)] == list(range(1, 151))
    a = [row["loss"] for row in rows_of(store.get(whole["run"]))]
    b = [row["loss"] for row in rows_of(run)]
    np.testing.assert_allclose(a, b, rtol=2e-3)


def test_a_killed_worker_is_told_and_resumed(store: RunStore) -> None:
    run = launch.start(store, config_of(store, 400))
    wait_for(lambda: len(rows_of(run)) > 5)
    os.kill(run.status["pid"], signal.SIGKILL)
    wait_for(lambda: run.state == states.INTERRUPTED)
    launch.resume(store, run)
    wait_for(lambda: run.state == states.RUNNING and run.status["step"] > 5)
    launch.stop(run)
    wait_for(lambda: run.state == states.STOPPED)
    steps = [row["step"] for row in rows_of(run)]
    assert steps == list(range(1, run.status["step"] + 1))


def config_of(store: RunStore, steps: int) -> Any:
    """Digits, few steps' settings."""
    from simclr_core.settings.config import replace
    from simclr_core.settings.presets import preset_config

    config = preset_config("minute", "digits", "characters")
    training = replace(config.training, steps=steps, batch_size=64, probe_size=200)
    return replace(config, training=training, model=replace(config.model, width=8))


@pytest.mark.slow
def test_the_queue_waits_and_moves_on_without_anybody(store: RunStore) -> None:
    first = launch.start(store, config_of(store, 30))
    second = launch.start(store, config_of(store, 5))
    assert launch.queue(store) == [second] and second.state == states.QUEUED
    wait_for(lambda: second.state == states.FINISHED)
    assert first.state == states.FINISHED


def test_a_learning_rate_that_explodes_is_told(store: RunStore) -> None:
    # Decoupled decay of 1 at a rate of 100 multiplies every kernel by -99 a step.
    settings = ("--learning-rate", "100", "--optimizer", "sgd", "--weight-decay", "1")
    done = lab(store, "train", *SMALL, "--steps", "60", "--warmup-steps", "0", *settings)
    run = next(iter(store))
    assert run.state == states.FAILED and run.status["error"] == "Diverged"
    assert done.returncode == 1 and "learning rate" in run.status["message"]
    assert "Traceback" not in done.stderr
    assert 0 < len(rows_of(run)) < 60


@pytest.mark.slow
def test_shapes_are_learned_and_hue_without_colour_distortion(store: RunStore) -> None:
    # Steps, not seconds: about what two cores do in a minute, and the same on any machine.
    best = last_json(lab(store, "train", "--data", "shapes", "--steps", "1200", "--json"))
    assert best["knn_accuracy"] >= 0.95
    assert best["knn_accuracy_pixels"] <= 0.55
    off = ("--steps", "500", "--color-strength", "0", "--json")
    without = last_json(lab(store, "train", "--data", "shapes", *off))
    probes = last_json(lab(store, "evaluate", without["run"], "--json"))["linear_probe"]
    assert probes["h"]["hue"] > probes["h"]["shape"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_digits_beat_raw_pixels(store: RunStore) -> None:
    """On the mean of three seeds: one moves by 0.004, two of the 500 test digits."""
    command = ("train", "--data", "digits", "--steps", "1500", "--json")
    found = [last_json(lab(store, *command, "--seed", seed)) for seed in "012"]
    gains = [scores["knn_accuracy"] - scores["knn_accuracy_pixels"] for scores in found]
    assert sum(gains) / len(gains) >= 0.02


@pytest.fixture
def photographs() -> Path:
    """CIFAR-10 of the development data."""
    path = ROOT.parent / "shared" / "data" / "cifar10.npz"
    if not path.exists():
        pytest.skip("shared/data/cifar10.npz is not here")
    return path


@pytest.mark.slow
def test_photographs_are_learned(store: RunStore, photographs: Path) -> None:
    args = ("--data", str(photographs), "--steps", "1500", "--json")
    assert last_json(lab(store, "train", *args))["knn_accuracy"] >= 0.54
