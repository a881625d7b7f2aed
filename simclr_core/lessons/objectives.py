"""Losses other than NT-Xent, to see what each part of it is for.

Each is a function of projections z (2N, d), rows 2k and 2k+1 the views of picture k, the
temperature and `xp` (numpy or keras.ops), and gives (loss, accuracy) as `loss.loss_and_accuracy`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..loss.nt_xent import (
    _ONE,
    _ZERO,
    MASKED,
    contrastive_accuracy,
    loss_and_accuracy,
    similarities,
)

Objective = Callable[..., tuple[Any, Any]]


def few_negatives(z: Any, temperature: float, xp: Any = np, count: int = 1) -> tuple[Any, Any]:
    """NT-Xent in which each view sees so many of its 2N-2 negatives.

    The batch is in random order: each view takes those that follow its pair, and from the end of
    the batch it goes on at its beginning.

    Args:
        count: 1 to 2N-2.
    """
    s = similarities(z, xp)  # (2N, 2N)
    partner, seen = _who(s, count, xp)
    positive = xp.sum(s * partner, axis=1)  # (2N,)
    logits = s / temperature + (1 - partner - seen) * np.float32(MASKED)  # (2N, 2N)
    return xp.mean(_log_sum(logits, xp) - positive / temperature), contrastive_accuracy(z, xp)


def no_negatives(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """Partners are pulled together and nothing is pushed apart: minus their similarity over tau."""
    s = similarities(z, xp)
    positive = xp.sum(s * _who(s, 0, xp)[0], axis=1)  # (2N,)
    return xp.mean(-positive / temperature), contrastive_accuracy(z, xp)


def with_itself(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """NT-Xent whose diagonal was forgotten: each view competes with itself as well.

    A view is never less similar to itself than to its partner: the loss cannot pass under ln 2,
    and among all views, itself included, none ever finds its partner.
    """
    s = similarities(z, xp)  # (2N, 2N)
    partner = _who(s, 0, xp)[0]
    positive = xp.sum(s * partner, axis=1)  # (2N,)
    lost = _log_sum(s / temperature, xp) - positive / temperature
    others = xp.max(s + partner * np.float32(MASKED), axis=1)  # (2N,), itself is among them
    return xp.mean(lost), xp.mean(xp.where(positive > others, _ONE, _ZERO))


def alignment_and_uniformity(
    z: Any, temperature: float, xp: Any = np, align: float = 1.0, spread: float = 1.0
) -> tuple[Any, Any]:
    """Alignment and uniformity themselves as a loss (Wang & Isola 2020, equations 3 to 5).

    Args:
        align, spread: weights of the two; 0 leaves one out.
    """
    s = similarities(z, xp)  # (2N, 2N)
    near = 2 - 2 * xp.sum(s * _who(s, 0, xp)[0], axis=1)  # (2N,), squared distance of partners
    square = 2 - 2 * s  # (2N, 2N)
    n = s.shape[0] if s.shape[0] is not None else xp.shape(s)[0]
    others = 1 - xp.eye(n, dtype="float32")
    potential = xp.sum(xp.exp(-2 * square) * others) / xp.sum(others)
    loss = align * xp.mean(near) + spread * xp.log(potential)
    return loss, contrastive_accuracy(z, xp)


# What a condition of a lesson names.
OBJECTIVES: dict[str, Objective] = {
    "nt-xent": loss_and_accuracy,
    "1 negative": partial(few_negatives, count=1),
    "3 negatives": partial(few_negatives, count=3),
    "15 negatives": partial(few_negatives, count=15),
    "63 negatives": partial(few_negatives, count=63),
    "no negatives": no_negatives,
    "with itself": with_itself,
    "alignment": partial(alignment_and_uniformity, spread=0.0),
    "uniformity": partial(alignment_and_uniformity, align=0.0),
    "both": alignment_and_uniformity,
    "more alignment": partial(alignment_and_uniformity, align=4.0),
    "more uniformity": partial(alignment_and_uniformity, spread=4.0),
}


def _who(s: Any, count: int, xp: Any) -> tuple[Any, Any]:
    """(2N, 2N) float32 each: 1 where the column is the row's partner, or a negative it sees."""
    n = s.shape[0] if s.shape[0] is not None else xp.shape(s)[0]
    view = xp.arange(n)
    partner = xp.where(view[None, :] == (view + 1 - 2 * (view % 2))[:, None], _ONE, _ZERO)
    after = (view[None, :] - 2 * (view[:, None] // 2) + n) % n  # 0 and 1: its own pair
    seen = xp.where(after >= 2, _ONE, _ZERO) * xp.where(after < 2 + count, _ONE, _ZERO)
    return partner, seen


def _log_sum(logits: Any, xp: Any) -> Any:
    """Log of the sum of exponentials, row by row."""
    top = xp.max(logits, axis=1, keepdims=True)
    return xp.log(xp.sum(xp.exp(logits - top), axis=1)) + top[:, 0]
