"""Charts of any arrays: the common layout, and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .colors import FONT, GREYS, NEGATIVE, PALETTE


def base_layout(dark: bool = False, **changes: Any) -> dict[str, Any]:
    """Return a Plotly layout without decoration: clear background, thin lines, no legend box.

    Args:
        dark: whether the page has the dark theme.
        changes: entries of the layout that replace those here.
    """
    grey = GREYS["dark" if dark else "light"]
    axis = {"gridcolor": grey["line"], "zeroline": False, "linecolor": grey["line"]}
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": grey["muted"], "size": 13, "family": FONT},
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
    """Draw a few lines over one x axis.

    Args:
        lines: name -> x and y of its points, NaN for gaps; a single point is drawn as a dot. Names
            are shown as they are: what Plotly would take for markup is escaped.
        x, y: titles of the axes; empty where the page already says what they are.
        dark: whether the page has the dark theme.
        log: whether the y axis is logarithmic.
        zero: whether the y axis begins at 0.
        marks: x, y and words of points to highlight.

    Returns:
        A Plotly Figure.
    """
    import plotly.graph_objects as go

    theme = "dark" if dark else "light"
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    margin = {"l": 52 if y else 36, "r": 8, "t": 26, "b": 38 if x else 22}
    figure = go.Figure(layout=base_layout(dark, margin=margin, legend=legend))
    for i, (name, (xs, ys)) in enumerate(lines.items()):
        mode = "lines+markers" if len(xs) < 40 else "lines"
        style = {"color": PALETTE[theme][i % 10], "width": 2}
        figure.add_scatter(
            x=list(xs), y=list(ys), mode=mode, name=escape(name), line=style, marker={"size": 5}
        )
    if marks:
        style = {"size": 11, "symbol": "diamond", "color": NEGATIVE[theme]}
        figure.add_scatter(
            x=[mark[0] for mark in marks], y=[mark[1] for mark in marks], mode="markers",
            text=[escape(mark[2]) for mark in marks], hovertemplate="%{text}<extra></extra>",
            showlegend=False, marker=style,
        )  # fmt: skip
    figure.update_xaxes(title=x or None)
    if log:
        figure.update_yaxes(nticks=4, dtick=1)
    return figure.update_yaxes(
        title=y or None, type="log" if log else "linear", rangemode="tozero" if zero else "normal"
    )
