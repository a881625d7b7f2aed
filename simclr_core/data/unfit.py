"""Pictures from which nothing can be learned: black, all the same, of one colour, or noise."""

from __future__ import annotations

import cv2
import numpy as np

BLACK, IDENTICAL, FLAT, NOISE = "black", "identical", "flat", "noise"
DARK = 20  # of 255: nearly black pictures have hardly a value above it
WORDS = {
    BLACK: f"The pictures are black or nearly so: hardly a value exceeds {DARK} of 255.",
    IDENTICAL: "All or nearly all pictures are the same picture.",
    FLAT: "All or nearly all pictures have one colour everywhere.",
    NOISE: "Most pictures look like noise: neighbouring pixels have nothing in common.",
}
ADVICE = {
    BLACK: "Values from 0 to 1 or 0 to 16 have to be scaled to 0 to 255 first.",
    IDENTICAL: "Look at them on Views, and check how they were saved.",
    FLAT: "Look at them on Views, and check how they were saved.",
    NOISE: "Look at them on Views, and check how they were read: size and channels of raw data.",
}
SAMPLE = 200  # pictures looked at
NEARLY_ALL = 0.9  # of them
EVEN = 2.0  # of 255: pictures of one colour spread less in each channel
RELATED = 0.15  # median correlation of neighbouring pixels; below it, pictures look like noise


def unfit(images: np.ndarray) -> str:
    """Return what makes pictures unfit to learn from.

    Args:
        images: (P, S, S, 3) uint8, P at least 1.

    Returns:
        A key of `WORDS`; "" if nothing was found.
    """
    rows = np.unique(np.linspace(0, len(images) - 1, SAMPLE).round().astype(int))
    sample = np.ascontiguousarray(images[rows])
    if np.quantile(sample, 0.999) <= DARK:
        return BLACK
    if len(sample) > 1 and _largest_group(sample) >= NEARLY_ALL:
        return IDENTICAL
    even = sample.std(axis=(1, 2)).max(axis=1) < EVEN  # (P,)
    if even.mean() >= NEARLY_ALL:
        return FLAT
    related = np.median([_related(image) for image in sample[~even]], axis=0)  # (2,)
    return NOISE if np.abs(related).max() < RELATED else ""


def _largest_group(images: np.ndarray) -> float:
    """Return the share of the pictures that are copies of the most frequent one."""
    _, counts = np.unique(images.reshape(len(images), -1), axis=0, return_counts=True)
    return float(counts.max() / len(images))


def _related(image: np.ndarray) -> tuple[float, float]:
    """Return the correlation of pixels side by side, and of pixels one above the other."""
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    gray -= gray.mean()
    spread = (gray**2).mean()
    if spread == 0:
        return 0.0, 0.0
    across, down = (gray[:, 1:] * gray[:, :-1]).mean(), (gray[1:] * gray[:-1]).mean()
    return float(across / spread), float(down / spread)
