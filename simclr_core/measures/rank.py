"""Effective rank: over how many dimensions vectors spread."""

from __future__ import annotations

import numpy as np

from .vectors import Values, Vectors


def effective_rank_of(vectors: Vectors) -> Values:
    """Yield the effective rank of the vectors."""
    yield "", effective_rank(vectors.x)


def effective_rank(x: np.ndarray) -> float:
    """Return exp of the entropy of the singular values of centred vectors.

    Args:
        x: (P, D).

    Returns:
        1 (all on one line) to min(P - 1, D); 0 if all vectors are alike.

    Source: Roy and Vetterli 2007.
    """
    x = np.asarray(x, np.float64)
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    if not len(s) or s.sum() <= 1e-6 * max(np.abs(x).max(), 1e-12) * len(x):
        return 0.0
    p = s / s.sum()
    return float(np.exp(-(p[p > 0] * np.log(p[p > 0])).sum()))
