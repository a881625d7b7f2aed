"""Warnings about settings of views, measured on drawn recipes."""

from __future__ import annotations

import numpy as np

from ..settings.config import ViewConfig
from .color import color_arrays
from .recipes import BLUR_REFERENCE, Recipes, draw_recipes

_SAMPLE = 2000  # pairs of views, enough to know shares to about one percent
_OFTEN = 0.1  # a share worth a sentence
_FAINT_BLUR = 0.4  # pixels; below this, a neighbour gets less than 5% of the weight


def warnings(config: ViewConfig, image_size: int, is_gray: bool = False) -> list[str]:
    """Return what is likely to go wrong with these views.

    Args:
        config: settings of the views.
        image_size: pixels per side of the views.
        is_gray: whether the pictures have no colour (`Dataset.is_gray`).

    Returns:
        Warnings of one or two sentences; empty if nothing looks wrong.
    """
    recipes = draw_recipes(config, _SAMPLE, seed=0, step=0, image_size=image_size)
    same = _same_views(recipes, is_gray).mean()
    if same == 1:
        return [
            "Both views are identical, so there is nothing to learn. "
            "Turn on crops or colour distortion."
        ]
    sentences = []
    if same >= _OFTEN:
        sentences.append(f"In {same:.0%} of the pairs, the two views are identical.")
    sentences += _about_crops(recipes)
    sentences += _about_colour(config, recipes, is_gray)
    sigma = config.blur_max * image_size / BLUR_REFERENCE
    if config.blur_p > 0 and sigma < _FAINT_BLUR:
        sentences.append(
            f"At {image_size} pixels, the blur cannot be seen: "
            f"its sigma is at most {sigma:.2f} pixels."
        )
    return sentences


def _about_crops(recipes: Recipes) -> list[str]:
    sentences = []
    tiny = (recipes.crop[..., 2] * recipes.crop[..., 3] < 0.05).mean()
    if tiny >= _OFTEN:
        sentences.append(f"{_share(tiny)} of these crops hold less than 5% of the picture.")
    apart = _apart(recipes.crop).mean()
    if apart >= _OFTEN:
        sentences.append(f"In {apart:.0%} of the pairs, the two crops have nothing in common.")
    return sentences


def _about_colour(config: ViewConfig, recipes: Recipes, is_gray: bool) -> list[str]:
    sentences = []
    faint = (recipes.brightness * recipes.contrast < 0.1).mean()
    if faint >= 0.05:
        sentences.append(
            f"{faint:.0%} of the views are nearly one flat colour. Lower the strength."
        )
    jitters = config.jitter_p > 0 and config.color_strength > 0
    if is_gray:
        idle = {
            "hue": jitters and config.hue > 0,
            "saturation": jitters and config.saturation > 0,
            "grayscale": config.gray_p > 0 and config.gray_strength > 0,
        }
        names = [name for name, on in idle.items() if on]
        if names:
            sentences.append(
                f"These pictures have no colour, so {_list(names)} cannot change them."
            )
    elif not (recipes.gray.any() or (jitters and config.hue + config.saturation > 0)):
        sentences.append(
            "Without colour distortion, two views can be matched by their colours alone, "
            "so the network may learn little else."
        )
    return sentences


def _same_views(recipes: Recipes, is_gray: bool) -> np.ndarray:
    """Return whether the two views of each image are identical, (N,) bool."""
    color = color_arrays(recipes)
    mix = color["mix"].sum(-2) if is_gray else color["mix"]  # of a gray, or of any colour
    count = len(recipes)
    parts = (recipes.crop, recipes.flip, mix, color["lift"], recipes.blur_sigma)
    flat = np.concatenate([np.reshape(part, (count, 2, -1)) for part in parts], axis=-1)
    return np.all(np.isclose(flat[:, 0], flat[:, 1], atol=1e-6), axis=-1)


def _apart(crop: np.ndarray) -> np.ndarray:
    """Return whether the two crops of each image do not overlap, (N,) bool."""
    start, end = crop[..., :2], crop[..., :2] + crop[..., 2:]  # (N, 2, 2)
    return np.any(start.max(axis=1) >= end.min(axis=1), axis=-1)


def _share(share: float) -> str:
    """Write a share as a word where one fits, such as "A third"."""
    for value, word in ((1 / 4, "A quarter"), (1 / 3, "A third"), (1 / 2, "Half")):
        if abs(share - value) < 0.03:
            return word
    return f"{share:.0%}"


def _list(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
