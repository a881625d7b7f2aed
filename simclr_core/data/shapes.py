"""Draw the data set "shapes": one shape on a plain background.

Each picture has four known factors (shape, hue, background, size), drawn independently, so that the
content of a representation can be measured factor by factor. Pose and pixel noise are random and
are not factors. All shapes of one size cover the same area, and colours are independent of shapes,
so a picture's mean colour says nothing about its shape.
"""

from __future__ import annotations

import cv2
import numpy as np

from .drawing import CHUNK, HUES, OVERSAMPLE, Drawing, average_down, hue_category, paint, rgb

SHAPES = ("circle", "square", "triangle", "star", "cross", "ring", "heart", "crescent")
BACKGROUNDS = {  # few and shared: a unique background would identify a picture
    "charcoal": (30, 30, 32),
    "navy": (20, 28, 42),
    "moss": (24, 36, 26),
    "plum": (42, 26, 38),
}  # all darker than any shape, so that outlines stay visible in a gray view
SIZES = ("small", "medium", "large")

RADIUS = (0.195, 0.265)  # of a disc of the same area, in fractions of the picture's side
REACH = 1.56  # no outline extends further from its centre than this times that radius
SATURATION = (0.55, 0.85)
VALUE = (0.85, 1.0)
FRACTION_BITS = 4  # OpenCV's fixed-point outlines: 1/16 of an oversampled pixel
CURVE_POINTS = 96

# sha256 of Dataset "shapes" at 32 x 32 (images and labels of both splits). Tests check it, so that
# no later score can come from easier pictures.
SHAPES_HASH = "1821695d19c053d5152311be5f7b5608108591bf7c4ad3ce53ceecb067c85c01"

FACTOR_NAMES: dict[str, tuple[str, ...]] = {
    "shape": SHAPES,
    "hue": HUES,
    "background": tuple(BACKGROUNDS),
    "size": SIZES,
}


def draw_shapes(count: int, seed: int, image_size: int = 32) -> Drawing:
    """Draw pictures of single shapes; the same arguments give the same bytes.

    Args:
        count: number of pictures N; shapes are balanced to within one picture.
        seed: of the Philox streams; factors and noise have separate ones.
        image_size: side S in pixels; every size shows the same scenes.

    Returns:
        The pictures and their factors.
    """
    scene = _draw_scenes(count, seed)
    noise = np.random.Generator(np.random.Philox(key=[seed, 1]))
    images = np.empty((count, image_size, image_size, 3), np.uint8)
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        chosen = {name: values[part] for name, values in scene.items()}
        images[part] = _render(chosen, image_size, noise)
    factors = {
        "shape": scene["shape"],
        "hue": hue_category(scene["hue"]),
        "background": scene["background"],
        "size": _bin(scene["radius"], *RADIUS, len(SIZES)),
    }
    return Drawing(images, factors)


def _draw_scenes(count: int, seed: int) -> dict[str, np.ndarray]:
    """Draw the content of each picture: arrays (N,), lengths in picture sides, angles in turns."""
    rng = np.random.Generator(np.random.Philox(key=[seed, 0]))
    radius = rng.uniform(*RADIUS, count)
    room = 0.5 - REACH * radius  # the same for every shape, or the position would hint at the shape
    return {
        "shape": rng.permutation(np.arange(count) % len(SHAPES)).astype(np.int64),
        "background": rng.integers(len(BACKGROUNDS), size=count),
        "hue": rng.uniform(0, 1, count),
        "saturation": rng.uniform(*SATURATION, count),
        "value": rng.uniform(*VALUE, count),
        "radius": radius,
        "turn": rng.uniform(0, 1, count),
        "x": 0.5 + room * rng.uniform(-1, 1, count),
        "y": 0.5 + room * rng.uniform(-1, 1, count),
    }


def _render(
    scene: dict[str, np.ndarray], image_size: int, noise: np.random.Generator
) -> np.ndarray:
    """Paint each shape over its background: (n, S, S, 3) uint8."""
    cover = _coverage(scene, image_size)[..., None]  # (n, S, S, 1), 0..1
    front = rgb(scene["hue"], scene["saturation"], scene["value"])[:, None, None, :]
    palette = np.array(list(BACKGROUNDS.values()), np.float64)
    back = palette[scene["background"]][:, None, None, :]  # (n, 1, 1, 3)
    return paint(cover, front, back, noise)


