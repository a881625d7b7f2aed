"""Recipes: the drawn parameters of every view, for a whole batch and in words.

`draw_recipes` needs only NumPy and a counter-based generator, so the recipes of any step of any run
can be drawn again at any time. `simclr_core.views.render` renders them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..settings.config import ViewConfig

WHOLE = np.array([0, 0, 1, 1], np.float32)  # the crop that keeps everything
BLUR_REFERENCE = 224  # pixels per side; the sigmas of `ViewConfig` are for views of this size

PROBE_SEED = 20_020_570  # of the views of pictures on the map: the same in every run

# One uniform number per decision and per strength, drawn whether it is used or not: moving one
# slider then changes nothing else. The spare columns keep the others where they have always been.
_DRAWS = (
    *("crop", "area", "ratio", "top", "left", "flip", "jitter"),
    *("brightness", "contrast", "saturation", "hue", "spare", "gray", "blur", "sigma", "spare_2"),
)


@dataclass(frozen=True, eq=False)
class Recipes:
    """How N images become 2N views; every array is indexed by image, then by view (0 or 1).

    Attributes:
        crop: (N, 2, 4) float32: top, left, height and width as fractions of the picture.
        flip: (N, 2) bool: whether the view is mirrored left to right.
        jittered: (N, 2) bool: whether brightness, contrast, saturation and hue were drawn.
        brightness: (N, 2) float32 factor, 1 = unchanged.
        contrast: (N, 2) float32 factor about the crop's mean gray, 1 = unchanged.
        saturation: (N, 2) float32 factor, 1 = unchanged, 0 = gray.
        hue: (N, 2) float32 turns of the colour circle, 0 = unchanged.
        gray: (N, 2) bool: whether the view loses colour.
        gray_strength: (N, 2) float32 share of the colour lost, 0 where not gray.
        blur_sigma: (N, 2) float32 pixels of the view, 0 = no blur.
    """

    crop: np.ndarray
    flip: np.ndarray
    jittered: np.ndarray
    brightness: np.ndarray
    contrast: np.ndarray
    saturation: np.ndarray
    hue: np.ndarray
    gray: np.ndarray
    gray_strength: np.ndarray
    blur_sigma: np.ndarray

    def __len__(self) -> int:
        return len(self.flip)

    def __getitem__(self, index: int | slice | Sequence[int] | np.ndarray) -> Recipes:
        """Return the recipes of some images; a single index keeps the first axis, with length 1."""
        return self.take(np.atleast_1d(np.arange(len(self))[index]))

    def take(self, indices: Sequence[int] | np.ndarray) -> Recipes:
        """Return the recipes of the images at `indices`, in that order."""
        return Recipes(**{f.name: getattr(self, f.name)[indices] for f in _FIELDS})


_FIELDS = dataclasses.fields(Recipes)


def identity_recipes(count: int) -> Recipes:
    """Return recipes that leave `count` images unchanged."""
    ones, zeros = np.ones((count, 2), np.float32), np.zeros((count, 2), np.float32)
    return Recipes(
        crop=np.tile(WHOLE, (count, 2, 1)),
        flip=zeros.astype(bool),
        jittered=zeros.astype(bool),
        brightness=ones,
        contrast=ones,
        saturation=ones,
        hue=zeros,
        gray=zeros.astype(bool),
        gray_strength=zeros,
        blur_sigma=zeros,
    )


def draw_recipes(
    config: ViewConfig, count: int, seed: int, step: int, *, image_size: int
) -> Recipes:
    """Draw the two views of every image of a batch (SimCLR, appendix A).

    The same (config, seed, step) give the same recipes on every machine, and a longer batch
    begins with the recipes of a shorter one. Changing a setting changes only the fields that it is
    about. For many views of one picture, draw `count` recipes and render the picture repeated
    `count` times.

    Args:
        config: probabilities and strengths.
        count: images in the global batch (N), at least 1.
        seed: the run's seed, 0 or more.
        step: the training step, 0 or more.
        image_size: pixels per side of the views; scales the blur.

    Returns:
        Recipes of N images.

    Raises:
        ValueError: if count or image_size is below 1, or seed or step below 0.
    """
    if min(count, image_size) < 1 or min(seed, step) < 0:
        raise ValueError(
            "draw_recipes: expected count and image_size of at least 1 and seed and step of at "
            f"least 0, found {count}, {image_size}, {seed}, {step}."
        )
    u = _uniforms(count, seed, step)
    jittered = u["jitter"] < config.jitter_p
    gray = u["gray"] < config.gray_p
    s = config.color_strength
    turns = (2 * u["hue"] - 1) * min(0.5, s * config.hue)
    return Recipes(
        crop=_draw_crops(config, u),
        flip=u["flip"] < config.flip_p,
        jittered=jittered,
        brightness=_if(jittered, _factor(u["brightness"], s * config.brightness), 1),
        contrast=_if(jittered, _factor(u["contrast"], s * config.contrast), 1),
        saturation=_if(jittered, _factor(u["saturation"], s * config.saturation), 1),
        hue=_if(jittered, turns, 0),
        gray=gray,
        gray_strength=_if(gray, np.full(gray.shape, config.gray_strength), 0),
        blur_sigma=_draw_sigmas(config, u, image_size),
    )


def probe_recipes(config: ViewConfig, count: int, image_size: int) -> Recipes:
    """Return the two fixed views of each picture on the map, the same for equal settings.

    Args:
        config: settings of the views.
        count: pictures on the map (P).
        image_size: pixels per side of the views.

    Returns:
        Recipes of P images.
    """
    return draw_recipes(config, count, PROBE_SEED, 0, image_size=image_size)


def more_recipes(config: ViewConfig, count: int, index: int, image_size: int) -> Recipes:
    """Draw further views of one picture on the map, as in training.

    Args:
        config, image_size: as in `probe_recipes`.
        count: pairs of views.
        index: of the picture on the map, 0 to P - 1.

    Returns:
        Recipes of `count` images, for the picture repeated `count` times.
    """
    return draw_recipes(config, count, PROBE_SEED, 1 + index, image_size=image_size)


def describe(recipes: Recipes, i: int, view: int) -> str:
    """Describe one view's recipe, such as "41% of the picture, flipped, brighter x1.3".

    Args:
        recipes: as drawn.
        i: image, 0 to N - 1.
        view: 0 or 1.
    """
    words = [crop_words(recipes, i, view)]
    if recipes.flip[i, view]:
        words.append("flipped")
    words += jitter_words(recipes, i, view)
    if recipes.gray_strength[i, view] > 0:
        words.append(gray_words(recipes, i, view))
    if recipes.blur_sigma[i, view] > 0:
        words.append(f"blurred by {recipes.blur_sigma[i, view]:.2g} px")
    return ", ".join(words)


def crop_words(recipes: Recipes, i: int, view: int) -> str:
    """Say how much of the picture a view's crop holds."""
    crop = recipes.crop[i, view]
    if np.array_equal(crop, WHOLE):
        return "the whole picture"
    return f"{crop[2] * crop[3]:.0%} of the picture"


