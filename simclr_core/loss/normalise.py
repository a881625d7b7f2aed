"""Vectors scaled to length 1, as every cosine similarity here needs them."""

from __future__ import annotations

from typing import Any

import numpy as np

_ONE = np.float32(1)


def l2_normalise(x: Any, xp: Any = np, dtype: str = "float32") -> Any:
    """Scale rows to length 1 (SimCLR, section 2.1: the l2 normalisation of z).

    Args:
        x: (N, D) numbers.
        xp: `numpy` or `keras.ops`.
        dtype: of the result.

    Returns:
        (N, D); a row of zeros stays a row of zeros.
    """
    x = xp.cast(x, dtype) if hasattr(xp, "cast") else np.asarray(x, dtype)
    square = xp.sum(x * x, axis=1, keepdims=True)  # (N, 1)
    return x / xp.sqrt(xp.where(square > 1e-24, square, _ONE))  # at 0 no slope would be finite
