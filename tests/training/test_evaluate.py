"""Final figures of a run, against scikit-learn on what the networks themselves give."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simclr_core.base.errors import DataError, RunBusy, RunError
from simclr_core.base.files import write_json
from simclr_core.data.datasets import load_dataset
from simclr_core.measures.vectors import small_pixels
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots.checkpoint import save_checkpoint
from simclr_core.runs.store import RunStore
from simclr_core.training.evaluation import evaluate, final_scores, targets, untrained_observer
from small_parts import SIZE, compiled, config, dataset, encoded, feed, pictures, source


def knn_by_scikit(bank: np.ndarray, labels: np.ndarray, x: np.ndarray, truth: np.ndarray) -> float:
    """Weighted kNN with k = 20, T = .1 (Wu et al. 2018)."""
    from sklearn.neighbors import KNeighborsClassifier

    def weight(distance: np.ndarray) -> np.ndarray:
        return np.exp((1 - distance) / 0.1)

    flat = [v.reshape(len(v), -1).astype(float) for v in (bank, x)]
    return KNeighborsClassifier(20, metric="cosine", weights=weight).fit(flat[0], labels).score(
        flat[1], truth
    )  # fmt: skip


class Sees:
    """An observer whose representations are the pictures' tints, sharpened by a power."""

    def __init__(self, power: int) -> None:
        self.power = power

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = images.mean(axis=(1, 2)).astype(np.float32) ** self.power  # (N, 3)
        return h, h[:, :2]


def test_targets_are_the_label_and_every_factor() -> None:
    data = dataset()
    found = targets(data)
    assert list(found) == ["label", "half"]
    np.testing.assert_array_equal(found["label"][0], data.y_train)
    np.testing.assert_array_equal(found["label"][1], data.y_test)
    np.testing.assert_array_equal(found["half"][0], data.factors_train["half"])
    np.testing.assert_array_equal(found["half"][1], data.factors_test["half"])


def altered(**changes: Any) -> Any:
    """The data set with some fields changed."""
    data = dataset()
    fields = {name: value for name, value in vars(data).items() if name != "content_hash"}
    return type(data)(**{**fields, **changes})


def test_what_cannot_be_asked_is_no_target() -> None:
    assert list(targets(altered(y_train=np.ones(40, int)))) == ["half"]  # one class
    assert list(targets(altered(y_train=None, y_test=None))) == ["half"]
    assert list(targets(altered(factors_train={}, factors_test={}))) == ["label"]
    nothing = {"y_test": np.empty(0, int), "factors_test": {"half": np.empty(0, int)}}
    assert targets(altered(x_test=pictures(0), **nothing)) == {}


