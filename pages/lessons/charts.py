"""The figures of a lesson: points of all seeds, curves, paths, or maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from markupsafe import Markup

from pages.shell import classroom
from pages.shell.live import mount
from simclr_core.feed.explore.side_by_side import side_by_side
from simclr_core.figures import labels as label_figures
from simclr_core.figures import lessons as lesson_figures
from simclr_core.lessons.lesson import Lesson, is_share
from simclr_core.lessons.results import Results
from simclr_core.lessons.words import amount
from simclr_core.runs.summary import percent

from .pictures import map_pictures

PLAIN = {"displayModeBar": False, "responsive": True}


def _chart(drawn: Any, name: str, height: int) -> None:
    """Show a figure of plotly, its letters as large as the page's."""
    if st.session_state.get(classroom.LARGE_KEY):
        drawn.update_layout(font={"size": 12 * classroom.LARGE})
        drawn.update_annotations(font={"size": 11 * classroom.LARGE})
    st.plotly_chart(drawn, config=PLAIN, key=f"lesson_{name}", height=height)


def _caption(words: str) -> None:
    st.html(Markup('<p class="lab-caption">{}</p>').format(words))


def show_figure(lesson: Lesson, known: Results) -> None:
    """Show the figure that suits the lesson."""
    dark = st.context.theme.type == "dark"
    last = known.seeds[-1]
    if "curves" in last:
        _chart(_curves(known, dark), f"curves_{lesson.name}", 440)
        return
    if any("maps" in row for row in known.seeds):
        _maps(lesson, known, dark)
        return
    panels = panels_of(lesson, known)
    shares = [name for name in panels if is_share(name)]
    height = 400 if len(panels) <= 3 else 460
    points = lesson_figures.points_figure(panels, amount, shares, dark, known.references)
    if "traces" not in last:
        _chart(points, f"points_{lesson.name}", height)
        return
    paths: dict[str, Any] = {}
    for row in known.seeds:
        for name, trace in row.get("traces", {}).items():
            paths.setdefault(name, []).append(trace)
    after, way, across = st.tabs(["After training", "During training", "Across runs"])
    with after:
        _chart(points, f"points_{lesson.name}", height)
    with way:
        _chart(lesson_figures.paths_figure(paths, dark), f"paths_{lesson.name}", 370)
    with across:
        runs = [
            (name, values["alignment"], values["uniformity"], values["knn"])
            for row in known.seeds
            for name, values in row["conditions"].items()
        ]
        words = lesson.quantities["knn"]
        drawn = lesson_figures.across_runs_figure(runs, words, percent, dark)
        _chart(drawn, f"across_{lesson.name}", 370)
        _caption("Each point is a run. Runs that are low in both are at the lower left.")


def _maps(lesson: Lesson, known: Results, dark: bool) -> None:
    """Show the maps of one seed, and the counts of every seed as points."""
    rows = {_seed(row, known): row for row in known.seeds if "maps" in row}
    one, every = st.tabs(["Maps of one seed", "Every seed"])
    with one:
        name = list(rows)[-1]
        if len(rows) > 1:
            name = st.segmented_control(
                "Seed", list(rows), default=name, required=True, key="lesson_seed",
                label_visibility="collapsed",
            )  # fmt: skip
        row = rows[str(name)]
        maps = {_counted(words, row): np.array(xy) for words, xy in row["maps"].items()}
        pictures = map_pictures(lesson, row)
        block = side_by_side(maps, row["classes"], row["class_names"], pictures=pictures)
        mount("map/side_by_side", f"maps_{lesson.name}", "content", block)
        _caption(f"{name}. Colours of h: classes; noise has one colour. The axes have no units.")
    with every:
        panels = panels_of(lesson, known)
        shares = [name for name in panels if is_share(name)]
        points = lesson_figures.points_figure(panels, amount, shares, dark, known.references)
        _chart(points, f"points_{lesson.name}", 440)


def _seed(row: dict[str, Any], known: Results) -> str:
    where = "recorded" if row in known.recorded else "run here"
    return f"Seed {row['seed']}, {where}"


def _counted(words: str, row: dict[str, Any]) -> str:
    """Return the title of a map: its clusters, and those of the vectors that it shows."""
    values = row["conditions"][words]
    own = _clusters(values["clusters"])
    return f"{words}: {own}; in the vectors: {_clusters(values['clusters_before'], '')}"


def _clusters(count: float, noun: str = " cluster") -> str:
    number = {0: "no" if noun else "none", 1: "one"}.get(int(count), f"{count:.0f}")
    return f"{number}{noun}{'s' if noun and count > 1 else ''}"


def _curves(known: Results, dark: bool) -> Any:
    """Return a figure of accuracy over labels, of all seeds."""
    rows = [row for row in known.seeds if "curves" in row]
    names = list(rows[0]["curves"])
    every = {name: [row["curves"][name] for row in rows] for name in names}
    counts = rows[0]["counts"]
    figure = label_figures.labels_figure(counts, every, dark)
    beaten = [row["reference_curves"] for row in rows if "reference_curves" in row]
    means = {
        name: np.mean([each[name] for each in beaten], axis=0).tolist()
        for name in (beaten[0] if beaten else ())
    }
    chance = known.references.get("accuracy", {}).get("chance")
    if chance is not None:
        means["chance"] = [chance] * len(counts)
    return lesson_figures.add_reference_curves(figure, counts, means, percent, dark)


def _h_beside_z(lesson: Lesson, known: Results) -> dict[str, Any]:
    panels: dict[str, Any] = {}
    for quantity, words in lesson.quantities.items():
        what, _, factor = quantity.partition(":")
        name = {"probe": "from h", "z": "from z"}[what]
        sides = panels.setdefault(f"probe:{factor}", (words.split(",")[0], {}, {}))[1:]
        for side, rows in zip(sides, (known.recorded, known.here), strict=True):
            values = [row["conditions"][lesson.conditions[0].name][quantity] for row in rows]
            if values:
                side[name] = values
    return panels


def panels_of(lesson: Lesson, known: Results) -> dict[str, Any]:
    """Return quantity -> words, and by condition the values recorded and those of this machine.

    If one training is measured on h and on z, these two are side by side.
    """
    if len(lesson.conditions) == 1:
        return _h_beside_z(lesson, known)
    panels = {}
    for quantity, words in lesson.quantities.items():
        sides = []
        for rows in (known.recorded, known.here):
            side: dict[str, list[float]] = {}
            for row in rows:
                for condition, values in row["conditions"].items():
                    if quantity in values:
                        side.setdefault(condition, []).append(values[quantity])
            sides.append(side)
        if any(sides):
            panels[quantity] = (words, *sides)
    return panels
