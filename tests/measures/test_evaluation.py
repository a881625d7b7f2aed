"""Scores against plain loops, scikit-learn and SciPy, and where their ends lie."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import linalg

from simclr_core.measures import evaluation
from simclr_core.measures.evaluation import (
    alignment,
    effective_rank,
    knn_accuracy,
    knn_predict,
    l2_normalise,
    label_name,
    linear_probe,
    nearest,
    uniformity,
    vote,
)

Blobs = tuple[np.ndarray, np.ndarray]


def blobs(count: int, dim: int, classes: int, seed: int, spread: float = 1.0) -> Blobs:
    """Vectors (count, dim) around one centre a class, and their labels."""
    centres = np.random.default_rng(99).normal(size=(classes, dim))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    return centres[labels] + spread * rng.normal(size=(count, dim)), labels


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def vote_by_loop(
    bank: np.ndarray,
    labels: np.ndarray,
    query: np.ndarray,
    k: int,
    temperature: float,
    but: int | None = None,
) -> int:
    """Wu et al. 2018, section 3.4: the k nearest vote with exp(similarity / temperature)."""
    ranked = sorted((cosine(query, v), i) for i, v in enumerate(bank) if i != but)[::-1]
    votes: dict[int, float] = {}
    for s, i in ranked[:k]:
        votes[int(labels[i])] = votes.get(int(labels[i]), 0.0) + math.exp(s / temperature)
    return max(votes, key=lambda label: votes[label])


@pytest.mark.parametrize(("k", "temperature"), [(1, 0.1), (5, 0.1), (20, 0.07), (20, 10.0)])
def test_knn_votes_as_a_loop(k: int, temperature: float) -> None:
    bank, labels = blobs(60, 4, 3, seed=1)
    queries, _ = blobs(30, 4, 3, seed=2)
    oracle = [vote_by_loop(bank, labels, q, k, temperature) for q in queries]
    assert knn_predict(bank, labels, queries, k, temperature).tolist() == oracle
    alone = [vote_by_loop(bank, labels, q, k, temperature, but=i) for i, q in enumerate(bank)]
    assert knn_predict(bank, labels, None, k, temperature).tolist() == alone


@pytest.mark.parametrize(("k", "temperature"), [(3, 0.1), (20, 0.1), (50, 1.0)])
def test_knn_is_scikit_learns(k: int, temperature: float) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    def weight(distance: np.ndarray) -> np.ndarray:  # cosine distance is 1 - similarity
        return np.exp((1 - distance) / temperature)

    bank, labels = blobs(400, 8, 5, seed=3, spread=2.0)
    queries, truth = blobs(200, 8, 5, seed=4, spread=2.0)
    oracle = KNeighborsClassifier(k, metric="cosine", weights=weight).fit(bank, labels)
    assert np.array_equal(
        knn_predict(bank, labels, queries, k, temperature), oracle.predict(queries)
    )
    found = knn_accuracy(bank, labels, queries, truth, k, temperature)
    assert 0.3 < found < 0.95
    assert found == pytest.approx(oracle.score(queries, truth))


def test_a_near_one_outvotes_two_far_ones_at_low_temperature() -> None:
    """Similarities 1, .8, .8. At T = .1 1 against 2 exp(-2) = .27; at T = 10 against 1.96."""
    bank = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.8, 0, 0.6]])
    labels = np.array([0, 1, 1])
    query = np.array([[2.0, 0, 0]])
    assert knn_predict(bank, labels, query, k=3, temperature=0.1).tolist() == [0]
    assert knn_predict(bank, labels, query, k=3, temperature=10.0).tolist() == [1]
    assert knn_predict(bank, labels, query, k=1, temperature=10.0).tolist() == [0]


def test_length_of_vectors_and_size_of_blocks_change_nothing() -> None:
    bank, labels = blobs(53, 6, 4, seed=5)
    longer = bank * np.random.default_rng(0).uniform(0.1, 9, (53, 1))
    for queries in (None, bank[::2] + 0.1):
        expected = knn_predict(bank, labels, queries)
        assert np.array_equal(vote(nearest(bank, queries, block=7), labels), expected)
        assert np.array_equal(knn_predict(longer, labels, queries), expected)


def test_nearest_are_scikit_learns() -> None:
    from sklearn.neighbors import NearestNeighbors

    bank, _ = blobs(80, 5, 2, seed=25)
    queries, _ = blobs(30, 5, 2, seed=26)
    sorter = NearestNeighbors(n_neighbors=9, metric="cosine").fit(bank)
    distances, oracle = sorter.kneighbors(queries)
    found, similarity = nearest(bank, queries, k=9)
    assert found.shape == similarity.shape == (30, 9)
    order = np.argsort(-similarity, axis=1)
    assert np.array_equal(np.take_along_axis(found, order, axis=1), oracle)
    ranked = np.take_along_axis(similarity, order, axis=1)
    np.testing.assert_allclose(ranked, 1 - distances, atol=1e-5)
    alone, _ = nearest(bank, k=9)
    assert not (alone == np.arange(80)[:, None]).any()
    assert nearest(bank, bank[:0])[0].shape == (0, 20)


def test_a_bank_vector_does_not_vote_for_itself() -> None:
    rng = np.random.default_rng(6)
    bank, labels = rng.normal(size=(300, 200)), rng.integers(0, 10, 300)  # nothing to be learned
    assert knn_accuracy(bank, labels, k=1) < 0.3
    assert knn_accuracy(bank, labels, bank, labels, k=1) == 1


def test_fewer_vectors_than_k() -> None:
    bank, labels = np.eye(3), np.array([0, 1, 1])
    assert knn_predict(bank, labels, bank[:1] + 0.1, k=20).tolist() == [0]
    # Vector 0 sees class 1 alone; 1 and 2 see 0 and 1 at equal weight, and the lower class wins.
    assert knn_predict(bank, labels, k=20).tolist() == [1, 0, 0]


def test_one_class_is_always_right() -> None:
    x = np.random.default_rng(7).normal(size=(10, 3))
    assert knn_accuracy(x, np.zeros(10, int)) == 1


def test_images_can_be_asked_as_they_are() -> None:
    images = np.random.default_rng(8).integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)
    labels = np.arange(12) % 3
    flat = images.reshape(12, -1).astype(float)
    assert np.array_equal(knn_predict(images, labels), knn_predict(flat, labels))


def test_a_bank_vector_of_nan_never_votes() -> None:
    bank, labels = blobs(40, 4, 3, seed=9)
    queries = bank[::3] + 0.05
    clean = knn_predict(bank, labels, queries, k=5)
    spoiled = np.concatenate([np.full((4, 4), np.nan), bank])
    assert np.array_equal(knn_predict(spoiled, np.r_[2, 2, 2, 2, labels], queries, k=5), clean)


def test_what_is_no_number_never_becomes_a_score() -> None:
    x, y = blobs(30, 4, 2, seed=29)
    x[3, 1] = np.nan
    assert math.isnan(uniformity(x)) and math.isnan(alignment(np.stack([x, x], axis=1)))
    with pytest.raises(np.linalg.LinAlgError):
        effective_rank(x)
    with pytest.raises(ValueError, match="NaN"):
        linear_probe(x, y, x, y)


def test_unit_keeps_a_row_of_zeros() -> None:
    found = l2_normalise(np.array([[0.0, 0], [3, 4]]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 0], [0.6, 0.8]])


def fit_by_hand(x: np.ndarray, y: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """scikit-learn's logistic regression on vectors standardised here."""
    from sklearn.linear_model import LogisticRegression

    mean, std = x.mean(axis=0), x.std(axis=0)
    probe = LogisticRegression(C=0.1, max_iter=300).fit((x - mean) / std, y)
    return float((probe.predict((test - mean) / std) == truth).mean())


