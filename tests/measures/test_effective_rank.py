"""Effective rank, against SciPy and known spectra."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import linalg

from simclr_core.measures.rank import effective_rank


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


def test_what_is_no_number_never_becomes_a_score() -> None:
    x = np.random.default_rng(29).normal(size=(30, 4))
    x[3, 1] = np.nan
    with pytest.raises(np.linalg.LinAlgError):
        effective_rank(x)
