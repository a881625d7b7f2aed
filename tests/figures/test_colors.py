"""Colours of data can be told apart and read, on the grounds of both themes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from simclr_core.data.shapes import FACTOR_NAMES
from simclr_core.figures import colors

THEMES = ("light", "dark")
TOKENS = Path(__file__).resolve().parents[2] / "assets" / "css" / "tokens.css"


def wcag(color: str, other: str) -> float:
    """Contrast as WCAG 2.2 defines it, written from its text."""

    def luminance(text: str) -> float:
        linear = []
        for at in (1, 3, 5):
            share = int(text[at : at + 2], 16) / 255
            linear.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(color), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def tokens(theme: str) -> dict[str, str]:
    """The colours of the style sheet in one theme, by name."""
    text = TOKENS.read_text()
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text))
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text):
        found[name] = light if theme == "light" else dark
    return found


@pytest.mark.parametrize("theme", THEMES)
def test_print_and_style_sheet_have_the_same_colours(theme):
    css = tokens(theme)
    assert [css[f"c{i}"] for i in range(10)] == list(colors.PALETTE[theme])
    assert (css["view-1"], css["view-2"]) == colors.VIEWS[theme]
    assert (css["view-1-text"], css["view-2-text"]) == colors.VIEW_TEXT[theme]
    assert css["negative"] == colors.NEGATIVE[theme]
    assert (css["ground"], css["stage"]) == colors.GROUNDS[theme]
    greys = {"ink": css["ink"], "muted": css["ink-2"], "line": css["line"]}
    assert colors.GREYS[theme] == greys


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_of_data_is_seen_on_page_and_stage(theme):
    dark = theme == "dark"
    marks = [
        *colors.category_colors([str(i) for i in range(30)], dark),
        *(pair[dark] for pair in colors.NAMED.values()),
        *colors.VIEWS[theme],
        colors.NEGATIVE[theme],
        tokens(theme)["accent"],
    ]
    faint = {(c, g) for c in marks for g in colors.GROUNDS[theme] if wcag(c, g) < 3}
    assert not faint


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_of_words_is_read_on_page_and_stage(theme):
    css = tokens(theme)
    names = ["ink", "ink-2", "ink-3", "accent-ink", "warn", "bad", "view-1-text", "view-2-text"]
    faint = {(n, g) for n in names for g in colors.GROUNDS[theme] if wcag(css[n], g) < 4.5}
    assert not faint
    for word, ground in (("accent-ink", "accent-soft"), ("warn", "warn-soft")):
        assert wcag(css[word], css[ground]) >= 4.5
    assert wcag(css["on-accent"], css["accent"]) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_thirty_classes_get_thirty_colours_the_palette_first(dark):
    thirty = colors.category_colors([str(i) for i in range(30)], dark)
    assert tuple(thirty[:10]) == colors.PALETTE["dark" if dark else "light"]
    assert len(set(thirty)) == 30
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in thirty)
    assert colors.category_colors([], dark) == []


def test_live_colours_name_both_themes():
    assert colors.live_colors(["cat"]) == ["light-dark(#3f90da, #4f9fe6)"]
    assert colors.live_colors(["cat"])[0] == colors.PETROFF_10[0]


def test_categories_that_are_colours_get_their_own():
    hues = FACTOR_NAMES["hue"]
    by_name = dict(zip(hues, colors.category_colors(hues), strict=True))
    red, blue = by_name["red"], by_name["blue"]
    assert int(red[1:3], 16) > int(red[5:7], 16) and int(blue[1:3], 16) < int(blue[5:7], 16)


def test_contrast_is_that_of_wcag():
    for color, other in (("#000000", "#ffffff"), ("#777777", "#ffffff"), ("#3f90da", "#1a1d22")):
        assert colors.contrast(color, other) == pytest.approx(wcag(color, other))
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)


def test_ink_differs_between_themes():
    for a, b in itertools.pairwise(colors.GREYS.values()):
        assert a["ink"] != b["ink"]
