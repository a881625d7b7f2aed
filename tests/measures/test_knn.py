"""Nearest neighbours and their votes, against plain loops and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simclr_core.measures.knn import (
    K,
    T,
    knn_accuracies,
    knn_accuracy,
    knn_predict,
    nearest,
    vote,
    vote_shares,
)
from simclr_core.measures.vectors import Vectors

Blobs = tuple[np.ndarray, np.ndarray]


def blobs(count: int, dim: int, classes: int, seed: int, spread: float = 1.0) -> Blobs:
    """Vectors (count, dim) around one centre per class, and their labels."""
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


def test_defaults_are_those_shown_beside_every_score() -> None:
    assert (K, T) == (20, 0.1)
    bank, labels = blobs(80, 4, 3, seed=24, spread=2.0)
    oracle = [vote_by_loop(bank, labels, q, 20, 0.1, but=i) for i, q in enumerate(bank)]
    assert knn_accuracy(bank, labels) == pytest.approx(np.mean(np.array(oracle) == labels))


def test_accuracies_by_target_are_those_of_each_target_alone() -> None:
    """Targets that are known for all pictures share their neighbours; -1 is not known."""
    bank, labels = blobs(120, 6, 4, seed=30, spread=2.0)
    queries, truth = blobs(70, 6, 4, seed=31, spread=2.0)
    some = np.where(np.arange(120) % 3 == 0, -1, labels % 2)
    found = dict(
        knn_accuracies(
            Vectors(
                queries,
                targets={"all": truth, "half": truth % 2, "some": truth % 2},
                bank=bank,
                bank_targets={"all": labels, "half": labels % 2, "some": some},
            )
        )
    )
    known = some >= 0
    assert found == {
        "all": knn_accuracy(bank, labels, queries, truth),
        "half": knn_accuracy(bank, labels % 2, queries, truth % 2),
        "some": knn_accuracy(bank[known], some[known], queries, truth % 2),
    }
    alone = dict(knn_accuracies(Vectors(bank, targets={"all": labels, "some": some})))
    assert alone["all"] == knn_accuracy(bank, labels)
    assert alone["some"] == knn_accuracy(bank[known], some[known])


def test_shares_of_the_vote_are_those_of_a_hand_count() -> None:
    near = np.array([[0, 1, 2]]), np.array([[0.5, 0.5, 0.4]])
    shares = vote_shares(near, np.array([1, 0, 1]))[0]
    # Weights 1, 1 and exp(-0.1 / 0.1): label 1 gets 1 + 1 / e of 2 + 1 / e.
    assert shares[1] == pytest.approx((1 + 1 / math.e) / (2 + 1 / math.e))
    assert shares.sum() == pytest.approx(1)
