"""Figures of lessons: every seed a point, a line a seed, a colour a score."""

from __future__ import annotations

import pytest

from simclr_core.figures import labels as label_figures
from simclr_core.figures import lessons as lesson_figures


def test_points_stand_apart_and_means_are_told() -> None:
    panels = {
        "knn": ("words", {"a": [0.5, 0.7], "b": [0.2]}, {"a": [0.9]}),
        "rank_z": ("rank", {"a": [3.0], "b": [1.0]}, {}),
    }
    figure = lesson_figures.points_figure(panels)
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [len(trace.x) for trace in marks] == [3, 1, 2]
    assert len(set(marks[0].x)) == 3
    words = [a.text for a in figure.layout.annotations]
    assert "70%" in words and "20%" in words and "3.00" in words


def test_curves_have_a_line_a_seed_and_a_mean() -> None:
    figure = label_figures.labels_figure([1, 10], {"a": [[0.1, 0.5], [0.3, 0.7]]})
    assert len(figure.data) == 3 and list(figure.data[-1].y) == pytest.approx([0.2, 0.6])


def test_runs_are_points_coloured_by_their_score() -> None:
    runs = [("a", 0.2, -3.0, 0.9), ("b", 0.1, -0.5, 0.3), ("a", 0.3, -2.9, 0.8)]
    figure = lesson_figures.across_runs_figure(runs, "score")
    first, second = figure.data
    assert (first.name, list(first.x), list(first.y)) == ("a", [-3.0, -2.9], [0.2, 0.3])
    assert list(first.marker.color) == [0.9, 0.8] and list(second.marker.color) == [0.3]
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0.3, 0.9)
    assert first.marker.symbol != second.marker.symbol