def test_the_linear_probe_is_scikit_learns() -> None:
    x, y = blobs(300, 10, 4, seed=10, spread=1.5)
    test, truth = blobs(200, 10, 4, seed=11, spread=1.5)
    found = linear_probe(x, y, test, truth)
    assert 0.5 < found < 1
    assert found == pytest.approx(fit_by_hand(x, y, test, truth), abs=0.011)  # float32


def test_the_linear_probe_reads_what_is_linear_and_nothing_else() -> None:
    rng = np.random.default_rng(12)
    x = rng.normal(size=(1000, 6)) * [1, 100, 1e-3, 1, 1, 1]  # scales do not matter
    parts = x[:600], x[600:]
    linear = (x[:, 2] > 0).astype(int)
    assert linear_probe(parts[0], linear[:600], parts[1], linear[600:]) > 0.95
    chance = rng.integers(0, 2, 1000)
    assert abs(linear_probe(parts[0], chance[:600], parts[1], chance[600:]) - 0.5) < 0.1
    product = (x[:, 0] * x[:, 3] > 0).astype(int)
    assert abs(linear_probe(parts[0], product[:600], parts[1], product[600:]) - 0.5) < 0.1


def test_the_linear_probe_of_principal_components() -> None:
    """As they are, so that directions with little variance do not count."""
    from sklearn.linear_model import LogisticRegression

    x, y = blobs(300, 12, 4, seed=27, spread=1.5)
    test, truth = blobs(200, 12, 4, seed=28, spread=1.5)
    directions = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:5].T  # (12, 5)
    flat = [(part - x.mean(axis=0)) @ directions for part in (x, test)]
    oracle = LogisticRegression(C=1.0, max_iter=300).fit(flat[0], y).score(flat[1], truth)
    found = linear_probe(x, y, test, truth, axes=5)
    assert found == pytest.approx(oracle, abs=0.011)
    assert linear_probe(x, y, test, truth, axes=1) < found - 0.1
    assert linear_probe(x[:6], y[:6], test, truth, axes=256) <= 1  # more axes than there are


