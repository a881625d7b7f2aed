"""What a snapshot says of each picture: against loops from the paper, SciPy and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import cosine
from sklearn.neighbors import NearestNeighbors

from simclr_core.loss import nt_xent
from simclr_core.measures import neighbours, per_picture


@pytest.fixture
def z_views() -> np.ndarray:
    rng = np.random.default_rng(3)
    first = rng.normal(size=(23, 1, 6))
    return (first + 0.7 * rng.normal(size=(23, 2, 6))).astype(np.float32)


def paper_loss(views: np.ndarray, temperature: float, i: int) -> float:
    """Equation 1 of both directions of pair i, as the paper writes it: a loop."""
    flat = [v for pair in views for v in pair]
    total = 0.0
    for a, b in ((2 * i, 2 * i + 1), (2 * i + 1, 2 * i)):
        s = [(1 - cosine(flat[a], flat[j])) / temperature for j in range(len(flat))]
        total -= s[b] - math.log(sum(math.exp(s[j]) for j in range(len(flat)) if j != a))
    return total / 2


def test_view_similarity_is_the_cosine_of_partners(z_views):
    expected = [1 - cosine(a, b) for a, b in z_views]
    assert per_picture.view_similarity(z_views) == pytest.approx(expected, abs=1e-6)


def test_losses_are_those_of_batches_one_after_another(z_views):
    found = per_picture.losses(z_views, 0.3, 8)
    expected = [paper_loss(z_views[:8], 0.3, i) for i in range(8)]
    expected += [paper_loss(z_views[8:16], 0.3, i) for i in range(8)]
    expected += [paper_loss(z_views[15:], 0.3, i) for i in range(1, 8)]  # 8 pictures once more
    assert found == pytest.approx(expected, rel=1e-5)


def test_losses_of_fewer_pictures_than_a_batch_are_the_loss_of_all(z_views):
    found = per_picture.losses(z_views, 0.5, 64)
    whole = nt_xent.nt_xent_loss(z_views.reshape(46, 6), 0.5)
    assert found.mean() == pytest.approx(float(whole), rel=1e-5)
    assert found[4] == pytest.approx(paper_loss(z_views, 0.5, 4), rel=1e-5)


def test_ranked_neighbours_are_those_of_scikit_learn_in_order():
    h = np.random.default_rng(0).normal(size=(60, 9)).astype(np.float32)
    which, similarity = per_picture.ranked(h, 7)
    distance, expected = NearestNeighbors(n_neighbors=8, metric="cosine").fit(h).kneighbors(h)
    assert (which == expected[:, 1:]).all()
    assert similarity == pytest.approx(1 - distance[:, 1:], abs=1e-5)
    assert (np.diff(similarity, axis=1) <= 0).all()


def test_of_equally_similar_pictures_the_first_comes_first():
    h = np.float32([[1, 0], [0, 1], [0, 2], [0, 3], [1, 1]])
    assert per_picture.ranked(h, 4)[0][0].tolist() == [4, 1, 2, 3]


def test_kept_of_all_is_what_the_map_says_of_itself():
    rng = np.random.default_rng(1)
    h = rng.normal(size=(200, 12)).astype(np.float32)
    xy = (h[:, :2] + 0.2 * rng.normal(size=(200, 2))).astype(np.float32)
    true, _ = per_picture.ranked(h)
    whole = neighbours.kept_on_map(true, xy)
    assert whole == pytest.approx(neighbours.neighbours_kept(h, xy), abs=1e-6)
    assert 0.1 < whole < 0.9
    parts = [
        neighbours.kept_on_map(true[i : i + 50], xy, np.arange(i, i + 50))
        for i in range(0, 200, 50)
    ]
    assert np.mean(parts) == pytest.approx(whole) and len(set(parts)) > 1


def test_kept_by_hand():
    """On a line the map is exact; with two points swapped their neighbours are wrong."""
    angles = np.linspace(0, 1, 5)
    h = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    xy = np.stack([angles, 0 * angles], axis=1).astype(np.float32)
    true, _ = per_picture.ranked(h, 2)
    assert neighbours.kept_on_map(true, xy, k=2) == 1
    swapped = xy[[4, 1, 2, 3, 0]]  # 0 lies beside 3, then 2; its true neighbours are 1 and 2
    assert neighbours.kept_on_map(true[:1], swapped, np.array([0]), k=2) == 0.5
    assert neighbours.kept_on_map(true[:1], swapped, np.array([0]), k=1) == 0
    assert math.isnan(neighbours.kept_on_map(true, xy, np.array([], int)))
    assert math.isnan(neighbours.kept_on_map(true[:3], xy[:3]))


def test_some_pictures_have_the_neighbours_that_all_have() -> None:
    rng = np.random.default_rng(3)
    h = rng.normal(size=(80, 6)).astype(np.float32)
    which, similarity = per_picture.ranked(h, 5)
    rows = np.array([7, 60, 79])
    some, alike = per_picture.ranked(h, 5, rows)
    np.testing.assert_array_equal(some, which[rows])
    np.testing.assert_allclose(alike, similarity[rows], atol=1e-6)
    h[10:40] = h[10]  # thirty that are the same: itself may not be among the nearest
    same, alike = per_picture.ranked(h, 5, np.array([12]))
    assert 12 not in same[0] and len(set(same[0].tolist())) == 5
    np.testing.assert_allclose(alike, 1, atol=1e-6)
