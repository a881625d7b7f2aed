"""Measure properties of pictures, as categories for probes.

They stand in for factors where none are known: which properties does a network keep, and which do
the augmentations remove? Each property is cut into four bins with equally many pictures.
"""

from __future__ import annotations

import cv2
import numpy as np

BINS = 4  # per property
LEAST_SPREAD = 1e-3  # on a scale of 0 to 1; below it, pictures do not differ in a property


def properties(images: np.ndarray) -> dict[str, np.ndarray]:
    """Measure properties of pictures; those in which the pictures do not differ are left out.

    Args:
        images: (P, S, S, 3) uint8 RGB.

    Returns:
        name -> (P,) int64 in 0..3: mean hue (an angle on the colour circle), brightness, edge
        orientation, and the mean position of the edges, across and down.
    """
    measured = np.array([_measure(image) for image in images])  # (P, 5), in 0..1 each
    names = ("mean hue", "brightness", "edge orientation", "position across", "position down")
    categories = {}
    for name, values in zip(names, measured.T, strict=True):
        if np.isfinite(values).all() and np.ptp(values) > LEAST_SPREAD:
            categories[name] = equal_bins(values)
    return categories


def equal_bins(values: np.ndarray, count: int = BINS) -> np.ndarray:
    """Return the bin of each value, with `count` equally full bins: (P,) int64, lowest first."""
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return ranks * count // len(values)


def _measure(image: np.ndarray) -> tuple[float, float, float, float, float]:
    """Return hue, brightness, edge orientation and edge position (x, y), in 0..1 or NaN."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float64)
    angle, saturation = hsv[..., 0] * (np.pi / 90), hsv[..., 1]
    colour = (saturation * np.exp(1j * angle)).sum()
    hue = float(np.angle(colour) / (2 * np.pi) % 1) if saturation.max() > 0 else float("nan")
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64) / 255
    across = cv2.Sobel(gray, cv2.CV_64F, 1, 0, ksize=3)
    down = cv2.Sobel(gray, cv2.CV_64F, 0, 1, ksize=3)
    # The direction in which brightness changes most, from the structure tensor.
    twice = np.arctan2(2 * (across * down).sum(), (across**2 - down**2).sum())
    energy = across**2 + down**2
    total = energy.sum()
    if total <= 0:
        return hue, float(gray.mean()), float("nan"), float("nan"), float("nan")
    places = (np.arange(len(gray)) + 0.5) / len(gray)
    x, y = (energy.sum(axis=0) * places).sum() / total, (energy.sum(axis=1) * places).sum() / total
    return hue, float(gray.mean()), float(twice / (2 * np.pi) % 1), float(x), float(y)