def test_the_linear_probe_takes_at_most_so_many() -> None:
    x, y = blobs(500, 5, 3, seed=13, spread=2.0)
    test, truth = blobs(300, 5, 3, seed=14, spread=2.0)
    few = linear_probe(x, y, test, truth, most=12)
    chosen = np.random.default_rng(0).permutation(500)[:12]
    assert few == pytest.approx(fit_by_hand(x[chosen], y[chosen], test, truth), abs=0.011)
    assert few < linear_probe(x, y, test, truth, most=500) - 0.02


def test_the_linear_probe_takes_images() -> None:
    images = np.zeros((40, 4, 4, 3), np.uint8)
    labels = np.arange(40) % 2
    images[labels == 1] = 200
    images += np.random.default_rng(15).integers(0, 40, images.shape, dtype=np.uint8)
    assert linear_probe(images[:30], labels[:30], images[30:], labels[30:]) == 1


def test_the_linear_probe_of_one_class_or_of_nothing_is_not_a_number() -> None:
    x, y = blobs(20, 3, 2, seed=16)
    assert math.isnan(linear_probe(x, np.ones(20, int), x, y))
    assert math.isnan(linear_probe(x, y, x[:0], y[:0]))


def test_alignment_is_wang_and_isolas() -> None:
    views = np.random.default_rng(17).normal(size=(12, 2, 5))
    total = 0.0
    for first, second in views:
        a, b = first / np.linalg.norm(first), second / np.linalg.norm(second)
        total += sum((p - q) ** 2 for p, q in zip(a, b, strict=True))
    assert alignment(views) == pytest.approx(total / 12, rel=1e-5)


def test_alignment_by_hand() -> None:
    """On the unit sphere, squared: alike 0, right angle 2, opposite 4; their mean is 2."""
    views = np.array([[[1, 0], [5, 0]], [[0, 2], [3, 0]], [[1, 1], [-2, -2]]], float)
    assert [alignment(views[i : i + 1]) for i in range(3)] == pytest.approx([0, 2, 4], abs=1e-6)
    assert alignment(views) == pytest.approx(2)