def jitter_words(recipes: Recipes, i: int, view: int) -> list[str]:
    """Say what a view's colour jitter does, as far as one can see it."""
    pairs = {
        "brightness": ("darker", "brighter"),
        "contrast": ("less contrast", "more contrast"),
        "saturation": ("paler", "more colourful"),
    }
    words = []
    for name, (less, more) in pairs.items():
        factor = getattr(recipes, name)[i, view]
        if abs(factor - 1) >= 0.05 and not (
            name == "saturation" and _loses_colour(recipes, i, view)
        ):
            words.append(f"{more if factor > 1 else less} x{factor:.1f}")
    degrees = round(float(recipes.hue[i, view]) * 360)
    if degrees and not _loses_colour(recipes, i, view):
        words.append(f"hue {degrees:+d}°")
    return words


def gray_words(recipes: Recipes, i: int, view: int) -> str:
    """Say how gray a view is."""
    strength = recipes.gray_strength[i, view]
    return "gray" if strength >= 0.995 else f"{strength:.0%} gray"


def _loses_colour(recipes: Recipes, i: int, view: int) -> bool:
    return bool(recipes.gray_strength[i, view] >= 0.995)


def _uniforms(count: int, seed: int, step: int) -> dict[str, np.ndarray]:
    """Return uniform numbers in [0, 1), one (N, 2) array per name of `_DRAWS`."""
    key = np.array([seed, step], np.uint64)
    values = np.random.Generator(np.random.Philox(key=key)).random((count, 2, len(_DRAWS)))
    return dict(zip(_DRAWS, np.moveaxis(values, -1, 0), strict=True))


def _draw_crops(config: ViewConfig, u: dict[str, np.ndarray]) -> np.ndarray:
    """Draw boxes with uniform area and position and log-uniform ratio, among those that fit.

    A crop of area a fits if its ratio is in [a, 1/a]. Drawing the ratio from that interval gives
    what torchvision's rejection gives for the area, in one pass and with the area still uniform.
    """
    area = config.crop_min + u["area"] * (config.crop_max - config.crop_min)  # (N, 2)
    widest = np.minimum(np.log(config.crop_ratio), -np.log(area))
    ratio = np.exp((2 * u["ratio"] - 1) * widest)
    height = np.minimum(np.sqrt(area / ratio), 1)
    width = np.minimum(np.sqrt(area * ratio), 1)
    boxes = np.stack([u["top"] * (1 - height), u["left"] * (1 - width), height, width], axis=-1)
    return _if((u["crop"] < config.crop_p)[..., None], boxes, WHOLE)  # (N, 2, 4)


def _draw_sigmas(config: ViewConfig, u: dict[str, np.ndarray], image_size: int) -> np.ndarray:
    scale = image_size / BLUR_REFERENCE
    sigma = scale * (config.blur_min + u["sigma"] * (config.blur_max - config.blur_min))
    return _if(u["blur"] < config.blur_p, sigma, 0)


def _factor(u: np.ndarray, strength: float) -> np.ndarray:
    """Return factors uniform in [max(0, 1 - strength), 1 + strength], torchvision's range."""
    low = max(0.0, 1 - strength)
    return low + u * (1 + strength - low)


def _if(decision: np.ndarray, drawn: np.ndarray, otherwise: float | np.ndarray) -> np.ndarray:
    return np.where(decision, drawn, otherwise).astype(np.float32)
