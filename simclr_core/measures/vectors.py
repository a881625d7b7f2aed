"""What every measure is given: vectors of pictures, and what is known of the pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

Values = Iterable[tuple[str, float]]  # name of a target ("" where there is none), and the figure


@dataclass(frozen=True)
class Vectors:
    """Vectors in one space (h, z or pixels) and the categories of their pictures.

    Attributes:
        x: (P, ...) vectors of the pictures that are measured; each entry is taken as one vector.
        views: (V, 2, d) vectors of two views of each picture, or None.
        targets: name -> (P,) int, the categories of each picture; -1 where it is not known.
        bank: (B, ...) vectors that kNN and probes learn from. None compares the pictures among
            themselves, each without itself.
        bank_targets: name -> (B,) int, as `targets`.
        pixels: whether these are pixels, which linear probes read by principal components.
        most_probed: bank vectors that a linear probe learns from, at most.
        temperature: tau of the loss.
    """

    x: np.ndarray
    views: np.ndarray | None = None
    targets: Mapping[str, np.ndarray] = field(default_factory=dict)
    bank: np.ndarray | None = None
    bank_targets: Mapping[str, np.ndarray] = field(default_factory=dict)
    pixels: bool = False
    most_probed: int = 10_000
    temperature: float = 0.1


def flat(x: np.ndarray) -> np.ndarray:
    """Return (N, ...) as (N, D), each entry one vector; N may be 0."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def small_pixels(images: np.ndarray, most: int = 32, block: int = 2000) -> np.ndarray:
    """Return pixels as vectors, area-averaged to at most `most` a side.

    Args:
        images: (N, S, S, 3) uint8.
        most: pixels per side, at most.
        block: pictures at a time, which bounds the memory.

    Returns:
        (N, D) float32 in [0, 1].
    """
    blocks = [images[i : i + block] for i in range(0, max(len(images), 1), block)]
    return np.concatenate([_averaged(part, most) for part in blocks])


def _averaged(images: np.ndarray, most: int) -> np.ndarray:
    size = images.shape[1]
    step = -(-size // most)
    side = size // step
    cut = side * step
    x = images[:, :cut, :cut].astype(np.float32) / 255.0
    return flat(x.reshape(len(x), side, step, side, step, 3).mean(axis=(2, 4)))


def label_name(labels: np.ndarray, factors: Mapping[str, np.ndarray]) -> str:
    """Return the factor that the labels are (of drawn pictures), else "label".

    Args:
        labels: (N,) int.
        factors: name -> (N,) int.
    """
    same = (name for name, values in factors.items() if np.array_equal(values, labels))
    return next(same, "label")
