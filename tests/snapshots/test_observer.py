"""The observer encodes as the network does, and the probe set is the same in every run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras import ops

from simclr_core.data.probe_set import probe_indices
from simclr_core.measures.hypersphere import alignment, uniformity
from simclr_core.measures.knn import knn_accuracy
from simclr_core.measures.projection import pca
from simclr_core.measures.rank import effective_rank
from simclr_core.model.encoders import build_encoder
from simclr_core.runs.snapshots import observer
from simclr_core.runs.snapshots.observer import Observer, Probe, fitting_batch, largest_output
from simclr_core.settings.config import ModelConfig, replace
from simclr_core.views.recipes import PROBE_SEED, draw_recipes
from simclr_core.views.render import render_views
from small_parts import MODEL, TRAINING, VIEWS, compiled, dataset, encoded, feed, pictures


def trained() -> Any:
    """A model whose BatchNorm statistics are not those it began with."""
    model = compiled(eager=True)
    batches = feed()
    for step in range(3):
        model.train_on_batch(batches[step][0])
    return model


@pytest.mark.parametrize("count", [7, 8, 20])
def test_encoding_is_the_networks_own_at_rest(count: int) -> None:
    """In batches of 8, filled up or not; each image for itself, so BatchNorm is at rest."""
    model, images = trained(), pictures(count, seed=3)
    h, z = Observer(model, batch=8).encode(images)
    assert h.shape == (count, 32) and z.shape == (count, 8)
    assert h.dtype == z.dtype == np.float32
    expected = encoded(model, images)
    np.testing.assert_allclose(h, expected[0], atol=1e-5)
    np.testing.assert_allclose(z, expected[1], atol=1e-4)


def test_bytes_and_numbers_between_0_and_1_are_the_same_pictures() -> None:
    seer, images = Observer(trained(), batch=8), pictures(11)
    for one, other in zip(seer.encode(images), seer.encode(images / np.float32(255)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_observing_sees_new_weights_and_changes_none() -> None:
    model, images = compiled(eager=True), pictures(5)
    seer = Observer(model, batch=8)
    before = [ops.convert_to_numpy(v) for v in model.variables]
    first = seer.encode(images)[0]
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, ops.convert_to_numpy(other))
    model.train_on_batch(feed()[0][0])
    assert np.abs(seer.encode(images)[0] - first).max() > 1e-3
    assert seer.seconds_per_image > 0


def test_the_probe_set_depends_on_the_data_alone() -> None:
    data = dataset()
    probe = Probe(data, 20, VIEWS)
    np.testing.assert_array_equal(probe.indices, probe_indices(data, 20))
    arrays = probe.arrays()
    np.testing.assert_array_equal(arrays["images"], data.x_train[probe.indices])
    np.testing.assert_array_equal(arrays["labels"], data.y_train[probe.indices])
    np.testing.assert_array_equal(arrays["factor__half"], data.factors_train["half"][probe.indices])
    assert set(arrays) == {"images", "indices", "labels", "factor__half"}
    assert len(Probe(data, 1000, VIEWS).indices) == len(data.x_train)


def test_a_snapshot_holds_pictures_and_their_two_fixed_views() -> None:
    model, probe = trained(), Probe(dataset(), 20, VIEWS)
    found = probe.snapshot(Observer(model, batch=16))
    shapes = {name: array.shape for name, array in found.items()}
    assert shapes == {"h": (20, 32), "z": (20, 8), "h_views": (20, 2, 32), "z_views": (20, 2, 8)}
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    h, z = encoded(model, probe.images)
    np.testing.assert_allclose(found["h"], h, atol=1e-5)
    np.testing.assert_allclose(found["z"], z, atol=1e-4)
    recipes = draw_recipes(VIEWS, 20, PROBE_SEED, 0, image_size=16)
    views = render_views(probe.images, recipes)  # (P, 2, S, S, 3)
    for view in range(2):
        h, z = encoded(model, views[:, view])
        np.testing.assert_allclose(found["h_views"][:, view], h, atol=1e-5)
        np.testing.assert_allclose(found["z_views"][:, view], z, atol=1e-4)


def test_views_too_large_to_keep_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seer, data = Observer(trained(), batch=64), dataset(train=300)
    kept = Probe(data, 300, VIEWS)
    expected = [kept.snapshot(seer) for _ in range(2)]
    monkeypatch.setattr(observer, "_CACHE_BYTES", 0)
    drawn = Probe(data, 300, VIEWS)  # in blocks of 250 and 50, rendered again every time
    for found in (expected[1], drawn.snapshot(seer), drawn.snapshot(seer)):
        for name, array in found.items():
            np.testing.assert_allclose(array, expected[0][name], atol=1e-5)


def test_scores_are_those_of_evaluation() -> None:
    data = dataset(train=60)
    probe = Probe(data, 40, VIEWS)
    found = probe.snapshot(Observer(trained(), batch=64))
    labels = data.y_train[probe.indices]
    scores = probe.scores(found)
    assert scores == {
        "alignment": alignment(found["z_views"]),
        "uniformity": uniformity(found["z"]),
        "effective_rank_h": effective_rank(found["h"]),
        "effective_rank_z": effective_rank(found["z"]),
        "knn_accuracy": knn_accuracy(found["h"], labels),
        "knn_accuracy_pixels": knn_accuracy(probe.images, labels),
        "knn_of": "label",
    }
    assert scores["knn_accuracy"] != scores["knn_accuracy_pixels"]


def test_without_labels_a_factor_is_asked_for_and_without_factors_nothing() -> None:
    blank = {"y_train": None, "y_test": None}
    data = dataset()
    fields = {**vars(data), **blank}
    fields.pop("content_hash", None)
    drawn = Probe(type(data)(**fields), 20, VIEWS)
    assert drawn.target()[0] == "half" and "labels" not in drawn.arrays()
    plain = Probe(type(data)(**{**fields, "factors_train": {}, "factors_test": {}}), 20, VIEWS)
    assert plain.target() is None and plain.knn_pixels is None
    scores = plain.scores(plain.snapshot(Observer(compiled())))
    assert not {"knn_accuracy", "knn_of"} & set(scores)


def test_one_class_is_no_target() -> None:
    data = dataset()
    fields = {**vars(data), "y_train": np.zeros(40, int)}
    fields.pop("content_hash", None)
    assert Probe(type(data)(**fields), 20, VIEWS).target()[0] == "half"


def test_labels_that_are_a_factor_go_by_its_name() -> None:
    labels = dataset().y_train
    half = dataset().factors_train["half"]
    probe = Probe(dataset(factors_train={"half": half, "tint": labels}), 20, VIEWS)
    name, values = probe.target()
    assert name == "tint"
    np.testing.assert_array_equal(values, labels[probe.indices])


def test_coordinates_are_the_pca_of_h_and_do_not_jump() -> None:
    probe = Probe(dataset(), 20, VIEWS)
    found = probe.snapshot(Observer(trained()))
    first = probe.coordinates(found, None)
    assert first["xy"].shape == (20, 2) and np.isnan(first["preservation"])
    np.testing.assert_array_equal(first["xy"], pca(found["h"]))
    mirrored = -first["xy"]
    again = probe.coordinates(found, mirrored)["xy"]
    np.testing.assert_allclose(again, mirrored, atol=1e-4)


def test_runs_of_other_seeds_and_networks_see_the_same_probe() -> None:
    """Nothing of the training settings reaches the probe; only the views' settings do."""
    one, other = Probe(dataset(), 20, VIEWS), Probe(dataset(), 20, replace(VIEWS, crop_min=0.1))
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.recipes.flip, other.recipes.flip)
    assert np.abs(one.recipes.crop - other.recipes.crop).max() > 0.01
    seeds = [compiled(replace(TRAINING, seed=s), MODEL) for s in (1, 2)]
    views = [one.snapshot(Observer(model))["h_views"] for model in seeds]
    assert np.abs(views[0] - views[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("encoder", "size", "values", "images"),
    [
        ("tiny", 32, 16 * 16 * 32, 500),  # its first convolution of full width
        ("resnet18", 32, 32 * 32 * 64, 488),
        ("resnet18", 224, 224 * 224 * 64, 9),
        ("resnet50", 224, 112 * 112 * 64, 39),  # inside a network of keras.applications
    ],
)
def test_a_forward_pass_fits_into_memory(encoder: str, size: int, values: int, images: int) -> None:
    width = 64 if encoder == "resnet18" else 16
    net = build_encoder(ModelConfig(encoder=encoder, width=width), size)
    assert largest_output(net) >= values
    assert fitting_batch(net) <= images
    assert fitting_batch(net) * largest_output(net) <= 32e6
