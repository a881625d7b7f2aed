"""Colours of the data, and arrays in, plotly figures out.

The one source of truth for colour: pages take it from here, live figures get it with their data.
Chrome is neutral; colour belongs to data. Nothing here knows runs or pages.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

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
    "light": {"ink": "#31333f", "muted": "#6b6e78", "line": "#d9dbe0", "raw": "#b4b7be"},
    "dark": {"ink": "#fafafa", "muted": "#a0a3ab", "line": "#3a3d46", "raw": "#5c606b"},
}
SIMILARITY = "RdBu_r"  # diverging, centred on 0
VALUES = "Viridis"


def category_colors(names: Sequence[str]) -> list[str]:
    """A colour a category: Petroff's ten, then the same ten darker, lighter, and round again.

    Categories that are themselves colours (red, blue, ...) get their own.

    Args:
        names: the categories, in order.
    """
    if names and all(name in NAMED for name in names):
        return [NAMED[name] for name in names]
    rounds = [1.0, 0.62, 1.4]
    return [
        _lightness(PETROFF_10[i % 10], rounds[i // 10 % len(rounds)]) for i in range(len(names))
    ]


def scale_colors(count: int, centred: bool = False) -> list[str]:
    """Colours of numbers, from the least to the largest.

    Args:
        count: shades.
        centred: the middle of the scale is 0: a diverging scale.
    """
    from plotly.colors import sample_colorscale

    places = [i / max(count - 1, 1) for i in range(count)]
    return list(sample_colorscale(SIMILARITY if centred else VALUES, places))


def base_layout(dark: bool = False, **changes: Any) -> dict[str, Any]:
    """A plotly layout without decoration: clear background, thin lines, no legend box.

    Args:
        dark: for the dark theme.
        changes: merged on top.
    """
    grey = GREYS["dark" if dark else "light"]
    axis = {"gridcolor": grey["line"], "zeroline": False, "linecolor": grey["line"]}
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": grey["muted"], "size": 12},
        "margin": {"l": 44, "r": 8, "t": 8, "b": 36},
        "xaxis": dict(axis),
        "yaxis": dict(axis),
        "legend": {"orientation": "h", "y": 1.08, "x": 0},
        "hovermode": "x unified",
    }
    return {**layout, **changes}


def lines_figure(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x: str,
    y: str,
    dark: bool = False,
    log: bool = False,
    zero: bool = True,
    marks: Sequence[tuple[float, float, str]] = (),
) -> Any:
    """A few lines over one axis.

    Args:
        lines: name -> x and y of its points, NaN for gaps; a single point is drawn as a dot.
        x, y: what the axes are; empty where that is said elsewhere.
        log: a logarithmic y axis.
        zero: the y axis begins at 0.
        marks: x, y and words of points that stand out.

    Returns:
        A plotly Figure.
    """
    import plotly.graph_objects as go

    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    margin = {"l": 52 if y else 36, "r": 8, "t": 26, "b": 38 if x else 22}
    figure = go.Figure(layout=base_layout(dark, margin=margin, legend=legend))
    for i, (name, (xs, ys)) in enumerate(lines.items()):
        mode = "lines+markers" if len(xs) < 40 else "lines"
        style = {"color": PETROFF_10[i % 10], "width": 2}
        figure.add_scatter(
            x=list(xs), y=list(ys), mode=mode, name=name, line=style, marker={"size": 5}
        )
    if marks:
        style = {"size": 11, "symbol": "diamond", "color": NEGATIVES}
        figure.add_scatter(
            x=[mark[0] for mark in marks], y=[mark[1] for mark in marks], mode="markers",
            text=[mark[2] for mark in marks], hovertemplate="%{text}<extra></extra>",
            showlegend=False, marker=style,
        )  # fmt: skip
    figure.update_xaxes(title=x or None)
    if log:
        figure.update_yaxes(nticks=4, dtick=1)
    return figure.update_yaxes(
        title=y or None, type="log" if log else "linear", rangemode="tozero" if zero else "normal"
    )


def contrast(color: str, other: str) -> float:
    """The contrast of two colours by WCAG 2, 1 (none) to 21.

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
