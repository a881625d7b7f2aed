"""Warnings about views: each said where it holds, and not where it does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simclr_core.settings.config import ViewConfig
from simclr_core.settings.presets import _KIND_VIEWS, view_config
from simclr_core.views.advice import _apart, warnings

OFF = ViewConfig(crop_p=0, flip_p=0, jitter_p=0, gray_p=0, blur_p=0)
GRAY = ViewConfig(hue=0, saturation=0, gray_p=0)


def said(config: ViewConfig, size: int = 32, **more: bool) -> str:
    return " ".join(warnings(config, size, **more))


@pytest.mark.parametrize("kind", _KIND_VIEWS)
def test_the_presets_are_sound(kind: str) -> None:
    is_gray = kind == "gray pictures"
    expected = "colours alone" if kind == "characters" else ""
    found = said(view_config(kind), is_gray=is_gray)
    assert (expected in found) if expected else not found


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (OFF, "nothing to learn"),
        (dataclasses.replace(OFF, crop_p=1, crop_min=1.0), "nothing to learn"),
        (dataclasses.replace(OFF, flip_p=0.5, jitter_p=0.1), "the two views are identical"),
        (ViewConfig(crop_min=0.01, crop_max=0.13), "A third of these crops hold less than 5%"),
        (ViewConfig(crop_min=0.01, crop_max=0.1), "the two crops have nothing in common"),
        (ViewConfig().without_color(), "matched by their colours alone"),
        (ViewConfig(color_strength=2.0), "nearly one flat colour"),
        (ViewConfig(blur_p=0.5), "the blur cannot be seen"),
    ],
)
def test_what_goes_wrong_is_said(config: ViewConfig, words: str) -> None:
    assert words in said(config)


def test_blur_can_be_seen_on_large_views() -> None:
    assert "blur" not in said(ViewConfig(blur_p=0.5), 224)


def test_gray_pictures() -> None:
    assert "hue, saturation and grayscale cannot change them" in said(ViewConfig(), is_gray=True)
    assert not warnings(GRAY, 32, is_gray=True)
    only_hue = dataclasses.replace(OFF, jitter_p=1, brightness=0, contrast=0)
    assert "nothing to learn" in said(only_hue, is_gray=True)
    assert "nothing to learn" not in said(only_hue)


def test_crops_apart_by_hand() -> None:
    crops = [
        [[0, 0, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]],  # they touch in a corner
        [[0, 0, 0.6, 0.6], [0.5, 0.5, 0.5, 0.5]],
        [[0, 0, 1, 0.2], [0, 0.3, 1, 0.2]],
    ]
    assert _apart(np.array(crops, np.float32)).tolist() == [True, False, True]