def test_final_scores_are_scikit_learns() -> None:
    data = dataset(train=90, test=60)
    found = final_scores(data, Sees(4), Sees(1))
    means = [x.mean(axis=(1, 2)) for x in (data.x_train, data.x_test)]

    def expected(train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        powers = {"knn_accuracy": 4, "knn_accuracy_untrained": 1}
        scores = {
            name: knn_by_scikit(means[0] ** power, train, means[1] ** power, test)
            for name, power in powers.items()
        }
        pixels = knn_by_scikit(data.x_train, train, data.x_test, test)
        return scores | {"knn_accuracy_pixels": pixels}

    label = expected(data.y_train, data.y_test)
    assert len(set(label.values())) == 3
    assert {name: found[name] for name in label} == pytest.approx(label)
    half = expected(data.factors_train["half"], data.factors_test["half"])
    assert found["knn_factors"]["half"] == pytest.approx(half)
    assert (found["of"], found["k"], found["T"]) == ("label", 20, 0.1)
    assert (found["bank"], found["queries"]) == (90, 60)


def test_labels_that_are_a_factor_go_by_its_name() -> None:
    data = dataset()
    factors = {"tint": data.y_train}, {"tint": data.y_test}
    found = final_scores(
        altered(factors_train=factors[0], factors_test=factors[1]), Sees(2), Sees(1)
    )
    assert found["of"] == "tint"
    assert found["knn_factors"]["tint"]["knn_accuracy"] == found["knn_accuracy"]


def test_nothing_to_ask_gives_no_scores() -> None:
    blank = altered(y_train=None, y_test=None, factors_train={}, factors_test={})
    found = final_scores(blank, Sees(2), Sees(1))
    names = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels", "of")
    assert [found[name] for name in names] == [None] * 4


@pytest.mark.parametrize("size", [16, 32, 48, 64, 96])
def test_small_pixels_are_pillows_box_average(size: int) -> None:
    rng = np.random.default_rng(size)
    images = rng.integers(0, 256, (3, size, size, 3), dtype=np.uint8)
    found = small_pixels(images)
    factor = -(-size // 32)
    expected = [np.asarray(Image.fromarray(image).reduce(factor)) / 255.0 for image in images]
    assert found.shape == (3, 3 * (size // factor) ** 2) and found.dtype == np.float32
    np.testing.assert_allclose(found, np.reshape(expected, found.shape), atol=0.6 / 255)


def trained_run(store: RunStore, folder: Path) -> tuple[Run, Any]:
    """A paused run whose checkpoint is 5 steps old, and its network."""
    settings = config(source(folder, train=60, test=30))
    run, model = store.create(settings), compiled(eager=True)
    batches = feed()
    for step in range(5):
        model.train_on_batch(batches[step][0])
    save_checkpoint(run.path / "checkpoint.npz", model, 5, 9, 1.0)
    run.write_status(state="paused", attempt=1, precision="float32")
    return run, model


def test_a_run_is_evaluated(store: RunStore, tmp_path: Path) -> None:
    run, model = trained_run(store, tmp_path)
    write_json(run.path / "evaluation.json", {"loss": 1.25, "knn_accuracy": -1.0})
    words: list[tuple[float | None, str]] = []
    scores = evaluate(store, run, lambda share, text: words.append((share, text)))
    data = load_dataset(run.config.data.source)

    def h(net: Any) -> list[np.ndarray]:
        return [encoded(net, x)[0] for x in (data.x_train, data.x_test)]

    def knn(bank: np.ndarray, x: np.ndarray) -> float:
        return knn_by_scikit(bank, data.y_train, x, data.y_test)

    assert scores["knn_accuracy"] == pytest.approx(knn(*h(model)), abs=0.05)
    assert scores["knn_accuracy_untrained"] == pytest.approx(knn(*h(compiled())), abs=0.05)
    assert scores["knn_accuracy_pixels"] == pytest.approx(knn(data.x_train, data.x_test))
    assert (scores["bank"], scores["queries"], scores["step"]) == (60, 30, 5)
    assert scores["loss"] == 1.25  # what the worker wrote stays
    assert set(scores["linear_probe"]) == {"pixels", "untrained", "h", "z"}
    assert all(0 <= found["label"] <= 1 for found in scores["linear_probe"].values())
    assert json.loads((run.path / "evaluation.json").read_text()) == scores
    shares = [share for share, _ in words if share is not None]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] < 1
    os.close(run.take())  # the run was given back


def test_a_run_without_a_checkpoint_is_refused_and_given_back(store: RunStore) -> None:
    run = store.create(config())
    with pytest.raises(RunError, match="expected a checkpoint, found none yet; resume"):
        evaluate(store, run, lambda share, text: None)
    os.close(run.take())
    assert run.evaluation() is None


def test_a_running_run_is_refused(store: RunStore) -> None:
    run = store.create(config())
    handle = run.take()
    try:
        with pytest.raises(RunBusy, match="pause or stop it first"):
            evaluate(store, run, lambda share, text: None)
    finally:
        os.close(handle)


def test_other_pictures_are_refused(store: RunStore, tmp_path: Path) -> None:
    run, _ = trained_run(store, tmp_path)
    record = run.record
    record["config"]["data"]["content_hash"] = load_dataset(run.config.data.source).content_hash
    write_json(run.path / "config.json", record)
    source(tmp_path, train=60, test=30, seed=7)
    with pytest.raises(DataError, match="found others; put the old ones back"):
        evaluate(store, run, lambda share, text: None)


def test_the_untrained_network_is_that_of_step_0(store: RunStore) -> None:
    run = store.create(config())
    fresh = untrained_observer(run, run.config, SIZE, jit=False)
    images = pictures(6)
    expected, _ = encoded(compiled(), images)
    np.testing.assert_allclose(fresh.encode(images)[0], expected, atol=1e-5)
