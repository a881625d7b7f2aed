"""Figures of lessons: one point per seed, what it has to beat, paths, and runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .charts import base_layout
from .colors import GREYS, VALUES, VIEWS, category_colors

CROWDED = 4  # conditions side by side, at most, where panels are side by side as well
APART = 0.07  # of the figure's height, between the names of two lines

Values = Mapping[str, Sequence[float]]  # condition -> one value per seed
References = Mapping[str, Mapping[str, float]]  # quantity -> name -> value
Write = Callable[[str, float], str]  # writes a value of a quantity


def points_figure(
    panels: Mapping[str, tuple[str, Values, Values]],
    write: Write,
    shares: Collection[str] = (),
    dark: bool = False,
    references: References | None = None,
) -> Any:
    """Draw one panel per quantity: its conditions side by side, each seed a point, means as bars.

    Args:
        panels: quantity -> its words, recorded values, values of this machine.
        write: writes a value of a quantity, such as "99.8%".
        shares: the quantities that are shares of 1.
        dark: whether the page has the dark theme.
        references: quantity -> name -> value of what it has to beat, drawn as thin lines.

    Returns:
        A plotly Figure.
    """
    from plotly.subplots import make_subplots

    names = list(panels)
    widest = max(len({*recorded, *here}) for _, recorded, here in panels.values())
    columns = min(len(names), 2 if len(names) != 3 else 3) if widest <= CROWDED else 1
    rows = math.ceil(len(names) / columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=[_wrapped(panels[name][0]) for name in names],
        vertical_spacing=(0.2 if columns > 1 else 0.1) if rows > 1 else 0,
        horizontal_spacing=0.09,
    )
    for i, name in enumerate(names):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        _draw_panel(
            figure, place, panels[name][1:], references=(references or {}).get(name, {}),
            write=partial(write, name), share=name in shares, letters=10 if columns > 1 else 14,
            apart=APART * rows, dark=dark,
        )  # fmt: skip
        figure.update_xaxes(
            showticklabels=columns > 1 or i == len(names) - 1,
            tickfont={"size": 12 if widest <= 6 else 10}, **place,
        )  # fmt: skip
    where: dict[str, Any] = {"y": -0.12, "yanchor": "top"}
    if widest > CROWDED:
        where = {"y": 1.04, "yanchor": "bottom"}
    legend = {"orientation": "h", "x": 1, "xanchor": "right", **where}
    layout = base_layout(dark, hovermode="closest", legend=legend)
    figure.update_layout(**{k: v for k, v in layout.items() if k not in ("xaxis", "yaxis")})
    figure.update_layout(margin={"l": 44, "r": 12, "t": 40, "b": 60})
    grey = GREYS["dark" if dark else "light"]
    figure.update_xaxes(linecolor=grey["line"], zeroline=False)
    figure.update_yaxes(gridcolor=grey["line"], zeroline=False)
    return figure.update_annotations(font={"size": 12})


def _draw_panel(
    figure: Any,
    place: dict[str, int],
    sides: tuple[Values, Values],
    *,
    references: Mapping[str, float],
    write: Callable[[float], str],
    share: bool,
    letters: int,
    apart: float,
    dark: bool,
) -> None:
    """Draw the points of both sides, the means, the references and the axes of one quantity.

    Args:
        place: row and column of the panel, from 1.
        sides: recorded values, values of this machine.
        references: name -> value of what it has to beat.
        write, share: writes a value of the quantity; whether it is a share of 1.
        letters: of a condition's name in a line, at most.
        apart: of the panel's height, between the names of two references.
    """
    recorded, here = sides
    grey = GREYS["dark" if dark else "light"]
    conditions = list(dict.fromkeys([*recorded, *here]))
    seen = [v for side in sides for row in side.values() for v in row] + [*references.values()]
    low, high = min(*seen, 0), max(*seen, 0)
    room = 0.12 * max(high - low, 0.1)
    y = [0, 1.08] if share else [low - room, high + room]
    end = len(conditions) + (0.6 if references else -0.2)
    means = [float(np.mean([*recorded.get(one, ()), *here.get(one, ())])) for one in conditions]
    space = (end, apart * (y[1] - y[0]), means[-1])
    _draw_references(figure, place, write, references, space, grey["muted"])
    _draw_seeds(figure, place, write, conditions, sides, VIEWS["dark" if dark else "light"])
    _draw_means(figure, place, write, means, grey["ink"])
    figure.update_xaxes(
        tickvals=list(range(len(conditions))),
        ticktext=[_wrapped(words, letters) for words in conditions],
        range=[-0.6, end], showgrid=False, tickangle=0, **place,
    )  # fmt: skip
    figure.update_yaxes(tickformat=".0%" if share else None, range=y, **place)


def _draw_references(
    figure: Any, place: dict[str, int], write: Callable[[float], str],
    references: Mapping[str, float], space: tuple[float, float, float], color: str,
) -> None:  # fmt: skip
    """Draw a thin line for each reference, its name at the right end; near names share a line.

    Args:
        space: right end of the panel, the height of a name, and the last mean, beside which a name
            is written below its line.
    """
    end, apart, last = space
    lines: list[tuple[list[float], list[str]]] = []  # values that share a text, and its parts
    for words, value in sorted(references.items(), key=lambda row: row[1]):
        figure.add_scatter(
            x=[-0.6, end], y=[value, value], mode="lines", hoverinfo="skip", showlegend=False,
            line={"color": color, "width": 1, "dash": "dot"}, **place,
        )  # fmt: skip
        if not lines or value - lines[-1][0][-1] >= apart:
            lines.append(([], []))
        lines[-1][0].append(value)
        lines[-1][1].insert(0, f"{words} {write(value)}")
    for values, parts in lines:
        below = values[0] - apart / 2 < last < values[-1] + apart
        figure.add_annotation(
            x=end, y=values[0] if below else values[-1], text=", ".join(parts), showarrow=False,
            xanchor="right", yanchor="top" if below else "bottom", font={"color": color}, **place,
        )  # fmt: skip


def _draw_seeds(
    figure: Any, place: dict[str, int], write: Callable[[float], str], conditions: list[str],
    sides: tuple[Values, Values], colors: tuple[str, str],
) -> None:  # fmt: skip
    first = place == {"row": 1, "col": 1}  # the legend is of this panel
    for values, style, word in zip(
        sides,
        (
            {"color": colors[0], "symbol": "circle", "size": 9},
            {"color": colors[1], "symbol": "diamond", "size": 11},
        ),
        ("recorded", "run here"),
        strict=True,
    ):
        xs, ys = _spread(conditions, values)
        if xs:
            figure.add_scatter(
                x=xs, y=ys, mode="markers", name=word, showlegend=first, legendgroup=word,
                marker={**style, "opacity": 0.85}, customdata=[write(y) for y in ys],
                hovertemplate=f"%{{customdata}}<extra>{word}</extra>", **place,
            )  # fmt: skip


def _draw_means(
    figure: Any, place: dict[str, int], write: Callable[[float], str], means: list[float], ink: str
) -> None:
    for j, mean in enumerate(means):
        figure.add_scatter(
            x=[j - 0.3, j + 0.3], y=[mean, mean], mode="lines", hoverinfo="skip",
            showlegend=False, line={"color": ink, "width": 2}, **place,
        )  # fmt: skip
        figure.add_annotation(
            x=j + 0.33, y=mean, text=write(mean), showarrow=False, xanchor="left",
            font={"size": 11, "color": ink}, **place,
        )  # fmt: skip


def paths_figure(
    paths: Mapping[str, Sequence[Sequence[tuple[float, float, float]]]], dark: bool = False
) -> Any:
    """Draw how alignment and uniformity move in training: a line per seed, a colour per condition.

    Args:
        paths: condition -> seeds -> rows of step, alignment, uniformity.

    Returns:
        A plotly Figure.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout=base_layout(dark, hovermode="closest"))
    colors = category_colors(list(paths), dark)
    for (name, seeds), color in zip(paths.items(), colors, strict=True):
        for i, rows in enumerate(seeds):
            figure.add_scatter(
                x=[row[2] for row in rows], y=[row[1] for row in rows],
                customdata=[row[0] for row in rows], mode="lines+markers", name=name,
                legendgroup=name, showlegend=not i, opacity=0.8,
                line={"color": color, "width": 1.5},
                marker={"size": [4] * (len(rows) - 1) + [10], "color": color},
                hovertemplate="step %{customdata}: alignment %{y:.2f}, uniformity %{x:.2f}"
                f"<extra>{name}</extra>",
            )  # fmt: skip
    figure.update_xaxes(title="uniformity (lower: spread out more)")
    return figure.update_yaxes(title="alignment (lower: partners closer)", rangemode="tozero")


