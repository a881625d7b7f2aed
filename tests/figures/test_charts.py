"""Lines: drawn from what they were given, with their axes as asked for."""

from __future__ import annotations

from simclr_core.figures import colors
from simclr_core.figures.charts import base_layout, lines_figure


def test_lines_have_their_points_and_colours_and_marks_stand_out():
    figure = lines_figure(
        {"a": ([0, 1], [0.5, 2.0]), "b": (range(40), range(40))}, "step", "", marks=[(1, 2, "here")]
    )
    a, b, marks = figure.data
    assert (list(a.x), list(a.y), a.line.color) == ([0, 1], [0.5, 2.0], colors.PALETTE["light"][0])
    assert (a.mode, b.mode, b.line.color) == ("lines+markers", "lines", colors.PALETTE["light"][1])
    assert (list(marks.text), marks.showlegend) == (["here"], False)
    assert figure.layout.xaxis.title.text == "step" and figure.layout.yaxis.title.text is None
    assert (figure.layout.yaxis.type, figure.layout.yaxis.rangemode) == ("linear", "tozero")


def test_a_logarithmic_axis_and_a_layout_with_changes():
    figure = lines_figure({"a": ([0, 1], [1, 10])}, "", "loss", log=True, zero=False)
    assert (figure.layout.yaxis.type, figure.layout.yaxis.rangemode) == ("log", "normal")
    layout = base_layout(dark=True, hovermode="closest")
    assert layout["hovermode"] == "closest"
    assert layout["font"]["color"] == colors.GREYS["dark"]["muted"]


def test_names_that_look_like_markup_are_shown_as_text():
    figure = lines_figure({"<b>x</b>": ([1, 2], [3, 4])}, "", "", marks=[(1, 3, "<i>y")])
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;"  # Plotly shows entities as characters
    assert figure.data[1].text == ("&lt;i&gt;y",)
