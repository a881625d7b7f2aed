"""Pictures that nothing can be learned from, made to be so; and pictures that are fine."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simclr_core.data.datasets import Dataset
from simclr_core.data.patterns import draw_patterns
from simclr_core.data.shapes import draw_shapes
from simclr_core.data.unfit import ADVICE, BLACK, FLAT, IDENTICAL, NOISE, WORDS, unfit

RANDOM = np.random.default_rng(0)
SHAPES = draw_shapes(60, 3, 32).images


def noise(count: int, size: int) -> np.ndarray:
    return RANDOM.integers(0, 256, (count, size, size, 3), np.uint8)


def one_colour(count: int) -> np.ndarray:
    colours = RANDOM.integers(30, 226, (count, 1, 1, 3))
    return (colours + RANDOM.integers(-1, 2, (count, 24, 24, 3))).astype(np.uint8)


def stripes(count: int) -> np.ndarray:
    """Lines one pixel wide: neighbours across have nothing in common but their opposite."""
    bright = np.where((np.arange(16) + RANDOM.integers(0, 2, (count, 1))) % 2, 200, 50)
    rows = np.broadcast_to(bright[:, None, :, None], (count, 16, 16, 3))
    return (rows + RANDOM.integers(0, 30, rows.shape)).astype(np.uint8)


@pytest.mark.parametrize(
    ("expected", "images"),
    [
        (BLACK, np.zeros((9, 8, 8, 3), np.uint8)),
        (BLACK, RANDOM.integers(0, 17, (40, 8, 8, 3), np.uint8)),  # 0 to 16, not scaled
        (IDENTICAL, np.repeat(SHAPES[:1], 30, axis=0)),
        (IDENTICAL, np.concatenate([np.repeat(SHAPES[:1], 28, axis=0), SHAPES[1:3]])),  # 28 of 30
        (IDENTICAL, np.full((9, 8, 8, 3), 255, np.uint8)),
        (FLAT, one_colour(50)),
        (NOISE, noise(50, 32)),
        (NOISE, noise(300, 8)),
        ("", SHAPES),
        ("", SHAPES // 2),
        ("", np.concatenate([np.repeat(SHAPES[:1], 24, axis=0), SHAPES[1:7]])),  # 24 of 30 alike
        ("", draw_patterns(60, 3, 32).images),
        ("", stripes(40)),
        ("", SHAPES[:1]),
    ],
)
def test_what_makes_pictures_unfit(expected: str, images: np.ndarray) -> None:
    assert unfit(images) == expected


def test_every_reason_has_a_sentence_and_advice() -> None:
    assert set(WORDS) == set(ADVICE) == {BLACK, IDENTICAL, FLAT, NOISE}
    assert all(text.endswith(".") for text in (*WORDS.values(), *ADVICE.values()))


def test_a_data_set_says_what_is_wrong_with_its_pictures() -> None:
    fine = Dataset("some", SHAPES, None, SHAPES[:0], None)
    assert fine.problems == ()
    same = dataclasses.replace(fine, x_train=np.repeat(SHAPES[:1], 9, axis=0))
    assert same.problems == (WORDS[IDENTICAL], ADVICE[IDENTICAL])
    assert dataclasses.replace(fine, x_train=SHAPES[:0]).problems == ()
