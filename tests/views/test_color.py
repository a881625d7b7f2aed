"""Colour in one matrix against the operations one after another, in float64."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from test_render import draw, noise, pillow_view

from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import Recipes, identity_recipes
from simclr_core.views.render import render_views

_FACTORS = ("brightness", "contrast", "saturation", "hue", "gray_strength")


def luma(x: np.ndarray) -> np.ndarray:
    return (0.299 * x[..., 0] + 0.587 * x[..., 1] + 0.114 * x[..., 2])[..., None]


def turn_hue(x: np.ndarray, turns: float) -> np.ndarray:
    """Hue in YIQ as a complex number: NTSC's I and Q, turned so that red goes to yellow."""
    i = 0.595716 * x[..., 0] - 0.274453 * x[..., 1] - 0.321263 * x[..., 2]
    q = 0.211456 * x[..., 0] - 0.522591 * x[..., 1] + 0.311135 * x[..., 2]
    chroma = (i + 1j * q) * np.exp(-2j * np.pi * turns)
    to_rgb = np.linalg.inv(
        [[0.299, 0.587, 0.114], [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]]
    )
    return np.concatenate([luma(x), chroma.real[..., None], chroma.imag[..., None]], -1) @ to_rgb.T


def color_step_by_step(
    x: np.ndarray, recipes: Recipes, i: int, view: int, order: tuple[int, ...]
) -> np.ndarray:
    """Jitter in an order, then grayscale, in float64 and without clipping."""
    r = {name: float(getattr(recipes, name)[i, view]) for name in _FACTORS}
    for operation in order:
        if operation == 0:
            x = x * r["brightness"]
        elif operation == 1:
            x = r["contrast"] * x + (1 - r["contrast"]) * luma(x).mean()
        elif operation == 2:
            x = r["saturation"] * x + (1 - r["saturation"]) * luma(x)
        else:
            x = turn_hue(x, r["hue"])
    return (1 - r["gray_strength"]) * x + r["gray_strength"] * luma(x)


@pytest.mark.parametrize("gray_strength", [1.0, 0.4])
def test_colour_is_the_steps_one_after_another(gray_strength: float) -> None:
    config = ViewConfig(crop_min=0.2, jitter_p=0.9, gray_p=0.3, gray_strength=gray_strength)
    images, recipes = noise(40, 24), draw(config, 40, 24)
    orders = itertools.cycle(itertools.permutations(range(4)))  # 24 orders for 80 views
    views = render_views(images, recipes)
    for i in range(40):
        for view in range(2):
            crop = pillow_view(images[i], recipes, i, view, 24).astype(float) / 255
            oracle = np.clip(color_step_by_step(crop, recipes, i, view, next(orders)), 0, 1)
            np.testing.assert_allclose(views[i, view], oracle, atol=2e-5)


def test_hue_goes_from_red_over_yellow_to_green() -> None:
    red = np.full((1, 8, 8, 3), (200, 40, 40), np.uint8)
    hue = np.array([[60 / 360, -60 / 360]], np.float32)
    views = render_views(red, dataclasses.replace(identity_recipes(1), hue=hue))[0, :, 0, 0]
    yellow, magenta = views
    assert yellow[1] > yellow[2] + 0.2 and yellow[0] > yellow[2] + 0.2
    assert magenta[2] > magenta[1] + 0.2 and magenta[0] > magenta[1] + 0.2


def test_gray_views_have_equal_channels() -> None:
    views = render_views(noise(4, 16), draw(ViewConfig(gray_p=1.0), 4, 16))
    np.testing.assert_allclose(views, np.repeat(views[..., :1], 3, axis=-1), atol=1e-6)


def test_gray_pictures_ignore_hue_and_saturation() -> None:
    images = np.repeat(noise(8, 16)[..., :1], 3, axis=-1)
    recipes = draw(ViewConfig(), 8, 16)
    plain = dataclasses.replace(
        recipes, hue=np.zeros_like(recipes.hue), saturation=np.ones_like(recipes.saturation)
    )
    np.testing.assert_allclose(
        render_views(images, recipes), render_views(images, plain), atol=2e-6
    )
