"""Resampling and blurring as small matrices, for NumPy and `keras.ops` alike.

A matrix times the rows of a picture, and another times its columns, crop, mirror, resize and
blur it. `xp` is `numpy` or `keras.ops`: both know every function used here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_NO_BLUR = 1e-3  # pixels: below this, neighbours get weight exp(-500000) = 0


def resample_weights(line: Any, in_size: int, out_size: int, xp: Any = np) -> Any:
    """Return the weights of Pillow's antialiased `resize(BILINEAR, box)` along one axis.

    Each output pixel is a triangle around its centre that reaches one input pixel to either side,
    or one output pixel where that is wider. It is cut at the picture's edge and normalised.

    Args:
        line: (N, 2, 2) float32: the crop's middle, measured from the picture's (where float32 is
            most exact), and the step from one output pixel to the next, both in input pixels. A
            negative step mirrors.
        in_size: input pixels.
        out_size: output pixels.
        xp: numpy or keras.ops.

    Returns:
        (N, 2, out_size, in_size) float32, rows sum to 1.
    """
    middle, step = line[..., :1], line[..., 1:]  # (N, 2, 1)
    centres = middle + step * _positions(out_size)  # (N, 2, S)
    support = xp.maximum(xp.abs(step), 1.0)[..., None]  # (N, 2, 1, 1)
    distances = xp.abs(centres[..., None] / support - _positions(in_size) / support)
    weights = xp.maximum(1.0 - distances, 0.0)  # (N, 2, S, H)
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def blur_weights(sigma: Any, size: int, xp: Any = np) -> Any:
    """Return Gaussian weights along one axis, with the picture mirrored at its edges ("reflect").

    With this border every pixel gives away as much as it gets, so a blur keeps the mean and may
    come before or after the contrast. Mirror images beyond the first weigh nothing while sigma is
    under a tenth of the size, which the bounds of `ViewConfig` ensure.

    Args:
        sigma: (N, 2) float32 pixels; 0 gives the identity.
        size: pixels.
        xp: numpy or keras.ops.

    Returns:
        (N, 2, size, size) float32, rows and columns sum to 1.
    """
    i, j = np.arange(size)[:, None], np.arange(size)[None, :]
    sharpness = -0.5 / xp.maximum(sigma, _NO_BLUR)[..., None, None] ** 2  # (N, 2, 1, 1)
    distances = (i - j, i + j + 1, 2 * size - 1 - i - j)  # itself, mirrored at the start, the end
    weights = sum(xp.exp(sharpness * np.square(d).astype(np.float32)) for d in distances)
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def as_float32(values: Any, xp: Any = np) -> Any:
    """Return `values` in float32 (the one cast that NumPy and keras.ops name differently)."""
    return values.astype(np.float32) if xp is np else xp.cast(values, "float32")


def _positions(size: int) -> np.ndarray:
    """Return the pixels' middles, measured from the middle of the line, (size,) float32."""
    return np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
