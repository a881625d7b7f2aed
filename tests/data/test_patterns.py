"""The drawn set "patterns": frozen, balanced, chiral motifs, with the intended shortcuts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from simclr_core.data import patterns
from simclr_core.data.datasets import Dataset, load_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMCLR_LAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return load_dataset("patterns")


def test_drawing_is_frozen(dataset: Dataset) -> None:
    assert dataset.content_hash == patterns.PATTERNS_HASH
    assert len(dataset.x_train) == 6_000 and len(dataset.x_test) == 1_000


def test_labels_are_the_motifs_and_factors_are_balanced(dataset: Dataset) -> None:
    assert dataset.class_names == patterns.MOTIFS
    assert np.array_equal(dataset.y_train, dataset.factors_train["motif"])
    assert set(np.bincount(dataset.factors_train["motif"])) == {750}
    for name, words in patterns.FACTOR_NAMES.items():
        counts = np.bincount(dataset.factors_train[name], minlength=len(words))
        assert counts.min() > 0.85 * counts.mean(), name


def test_no_motif_is_a_mirror_image_of_itself_or_another() -> None:
    drawn = [patterns.bitmap(name) for name in patterns.MOTIFS]
    for i, a in enumerate(drawn):
        assert a.shape == (7, 7)
        for j, b in enumerate(drawn):
            assert not np.array_equal(a[:, ::-1], b)
            assert i == j or not np.array_equal(a, b)


def test_a_mirrored_picture_shows_the_other_hand() -> None:
    """With the same layout, hand 1 shows the mirrored motif."""
    start = np.array([0.3, 0.3])
    plain = patterns._cover("hook", 0.36, False, start, 5, 64)
    other = patterns._cover("hook", 0.36, True, start, 5, 64)
    assert plain.shape == other.shape == (64, 64)
    assert np.isclose(plain.mean(), other.mean(), atol=0.05) and not np.allclose(plain, other)
    stamp = np.kron(patterns.bitmap("hook"), np.ones((3, 3)))
    found = [
        cv2.matchTemplate(image.astype(np.float32), view.astype(np.float32), 5).max()
        for image in (plain, other)
        for view in (stamp, np.ascontiguousarray(stamp[:, ::-1]))
    ]
    assert found[0] > found[1] and found[3] > found[2]


def test_other_size_draws_the_same_scenes() -> None:
    small, large = patterns.draw_patterns(24, 0, 32), patterns.draw_patterns(24, 0, 64)
    assert all(np.array_equal(small.factors[k], large.factors[k]) for k in small.factors)
    shrunk = np.stack([cv2.resize(x, (32, 32), interpolation=cv2.INTER_AREA) for x in large.images])
    assert np.abs(shrunk.astype(float) - small.images).mean() < 6


def test_halves_of_a_picture_share_colours_but_not_places(dataset: Dataset) -> None:
    """The shortcuts: each picture has unique colours and unique positions of the copies."""
    x = dataset.x_train[:300].astype(float)
    left, right = x[:, :, :16].mean(axis=(1, 2)), x[:, :, 16:].mean(axis=(1, 2))  # (300, 3)
    own = np.linalg.norm(left - right, axis=1).mean()
    others = np.linalg.norm(left - np.roll(right, 1, axis=0), axis=1).mean()
    assert own < 0.35 * others
    same = [i for i in range(1, 300) if dataset.y_train[i] == dataset.y_train[0]]
    assert all(np.abs(x[i] - x[0]).mean() > 10 for i in same)