def _coverage(scene: dict[str, np.ndarray], image_size: int) -> np.ndarray:
    """Return the share of each pixel that the shape covers: (n, S, S) float64 in [0, 1]."""
    side = image_size * OVERSAMPLE
    canvas = np.zeros((len(scene["shape"]), side, side), np.uint8)
    for i, shape in enumerate(scene["shape"]):
        angle = 2 * np.pi * scene["turn"][i]
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array([scene["x"][i], scene["y"][i]])
        outlines = []
        for outline in OUTLINES[SHAPES[shape]]:
            points = (middle + scene["radius"][i] * outline @ rotation.T) * side - 0.5
            outlines.append(np.rint(points * 2**FRACTION_BITS).astype(np.int32))
        cv2.fillPoly(canvas[i], outlines, (1,), cv2.LINE_8, FRACTION_BITS)
    return average_down(canvas)


def _bin(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Return the bin of each value, with `count` equal bins in [low, high]: (N,) int64."""
    bins = np.floor((values - low) / (high - low) * count).astype(np.int64)
    return np.clip(bins, 0, count - 1)


def _polar(radii: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Return points at the given distances and angles (in turns): (P, 2)."""
    angles = 2 * np.pi * turns
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _regular(corners: int) -> np.ndarray:
    return _polar(np.ones(corners), np.arange(corners) / corners)


def _star(corners: int, inner: float) -> np.ndarray:
    radii = np.where(np.arange(2 * corners) % 2 == 0, 1.0, inner)
    return _polar(radii, np.arange(2 * corners) / (2 * corners))


def _cross(arm: float) -> np.ndarray:
    """Return a plus sign with arms `arm` wide and 1 long, from the centre."""
    a = arm / 2
    corner = np.array([[1.0, a], [a, a], [a, 1.0]])  # one of four, turned by quarters
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    turns = [np.linalg.matrix_power(quarter, k) for k in range(4)]
    return np.concatenate([corner @ t.T for t in turns])


def _heart() -> np.ndarray:
    t = 2 * np.pi * np.arange(CURVE_POINTS) / CURVE_POINTS
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return _centred(np.stack([x, -y], axis=1))


def _crescent(shift: float, inner: float) -> np.ndarray:
    """Return a unit disc minus a disc of radius `inner`, centred `shift` to the right."""
    x = (1 + shift**2 - inner**2) / (2 * shift)  # where the two circles meet
    outer_half = np.arccos(x) / (2 * np.pi)
    inner_half = np.arctan2(np.sqrt(1 - x**2), x - shift) / (2 * np.pi)
    around = _polar(np.ones(CURVE_POINTS), np.linspace(outer_half, 1 - outer_half, CURVE_POINTS))
    back = np.linspace(1 - inner_half, inner_half, CURVE_POINTS)
    hollow = np.array([shift, 0.0]) + _polar(np.full(CURVE_POINTS, inner), back)
    return _centred(np.concatenate([around, hollow]))


def _centred(outline: np.ndarray) -> np.ndarray:
    """Move the centre of an outline's bounding box to the origin."""
    return outline - (outline.max(axis=0) + outline.min(axis=0)) / 2


def _area(outline: np.ndarray) -> float:
    """Return the signed area of a polygon (shoelace formula)."""
    x, y = outline.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def _level(*outlines: np.ndarray) -> tuple[np.ndarray, ...]:
    """Scale a shape to the area of a unit disc; outlines after the first are holes."""
    area = abs(_area(outlines[0])) - sum(abs(_area(hole)) for hole in outlines[1:])
    return tuple(outline * np.sqrt(np.pi / area) for outline in outlines)


_DISC = _regular(CURVE_POINTS)
OUTLINES: dict[str, tuple[np.ndarray, ...]] = {  # fillPoly is even-odd: a second outline is a hole
    "circle": _level(_DISC),
    "square": _level(_regular(4)),
    "triangle": _level(_regular(3)),
    "star": _level(_star(5, 0.45)),
    "cross": _level(_cross(0.62)),
    "ring": _level(_DISC, 0.6 * _DISC),
    "heart": _level(_heart()),
    "crescent": _level(_crescent(0.5, 0.75)),
}
