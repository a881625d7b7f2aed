"""The runs of a room side by side: what each has learned so far, to be seen from afar."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.shared.run_rows import Row
from pages.shell.classroom import classroom_link
from simclr_core.base.errors import LabError
from simclr_core.feed.map_picture import map_picture
from simclr_core.runs import states, summary
from simclr_core.runs.run import Run

MOST = 24  # runs that are shown at once, the newest first
KEPT = 64  # maps that are kept in memory


def wall(rows: Sequence[Row]) -> None:
    """A card a run: name, state, map, and how many neighbours agree."""
    shown = rows[:MOST]
    cards = "".join(card(row) for row in shown)
    more = "<p class='lab-caption'>A colour a class; the number says how many of the nearest "
    more += "neighbours in h share it, beside the untrained network and raw pixels."
    more += f" The newest {MOST} of {len(rows):,}.</p>" if len(rows) > MOST else "</p>"
    # st.html takes SVG out.
    st.markdown(f'<div class="run-wall">{cards}</div>{more}', unsafe_allow_html=True)


def card(row: Row) -> str:
    """HTML of one run."""
    score = row.knn if row.knn is not None else _latest(row)
    share = summary.percent(score) if score is not None else "–"
    beside = [
        f"{word} {summary.percent(value)}"
        for word, value in (("untrained", row.untrained), ("pixels", row.pixels))
        if value is not None
    ]
    of = f"neighbours share {escape(row.of)}" if row.of else "neighbours agree"
    state, link = escape(_state(row)), classroom_link(f"/train?run={row.run.id}")
    return (
        f'<figure><figcaption><a href="{escape(link)}" target="_self">'
        f"{escape(row.name)}</a><small>{state}</small></figcaption>{_map(row.run)}"
        f"<p><b>{share}</b> {of}<small>{', '.join(beside)}</small></p></figure>"
    )


def _state(row: Row) -> str:
    if row.state == states.RUNNING and row.steps:
        return f"{row.state}, {min(row.step / row.steps, 1):.0%}"
    return row.state


def _latest(row: Row) -> float | None:
    """The score of the newest snapshot, of the pictures on the map."""
    try:
        found = row.run.snapshot_rows()
    except LabError:
        return None
    value = found[-1].get("knn_accuracy") if found else None
    return float(value) if isinstance(value, int | float) else None


def _map(run: Run) -> str:
    steps = {method: run.coordinate_steps(method) for method in ("umap", "pca")}
    newest = max((s[-1] for s in steps.values() if s), default=-1)
    if newest < 0:
        return '<div class="run-wall-empty">no map yet</div>'
    try:
        with _DRAWING:  # thirty browsers ask for the same map at once
            return _drawn(run, newest, len(steps["umap"]))
    except LabError:
        return '<div class="run-wall-empty">the map cannot be read</div>'


@functools.lru_cache(maxsize=KEPT)
def _drawn(run: Run, newest: int, layouts: int) -> str:
    """The map's SVG; drawn anew when there is a newer one.

    Raises:
        LabError: it cannot be read; the next call tries again.
    """
    return map_picture(run)[0]


_DRAWING = threading.Lock()
