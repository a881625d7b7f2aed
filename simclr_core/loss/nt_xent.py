"""NT-Xent, the loss of SimCLR (Chen et al. 2020, section 2.1, equation 1 and algorithm 1).

The functions take arrays of NumPy, or tensors together with `xp=keras.ops`; the same lines serve
both, so that a page computes exactly what training computes. Nothing here imports Keras.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

MASKED = -1e9  # a similarity that no softmax sees; needs float32 (it overflows float16)
_ONE, _ZERO = np.float32(1), np.float32(0)  # Python's numbers would be float64 in NumPy


def similarities(z: Any, xp: Any = np) -> Any:
    """Cosine similarities of all pairs of projections.

    Args:
        z: (2N, d) projections, float; rows 2k and 2k+1 are the two views of image k.
        xp: `numpy` or `keras.ops`.

    Returns:
        (2N, 2N) float32 in [-1, 1]: blocks of 2x2 along the diagonal are (view with itself,
        positive pair); everything else is a pair of negatives.
    """
    z = xp.cast(z, "float32") if hasattr(xp, "cast") else np.asarray(z, np.float32)  # (2N, d)
    square = xp.sum(z * z, axis=1, keepdims=True)  # (2N, 1)
    norm = xp.sqrt(xp.where(square > 1e-24, square, _ONE))  # at 0 no slope would be finite
    z = z / norm  # (2N, d), rows of length 1 (or 0); the paper's l2 normalisation
    return xp.matmul(z, xp.transpose(z))  # (2N, 2N)


def nt_xent_loss(z: Any, temperature: float, xp: Any = np) -> Any:
    """Normalised temperature-scaled cross entropy over 2N views, as in the paper.

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
    """Share of views whose most similar other view is their own partner, in [0, 1].

    Args:
        z: (2N, d) projections; rows 2k and 2k+1 are the two views of image k.
    """
    return loss_and_accuracy(z, 1.0, xp)[1]


def loss_and_accuracy(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """NT-Xent loss and contrastive accuracy from one similarity matrix."""
    lost, found = per_view_loss(z, temperature, xp)
    return xp.mean(lost), xp.mean(found)


def per_view_loss(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """What each view adds to the loss, and whether it finds its partner.

    A view that ties with a negative has not found its partner: constant projections score 0.

    Args: as `nt_xent_loss`.

    Returns:
        (2N,) float32 whose mean is the loss, and (2N,) float32 of 0 and 1.
    """
    s = similarities(z, xp)  # (2N, 2N)
    n = s.shape[0] if s.shape[0] is not None else xp.shape(s)[0]
    itself = xp.eye(n, dtype="float32")  # (2N, 2N)
    partner = _partners(n, xp)  # (2N, 2N)
    positive = xp.sum(s * partner, axis=1)  # (2N,)
    logits = s / temperature + itself * MASKED  # (2N, 2N), no view competes with itself
    top = xp.max(logits, axis=1, keepdims=True)  # (2N, 1)
    log_sum = xp.log(xp.sum(xp.exp(logits - top), axis=1))  # (2N,), beyond `top`
    lost = log_sum + (top[:, 0] - positive / temperature)  # (2N,); small, as float32 is exact there
    negative = xp.max(s + (itself + partner) * MASKED, axis=1)  # (2N,), the hardest negative
    return lost, xp.where(positive > negative, _ONE, _ZERO)


def _partners(n: Any, xp: Any) -> Any:
    """(2N, 2N) float32, 1 where column is the row's positive: (0,1), (1,0), (2,3), ..."""
    index = xp.arange(n)
    partner = index + 1 - 2 * (index % 2)  # 1, 0, 3, 2, ...
    return xp.where(index[None, :] == partner[:, None], _ONE, _ZERO)


def collapsed_loss(images: int) -> float:
    """The loss when all projections are alike: ln(2N-1), for N images a batch."""
    return math.log(2 * images - 1)


def minimum_loss(images: int, temperature: float) -> float:
    """About the least loss within reach: partners alike, negatives at right angles.

    ln(1 + (2N-2) exp(-1/tau)); negatives that point apart can bring it slightly lower.
    """
    return math.log1p((2 * images - 2) * math.exp(-1 / temperature))
