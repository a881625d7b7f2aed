"""Figures of what is learned from few and many labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .charts import base_layout
from .colors import GREYS, category_colors


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
    colors = category_colors(list(curves), dark)
    for (name, seeds), color in zip(curves.items(), colors, strict=True):
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
    points: Mapping[str, Mapping[str, Sequence[tuple[int, float, float, float]]]],
    y: str,
    chance: float,
    dark: bool = False,
) -> Any:
    """Draw scores over labels: a point per study, and a line through the means over the seeds.

    Args:
        points: way of learning -> seed -> (labels per class, score in [0, 1], and the two ends of
            its interval), in rising order. The seeds share their test pictures, so a mean is as
            uncertain as they are: its interval is the mean of theirs.
        y: name of the score.
        chance: the score of guessing.
        dark: whether the page has the dark theme.

    Returns:
        A Plotly Figure.
    """
    import plotly.graph_objects as go

    figure = go.Figure(layout=base_layout(dark, hovermode="closest"))
    ticks = sorted({one[0] for seeds in points.values() for row in seeds.values() for one in row})
    colors = category_colors(list(points), dark)
    for (name, seeds), color in zip(points.items(), colors, strict=True):
        for seed, row in seeds.items():
            figure.add_scatter(
                x=[one[0] for one in row], y=[one[1] for one in row], mode="markers",
                legendgroup=name, showlegend=False, opacity=0.5, marker={"size": 5, "color": color},
                hovertemplate=f"%{{x}} per class: %{{y:.1%}}<extra>{name}, {seed}</extra>",
            )  # fmt: skip
        every = np.array([one for row in seeds.values() for one in row], float).reshape(-1, 4)
        counts = np.unique(every[:, 0])
        means = np.array([every[every[:, 0] == count].mean(axis=0) for count in counts])
        _, score, low, high = means.reshape(-1, 4).T
        figure.add_scatter(
            x=counts.tolist(), y=score.tolist(), mode="lines+markers", name=name,
            legendgroup=name, line={"color": color, "width": 2.25}, marker={"size": 8},
            error_y={
                "type": "data", "array": (high - score).tolist(),
                "arrayminus": (score - low).tolist(), "thickness": 1.5, "width": 3,
            },
            hovertemplate=f"%{{x}} per class: %{{y:.1%}}<extra>{name}, mean</extra>",
        )  # fmt: skip
    grey = GREYS["dark" if dark else "light"]["muted"]
    line = {"dash": "dot", "width": 1, "color": grey}
    figure.add_hline(y=chance, line=line, annotation_text="chance", annotation_position="top left")
    figure.update_xaxes(type="log", title="labels per class", tickvals=ticks,
                        ticktext=[f"{count:,}" for count in ticks])  # fmt: skip
    return figure.update_yaxes(title=y, tickformat=".0%", rangemode="tozero")