def across_runs_figure(
    runs: Sequence[tuple[str, float, float, float]],
    words: str,
    write: Callable[[float], str],
    dark: bool = False,
) -> Any:
    """Draw alignment over uniformity: one point per run, coloured by its score.

    Args:
        runs: for each its condition, alignment, uniformity and score.
        words: what the score is.
        write: writes a score.

    Returns:
        A plotly Figure.
    """
    import plotly.graph_objects as go

    grey = GREYS["dark" if dark else "light"]
    figure = go.Figure(layout=base_layout(dark, hovermode="closest"))
    symbols = ("circle", "diamond", "square", "triangle-up", "cross", "star")
    scores = [score for *_, score in runs]
    for i, name in enumerate(dict.fromkeys(row[0] for row in runs)):
        mine = [row for row in runs if row[0] == name]
        figure.add_scatter(
            x=[row[2] for row in mine], y=[row[1] for row in mine], mode="markers", name=name,
            marker={
                "size": 13, "symbol": symbols[i % len(symbols)], "color": [row[3] for row in mine],
                "coloraxis": "coloraxis", "line": {"width": 1, "color": grey["ink"]},
            },
            customdata=[write(row[3]) for row in mine],
            hovertemplate="alignment %{y:.2f}, uniformity %{x:.2f}: %{customdata}"
            f"<extra>{name}</extra>",
        )  # fmt: skip
    bar = {"title": {"text": words, "side": "right"}, "tickformat": ".0%", "thickness": 12}
    axis = {"colorscale": VALUES, "cmin": min(scores), "cmax": max(scores), "colorbar": bar}
    figure.update_layout(coloraxis=axis, margin={"t": 84})
    figure.update_layout(legend={"y": 1.03, "yanchor": "bottom"})
    figure.update_xaxes(title="uniformity (lower: spread out more)")
    return figure.update_yaxes(title="alignment (lower: partners closer)")


