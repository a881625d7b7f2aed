"""Alignment and uniformity: partners close together, everything spread over the unit sphere."""

from __future__ import annotations

import numpy as np

from ..loss.normalise import l2_normalise
from .vectors import Values, Vectors


def alignment_of(vectors: Vectors) -> Values:
    """Yield the alignment of the two views of each picture; nothing without views."""
    if vectors.views is not None:
        yield "", alignment(vectors.views)


def uniformity_of(vectors: Vectors) -> Values:
    """Yield the uniformity of the vectors."""
    yield "", uniformity(vectors.x)


def alignment(views: np.ndarray) -> float:
    """Return the mean squared distance of positive pairs on the unit sphere.

    Args:
        views: (P, 2, d) vectors of the two views of each image.

    Returns:
        0 (partners alike) to 4.

    Source: Wang and Isola 2020, equation 3.
    """
    a, b = l2_normalise(views[:, 0]), l2_normalise(views[:, 1])  # (P, d) each
    return float(((a - b) ** 2).sum(axis=1).mean())


def uniformity(x: np.ndarray, t: float = 2.0) -> float:
    """Return the log of the mean Gaussian potential over all pairs.

    Args:
        x: (P, d) vectors, scaled to the unit sphere here.
        t: of the potential exp(-t * squared distance).

    Returns:
        0 (all alike) downwards; about -2t when spread evenly in many dimensions.

    Source: Wang and Isola 2020, equation 4.
    """
    u = l2_normalise(x)  # (P, d)
    square = np.maximum(2 - 2 * (u @ u.T), 0)[np.triu_indices(len(u), 1)]
    return float(np.log(np.exp(-t * square).mean())) if len(square) else float("nan")
