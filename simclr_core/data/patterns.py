"""A second drawn set: one motif again and again, like a wallpaper, in two colours of its own.

Made so that one augmentation alone leaves a shortcut. Two crops of a picture show other copies of
the motif in other places, but the same two colours; two recoloured views of the whole show other
colours, but every copy in the same place. Only both together leave nothing in common but the
motif, its size and which way round it is.

Every picture has four known factors, drawn independently: motif, hue, size, and hand (as drawn or
mirrored). No motif is its own mirror image or that of another, so that `hand` can be seen; views
that are flipped at random make it a thing that partners do not share.
"""

from __future__ import annotations

import cv2
import numpy as np

from .shapes import CHUNK, HUES, OVERSAMPLE, Drawing, rgb

TRAIN_COUNT, TEST_COUNT = 6_000, 1_000
TRAIN_SEED, TEST_SEED = 0, 1
SIDES = {"small": 0.22, "medium": 0.28, "large": 0.36}  # of a motif, in parts of the picture's
GAP = 1.3  # from motif to motif, in sides of a motif
WANDER = 0.12  # each copy lies off its place by at most this, in sides of a motif
MISSING = 0.2  # share of the places that stay empty
SATURATION, VALUE = (0.55, 0.9), (0.8, 1.0)  # of the motif's colour
GROUND_SATURATION, GROUND_VALUE = (0.3, 0.8), (0.15, 0.45)  # of what is behind it: darker
NOISE = 3.0  # standard deviation of the pixel noise, in steps of 1/255

# Seven by seven places: hooks, flags and stairs, none of them like its own mirror image.
_DRAWN = {
    "hook": ("##.....", "##.....", "##.....", "##.....", "##.....", "#######", "#######"),
    "flag": ("#######", "#######", "##...##", "#######", "#######", "##.....", "##....."),
    "stairs": ("##.....", "##.....", "####...", "####...", "######.", "#######", "#######"),
    "comb": ("#######", "#######", "##.....", "#######", "#######", "##.....", "#######"),
    "bolt": ("####...", "####...", "..##...", "..##...", "..##...", "..#####", "..#####"),
    "chair": ("##.....", "##.....", "##.....", "#######", "#######", "##...##", "##...##"),
    "snail": ("#######", "#.....#", "#.###.#", "#.#.#.#", "#.#...#", "#.#####", "#......"),
    "key": (".###...", "##.##..", ".###...", "..#....", "..###..", "..#....", "..####."),
}
MOTIFS = tuple(_DRAWN)
FACTOR_NAMES: dict[str, tuple[str, ...]] = {
    "motif": MOTIFS,
    "hue": HUES,
    "size": tuple(SIDES),
    "hand": ("as drawn", "mirrored"),
}

# sha256 of Dataset "patterns" at 32 x 32; a test holds the drawing to it.
PATTERNS_HASH = "22078b9cc09345c42f542453aa1c046310afedb62dad1d99e949a528c1a7eb02"


def draw_patterns(count: int, seed: int, image_size: int = 32) -> Drawing:
    """Draw pictures of repeated motifs; the same arguments give the same bytes.

    Args:
        count: number of pictures N; motifs are balanced to within one picture.
        seed: of the Philox streams.
        image_size: side S in pixels; another size draws the same scenes at that size.

    Returns:
        The pictures and their factors.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 2]))
    noise = np.random.Generator(np.random.Philox(key=[seed, 3]))
    hue = rng.uniform(0, 1, count)
    factors = {
        "motif": rng.permutation(np.arange(count) % len(MOTIFS)).astype(np.int64),
        "hue": np.floor(hue * len(HUES) + 0.5).astype(np.int64) % len(HUES),
        "size": rng.integers(len(SIDES), size=count),
        "hand": rng.integers(2, size=count),
    }
    front = rgb(hue, rng.uniform(*SATURATION, count), rng.uniform(*VALUE, count))  # (N, 3)
    back = rgb(
        rng.uniform(0, 1, count),
        rng.uniform(*GROUND_SATURATION, count),
        rng.uniform(*GROUND_VALUE, count),
    )
    start = rng.uniform(0, 1, (count, 2))  # where the first motif lies, in parts of a gap
    layouts = rng.integers(2**31, size=count)  # of each picture's own copies
    images = np.empty((count, image_size, image_size, 3), np.uint8)
    for begin in range(0, count, CHUNK):
        part = range(begin, min(begin + CHUNK, count))
        cover = np.stack(
            [
                _cover(
                    MOTIFS[factors["motif"][i]],
                    list(SIDES.values())[factors["size"][i]],
                    bool(factors["hand"][i]),
                    start[i],
                    int(layouts[i]),
                    image_size,
                )
                for i in part
            ]
        )[..., None]  # (n, S, S, 1)
        rows = slice(part.start, part.stop)
        picture = back[rows, None, None] + cover * (front - back)[rows, None, None]
        picture += NOISE * noise.standard_normal(picture.shape)
        images[rows] = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return Drawing(images, factors)


def _cover(
    motif: str, side: float, mirrored: bool, start: np.ndarray, layout: int, image_size: int
) -> np.ndarray:
    """Share of each pixel that the copies of a motif cover: (S, S) float64 in [0, 1]."""
    rng = np.random.default_rng(layout)
    fine = image_size * OVERSAMPLE
    length = round(side * fine)
    stamp = cv2.resize(bitmap(motif), (length, length), interpolation=cv2.INTER_NEAREST)
    stamp = stamp[:, ::-1] if mirrored else stamp
    canvas = np.zeros((fine + 2 * length, fine + 2 * length), np.uint8)  # room for cut copies
    gap = GAP * length
    places = int(fine // gap) + 2
    for row in range(-1, places):
        for column in range(-1, places):
            off = WANDER * length * rng.uniform(-1, 1, 2)
            if rng.random() < MISSING:
                continue
            y = round((row + start[0]) * gap + off[0]) + length
            x = round((column + start[1]) * gap + off[1]) + length
            if 0 <= y <= fine + length and 0 <= x <= fine + length:
                target = canvas[y : y + length, x : x + length]
                np.maximum(target, stamp[: target.shape[0], : target.shape[1]], out=target)
    seen = canvas[length : length + fine, length : length + fine]
    blocks = seen.reshape(image_size, OVERSAMPLE, image_size, OVERSAMPLE)
    return blocks.sum(axis=(1, 3)) / OVERSAMPLE**2


def bitmap(motif: str) -> np.ndarray:
    """A motif as drawn: (7, 7) uint8, 1 where it is."""
    return np.array([[place == "#" for place in row] for row in _DRAWN[motif]], np.uint8)
