"""Figures of lessons: every seed a point, a line a seed, a colour a score."""

from __future__ import annotations

import pytest

from simclr_core.figures import labels as label_figures
from simclr_core.figures import lessons as lesson_figures
from simclr_core.lessons.words import amount
from simclr_core.runs.summary import percent


def test_points_stand_apart_and_means_are_told() -> None:
    panels = {
        "knn": ("words", {"a": [0.5, 0.7], "b": [0.2]}, {"a": [0.9]}),
        "rank_z": ("rank", {"a": [3.0], "b": [1.0]}, {}),
    }
    figure = lesson_figures.points_figure(panels, amount, ["knn"])
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [len(trace.x) for trace in marks] == [3, 1, 2]
    assert len(set(marks[0].x)) == 3
    words = [a.text for a in figure.layout.annotations]
    assert "70%" in words and "20%" in words and "3.00" in words


def test_what_has_to_be_beaten_is_a_thin_line_with_its_name() -> None:
    panels = {"knn": ("words", {"a": [0.998, 0.998], "b": [0.2]}, {})}
    rivals = {"knn": {"untrained": 0.45, "pixels": 0.43, "chance": 0.125}}
    figure = lesson_figures.points_figure(panels, amount, ["knn"], references=rivals)
    lines = [t for t in figure.data if t.mode == "lines" and t.line.dash == "dot"]
    assert [t.y[0] for t in lines] == [0.125, 0.43, 0.45]
    words = [a.text for a in figure.layout.annotations]
    assert "chance 12.5%" in words or "chance 13%" in words
    assert "untrained 45%, pixels 43%" in words  # too near for a line of text each
    assert tuple(figure.layout.yaxis.range) == (0, 1.08)
    assert "99.8%" in words and "100%" not in words
    points = next(t for t in figure.data if t.mode == "markers")
    assert list(points.customdata) == ["99.8%", "99.8%", "20%"]


def test_curves_have_thin_lines_to_beat() -> None:
    figure = label_figures.labels_figure([1, 10], {"a": [[0.1, 0.5]]})
    rivals = {"untrained": [0.2, 0.3], "chance": [0.1, 0.1]}
    lesson_figures.add_reference_curves(figure, [1, 10], rivals, percent)
    assert [(t.name, list(t.y)) for t in figure.data[-2:]] == [
        ("untrained", [0.2, 0.3]), ("chance", [0.1, 0.1])
    ]  # fmt: skip
    assert all(t.line.width == 1 for t in figure.data[-2:])


def test_curves_have_a_line_a_seed_and_a_mean() -> None:
    figure = label_figures.labels_figure([1, 10], {"a": [[0.1, 0.5], [0.3, 0.7]]})
    assert len(figure.data) == 3 and list(figure.data[-1].y) == pytest.approx([0.2, 0.6])


def test_runs_are_points_coloured_by_their_score() -> None:
    runs = [("a", 0.2, -3.0, 0.9), ("b", 0.1, -0.5, 0.3), ("a", 0.3, -2.9, 0.8)]
    figure = lesson_figures.across_runs_figure(runs, "score", percent)
    first, second = figure.data
    assert (first.name, list(first.x), list(first.y)) == ("a", [-3.0, -2.9], [0.2, 0.3])
    assert list(first.marker.color) == [0.9, 0.8] and list(second.marker.color) == [0.3]
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0.3, 0.9)
    assert first.marker.symbol != second.marker.symbol


def test_a_line_over_labels_goes_through_the_means_of_the_seeds() -> None:
    """At 5 labels 0.8 and 0.6, so 0.7; intervals 0.7-0.9 and 0.5-0.7, so 0.6 to 0.8."""
    seeds = {
        "seed 0": [(5, 0.8, 0.7, 0.9), (20, 0.9, 0.85, 0.95)],
        "seed 1": [(5, 0.6, 0.5, 0.7)],
    }
    figure = label_figures.budgets_figure({"supervised": seeds}, "accuracy", 0.1, dark=True)
    (line,) = (trace for trace in figure.data if trace.mode == "lines+markers")
    assert list(line.x) == [5, 20] and list(line.y) == pytest.approx([0.7, 0.9])
    assert list(line.error_y.array) == pytest.approx([0.1, 0.05])
    assert list(line.error_y.arrayminus) == pytest.approx([0.1, 0.05])
    assert [len(trace.x) for trace in figure.data if trace.mode == "markers"] == [2, 1]
    assert figure.layout.shapes[0].y0 == 0.1 and figure.layout.annotations[0].text == "chance"
