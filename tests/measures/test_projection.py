"""Projections against scikit-learn, SciPy and plain loops; UMAP against independent fits."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import spatial
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from simclr_core.measures import neighbours, projection
from simclr_core.measures.projection import (
    neighbours_kept,
    pca,
    preservation,
    procrustes,
    umap_layout,
)


def blobs(points: int = 300, dim: int = 16, apart: float = 3.0, seed: int = 0) -> tuple:
    """Clusters: (points, dim) float32 and the cluster of each point."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, points)
    h = apart * rng.normal(size=(5, dim))[labels] + rng.normal(size=(points, dim))
    return h.astype(np.float32), labels


def turned(xy: np.ndarray, angle: float) -> np.ndarray:
    return xy @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """Median way of a point, in sizes of the layout."""
    size = np.sqrt(((before - before.mean(0)) ** 2).sum(1).mean())
    return float(np.median(np.linalg.norm(after - before, axis=1)) / size)


# PCA


@pytest.mark.parametrize("shape", [(200, 16), (20, 64)])
def test_pca_is_that_of_scikit_learn_up_to_signs(shape):
    h = np.random.default_rng(1).normal(size=shape) + 7
    found, expected = pca(h), PCA(2).fit_transform(h)
    expected *= np.sign((found * expected).sum(0))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert found.dtype == np.float32


def test_pca_takes_signs_and_axes_from_the_picture_before():
    h, _ = blobs()
    first = pca(h)
    for before in (first * [-1, 1], first[:, ::-1], -first[:, ::-1] + 100):
        found = pca(h, before)
        np.testing.assert_allclose(found, before - before.mean(0), atol=1e-3)


@pytest.mark.parametrize("points", [0, 1, 2, 3])
def test_pca_of_few_points_has_finite_coordinates_and_keeps_their_distances(points):
    h = np.eye(4)[:points]
    found = pca(h)
    assert found.shape == (points, 2) and np.isfinite(found).all()
    apart = spatial.distance.pdist(found) if points > 1 else np.zeros(0)
    np.testing.assert_allclose(apart, np.sqrt(2), atol=1e-6)


def test_an_axis_along_which_points_do_not_differ_is_zero():
    line = np.outer(np.arange(50.0), np.ones(8))
    assert np.ptp(pca(line)[:, 0]) > 1 and not pca(line)[:, 1].any()
    assert not pca(np.full((50, 8), 3.3, np.float32)).any()


@pytest.mark.parametrize("function", [pca, umap_layout])
def test_numbers_that_are_not_finite_are_refused_with_a_sentence(function):
    h, _ = blobs()
    h[3, 2], h[9, 0] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"found NaN or infinity in 2 of 300"):
        function(h)
    with pytest.raises(ValueError, match="shape"):
        function(h[0])


# Procrustes


def test_procrustes_undoes_a_turn_a_mirror_and_a_move():
    xy = np.random.default_rng(0).normal(size=(40, 2))
    away = turned(xy * [1, -1], 0.7) + np.array([5, -3])
    np.testing.assert_allclose(procrustes(away, xy), xy, atol=1e-5)
    np.testing.assert_allclose(procrustes(3 * away, xy, scale=True), xy, atol=1e-5)


def test_procrustes_is_that_of_scipy():
    rng = np.random.default_rng(2)
    xy, reference = rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) * [3, 1] + 4
    rotation, _ = orthogonal_procrustes(xy - xy.mean(0), reference - reference.mean(0))
    expected = (xy - xy.mean(0)) @ rotation + reference.mean(0)
    np.testing.assert_allclose(procrustes(xy, reference), expected, atol=1e-5)
    _, _, disparity = spatial.procrustes(reference, xy)
    error = ((procrustes(xy, reference, scale=True) - reference) ** 2).sum()
    assert error / ((reference - reference.mean(0)) ** 2).sum() == pytest.approx(
        disparity, rel=1e-4
    )


