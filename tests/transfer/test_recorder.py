"""Runs that were trained elsewhere: by a callback, from a file; and what is no such thing."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from pages.explore import ask as explore_ask
from pages.explore import map as explore_map
from simclr_core.base.errors import DataError
from simclr_core.base.paths import PROJECT
from simclr_core.cli.main import main
from simclr_core.feed.explore import facts as explore_facts
from simclr_core.feed.explore import map_blocks
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import cache, coordinates
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer.recorder import Recording, import_embeddings
from simclr_core.workers import launch

ROOT = PROJECT
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
H = RNG.normal(size=(30, 5)).astype(np.float32)


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(tmp_path / "runs")


def example(name: str, store: RunStore) -> Run:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "examples" / name)],
        env={**os.environ, "SIMCLR_LAB_RUNS": str(store.root), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return store.get(done.stdout.split()[-1])


@pytest.mark.slow
def test_the_example_records_a_training(store):
    run = example("record_training.py", store)
    assert run.state == states.FINISHED and run.name == "digits, with labels"
    assert run.snapshot_steps() == [0, 20, 40, 60, 80, 100, 114]  # 57 steps an epoch
    rows, _ = run.metrics()
    assert [row["step"] for row in rows] == list(range(1, 115))
    losses = [row["loss"] for row in rows]
    assert losses[-1] < losses[0]
    scores = run.snapshot_rows()
    assert scores[-1]["knn_accuracy"] > scores[0]["knn_accuracy"] > 0.5
    assert run.snapshot(114)["h"].shape == (300, 64)
    assert (run.probe()["labels"] == load_digits().target[:300]).all()
    assert cache.neighbours(run, 114)[0].shape == (300, 20)


@pytest.mark.heavy
def test_the_example_opens_embeddings(store):
    run = example("open_embeddings.py", store)
    digits = load_digits()
    expected = PCA(16, random_state=0).fit_transform(digits.data)
    assert run.state == states.FINISHED and run.snapshot_steps() == [0]
    assert run.snapshot(0)["h"] == pytest.approx(expected, abs=1e-3)
    assert explore_map.trouble(run) == ""
    names = explore_ask.color_names(run)
    assert list(names) == ["label", "predicted", "cluster"]  # nothing is known of views
    (row,) = run.snapshot_rows()
    unit = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    judge = KNeighborsClassifier(2).fit(unit, digits.target)
    assert row["knn_accuracy"] > 0.9 and judge.score(unit, digits.target) > 0.9
    found = explore_facts.picture_facts(run, 3, 0)
    assert "alike_h" not in found and len(found["history"]) == 1
    assert map_blocks.is_recorded(run)
    assert coordinates.project_step(run, 0)["xy"].shape == (1797, 2)  # as the mapper does


def test_nobody_starts_a_run_that_is_recorded(store):
    with Recording(IMAGES, store=store) as recording:
        assert recording.run.state == states.RUNNING and recording.run.alive
        assert launch.queue(store) == [] and launch.advance(store) == []
        recording.snapshot(0, H)
    assert recording.run.state == states.FINISHED and not recording.run.alive


def test_a_recording_that_breaks_off_says_so(store):
    with pytest.raises(KeyError), Recording(IMAGES, store=store) as recording:
        raise KeyError("lost")
    assert recording.run.state == states.FAILED and "lost" in recording.run.status["message"]


def test_pictures_of_numbers_between_0_and_1_become_bytes(store):
    with Recording(IMAGES.astype(np.float64) / 255, store=store) as recording:
        pass
    assert (recording.run.probe()["images"] == IMAGES).all()


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (IMAGES[..., :1], None, "shape \\(P, S, S, 3\\)"),
        (IMAGES.astype(np.float32), None, "other values"),
        (IMAGES.astype(np.uint16), None, "other values"),
        (IMAGES, np.zeros(29, int), "30 whole numbers as labels, found 29"),
        (IMAGES, np.zeros(30), "of float64"),
    ],
)
def test_other_pictures_and_labels_are_refused_and_leave_nothing(store, images, labels, words):
    with pytest.raises(DataError, match=words):
        Recording(images, labels, store=store)
    assert list(store) == []


@pytest.mark.parametrize(
    ("h", "words"),
    [
        (H[:29], "shape \\(30, D\\)"),
        (np.full((30, 4), np.nan), "NaN"),
        (np.array(["a"] * 30)[:, None], "Expected numbers"),
        (np.zeros(30), "shape \\(30, D\\)"),
    ],
)
def test_other_representations_are_refused(store, h, words):
    with pytest.raises(DataError, match=words), Recording(IMAGES, store=store) as recording:
        recording.snapshot(0, h)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"h": H}, "numbers named embeddings"),
        ({"embeddings": H[:1]}, "at least 2"),
        ({"embeddings": H[:, 0]}, "shape \\(P, D\\)"),
        ({"embeddings": H, "images": IMAGES[:20]}, "30 images, one per embedding, found 20"),
        ({"embeddings": np.full((30, 2), np.inf)}, "infinity"),
        ({"embeddings": np.zeros((30, 2))}, "found only zeros"),
        ({"embeddings": np.full((30, 2), 1e300)}, "infinity or larger ones"),
        ({"embeddings": H, "labels": np.zeros(3, int)}, "labels, found 3"),
    ],
)
def test_other_files_are_refused_and_leave_no_run(store, tmp_path, arrays, words):
    np.savez(tmp_path / "file.npz", **arrays)
    with pytest.raises(DataError, match=words):
        import_embeddings(tmp_path / "file.npz", store=store)
    assert list(store) == []


def test_pickles_are_never_opened(store, tmp_path):
    np.savez(tmp_path / "file.npz", embeddings=np.array([{"a": 1}] * 3, object))
    with pytest.raises(DataError, match="not one"):
        import_embeddings(tmp_path / "file.npz", store=store)


def test_the_command_opens_a_file(store, tmp_path, capsys):
    np.savez(tmp_path / "mine.npz", embeddings=H)
    words = ["import", str(tmp_path / "mine.npz"), "--runs", str(store.root)]
    assert main(words) == 0
    (run,) = store
    assert run.id in capsys.readouterr().out and run.name == "mine"
    assert (run.probe()["images"] == 128).all()
    assert main(["import", str(tmp_path / "none.npz"), "--runs", str(store.root)]) == 2
    assert "none.npz, found none" in capsys.readouterr().err
