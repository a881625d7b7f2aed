"""Alignment and uniformity, against loops from the paper and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simclr_core.measures.hypersphere import alignment, uniformity


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


def test_what_is_no_number_never_becomes_a_score() -> None:
    x = np.random.default_rng(29).normal(size=(30, 4))
    x[3, 1] = np.nan
    assert math.isnan(uniformity(x)) and math.isnan(alignment(np.stack([x, x], axis=1)))
