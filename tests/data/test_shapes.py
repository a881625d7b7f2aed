"""The drawn set "shapes": frozen, balanced, equal areas, and uninformative mean colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from simclr_core.data import shapes
from simclr_core.data.datasets import Dataset, load_dataset
from simclr_core.data.drawing import SPLITS
from simclr_core.data.splits import hash_arrays


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMCLR_LAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return load_dataset("shapes")


def test_drawing_is_frozen(dataset: Dataset) -> None:
    assert dataset.content_hash == shapes.SHAPES_HASH


def test_same_arguments_give_the_same_bytes() -> None:
    first, again = shapes.draw_shapes(300, 3), shapes.draw_shapes(300, 3)
    other = shapes.draw_shapes(300, 4)
    assert hash_arrays(first.images) == hash_arrays(again.images)
    assert hash_arrays(first.images) != hash_arrays(other.images)


def test_other_size_draws_the_same_scenes() -> None:
    small, large = shapes.draw_shapes(40, 0, 32), shapes.draw_shapes(40, 0, 64)
    assert all(np.array_equal(small.factors[k], large.factors[k]) for k in small.factors)
    shrunk = np.stack([cv2.resize(x, (32, 32), interpolation=cv2.INTER_AREA) for x in large.images])
    assert np.abs(shrunk.astype(float) - small.images).mean() < 4  # noise and edges only


def test_factors_are_balanced_and_independent(dataset: Dataset) -> None:
    counts = np.bincount(dataset.factors_train["shape"])
    assert set(counts) == {750}
    names = list(dataset.factors_train)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            a, b = dataset.factors_train[first], dataset.factors_train[second]
            table = np.zeros((a.max() + 1, b.max() + 1))
            np.add.at(table, (a, b), 1)
            expected = np.outer(table.sum(1), table.sum(0)) / len(a)
            freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
            chi2 = ((table - expected) ** 2 / expected).sum()
            assert chi2 < freedom + 4 * np.sqrt(2 * freedom), (first, second)


@pytest.mark.parametrize("shape", range(len(shapes.SHAPES)))
def test_every_shape_covers_the_area_of_its_disc(shape: int) -> None:
    scene = shapes._draw_scenes(400, 7)
    scene["shape"][:] = shape
    covered = shapes._coverage(scene, 64).sum(axis=(1, 2)) / 64**2
    wanted = np.pi * scene["radius"] ** 2
    assert np.abs(covered / wanted - 1).max() < 0.05  # nothing is cut off at an edge
    assert abs((covered / wanted).mean() - 1) < 0.03


def test_hue_agrees_with_opencv() -> None:
    drawing = shapes.draw_shapes(200, 5)
    for image, hue in zip(drawing.images, drawing.factors["hue"], strict=True):
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL).reshape(-1, 3)
        turns = hsv[hsv[:, 2] > 200][:, 0] / 256  # the shape is brighter than any background
        angle = np.angle(np.exp(2j * np.pi * turns).mean()) / (2 * np.pi)
        distance = abs((angle - hue / 8 + 0.5) % 1 - 0.5)
        assert distance < 1 / 16 + 0.02


def test_mean_colour_does_not_tell_the_shape(dataset: Dataset) -> None:
    def features(images: np.ndarray) -> np.ndarray:
        means = images.reshape(len(images), -1, 3).mean(axis=1)
        return (means - 45) / 10

    probe = LogisticRegression(max_iter=2000)
    probe.fit(features(dataset.x_train), dataset.factors_train["shape"])
    score = probe.score(features(dataset.x_test), dataset.factors_test["shape"])
    assert score <= 1 / 8 + 0.03
    probe.fit(features(dataset.x_train), dataset.factors_train["hue"])
    assert probe.score(features(dataset.x_test), dataset.factors_test["hue"]) > 0.4


def test_raw_pixels_tell_the_shape_only_in_part(dataset: Dataset) -> None:
    def rows(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1).astype(np.float32)

    def weight(distance: np.ndarray) -> np.ndarray:
        return np.exp((1 - distance) / 0.1)

    neighbours = KNeighborsClassifier(20, metric="cosine", weights=weight, algorithm="brute")
    neighbours.fit(rows(dataset.x_train), dataset.y_train)
    score = neighbours.score(rows(dataset.x_test), dataset.y_test)
    assert 0.2 < score <= 0.55


def test_splits_share_no_picture(dataset: Dataset) -> None:
    train = {image.tobytes() for image in dataset.x_train}
    assert len(train) == SPLITS["train"][0]
    assert not any(image.tobytes() in train for image in dataset.x_test)
    assert dataset.kind == "drawn"
    assert dataset.factor_names["shape"] == dataset.class_names == shapes.SHAPES
