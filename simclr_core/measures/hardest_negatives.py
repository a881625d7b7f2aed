"""How much of the push falls on the hardest negatives."""

from __future__ import annotations

import numpy as np

from ..loss.nt_xent import negative_weights, similarities
from .vectors import Values, Vectors

BATCH = 64  # pictures whose views compete
HARDEST = 0.1  # share of the negatives


def hardest_share_of(vectors: Vectors) -> Values:
    """Yield the weight on the hardest negatives of the views; nothing without views."""
    if vectors.views is not None:
        yield "", hardest_share(vectors.views, vectors.temperature)


def hardest_share(views: np.ndarray, temperature: float, share: float = HARDEST) -> float:
    """Return the part of the softmax's weight over the negatives that the hardest of them get.

    Args:
        views: (P, 2, d) projections; views of `BATCH` pictures compete at a time.
        temperature: tau.
        share: of the negatives that count as the hardest.

    Returns:
        `share` (all weigh alike) to 1.
    """
    z = views.reshape(-1, views.shape[-1])  # (2P, d), partners side by side
    shares = []
    for i in range(0, max(len(z) - 2 * BATCH + 1, 1), 2 * BATCH):  # fewer make one batch
        s = similarities(z[i : i + 2 * BATCH])  # (2N, 2N)
        pair = np.arange(len(s)) // 2
        negatives = s[pair[None, :] != pair[:, None]].reshape(len(s), -1)  # (2N, 2N-2)
        weights = negative_weights(negatives, temperature)
        top = max(round(share * weights.shape[1]), 1)
        shares.append(weights[:, :top].sum(axis=1).mean())
    return float(np.mean(shares))
