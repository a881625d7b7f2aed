"""Scores of predictions, by hand and by search."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from simclr_core.measures.classification import auc, balanced, matched, report


def test_a_report_by_hand() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    said = np.array([0, 0, 0, 1, 1, 0, 2, 1])
    found = report(truth, said, 3)
    assert found["accuracy"] == 5 / 8
    assert found["confusion"] == [[3, 1, 0], [1, 1, 0], [0, 1, 1]]
    assert found["precision"] == pytest.approx([3 / 4, 1 / 3, 1])
    assert found["recall"] == pytest.approx([3 / 4, 1 / 2, 1 / 2])
    assert found["f1"] == pytest.approx([3 / 4, 2 / 5, 2 / 3])
    assert found["support"] == [4, 2, 2] and found["auc"] is None
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2 + 1 / 2) / 3)


def test_a_class_without_test_pictures_counts_for_nothing() -> None:
    found = report(np.array([0, 1]), np.array([0, 0]), 3)
    assert found["balanced_accuracy"] == 0.5 and found["support"] == [1, 1, 0]
    assert found["precision"] == [0.5, 0.0, 0.0]


def test_always_the_largest_class_is_half_by_balanced_accuracy() -> None:
    truth = np.array([1] * 90 + [0] * 10)
    found = report(truth, np.ones(100, int), 2)
    assert found["accuracy"] == 0.9 and found["balanced_accuracy"] == 0.5


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(2, size=60), rng.normal(size=60)
    pairs = [
        1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0
        for i in np.flatnonzero(truth == 1)
        for j in np.flatnonzero(truth == 0)
    ]
    both = np.stack([-scores, scores], axis=1)
    assert auc(truth, both) == pytest.approx(np.mean(pairs))
    three = rng.normal(size=(60, 3))
    assert auc(truth, three) is None  # a class does not occur
    many = rng.integers(3, size=60)
    each = [
        auc((many == c).astype(int), np.stack([-three[:, c], three[:, c]], 1)) for c in range(3)
    ]
    assert auc(many, three) == pytest.approx(np.mean(each))


def test_clusters_are_matched_as_the_best_of_all_matchings() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        clusters, labels = rng.integers(4, size=50), rng.integers(4, size=50)
        found = matched(clusters, labels, 4)
        right = (found[clusters] == labels).sum()
        best = max(
            (np.array(order)[clusters] == labels).sum()
            for order in itertools.permutations(range(4))
        )
        assert right == best


def test_more_clusters_than_classes_take_their_most_frequent_class() -> None:
    clusters = np.array([0, 0, 1, 1, 2, 2, 2])
    labels = np.array([0, 0, 1, 1, 0, 0, 1])
    found = matched(clusters, labels, 2)
    assert found[1] == 1 and (found[clusters] == labels).sum() >= 5


@pytest.mark.parametrize(
    ("counts", "fair"), [([10, 10], True), ([10, 14], True), ([10, 15], False), ([5, 0], True)]
)
def test_when_accuracy_is_fair(counts, fair) -> None:
    assert balanced(np.array(counts)) == fair
