"""Figures of what is learned from few and many labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .charts import base_layout, category_colors


def labels_figure(
    counts: Sequence[int], curves: Mapping[str, Sequence[Sequence[float]]], dark: bool = False
) -> Any:
    """Accuracy over labels a class: a thin line a seed, a thick one for the mean.

    Args:
        counts: labels a class.
        curves: way of learning -> seeds -> accuracy at each count.

    Returns:
        A plotly Figure.
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
    figure.update_xaxes(type="log", title="labels a class", tickvals=list(counts),
                        ticktext=[str(count) for count in counts])  # fmt: skip
    return figure.update_yaxes(title="accuracy on test pictures", tickformat=".0%")


def budgets_figure(
    points: Mapping[str, Mapping[int, Sequence[tuple[int, float]]]], y: str, dark: bool = False
) -> Any:
    """Scores over labels a class, a line a seed.

    Args:
        points: way of learning -> seed -> (labels a class, score), in rising order.
        y: what the score is.

    Returns:
        A plotly Figure.
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
                hovertemplate=f"%{{x}} a class: %{{y:.1%}}<extra>{name}, seed {seed}</extra>",
            )  # fmt: skip
    figure.update_xaxes(type="log", title="labels a class", tickvals=ticks,
                        ticktext=[f"{count:,}" for count in ticks])  # fmt: skip
    return figure.update_yaxes(title=y, tickformat=".0%", rangemode="tozero")