def add_reference_curves(
    figure: Any, counts: Sequence[int], curves: Mapping[str, Sequence[float]],
    write: Callable[[float], str], dark: bool = False,
) -> Any:  # fmt: skip
    """Add thin lines to a figure over labels per class: what the ways of learning have to beat.

    Args:
        figure: of `labels.labels_figure`.
        counts: labels per class.
        curves: name -> mean accuracy at each count.
        write: writes an accuracy.
        dark: whether the page has the dark theme.
    """
    color = GREYS["dark" if dark else "light"]["muted"]
    for dash, (name, values) in zip(("dash", "dot", "dashdot"), curves.items(), strict=False):
        figure.add_scatter(
            x=list(counts), y=list(values), mode="lines", name=name,
            line={"color": color, "width": 1, "dash": dash},
            customdata=[write(value) for value in values],
            hovertemplate=f"%{{customdata}}<extra>{name}</extra>",
        )  # fmt: skip
    return figure


def _spread(conditions: Sequence[str], values: Values) -> tuple[list[float], list[float]]:
    """Return the places of the points: seeds of a condition are side by side."""
    xs, ys = [], []
    for j, condition in enumerate(conditions):
        row = values.get(condition, ())
        for i, value in enumerate(row):
            xs.append(j + 0.1 * (i - (len(row) - 1) / 2) * min(1.0, 4 / max(len(row) - 1, 1)))
            ys.append(value)
    return xs, ys


def _wrapped(text: str, width: int = 46) -> str:
    """Break a text into lines of at most `width` letters, as plotly marks them."""
    import textwrap

    return "<br>".join(textwrap.wrap(text, width))
