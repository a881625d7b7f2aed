"""Draw the data set "patterns": one motif repeated like wallpaper, in two colours.

The set is made so that a single augmentation leaves a shortcut. Two crops of a picture show
different copies of the motif but the same two colours. Two recoloured views of the whole picture
show different colours but every copy in the same place. Only with both augmentations do the views
share nothing but the motif, its size and its orientation.

Each picture has four known factors, drawn independently: motif, hue, size, and hand (as drawn or
mirrored). No motif equals its own mirror image or another's, so `hand` is visible; random flips
make it differ between the two views.
"""

from __future__ import annotations

import cv2
import numpy as np

from .drawing import CHUNK, HUES, OVERSAMPLE, Drawing, average_down, hue_category, paint, rgb

SIDES = {"small": 0.22, "medium": 0.28, "large": 0.36}  # of a motif, in sides of the picture
GAP = 1.3  # from motif to motif, in sides of a motif
WANDER = 0.12  # the most that a copy is off its place, in sides of a motif
MISSING = 0.2  # share of places that stay empty
SATURATION, VALUE = (0.55, 0.9), (0.8, 1.0)  # of the motif's colour
GROUND_SATURATION, GROUND_VALUE = (0.3, 0.8), (0.15, 0.45)  # of the background: darker

# Bitmaps of 7 x 7; none equals its own mirror image.
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

# sha256 of Dataset "patterns" at 32 x 32; a test checks it.
PATTERNS_HASH = "22078b9cc09345c42f542453aa1c046310afedb62dad1d99e949a528c1a7eb02"


def draw_patterns(count: int, seed: int, image_size: int = 32) -> Drawing:
    """Draw pictures of a repeated motif; the same arguments give the same bytes.

    Args:
        count: number of pictures N; motifs are balanced to within one picture.
        seed: of the Philox streams.
        image_size: side S in pixels; every size shows the same scenes.

    Returns:
        The pictures and their factors.
    """
    rng = np.random.Generator(np.random.Philox(key=[seed, 2]))
    noise = np.random.Generator(np.random.Philox(key=[seed, 3]))
    hue = rng.uniform(0, 1, count)
    factors = {
        "motif": rng.permutation(np.arange(count) % len(MOTIFS)).astype(np.int64),
        "hue": hue_category(hue),
        "size": rng.integers(len(SIDES), size=count),
        "hand": rng.integers(2, size=count),
    }
    front = rgb(hue, rng.uniform(*SATURATION, count), rng.uniform(*VALUE, count))  # (N, 3)
    back = rgb(
        rng.uniform(0, 1, count),
        rng.uniform(*GROUND_SATURATION, count),
        rng.uniform(*GROUND_VALUE, count),
    )
    start = rng.uniform(0, 1, (count, 2))  # position of the first motif, in gaps
    layouts = rng.integers(2**31, size=count)  # seeds of the copies in each picture

    def _covered(i: int) -> np.ndarray:
        motif, side = MOTIFS[factors["motif"][i]], list(SIDES.values())[factors["size"][i]]
        mirrored = bool(factors["hand"][i])
        return _cover(motif, side, mirrored, start[i], int(layouts[i]), image_size)

    images = np.empty((count, image_size, image_size, 3), np.uint8)
    for begin in range(0, count, CHUNK):
        rows = slice(begin, min(begin + CHUNK, count))
        cover = np.stack([_covered(i) for i in range(rows.start, rows.stop)])[..., None]
        images[rows] = paint(cover, front[rows, None, None], back[rows, None, None], noise)
    return Drawing(images, factors)


def _cover(
    motif: str, side: float, mirrored: bool, start: np.ndarray, layout: int, image_size: int
) -> np.ndarray:
    """Return the covered share of each pixel: (S, S) float64 in [0, 1]."""
    rng = np.random.default_rng(layout)
    fine = image_size * OVERSAMPLE
    length = round(side * fine)
    stamp = cv2.resize(bitmap(motif), (length, length), interpolation=cv2.INTER_NEAREST)
    stamp = stamp[:, ::-1] if mirrored else stamp
    padded = fine + 2 * length  # a margin for cropped copies
    canvas = np.zeros((padded, padded), np.uint8)
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
    return average_down(seen[None])[0]


def bitmap(motif: str) -> np.ndarray:
    """Return a motif as a bitmap: (7, 7) uint8, 1 where it is drawn."""
    return np.array([[place == "#" for place in row] for row in _DRAWN[motif]], np.uint8)
