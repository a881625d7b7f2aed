"""What the two drawn data sets share: colours, smooth edges, and pixel noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SPLITS = {"train": (6_000, 0), "test": (1_000, 1)}  # split -> (pictures, seed)
HUES = ("red", "orange", "yellow-green", "green", "cyan", "blue", "violet", "pink")
OVERSAMPLE = 8  # figures are drawn this much larger, then averaged: smooth edges
CHUNK = 250  # pictures drawn at a time; limits memory and changes no pixel
NOISE = 3.0  # standard deviation of the pixel noise, in steps of 1/255


class Drawing(NamedTuple):
    """Drawn pictures and their known factors.

    Attributes:
        images: (N, S, S, 3) uint8 RGB.
        factors: factor name -> (N,) int64 category; each set has its `FACTOR_NAMES`.
    """

    images: np.ndarray
    factors: dict[str, np.ndarray]


def hue_category(hue: np.ndarray) -> np.ndarray:
    """Return which of `HUES` each hue in [0, 1) is: (N,) int64.

    The bins are centred on the pure colours: red is [-1/16, 1/16) of the circle.
    """
    return np.floor(hue * len(HUES) + 0.5).astype(np.int64) % len(HUES)


def rgb(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Convert HSV, each (n,) in [0, 1], to RGB in 0..255: (n, 3) float64."""
    sector = (np.array([5.0, 3.0, 1.0]) + 6.0 * hue[:, None]) % 6.0  # (n, 3)
    fade = np.clip(np.minimum(sector, 4.0 - sector), 0.0, 1.0)
    return 255.0 * value[:, None] * (1.0 - saturation[:, None] * fade)


def average_down(canvas: np.ndarray) -> np.ndarray:
    """Return the covered share of each pixel of oversampled masks.

    Args:
        canvas: (n, S * OVERSAMPLE, S * OVERSAMPLE) uint8, 1 where covered.

    Returns:
        (n, S, S) float64 in [0, 1].
    """
    n, side = len(canvas), canvas.shape[1] // OVERSAMPLE
    blocks = canvas.reshape(n, side, OVERSAMPLE, side, OVERSAMPLE)
    return blocks.sum(axis=(2, 4)) / OVERSAMPLE**2


def paint(
    cover: np.ndarray, front: np.ndarray, back: np.ndarray, noise: np.random.Generator
) -> np.ndarray:
    """Paint figures over their backgrounds and add pixel noise.

    Args:
        cover: (n, S, S, 1) float64 in [0, 1], the covered share of each pixel.
        front: (n, 1, 1, 3) float64 RGB of the figures.
        back: (n, 1, 1, 3) float64 RGB of the backgrounds.
        noise: generator of the noise.

    Returns:
        (n, S, S, 3) uint8 RGB.
    """
    picture = back + cover * (front - back)
    picture += NOISE * noise.standard_normal(picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
