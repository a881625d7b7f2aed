"""Colour distortion as one 3x3 matrix and one offset per view.

In YIQ (luma and two chroma axes) every operation is a plain factor. Brightness b scales luma and
chroma. Contrast c scales both about the crop's mean gray, so the mean's luma stays. Saturation s
scales chroma, hue turns it, and grayscale removes a share g of it. Without clipping in between they
commute, and together they are

    out = A x + b (1 - c) luma(mean(x)),     A = b c (G + s (1 - g) (cos(t) K + sin(t) J))

where G is "to gray", K the rest (chroma), J chroma turned by a quarter, and t = 2 pi hue.
"""

from __future__ import annotations

import numpy as np

from .recipes import Recipes

LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601, as in Pillow and torchvision
# NTSC's luma and chroma axes; the chroma rows sum to zero, so grays have no chroma.
_YIQ = np.array([LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
_FROM_YIQ = np.linalg.inv(_YIQ)

TO_GRAY = np.tile(LUMA, (3, 1))  # G: every channel becomes the luma
CHROMA = np.eye(3) - TO_GRAY  # K
# J: the sign makes a positive hue go red, yellow, green, as in HSV.
QUARTER_TURN = _FROM_YIQ @ np.array([[0, 0, 0], [0, 0, 1], [0, -1, 0]]) @ _YIQ


def color_arrays(recipes: Recipes) -> dict[str, np.ndarray]:
    """Return the colour matrix and the offset of every view, for values on one scale in and out.

    Args:
        recipes: of N images.

    Returns:
        mix: (N, 2, 3, 3) float64; a row vector of RGB times `mix` is the mixed RGB (A transposed).
        lift: (N, 2, 3) float64; its dot product with the crop's mean RGB is added to each channel.
    """
    brightness, contrast = recipes.brightness.astype(float), recipes.contrast.astype(float)
    chroma = recipes.saturation * (1.0 - recipes.gray_strength)  # (N, 2)
    angle = 2 * np.pi * recipes.hue.astype(float)
    parts = np.stack([np.ones_like(chroma), chroma * np.cos(angle), chroma * np.sin(angle)], -1)
    basis = np.stack([TO_GRAY.T, CHROMA.T, QUARTER_TURN.T]).reshape(3, 9)
    mix = (brightness * contrast)[..., None] * (parts @ basis)  # (N, 2, 9)
    lift = (brightness * (1 - contrast))[..., None] * LUMA  # (N, 2, 3)
    return {"mix": mix.reshape(*chroma.shape, 3, 3), "lift": lift}
