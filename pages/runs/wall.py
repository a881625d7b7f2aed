"""The runs of a classroom side by side, with what each has learned so far, large enough for all."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from pages.shared.run_rows import Row
from pages.shared.run_words import state_words
from pages.shell.classroom import classroom_link
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.feed.map_picture import map_picture
from simclr_core.runs import summary
from simclr_core.runs.run import Run

MOST = 24  # runs that are shown at once, the newest first
KEPT = 64  # maps that are kept in memory


def run_wall(rows: Sequence[Row]) -> None:
    """Show a card per run: name, state, map, and how often neighbours vote right."""
    cards = [run_card(row, rows) for row in rows[:MOST]]
    # st.html would remove the SVG.
    st.markdown(render("runs/wall", cards=cards, total=len(rows)), unsafe_allow_html=True)


def run_card(row: Row, rows: Sequence[Row]) -> Markup:
    """Return the card of one run.

    Args:
        row: the run.
        rows: all runs, for places in the queue.
    """
    drawn, trouble = _map(row.run)
    score = row.knn if row.knn is not None else _latest(row)
    rivals = (("untrained", row.untrained), ("pixels", row.pixels))
    return render(
        "runs/card",
        row=row,
        state=state_words(row, rows),
        link=classroom_link(f"/train?run={row.run.id}"),
        map=drawn,
        trouble=trouble,
        score=summary.percent(score),
        beside=[f"{word} {summary.percent(value)}" for word, value in rivals if value is not None],
    )


def _latest(row: Row) -> float | None:
    """Return the score of the newest snapshot, of the pictures on the map."""
    try:
        snapshots = row.run.snapshot_rows()
    except LabError:
        return None
    value = snapshots[-1].get("knn_accuracy") if snapshots else None
    return float(value) if isinstance(value, int | float) else None


def _map(run: Run) -> tuple[Markup | None, str]:
    """Return the run's newest map, or None and why there is none."""
    steps = {method: run.coordinate_steps(method) for method in ("umap", "pca")}
    newest = max((s[-1] for s in steps.values() if s), default=-1)
    if newest < 0:
        return None, "no map yet"
    try:
        with _DRAWING:  # thirty browsers ask for the same map at once
            return _drawn(run, newest, len(steps["umap"])), ""
    except LabError:
        return None, "the map cannot be read"


@functools.lru_cache(maxsize=KEPT)
def _drawn(run: Run, newest: int, layouts: int) -> Markup:
    """Return the map's SVG, drawn again only when there is a newer one.

    Raises:
        LabError: it cannot be read; the next call tries again.
    """
    return map_picture(run)[0]


_DRAWING = threading.Lock()
