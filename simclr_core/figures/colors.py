"""Colours of the data: the palette, scales of numbers, and the contrast of two colours.

The one source of truth for colour: pages take it from here, and live figures get it with their
data. Only data have colour; everything around them is grey.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

# Ten colours that stay apart, also for most colour-blind eyes (Petroff, arXiv 2107.02270).
PETROFF_10 = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip

VIEW_1 = "#3f90da"  # blue: frames, points and lines of view 1
VIEW_2 = "#e76300"  # orange: the same of view 2
NEGATIVES = "#94a4a2"
UNKNOWN = "#9a9da3"  # points without a category
# For words in a view's colour: dark enough, or light enough, to be read (contrast >= 4.5).
VIEW_TEXT = {"light": ("#1c69ad", "#ad4a00"), "dark": ("#6fb3ee", "#ff9a4a")}

NAMED = {  # categories that are colours: a blue dot called red would mislead
    "red": "#d93a34",
    "orange": "#ee8a1d",
    "yellow": "#e3bf1b",
    "yellow-green": "#a4bd24",
    "green": "#3da447",
    "cyan": "#2fb3bd",
    "blue": "#3f6fdc",
    "violet": "#8449cf",
    "pink": "#e467b3",
}

GREYS = {
    "light": {"ink": "#31333f", "muted": "#6b6e78", "line": "#d9dbe0"},
    "dark": {"ink": "#fafafa", "muted": "#a0a3ab", "line": "#3a3d46"},
}
SIMILARITY = "RdBu_r"  # diverging, centred on 0
VALUES = "Viridis"


def category_colors(names: Sequence[str]) -> list[str]:
    """Return a colour per category: Petroff's ten, then the same ten darker, then lighter.

    Categories that are themselves colours (red, blue, ...) get that colour. From the 31st category
    on the colours repeat.

    Args:
        names: the categories, in order.

    Returns:
        As many colours, "#rrggbb".
    """
    if names and all(name in NAMED for name in names):
        return [NAMED[name] for name in names]
    rounds = [1.0, 0.62, 1.4]
    return [
        _lightness(PETROFF_10[i % 10], rounds[i // 10 % len(rounds)]) for i in range(len(names))
    ]


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


def _lightness(color: str, factor: float) -> str:
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(color))
    channels = colorsys.hls_to_rgb(hue, min(0.88, light * factor), saturation)
    return "#" + "".join(f"{round(255 * c):02x}" for c in channels) if factor != 1 else color
