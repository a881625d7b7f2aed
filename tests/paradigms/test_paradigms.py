"""A whole study on a few small pictures: four ways, shared parts, and what may not be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from simclr_core.base.errors import DataError
from simclr_core.data.splits import labelled_rows
from simclr_core.model.encoders import build_encoder
from simclr_core.paradigms import making, study_data
from simclr_core.paradigms import study as studies
from simclr_core.paradigms import training as ways
from simclr_core.paradigms.study import WAYS, Study
from simclr_core.settings.config import ConfigError
from small_parts import MODEL


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three colours of unequal size; a fourth is among the test pictures alone."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [60, 30, 20])
    images = rng.integers(0, 60, (110, 16, 16, 3), dtype=np.uint8)
    images[np.arange(110), :, :, labels] += 150
    path = tmp_path_factory.mktemp("data") / "colours.npz"
    part = np.arange(110) % 5 == 0
    np.savez(
        path,
        x_train=images[~part], y_train=labels[~part],
        x_test=np.concatenate([images[part], np.full((1, 16, 16, 3), 250, np.uint8)]),
        y_test=np.append(labels[part], 3),
        class_names=np.array(["red", "green", "blue", "white"]),
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def made(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    root, told = tmp_path_factory.mktemp("runs"), []
    study = Study(str(pictures), seconds=2.0, budget=2)
    found = making.run_study(root, study, lambda share, words: told.append((share, words)))
    return root, study, found, told


@pytest.mark.slow
def test_every_way_is_scored_on_every_test_picture(made) -> None:
    root, study, found, told = made
    assert list(found["ways"]) == list(WAYS)
    assert found["labelled"] == 6 and found["train"] == 88 and found["test"] == 23
    kept = studies.result(root, study)
    assert kept is not None
    arrays = kept[1]
    for way in WAYS:
        row = found["ways"][way]
        confusion = np.array(row["confusion"])
        assert confusion.sum() == 23 and confusion.trace() / 23 == pytest.approx(row["accuracy"])
        assert np.array_equal(confusion.sum(axis=1), row["support"])
        said = arrays[f"predicted__{way}"]
        assert (said == arrays["truth"]).mean() == pytest.approx(row["accuracy"])
        assert arrays[f"xy__{way}"].shape == (23, 2)
    assert found["ways"][studies.SUPERVISED]["auc"] is not None
    assert found["ways"][studies.UNSUPERVISED]["auc"] is None
    assert len(found["ways"][studies.UNSUPERVISED]["variants"]) == 3
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] <= 1


@pytest.mark.slow
def test_pictures_of_the_cells_are_the_test_pictures_in_an_order_by_chance(made, pictures) -> None:
    root, study, _, _ = made
    kept = studies.pictures(root, study)
    truth = studies.result(root, study)[1]["truth"]
    colours = kept.mean(axis=(1, 2))  # (23, 3)
    seen = np.where(colours.min(axis=1) > 200, 3, colours.argmax(axis=1))
    assert np.array_equal(seen, truth)
    with np.load(pictures) as file:
        assert sorted(map(bytes, kept)) == sorted(map(bytes, file["x_test"]))
        assert not np.array_equal(truth, file["y_test"])  # there they lie class by class


@pytest.mark.slow
def test_seconds_are_shared_out_as_promised(made) -> None:
    found = made[2]
    semi, own = found["ways"][studies.SEMI], found["ways"][studies.SELF]
    assert semi["pretraining_seconds"] == own["pretraining_seconds"]
    assert semi["pretraining_steps"] > 0 and semi["steps"] > 0 and own["steps"] == 0


@pytest.mark.slow
def test_another_budget_shares_what_learned_without_labels(made, monkeypatch) -> None:
    root, study, _, _ = made
    other = Study(study.source, seconds=2.0, budget=0)
    assert other.base == study.base and other.key != study.key
    monkeypatch.setattr(ways, "pretrain", None)  # would fail if it were called
    monkeypatch.setattr(ways, "autoencoder", None)
    found = making.run_study(root, other, lambda *_: None)
    assert found["labelled"] == 88
    every = studies.results(root, other)
    assert sorted(told["study"]["budget"] for told in every) == [0, 2]
    assert studies.results(root, Study(study.source, seconds=5.0)) == []


def test_a_study_that_was_not_made_is_none(tmp_path: Path) -> None:
    assert studies.result(tmp_path, Study("shapes")) is None
    assert studies.results(tmp_path, Study("shapes")) == []
    assert studies.pictures(tmp_path, Study("shapes")).shape[0] == 0


@pytest.mark.parametrize("change", [{"seconds": 1.0}, {"budget": -1}, {"rate": 0.0}, {"seed": -1}])
def test_values_out_of_range_are_refused(change) -> None:
    with pytest.raises(ConfigError, match="choose a value"):
        Study("shapes", **change)


def test_pictures_without_labels_or_of_one_class_are_refused(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (20, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "plain.npz", x_train=images, x_test=images[:4])
    with pytest.raises(DataError, match="labels"):
        making.run_study(tmp_path, Study(str(tmp_path / "plain.npz")), lambda *_: None)
    ones = {"y_train": np.zeros(20, int), "y_test": np.zeros(4, int)}
    np.savez(tmp_path / "one.npz", x_train=images, x_test=images[:4], **ones)
    with pytest.raises(DataError, match="two classes"):
        making.run_study(tmp_path, Study(str(tmp_path / "one.npz")), lambda *_: None)


def test_frozen_convolutions_keep_their_weights() -> None:
    encoder = build_encoder(MODEL, 32)
    count = ways.convolutions(encoder)
    assert count >= 4
    kernels = [layer for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert ways.freeze(encoder, 2) == 2
    assert [layer.trainable for layer in kernels] == [False] * 2 + [True] * (count - 2)
    norms = [x for x in encoder.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert [layer.trainable for layer in norms] == [False] * 2 + [True] * (len(norms) - 2)
    assert ways.freeze(encoder, 10**6) == count and not encoder.trainable_weights
    assert ways.freeze(encoder, 0) == 0 and len(encoder.trainable_weights) > 0


@pytest.mark.slow
def test_fine_tuning_leaves_frozen_weights_alone(made, pictures) -> None:
    from simclr_core.data.datasets import load_dataset

    _, study, _, _ = made
    dataset = load_dataset(str(pictures))
    config = study_data.config_of(study, dataset)
    weights = build_encoder(config.model, 16).get_weights()
    rows = labelled_rows(dataset.y_train, 5, 0)
    learned = ways.supervised(
        config, dataset, rows, 4, 0.4, lambda *_: None, weights, frozen=10**6, staged=True
    )
    fresh = build_encoder(config.model, 16)
    fresh.set_weights(weights)
    asked = dataset.x_test.astype(np.float32) / 255
    assert np.allclose(learned.h, np.asarray(fresh(asked, training=False)), atol=1e-4)
