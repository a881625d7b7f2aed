"""What can be measured on any picture, as categories that a probe can be asked for.

For pictures without known factors: what do augmentations teach a network to keep, and to leave
out? Each property is cut into four parts with equally many pictures.
"""

from __future__ import annotations

import cv2
import numpy as np

PARTS = 4  # of each property
LEAST_SPREAD = 1e-3  # of a property, on its own scale; below, pictures do not differ in it


def properties(images: np.ndarray) -> dict[str, np.ndarray]:
    """Properties of pictures, by name; those in which the pictures do not differ are left out.

    Args:
        images: (P, S, S, 3) uint8 RGB.

    Returns:
        name -> (P,) int64 in 0..3: hue (of its mean, around the colour circle), brightness, edge
        orientation, and where the edges lie: across and down.
    """
    measured = np.array([_measure(image) for image in images])  # (P, 5), in 0..1 each
    names = ("mean hue", "brightness", "edge orientation", "position across", "position down")
    found = {}
    for name, values in zip(names, measured.T, strict=True):
        if np.isfinite(values).all() and np.ptp(values) > LEAST_SPREAD:
            found[name] = parts(values)
    return found


def parts(values: np.ndarray, count: int = PARTS) -> np.ndarray:
    """(P,) int64: which of `count` equally large parts each value lies in, the lowest first."""
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return ranks * count // len(values)


def _measure(image: np.ndarray) -> tuple[float, float, float, float, float]:
    """Hue, brightness, edge orientation and the middle of its edges, each in 0..1; NaN: none."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float64)
    angle, saturation = hsv[..., 0] * (np.pi / 90), hsv[..., 1]
    colour = (saturation * np.exp(1j * angle)).sum()
    hue = float(np.angle(colour) / (2 * np.pi) % 1) if saturation.max() > 0 else float("nan")
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64) / 255
    across = cv2.Sobel(gray, cv2.CV_64F, 1, 0, ksize=3)
    down = cv2.Sobel(gray, cv2.CV_64F, 0, 1, ksize=3)
    # The direction along which brightness changes most: of the structure tensor.
    twice = np.arctan2(2 * (across * down).sum(), (across**2 - down**2).sum())
    energy = across**2 + down**2
    total = energy.sum()
    if total <= 0:
        return hue, float(gray.mean()), float("nan"), float("nan"), float("nan")
    places = (np.arange(len(gray)) + 0.5) / len(gray)
    x, y = (energy.sum(axis=0) * places).sum() / total, (energy.sum(axis=1) * places).sum() / total
    return hue, float(gray.mean()), float(twice / (2 * np.pi) % 1), float(x), float(y)
