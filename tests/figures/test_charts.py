"""Colours and figures: told apart, readable, and drawn from what they were given."""

from __future__ import annotations

import itertools

import pytest

from simclr_core.data.shapes import FACTOR_NAMES
from simclr_core.figures import charts as figures


def test_ten_classes_get_petroffs_ten():
    assert figures.category_colors([str(i) for i in range(10)]) == list(figures.PETROFF_10)
    assert figures.PETROFF_10[0] == "#3f90da" and len(set(figures.PETROFF_10)) == 10


def test_thirty_classes_get_thirty_colours():
    colors = figures.category_colors([str(i) for i in range(30)])
    assert len(set(colors)) == 30
    assert all(len(c) == 7 and int(c[1:], 16) >= 0 for c in colors)
    assert figures.category_colors([]) == []


def test_categories_that_are_colours_get_their_own():
    colors = dict(
        zip(FACTOR_NAMES["hue"], figures.category_colors(FACTOR_NAMES["hue"]), strict=True)
    )
    red, blue = colors["red"], colors["blue"]
    assert int(red[1:3], 16) > int(red[5:7], 16) and int(blue[1:3], 16) < int(blue[5:7], 16)


@pytest.mark.parametrize(("theme", "paper"), [("light", "#ffffff"), ("dark", "#16181d")])
def test_view_colours_can_be_seen_and_their_words_read(theme, paper):
    for color in (figures.VIEW_1, figures.VIEW_2):
        assert figures.contrast(color, paper) >= 3
    for color in (*figures.VIEW_TEXT[theme], figures.GREYS[theme]["muted"]):
        assert figures.contrast(color, paper) >= 4.5


def test_contrast_is_that_of_wcag():
    assert figures.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert figures.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_ink_differs_between_themes():
    for a, b in itertools.pairwise(figures.GREYS.values()):
        assert a["ink"] != b["ink"]