@pytest.mark.parametrize("t", [0.5, 2.0])
def test_uniformity_is_wang_and_isolas(t: float) -> None:
    x = np.random.default_rng(18).normal(size=(15, 4))
    u = [row / np.linalg.norm(row) for row in x]
    total, pairs = 0.0, 0
    for i in range(15):
        for j in range(i + 1, 15):
            total += math.exp(-t * sum((u[i] - u[j]) ** 2))
            pairs += 1
    assert uniformity(x, t) == pytest.approx(math.log(total / pairs), rel=1e-5)


def test_uniformity_by_hand() -> None:
    """Opposite points lie 2 apart: ln exp(-2 * 4) = -8. Spread in many dimensions: -2t = -4."""
    assert uniformity(np.array([[1.0, 0], [-3, 0]])) == pytest.approx(-8)
    assert uniformity(np.tile([[1.0, 2, 3]], (6, 1))) == pytest.approx(0, abs=1e-5)
    assert uniformity(np.random.default_rng(19).normal(size=(200, 2000))) == pytest.approx(
        -4, abs=0.05
    )
    assert math.isnan(uniformity(np.ones((1, 3))))


def rank_by_formula(x: np.ndarray) -> float:
    """Roy & Vetterli 2007: exp of the Shannon entropy of the normalised singular values."""
    s = linalg.svdvals(x - x.mean(axis=0))
    p = [value / s.sum() for value in s if value > 1e-12]
    return math.exp(-sum(q * math.log(q) for q in p))


def test_effective_rank_is_roy_and_vetterlis() -> None:
    x = np.random.default_rng(20).normal(size=(50, 9)) * np.arange(1, 10)
    expected = rank_by_formula(x)
    assert 1 < expected < 9
    assert effective_rank(x) == pytest.approx(expected)
    assert effective_rank(x.astype(np.float32)) == pytest.approx(expected, rel=1e-5)
    wide = np.random.default_rng(21).normal(size=(7, 40))
    assert effective_rank(wide) == pytest.approx(rank_by_formula(wide))
    assert effective_rank(wide) <= 6


def test_effective_rank_of_known_spectra() -> None:
    """Centred columns at right angles, of lengths 3 and 1: p = .75, .25.

    exp(-.75 ln .75 - .25 ln .25) = exp(.215762 + .346574) = exp(.562335) = 1.754765
    """
    a, b, c = linalg.hadamard(4)[:, 1:].T / 2.0  # unit columns with mean 0
    assert effective_rank(np.stack([3 * a, b], axis=1)) == pytest.approx(1.754765)
    assert effective_rank(np.stack([a, b, c], axis=1)) == pytest.approx(3)  # isotropic: d
    assert effective_rank(np.outer(a, [1.0, 5, -2])) == pytest.approx(1)  # all on one line


def test_effective_rank_sees_neither_place_nor_size_nor_direction() -> None:
    rng = np.random.default_rng(22)
    x = rng.normal(size=(60, 5)) * [5, 3, 1, 1, 0.1]
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    assert effective_rank(100 * x @ turn + 7) == pytest.approx(effective_rank(x))


def test_effective_rank_of_points_all_alike_is_zero() -> None:
    assert effective_rank(np.full((20, 4), 0.3, np.float32)) == 0
    assert effective_rank(np.zeros((20, 4))) == 0
    noise = np.random.default_rng(23).normal(size=(20, 4)) * 1e-9  # of rounding only
    assert effective_rank(1 + noise) == 0


def test_defaults_are_those_shown_beside_every_score() -> None:
    assert (evaluation.K, evaluation.T) == (20, 0.1)
    bank, labels = blobs(80, 4, 3, seed=24, spread=2.0)
    oracle = [vote_by_loop(bank, labels, q, 20, 0.1, but=i) for i, q in enumerate(bank)]
    assert knn_accuracy(bank, labels) == pytest.approx(np.mean(np.array(oracle) == labels))


def test_labels_are_named_by_the_factor_that_they_are() -> None:
    labels, other = np.array([0, 1, 2, 0]), np.array([0, 1, 1, 0])
    assert label_name(labels, {"hue": other, "shape": labels.copy()}) == "shape"
    assert label_name(labels, {"hue": other}) == label_name(labels, {}) == "label"