def test_procrustes_needs_the_same_points():
    with pytest.raises(ValueError, match="shape"):
        procrustes(np.zeros((4, 2)), np.zeros((5, 2)))


# How far a picture can be trusted


def test_preservation_is_scikit_learns_trustworthiness():
    h, _ = blobs(200)
    xy = np.random.default_rng(0).normal(size=(200, 2)) + pca(h) / 10
    expected = trustworthiness(h, xy, n_neighbors=15, metric="cosine")
    assert preservation(h, xy) == pytest.approx(expected, abs=1e-6)
    assert 0.4 < expected < 0.95  # neither chance nor perfect, so that the test can fail


def test_neighbours_kept_is_that_of_a_plain_loop():
    h, _ = blobs(120)
    xy = np.random.default_rng(0).normal(size=(120, 2)) + pca(h) / 5
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    shares = []
    for i in range(120):
        others = [j for j in range(120) if j != i]
        true = sorted(others, key=lambda j: 1 - float(unit[i] @ unit[j]))[:10]
        shown = sorted(others, key=lambda j: float(((xy[i] - xy[j]) ** 2).sum()))[:10]
        shares.append(len(set(true) & set(shown)) / 10)
    assert neighbours_kept(h, xy, k=10) == pytest.approx(np.mean(shares), abs=1e-6)
    assert 0.15 < np.mean(shares) < 0.9


def test_a_faithful_picture_scores_one_and_a_random_one_as_chance_does():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 600)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    assert neighbours_kept(circle, circle) > 0.99 and preservation(circle, circle) > 0.9999
    noise = rng.normal(size=(600, 2))
    assert neighbours_kept(circle, noise) == pytest.approx(15 / 599, abs=0.01)
    assert preservation(circle, noise) == pytest.approx(0.5, abs=0.03)


def test_many_points_are_judged_by_a_fixed_sample(monkeypatch):
    h, _ = blobs(500)
    xy = pca(h)
    whole = preservation(h, xy), neighbours_kept(h, xy)
    monkeypatch.setattr(neighbours, "SAMPLE", 250)
    part = preservation(h, xy), neighbours_kept(h, xy)
    assert part == (preservation(h, xy), neighbours_kept(h, xy)) and part != whole
    np.testing.assert_allclose(part, whole, atol=0.06)


def test_points_that_are_all_alike_have_no_score():
    same, xy = np.full((30, 4), 2.0), np.zeros((30, 2))
    assert np.isnan([preservation(same, xy), neighbours_kept(same, xy)]).all()
    assert np.isnan([preservation(np.eye(3), xy[:3]), neighbours_kept(np.eye(3), xy[:3])]).all()


# UMAP (compiles, or reads what was compiled from numba's cache)


@pytest.mark.heavy
def test_umap_keeps_clusters_and_repeats_for_a_seed():
    h, labels = blobs(apart=2.0)
    xy = umap_layout(h)
    assert xy.shape == (300, 2) and xy.dtype == np.float32
    assert KNeighborsClassifier(10).fit(xy, labels).score(xy, labels) > 0.98
    assert preservation(h, xy) > max(0.9, preservation(h, pca(h)))
    np.testing.assert_array_equal(umap_layout(h), xy)
    assert not np.array_equal(umap_layout(h, seed=1), xy)


@pytest.mark.heavy
def test_aligned_umap_moves_little_and_keeps_as_much():
    h, _ = blobs()
    first = turned(umap_layout(h), 0.5).astype(np.float32) + 20  # as if a run had drifted there
    nudged = h + 0.1 * np.random.default_rng(5).normal(size=h.shape).astype(np.float32)
    aligned, alone = umap_layout(nudged, previous=first), umap_layout(nudged, seed=1)
    assert moved(first, aligned) < 0.2
    assert moved(first, aligned) < 0.5 * moved(first, procrustes(alone, first))
    assert neighbours_kept(nudged, aligned) > neighbours_kept(nudged, alone) - 0.05


