"""Colours of data can be told apart and read."""

from __future__ import annotations

import itertools

import pytest

from simclr_core.data.shapes import FACTOR_NAMES
from simclr_core.figures import colors


def test_ten_classes_get_petroffs_ten():
    assert colors.category_colors([str(i) for i in range(10)]) == list(colors.PETROFF_10)
    assert colors.PETROFF_10[0] == "#3f90da" and len(set(colors.PETROFF_10)) == 10


def test_thirty_classes_get_thirty_colours():
    thirty = colors.category_colors([str(i) for i in range(30)])
    assert len(set(thirty)) == 30
    assert all(len(c) == 7 and int(c[1:], 16) >= 0 for c in thirty)
    assert colors.category_colors([]) == []


def test_categories_that_are_colours_get_their_own():
    hues = FACTOR_NAMES["hue"]
    by_name = dict(zip(hues, colors.category_colors(hues), strict=True))
    red, blue = by_name["red"], by_name["blue"]
    assert int(red[1:3], 16) > int(red[5:7], 16) and int(blue[1:3], 16) < int(blue[5:7], 16)


@pytest.mark.parametrize(("theme", "paper"), [("light", "#ffffff"), ("dark", "#16181d")])
def test_view_colours_can_be_seen_and_their_words_read(theme, paper):
    for color in (colors.VIEW_1, colors.VIEW_2):
        assert colors.contrast(color, paper) >= 3
    for color in (*colors.VIEW_TEXT[theme], colors.GREYS[theme]["muted"]):
        assert colors.contrast(color, paper) >= 4.5


def test_contrast_is_that_of_wcag():
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_ink_differs_between_themes():
    for a, b in itertools.pairwise(colors.GREYS.values()):
        assert a["ink"] != b["ink"]
