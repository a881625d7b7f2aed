"""The settings of Explore: the run, and what the maps show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared import run_rows
from pages.shell.link import change, linked_run
from simclr_core.feed.explore.map_blocks import CLUSTER
from simclr_core.feed.explore.pairs import COUNTS, ORDERS
from simclr_core.measures.neighbours import METRICS
from simclr_core.measures.projection import METRIC, MIN_DIST, NEIGHBORS
from simclr_core.questions.large_probe import COUNTS as SET_COUNTS
from simclr_core.runs import comparison, states
from simclr_core.runs.run import Run

from .ask import Wanted, color_names
from .map import DRAWN, PANES
from .occlusion import OTHER, VIEWS
from .own import show_upload
from .tabs import MAP, open_panel, show_tabs

SPACES = {"h": ("h",), "z": ("z",), "h and z": ("h", "z")}
METHODS = ("UMAP", "PCA")
DISTS = ("0.0", "0.05", "0.1", "0.25", "0.5", "0.8")
OWN = "those of the run"
POINTS = {OWN: 0} | {f"{count:,}": count for count in SET_COUNTS}
WHOLE = {
    "other": (1, 10**6),
    "step": (0, 10**12),
    "picture": (1, 10**6),
    "k": (2, 30),
    "neighbors": (2, 200),
}
WORDS = {
    "axis": comparison.AXES,
    "curve": tuple(comparison.CURVES.values()),
    "beside": (VIEWS, OTHER),
    "points": tuple(POINTS),
    "pairs": tuple(str(count) for count in COUNTS),
    "order": ORDERS,
    "draw": DRAWN,
    "pane": PANES,
    "probes": ("true", "false"),
    "of": tuple(SPACES),
    "by": METHODS,
    "metric": METRICS,
    "min_dist": DISTS,
}
OTHERS = ("run", "runs", "color", "frames", "chosen")  # of the link


@dataclass(frozen=True)
class Choice:
    """What the user has chosen.

    Attributes:
        run: the run to explore.
        panel: one of `PANELS`.
        wanted: what its maps show.
        file: a picture of the user, as it was uploaded; None without one.
        problem: a sentence if the link's run does not exist; else empty.
        coloured: whether the form could offer colours.
    """

    run: Run
    panel: str
    wanted: Wanted
    file: Any = None
    problem: str = ""
    coloured: bool = False


def show_form(rows: dict[str, run_rows.Row]) -> Choice:
    """Draw the settings.

    Args:
        rows: all runs, newest first.
    """
    wanted, file = Wanted(), None
    panel = open_panel()
    with st.container(key="explore-bar", horizontal=True, vertical_alignment="center"):
        run, problem = _run(rows)
        if panel == MAP:
            with st.container(key="explore-form", horizontal=True, vertical_alignment="center"):
                wanted, file = _wanted(run), show_upload(st.container(width=170))
    show_tabs(run, panel)
    return Choice(run, panel, wanted, file, problem, bool(color_names(run)))


def _run(rows: dict[str, run_rows.Row]) -> tuple[Run, str]:
    """Return the run of the URL, else the newest; and a sentence if the URL's does not exist."""
    wanted, problem = linked_run(), ""
    if wanted and wanted not in rows:
        problem = f"There is no run {wanted[:40]} here: it was deleted, or is on another machine."
    chosen = wanted if wanted in rows else next(iter(rows))
    if wanted != chosen:
        change(run=chosen)
    options = list(rows)
    st.selectbox(
        "Run", options, index=options.index(chosen), width=270, label_visibility="collapsed",
        format_func=lambda name: _name(rows[name]), key=f"explore_run_{chosen}",
        on_change=_to_link, args=(f"explore_run_{chosen}",),
    )  # fmt: skip
    return rows[chosen].run, problem


def _to_link(key: str) -> None:
    """Open another run, with snapshots and pictures of its own."""
    change(run=str(st.session_state[key]), step=None, picture=None, chosen=None)


def _name(row: run_rows.Row) -> str:
    state = "" if row.state == states.FINISHED else f", {row.state}"
    if row.run.is_shipped:
        return f"{row.name} (recorded)"
    return (f"{row.name} ({row.run.id}{state})") if row.name != row.run.id else row.run.id + state


def _wanted(run: Run) -> Wanted:
    """Let the user choose what the maps show."""
    space = st.segmented_control(
        "Maps of h, which is kept, or z, which the loss works on", list(SPACES), default="h",
        required=True, key="of", bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    method = st.segmented_control(
        "By", list(METHODS), default="UMAP", required=True, key="by", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    color = _color(color_names(run))
    k = 8
    if color == CLUSTER:
        k = st.number_input(
            "Clusters", 2, 30, 8, key="k", bind="query-params", width=120,
            label_visibility="collapsed",
        )  # fmt: skip
    with st.popover("more…"):
        layout, points = _layout(), _points()
    return Wanted(SPACES[str(space)], str(method).lower(), color, int(k), layout, points)


def _color(names: dict[str, str]) -> str:
    """Let the user choose the colours; the URL has their words, as Streamlit binds them."""
    if not names:
        return ""
    words = list(names.values())
    if st.session_state.get("color", words[0]) not in words:
        del st.session_state["color"]  # of another run
    if st.query_params.get("color", words[0]) not in words:
        st.query_params.pop("color", None)
    chosen = st.selectbox("Colour by", words, key="color", bind="query-params", width=230)
    return next(name for name, word in names.items() if word == chosen)


def _layout() -> tuple[int, float, str]:
    """Let the user choose UMAP's settings; maps by the default ones are there at once."""
    st.caption("UMAP: changing these recomputes the map of every snapshot.")
    neighbors = st.number_input(
        "Neighbours", 2, 200, NEIGHBORS, key="neighbors", bind="query-params",
        help="How many nearest pictures each one is linked to: few bring out detail, many the "
        "overall structure.",
    )  # fmt: skip
    min_dist = st.select_slider(
        "Least distance (min_dist)", DISTS, str(MIN_DIST), key="min_dist", bind="query-params",
        help="How closely points may lie together on the map.",
    )  # fmt: skip
    metric = st.segmented_control(
        "Distance", METRICS, default=METRIC, required=True, key="metric", bind="query-params"
    )
    return int(neighbors), float(min_dist), str(metric)


def _points() -> int:
    """Let the user choose how many pictures the map has."""
    chosen = st.segmented_control(
        "Pictures", list(POINTS), default=OWN, required=True, key="points", bind="query-params",
        help="Maps more of the run's training pictures, by their h under its newest weights. "
        "Computing the map takes half a minute or more.",
    )  # fmt: skip
    return POINTS[str(chosen)]
