"""Figures of what is learned from few and many labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .charts import base_layout
from .colors import category_colors


def labels_figure(
    counts: Sequence[int], curves: Mapping[str, Sequence[Sequence[float]]], dark: bool = False
) -> Any:
    """Draw accuracy over labels per class: a thin line per seed, a thick one for the mean.

    Args:
        counts: labels per class.
        curves: way of learning -> one list per seed -> accuracy in [0, 1] at each count.
        dark: whether the page has the dark theme.

    Returns:
        A Plotly Figure.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout=base_layout(dark, hovermode="closest"))
    for (name, seeds), color in zip(curves.items(), category_colors(list(curves)), strict=True):
        for row in seeds:
            figure.add_scatter(
                x=list(counts), y=list(row), mode="lines+markers", showlegend=False, opacity=0.35,
                line={"color": color, "width": 1}, marker={"size": 4},
                hovertemplate=f"%{{y:.1%}}<extra>{name}, one seed</extra>",
            )  # fmt: skip
        mean = np.mean(np.array(seeds, float), axis=0)
        figure.add_scatter(
            x=list(counts), y=mean.tolist(), mode="lines+markers", name=name,
            line={"color": color, "width": 3}, marker={"size": 7},
            hovertemplate=f"%{{y:.1%}}<extra>{name}, mean</extra>",
        )  # fmt: skip
    figure.update_xaxes(type="log", title="labels per class", tickvals=list(counts),
                        ticktext=[str(count) for count in counts])  # fmt: skip
    return figure.update_yaxes(title="accuracy on test pictures", tickformat=".0%")


def budgets_figure(
    points: Mapping[str, Mapping[int, Sequence[tuple[int, float]]]], y: str, dark: bool = False
) -> Any:
    """Draw scores over labels per class, a line per seed.

    Args:
        points: way of learning -> seed -> (labels per class, score in [0, 1]), in rising order.
        y: name of the score.
        dark: whether the page has the dark theme.

    Returns:
        A Plotly Figure.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout=base_layout(dark, hovermode="closest"))
    colors = category_colors(list(points))
    ticks = sorted(
        {count for seeds in points.values() for row in seeds.values() for count, _ in row}
    )
    for (name, seeds), color in zip(points.items(), colors, strict=True):
        for i, (seed, row) in enumerate(seeds.items()):
            figure.add_scatter(
                x=[count for count, _ in row], y=[value for _, value in row],
                mode="lines+markers", name=name, legendgroup=name, showlegend=not i,
                line={"color": color, "width": 2}, marker={"size": 8},
                hovertemplate=f"%{{x}} per class: %{{y:.1%}}<extra>{name}, seed {seed}</extra>",
            )  # fmt: skip
    figure.update_xaxes(type="log", title="labels per class", tickvals=ticks,
                        ticktext=[f"{count:,}" for count in ticks])  # fmt: skip
    return figure.update_yaxes(title=y, tickformat=".0%", rangemode="tozero")
