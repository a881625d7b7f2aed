"""Losses other than NT-Xent, which show what each part of it is for.

Each is a function of projections z (2N, d), rows 2k and 2k+1 the views of picture k, the
temperature and `xp` (numpy or keras.ops), and gives (loss, accuracy) as `loss.loss_and_accuracy`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..loss.nt_xent import (
    MASKED,
    ONE,
    ZERO,
    contrastive_accuracy,
    loss_and_accuracy,
    partners,
    similarities,
)

Objective = Callable[..., tuple[Any, Any]]


def few_negatives(z: Any, temperature: float, xp: Any = np, count: int = 1) -> tuple[Any, Any]:
    """Return NT-Xent in which each view sees only `count` of its 2N-2 negatives.

    The batch is in random order: each view takes those that follow its pair, and continues at the
    beginning of the batch when it reaches the end.

    Args:
        count: 1 to 2N-2.
    """
    s = similarities(z, xp)  # (2N, 2N)
    partner, seen = _who(s, count, xp)
    positive = xp.sum(s * partner, axis=1)  # (2N,)
    logits = s / temperature + (1 - partner - seen) * np.float32(MASKED)  # (2N, 2N)
    return xp.mean(_log_sum(logits, xp) - positive / temperature), contrastive_accuracy(z, xp)


def no_negatives(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """Return minus the similarity of partners over tau: nothing is pushed apart."""
    s = similarities(z, xp)
    positive = xp.sum(s * _who(s, 0, xp)[0], axis=1)  # (2N,)
    return xp.mean(-positive / temperature), contrastive_accuracy(z, xp)


def with_itself(z: Any, temperature: float, xp: Any = np) -> tuple[Any, Any]:
    """Return NT-Xent without the mask on its diagonal: each view competes with itself as well.

    A view is never less similar to itself than to its partner: the loss cannot fall below ln 2,
    and no view ever finds its partner among all views, itself included.
    """
    s = similarities(z, xp)  # (2N, 2N)
    partner = _who(s, 0, xp)[0]
    positive = xp.sum(s * partner, axis=1)  # (2N,)
    losses = _log_sum(s / temperature, xp) - positive / temperature
    others = xp.max(s + partner * np.float32(MASKED), axis=1)  # (2N,), itself is among them
    return xp.mean(losses), xp.mean(xp.where(positive > others, ONE, ZERO))


def alignment_and_uniformity(
    z: Any, temperature: float, xp: Any = np, align: float = 1.0, spread: float = 1.0
) -> tuple[Any, Any]:
    """Return alignment and uniformity themselves as a loss (Wang & Isola 2020, equations 3 to 5).

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
    """Return (2N, 2N) float32 each: 1 at the row's partner, and at the negatives it sees."""
    n = s.shape[0] if s.shape[0] is not None else xp.shape(s)[0]
    view = xp.arange(n)
    after = (view[None, :] - 2 * (view[:, None] // 2) + n) % n  # 0 and 1: its own pair
    seen = xp.where(after >= 2, ONE, ZERO) * xp.where(after < 2 + count, ONE, ZERO)
    return partners(n, xp), seen


def _log_sum(logits: Any, xp: Any) -> Any:
    """Return the log of the sum of exponentials, row by row."""
    top = xp.max(logits, axis=1, keepdims=True)
    return xp.log(xp.sum(xp.exp(logits - top), axis=1)) + top[:, 0]
