"""Measured properties, checked on pictures drawn to have them."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from simclr_core.data.properties import equal_bins, properties

S, P = 32, 48
Y, X = np.mgrid[0:S, 0:S] / S


def drawn(values: np.ndarray, draw) -> np.ndarray:
    return np.stack([np.rint(255 * draw(value)).astype(np.uint8) for value in values])


def gray(values: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(values, 0, 1)[..., None], 3, axis=2)


def hue(value: float) -> np.ndarray:
    return np.tile(colorsys.hsv_to_rgb(value, 0.8, 0.7), (S, S, 1))


def stripes(turn: float) -> np.ndarray:
    """Draw stripes: brightness changes in the direction of `turn` half turns."""
    along = X * np.cos(np.pi * turn) + Y * np.sin(np.pi * turn)
    return gray(0.5 + 0.4 * np.sin(20 * along))


def spot(x: float, y: float) -> np.ndarray:
    return gray(0.2 + 0.7 * np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 0.006))


LEVELS = np.linspace(0.1, 0.9, P)
EXPECTED = np.arange(P) * 4 // P


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("mean hue", hue),
        ("brightness", lambda v: gray(np.full((S, S), v) + 0.05 * X)),
        ("edge orientation", stripes),
        ("position across", lambda v: spot(v, 0.5)),
        ("position down", lambda v: spot(0.5, v)),
    ],
)
def test_what_was_drawn_is_measured(name, draw):
    order = np.random.default_rng(0).permutation(P)
    found = properties(drawn(LEVELS[order], draw))[name]
    assert (found == EXPECTED[order]).all()


def test_what_pictures_do_not_differ_in_is_left_out():
    found = properties(drawn(LEVELS, lambda v: gray(np.full((S, S), v))))
    assert set(found) == {"brightness"}  # no colour, no edges
    assert properties(np.full((5, S, S, 3), 7, np.uint8)) == {}


def test_bins_are_equally_full_even_with_ties():
    found = equal_bins(np.zeros(10))
    assert np.bincount(found).tolist() == [3, 2, 3, 2] or sorted(np.bincount(found)) == [2, 2, 3, 3]
    assert equal_bins(np.array([3.0, 1.0, 2.0, 0.0])).tolist() == [3, 1, 2, 0]