def test_a_long_layout_is_not_stretched_by_its_next_frame():
    """UMAP stretches an initial layout to a square; the clusters must keep their distances."""
    rng = np.random.default_rng(0)
    h = np.repeat(np.eye(3, 8), 60, 0) + 0.02 * rng.normal(size=(180, 8))
    places = np.array([[0, 0], [30, 1], [60, -1]])
    before = np.repeat(places, 60, 0) + rng.normal(size=(180, 2))
    after = umap_layout(h, previous=before, epochs=11)
    width, height = np.ptp(np.stack([after[i : i + 60].mean(0) for i in (0, 60, 120)]), axis=0)
    assert width > 5 * height


def test_a_chain_of_layouts_neither_fades_nor_grows_nor_wanders_off():
    rng = np.random.default_rng(0)
    xy = None
    for _ in range(5):
        xy = umap_layout(rng.normal(size=(200, 8)), previous=xy)  # each unlike the one before
        assert np.sqrt(xy.var(0).sum()) == pytest.approx(projection.SIZE, rel=1e-4)
        np.testing.assert_allclose(xy.mean(0), 0, atol=1e-3)


@pytest.mark.parametrize("points", [0, 1, 2, 3, 4, 5, 9])
def test_fewer_points_than_neighbours(points):
    h = np.random.default_rng(0).normal(size=(points, 6))
    xy = umap_layout(h)
    assert xy.shape == (points, 2)
    assert np.isfinite(xy).all() and np.isfinite(umap_layout(h, previous=xy)).all()


def test_a_collapsed_run_is_one_point_and_the_next_layout_starts_anew():
    for h in (np.zeros((40, 6)), np.full((40, 6), 3.3), np.outer(np.arange(1, 41), np.ones(6))):
        assert np.ptp(umap_layout(h), axis=0).max() == 0  # a direction is all that cosine sees
    h, _ = blobs()
    np.testing.assert_array_equal(umap_layout(h, previous=np.zeros((300, 2))), umap_layout(h))


def test_duplicates_stay_finite_and_together():
    h = np.repeat(np.random.default_rng(0).normal(size=(8, 6)), 30, 0)
    xy = umap_layout(h)
    assert np.isfinite(xy).all()
    within = np.mean([xy[i : i + 30].std(0) for i in range(0, 240, 30)])
    assert within < 0.2 * xy.std(0).min()


def test_nearly_collapsed_representations_keep_their_structure():
    """A spread of 1e-5 around one direction is lost if cosines are taken in float32."""
    h, labels = blobs(apart=3.0)
    xy = umap_layout(1 + 1e-5 * h.astype(np.float64))
    assert KNeighborsClassifier(10).fit(xy, labels).score(xy, labels) > 0.9


def test_euclidean_sees_what_cosine_does_not():
    rng = np.random.default_rng(0)
    h = np.r_[rng.uniform(1, 2, (50, 1)), rng.uniform(9, 10, (50, 1))] * np.ones(4)
    xy = umap_layout(h, metric="euclidean")
    assert neighbours_kept(h, xy, metric="euclidean") > 0.6
    assert np.linalg.norm(xy[:50].mean(0) - xy[50:].mean(0)) > 3 * xy[:50].std(0).max()


@pytest.mark.parametrize("bad", [{"metric": "taxi"}, {"neighbors": 1}, {"min_dist": -0.1}])
def test_bad_arguments(bad):
    with pytest.raises(ValueError, match="expected"):
        umap_layout(np.eye(9), **bad)
    with pytest.raises(ValueError, match="shape"):
        umap_layout(np.eye(9), previous=np.zeros((8, 2)))


@pytest.mark.heavy
def test_importing_it_imports_neither_umap_nor_scikit_learn_nor_scipy():
    code = (
        "import sys, simclr_core.measures.projection; "
        "heavy = 'umap numba sklearn scipy tensorflow';"
        "print([module for module in heavy.split() if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.heavy
def test_umap_is_imported_without_tensorflow_which_can_be_imported_later():
    projection._umap()
    assert sys.modules.get("tensorflow", "absent") is not None
