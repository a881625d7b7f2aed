"""Colours of the data: the palette of both themes, scales of numbers, and contrasts.

`assets/css/tokens.css` has the same colours for style sheets; a test compares the two. Figures that
are drawn for one theme (Plotly, print) take hex colours. The browser's own figures get CSS colours
that follow the theme, "light-dark(#…, #…)".
"""

from __future__ import annotations

from collections.abc import Sequence

# What figures stand on: the page, and the tinted stage.
GROUNDS = {"light": ("#ffffff", "#f4f5f6"), "dark": ("#121417", "#1a1d22")}

# Ten colours that stay apart, also for most colour-blind eyes (Petroff, arXiv 2107.02270), stepped
# for each theme to a contrast of 3 with its grounds.
PALETTE = {
    "light": (
        "#3f90da", "#c08000", "#bd1f01", "#7f918f", "#832db6",
        "#a96b59", "#e76300", "#9a8c44", "#717581", "#2a9ba1",
    ),
    "dark": (
        "#4f9fe6", "#ffa90e", "#e8482c", "#a0b0ae", "#ad6be0",
        "#bf8472", "#f07418", "#c7bb80", "#8a8f9c", "#92dadd",
    ),
}  # fmt: skip

# View 1 is blue, view 2 is orange: their frames and lines, and words in their colour.
VIEWS = {"light": ("#2277c9", "#e76300"), "dark": ("#5aa9ef", "#f58a3c")}
VIEW_TEXT = {"light": ("#1a66b3", "#b84a00"), "dark": ("#7fbdf3", "#f8a468")}
NEGATIVE = {"light": "#868d96", "dark": "#8d949e"}  # negatives, and points without a category

# Categories that are colours: a blue dot called red would mislead.
NAMED = {
    "red": ("#d93a34", "#d93a34"),  # light, dark
    "orange": ("#d27510", "#ee8a1d"),
    "yellow": ("#a58b14", "#e3bf1b"),
    "yellow-green": ("#80941c", "#a4bd24"),
    "green": ("#3ba045", "#3da447"),
    "cyan": ("#289aa3", "#2fb3bd"),
    "blue": ("#3f6fdc", "#3f6fdc"),
    "violet": ("#8449cf", "#8449cf"),
    "pink": ("#e259ac", "#e467b3"),
}

GREYS = {
    "light": {"ink": "#1b1e23", "muted": "#565d67", "line": "#e1e4e8"},
    "dark": {"ink": "#eef0f2", "muted": "#b0b7c0", "line": "#2b3037"},
}
FONT = "Source Sans, Source Sans 3, Source Sans Pro, system-ui, sans-serif"  # of the pages


def _both(light: str, dark: str) -> str:
    """Return a CSS colour that follows the theme."""
    return f"light-dark({light}, {dark})"


PETROFF_10 = tuple(map(_both, PALETTE["light"], PALETTE["dark"]))
NEGATIVES = UNKNOWN = _both(NEGATIVE["light"], NEGATIVE["dark"])

SIMILARITY = "RdBu_r"  # diverging, centred on 0
VALUES = "Viridis"
READABLE = 3.0  # the least contrast of a mark with what is behind it (WCAG 2, 1.4.11)


def category_colors(names: Sequence[str], dark: bool = False) -> list[str]:
    """Return a colour per category, for figures that are drawn for one theme.

    The palette comes first, then twice the same ten in other shades. Categories that are
    themselves colours (red, blue, ...) get that colour. From the 31st on the colours repeat.

    Args:
        names: the categories, in order.
        dark: whether the figure stands on a dark ground.

    Returns:
        As many colours, "#rrggbb".
    """
    if names and all(name in NAMED for name in names):
        return [NAMED[name][dark] for name in names]
    theme = "dark" if dark else "light"
    return [_shade(PALETTE[theme][i % 10], theme, i // 10 % 3) for i in range(len(names))]


def live_colors(names: Sequence[str]) -> list[str]:
    """Return the colours of `category_colors` as CSS colours that follow the browser's theme."""
    return list(map(_both, category_colors(names), category_colors(names, dark=True)))


def scale_colors(count: int, centred: bool = False) -> list[str]:
    """Return the colours of numbers, from the smallest to the largest.

    Args:
        count: how many shades, at least 1.
        centred: whether the middle of the scale means 0; then the scale is a diverging one.

    Returns:
        `count` colours, "rgb(r, g, b)".
    """
    from plotly.colors import sample_colorscale

    places = [i / max(count - 1, 1) for i in range(count)]
    return list(sample_colorscale(SIMILARITY if centred else VALUES, places))


def contrast(color: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 (none) to 21.

    Args:
        color, other: "#rrggbb".
    """
    low, high = sorted((_luminance(color), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(color: str) -> tuple[float, float, float]:
    r, g, b = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b


def _luminance(color: str) -> float:
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(color))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


# What the second and the third round of ten are mixed with, and how much of it; less where that
# comes too near to the ground.
_ROUNDS = {
    "light": (("#000000", 0.34), ("#000000", 0.62)),
    "dark": (("#ffffff", 0.42), ("#121417", 0.3)),
}


def _shade(color: str, theme: str, place: int) -> str:
    """Return a colour as the first, second or third round of ten has it."""
    if not place:
        return color
    other, share = _ROUNDS[theme][place - 1]
    mixed = _mixed(color, other, share)
    while min(contrast(mixed, ground) for ground in GROUNDS[theme]) < READABLE:
        share -= 0.02
        mixed = _mixed(color, other, share)
    return mixed


def _mixed(color: str, other: str, share: float) -> str:
    pairs = zip(_rgb(color), _rgb(other), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * share)):02x}" for a, b in pairs)
