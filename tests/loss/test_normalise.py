"""Rows of length 1."""

from __future__ import annotations

import numpy as np
import pytest

from simclr_core.loss.normalise import l2_normalise
from simclr_core.loss.nt_xent import negative_weights


def test_a_row_of_zeros_stays() -> None:
    found = l2_normalise(np.array([[0.0, 0], [3, 4]]))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 0], [0.6, 0.8]])


def test_keras_gives_the_same_rows() -> None:
    from keras import ops

    x = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    x[4] = 0
    np.testing.assert_allclose(ops.convert_to_numpy(l2_normalise(x, ops)), l2_normalise(x))
    assert l2_normalise(x, dtype="float64").dtype == np.float64


def test_weights_of_negatives_by_hand() -> None:
    """At tau = .5, similarities 1, .5 and 0 weigh e^2, e and 1 of e^2 + e + 1 = 11.107."""
    found = negative_weights(np.array([[0.0, 1.0, 0.5]]), 0.5)
    assert found[0] == pytest.approx([0.66524, 0.24473, 0.09003], abs=1e-5)
