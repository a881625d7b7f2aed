"""Linear probes, against scikit-learn by hand, and where their ends lie."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simclr_core.measures.linear_probes import linear_probe, probe_accuracies
from simclr_core.measures.vectors import Vectors

Blobs = tuple[np.ndarray, np.ndarray]


def blobs(count: int, dim: int, classes: int, seed: int, spread: float = 1.0) -> Blobs:
    """Vectors (count, dim) around one centre per class, and their labels."""
    centres = np.random.default_rng(99).normal(size=(classes, dim))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    return centres[labels] + spread * rng.normal(size=(count, dim)), labels


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


def test_accuracies_by_target_are_those_of_each_target_alone() -> None:
    """-1 is not known; without a bank there is nothing to learn from."""
    x, y = blobs(200, 8, 3, seed=32, spread=2.0)
    test, truth = blobs(90, 8, 3, seed=33, spread=2.0)
    some, known = np.where(np.arange(200) < 40, -1, y), np.arange(200) >= 40
    found = dict(
        probe_accuracies(
            Vectors(
                test,
                targets={"label": truth, "same": truth, "some": truth},
                bank=x,
                bank_targets={"label": y, "same": y, "some": some},
                most_probed=150,
            )
        )
    )
    assert found["label"] == found["same"] == linear_probe(x, y, test, truth, most=150)
    assert found["some"] == linear_probe(x[known], y[known], test, truth, most=150)
    assert dict(probe_accuracies(Vectors(test, targets={"label": truth}))) == {}


def test_what_is_no_number_never_becomes_a_score() -> None:
    x, y = blobs(30, 4, 2, seed=29)
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        linear_probe(x, y, x, y)
