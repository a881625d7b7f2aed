"""NT-Xent, the loss of SimCLR (Chen et al. 2020, section 2.1, equation 1 and algorithm 1).

The functions take arrays of NumPy, or tensors together with `xp=keras.ops`; the same lines serve
both, so that a page computes exactly what training computes. Nothing here imports Keras.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .normalise import l2_normalise

MASKED = -1e9  # a similarity that no softmax sees; needs float32 (it overflows float16)
ONE, ZERO = np.float32(1), np.float32(0)  # Python's numbers would be float64 in NumPy


def similarities(z: Any, xp: Any = np) -> Any:
    """Return cosine similarities of all pairs of projections.

    Args:
        z: (2N, d) projections, float; rows 2k and 2k+1 are the two views of image k.
        xp: `numpy` or `keras.ops`.

    Returns:
        (2N, 2N) float32 in [-1, 1]: blocks of 2x2 along the diagonal are (view with itself,
        positive pair); everything else is a pair of negatives.
    """
    z = l2_normalise(z, xp)  # (2N, d)
    return xp.matmul(z, xp.transpose(z))  # (2N, 2N)


def nt_xent_loss(z: Any, temperature: float, xp: Any = np) -> Any:
    """Return the normalised temperature-scaled cross entropy over 2N views, as in the paper.

    Each view has one positive and 2N-2 negatives; the mean runs over all 2N views, that is over
    both directions of every positive pair.

    Args:
        z: (2N, d) projections; rows 2k and 2k+1 are the two views of image k.
        temperature: tau > 0.
        xp: `numpy` or `keras.ops`.

    Returns:
        The loss, a float32 scalar.
    """
    return loss_and_accuracy(z, temperature, xp)[0]


def contrastive_accuracy(z: Any, xp: Any = np) -> Any:
    """Return the share of views whose most similar other view is their partner, in [0, 1].

    Args:
        z: (2N, d) projections; rows 2k and 2k+1 are the two views of image k.
    """
    return loss_and_accuracy(z, 1.0, xp)[1]


def loss_and_accuracy(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """Return NT-Xent loss and contrastive accuracy from one similarity matrix.

    Args: as `nt_xent_loss`.

    Returns:
        Two float32 scalars.
    """
    losses, right = per_view_loss(z, temperature, xp)
    return xp.mean(losses), xp.mean(right)


def per_view_loss(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """Return what each view adds to the loss, and whether it finds its partner.

    A view that ties with a negative has not found its partner: constant projections score 0.

    Args: as `nt_xent_loss`.

    Returns:
        (2N,) float32 whose mean is the loss, and (2N,) float32 of 0 and 1.
    """
    s = similarities(z, xp)  # (2N, 2N)
    n = s.shape[0] if s.shape[0] is not None else xp.shape(s)[0]
    itself = xp.eye(n, dtype="float32")  # (2N, 2N)
    partner = partners(n, xp)  # (2N, 2N)
    positive = xp.sum(s * partner, axis=1)  # (2N,)
    logits = s / temperature + itself * MASKED  # (2N, 2N), no view competes with itself
    top = xp.max(logits, axis=1, keepdims=True)  # (2N, 1)
    log_sum = xp.log(xp.sum(xp.exp(logits - top), axis=1))  # (2N,), beyond `top`
    losses = log_sum + (top[:, 0] - positive / temperature)  # (2N,); exact where it is small
    negative = xp.max(s + (itself + partner) * MASKED, axis=1)  # (2N,), the hardest negative
    return losses, xp.where(positive > negative, ONE, ZERO)


def partners(n: Any, xp: Any = np) -> Any:
    """Return (2N, 2N) float32, 1 at each row's positive: (0,1), (1,0), (2,3), ..."""
    index = xp.arange(n)
    partner = index + 1 - 2 * (index % 2)  # 1, 0, 3, 2, ...
    return xp.where(index[None, :] == partner[:, None], ONE, ZERO)


def negative_weights(similarity: np.ndarray, temperature: float) -> np.ndarray:
    """Return the softmax weights of each view's negatives, the most similar negative first.

    The gradient of equation 1 pushes each negative away in proportion to its weight, so these say
    how few of the negatives get most of the push.

    Args:
        similarity: (Q, n) cosine similarities of each view to its negatives.
        temperature: tau > 0.

    Returns:
        (Q, n); rows sum to 1.
    """
    ordered = np.sort(similarity, axis=1)[:, ::-1]  # (Q, n)
    weights = np.exp((ordered - ordered[:, :1]) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def collapsed_loss(images: int) -> float:
    """Return the loss when all projections are alike: ln(2N-1), for N images per batch."""
    return math.log(2 * images - 1)


def minimum_loss(images: int, temperature: float) -> float:
    """Return about the least loss within reach: partners alike, negatives at right angles.

    ln(1 + (2N-2) exp(-1/tau)); negatives that point apart can bring it slightly lower.
    """
    return math.log1p((2 * images - 2) * math.exp(-1 / temperature))
