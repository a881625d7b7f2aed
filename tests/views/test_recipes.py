"""Recipes against the distributions they are meant to have, and against themselves."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest
from scipy import stats

from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import Recipes, crop_words, describe, draw_recipes, identity_recipes

PAPER = ViewConfig(crop_min=0.08, blur_p=0.5)
FIELDS = [f.name for f in dataclasses.fields(Recipes)]
# The recipes that runs on disk were trained with: if this changes, they can no longer be redrawn.
HASH = "9f6e046dff1e799fad1ea8ff38a1aacfa52411596550d919d48b191b85ffbb99"


def draw(config: ViewConfig = PAPER, count: int = 4000, seed: int = 3, step: int = 5) -> Recipes:
    return draw_recipes(config, count, seed, step, image_size=32)


def changed(a: Recipes, b: Recipes) -> set[str]:
    return {name for name in FIELDS if not np.array_equal(getattr(a, name), getattr(b, name))}


def test_a_step_has_the_recipes_it_always_had() -> None:
    recipes = draw_recipes(PAPER, 64, seed=7, step=11, image_size=32)
    digest = hashlib.sha256()
    for name in FIELDS:
        digest.update(np.ascontiguousarray(getattr(recipes, name)).tobytes())
    assert digest.hexdigest() == HASH


def test_shapes_and_types() -> None:
    recipes = draw(count=5)
    kinds = {name: (getattr(recipes, name).shape, getattr(recipes, name).dtype) for name in FIELDS}
    assert kinds.pop("crop") == ((5, 2, 4), np.float32)
    for name in ("flip", "jittered", "gray"):
        assert kinds.pop(name) == ((5, 2), np.bool_)
    assert set(kinds.values()) == {((5, 2), np.dtype(np.float32))}
    assert len(recipes) == 5


def test_seed_and_step_decide_alone() -> None:
    assert not changed(draw(), draw())
    assert len(changed(draw(seed=3), draw(seed=4))) == len(FIELDS)
    assert len(changed(draw(step=5), draw(step=6))) == len(FIELDS)
    assert len(changed(draw(seed=3, step=5), draw(seed=5, step=3))) == len(FIELDS)


def test_views_and_images_differ() -> None:
    area = draw().crop[..., 2] * draw().crop[..., 3]
    assert abs(np.corrcoef(area[:, 0], area[:, 1])[0, 1]) < 0.05
    assert abs(np.corrcoef(area[:-1, 0], area[1:, 0])[0, 1]) < 0.05


def test_a_longer_batch_begins_with_the_shorter_one() -> None:
    assert not changed(draw(count=100).take(np.arange(30)), draw(count=30))


def test_take_and_index() -> None:
    recipes = draw(count=10)
    assert np.array_equal(recipes.take([4, 2]).hue, recipes.hue[[4, 2]])
    assert np.array_equal(recipes[3].crop, recipes.crop[3:4])
    assert np.array_equal(recipes[-1].crop, recipes.crop[9:])
    assert np.array_equal(recipes[2:5].flip, recipes.flip[2:5])


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"hue": 0.05}, {"hue"}),
        ({"brightness": 0.1}, {"brightness"}),
        ({"contrast": 0.1}, {"contrast"}),
        ({"saturation": 0.1}, {"saturation"}),
        ({"color_strength": 0.3}, {"brightness", "contrast", "saturation", "hue"}),
        ({"flip_p": 0.1}, {"flip"}),
        ({"crop_min": 0.5}, {"crop"}),
        ({"crop_max": 0.5}, {"crop"}),
        ({"crop_ratio": 2.0}, {"crop"}),
        ({"crop_p": 0.3}, {"crop"}),
        ({"gray_p": 0.5}, {"gray", "gray_strength"}),
        ({"gray_strength": 0.5}, {"gray_strength"}),
        ({"blur_p": 0.1}, {"blur_sigma"}),
        ({"blur_max": 1.0}, {"blur_sigma"}),
        (
            {"jitter_p": 0.2},
            {"jittered", "brightness", "contrast", "saturation", "hue"},
        ),
    ],
)
def test_a_slider_changes_only_what_it_is_about(change: dict, fields: set[str]) -> None:
    assert changed(draw(), draw(dataclasses.replace(PAPER, **change))) == fields


def test_a_higher_probability_keeps_those_chosen_before() -> None:
    few, many = draw(), draw(dataclasses.replace(PAPER, gray_p=0.6))
    assert np.all(many.gray[few.gray])
    assert many.gray.sum() > few.gray.sum()


def test_crops_are_uniform_in_area_and_position() -> None:
    crop = draw(ViewConfig(crop_min=0.08)).crop.reshape(-1, 4).astype(float)
    top, left, height, width = crop.T
    assert stats.kstest(height * width, stats.uniform(0.08, 0.92).cdf).pvalue > 0.01
    inside = height * width < 0.7  # larger ones have little room, and rounding shows
    for start, size in ((top, height), (left, width)):
        room = (1 - size) > 1e-3
        share = start[inside & room] / (1 - size[inside & room])
        assert stats.kstest(share, stats.uniform(0, 1).cdf).pvalue > 0.01


def test_ratios_are_log_uniform_among_those_that_fit() -> None:
    crop = draw(ViewConfig(crop_min=0.08)).crop.reshape(-1, 4).astype(float)
    area, ratio = crop[:, 2] * crop[:, 3], crop[:, 3] / crop[:, 2]
    free = area <= 0.75  # every ratio in [3/4, 4/3] fits
    spread = np.log(ratio[free]) / np.log(4 / 3)
    assert stats.kstest(spread, stats.uniform(-1, 2).cdf).pvalue > 0.01
    assert np.all(ratio <= np.minimum(4 / 3, 1 / area) + 1e-5)
    assert np.all(ratio >= np.maximum(3 / 4, area) - 1e-5)


def test_crops_stay_inside() -> None:
    for config in (PAPER, ViewConfig(crop_min=0.01, crop_ratio=4.0), ViewConfig(crop_min=1.0)):
        crop = draw(config).crop
        assert crop.min() >= 0
        assert (crop[..., :2] + crop[..., 2:]).max() <= 1 + 1e-6
        assert crop[..., 2:].min() > 0


def test_probabilities_are_frequencies() -> None:
    recipes = draw(ViewConfig(crop_p=0.7, flip_p=0.4, jitter_p=0.8, gray_p=0.2, blur_p=0.3))
    whole = np.all(recipes.crop == [0, 0, 1, 1], axis=-1)
    expected = {0.3: whole, 0.4: recipes.flip, 0.8: recipes.jittered, 0.2: recipes.gray}
    for p, found in (*expected.items(), (0.3, recipes.blur_sigma > 0)):
        assert abs(found.mean() - p) < 4 * np.sqrt(p * (1 - p) / 8000)


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_factors_fill_torchvisions_ranges(strength: float) -> None:
    recipes = draw(ViewConfig(color_strength=strength, jitter_p=1.0))
    low, high = max(0.0, 1 - 0.8 * strength), 1 + 0.8 * strength
    for name in ("brightness", "contrast", "saturation"):
        values = getattr(recipes, name).ravel()
        assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > 0.01
    turn = min(0.5, 0.2 * strength)
    assert stats.kstest(recipes.hue.ravel(), stats.uniform(-turn, 2 * turn).cdf).pvalue > 0.01


def test_hue_ends_at_half_a_turn() -> None:
    hue = draw(ViewConfig(color_strength=2.0, hue=0.5, jitter_p=1.0)).hue
    assert 0.49 < np.abs(hue).max() <= 0.5


def test_blur_scales_with_the_views_size() -> None:
    config = ViewConfig(blur_p=1.0)
    small = draw_recipes(config, 2000, 1, 1, image_size=56).blur_sigma
    large = draw_recipes(config, 2000, 1, 1, image_size=224).blur_sigma
    np.testing.assert_allclose(small * 4, large, rtol=1e-6)
    assert stats.kstest(large.ravel(), stats.uniform(0.1, 1.9).cdf).pvalue > 0.01


def test_everything_off_leaves_the_picture() -> None:
    off = ViewConfig(crop_p=0, flip_p=0, jitter_p=0, gray_p=0, blur_p=0)
    assert not changed(draw(off, count=50), identity_recipes(50))


def test_words() -> None:
    recipes = dataclasses.replace(
        identity_recipes(2),
        crop=np.array([[[0, 0, 0.5, 0.82], [0.1, 0.1, 0.9, 0.7]]] * 2, np.float32),
        flip=np.array([[True, False]] * 2),
        brightness=np.array([[1.3, 1], [0.6, 1.01]], np.float32),
        contrast=np.array([[1, 1], [1.5, 1]], np.float32),
        saturation=np.array([[1, 0.2], [0.5, 1]], np.float32),
        hue=np.array([[12 / 360, 0.1], [-0.1, 0]], np.float32),
        gray_strength=np.array([[0, 1], [0, 0.5]], np.float32),
        blur_sigma=np.array([[0, 0], [0, 0.6]], np.float32),
    )
    assert describe(recipes, 0, 0) == "41% of the picture, flipped, brighter x1.3, hue +12°"
    assert describe(recipes, 0, 1) == "63% of the picture, gray"
    assert describe(recipes, 1, 0) == (
        "41% of the picture, flipped, darker x0.6, more contrast x1.5, paler x0.5, hue -36°"
    )
    assert describe(recipes, 1, 1) == "63% of the picture, 50% gray, blurred by 0.6 px"
    assert crop_words(identity_recipes(1), 0, 0) == "the whole picture"


@pytest.mark.parametrize(
    "bad", [{"count": 0}, {"seed": -1}, {"step": -1}, {"image_size": 0}], ids=str
)
def test_bad_arguments(bad: dict) -> None:
    good = {"count": 1, "seed": 0, "step": 0, "image_size": 32}
    with pytest.raises(ValueError, match="expected"):
        draw_recipes(PAPER, **(good | bad))
