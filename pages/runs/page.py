"""Runs: all runs of this machine, their results, and what can be done with them."""

from __future__ import annotations

import contextlib

import streamlit as st

from pages.runs.open_file import open_file_field
from pages.runs.table import PAGE, open_dialog, run_table
from pages.runs.wall import run_wall
from pages.shared import run_actions, run_rows
from pages.shared.run_rows import Row
from pages.shell.link import clean_link
from pages.shell.trouble import open_store, show_trouble
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.base.templates import render
from simclr_core.runs import states
from simclr_core.runs.store import RunStore
from simclr_core.workers import launch

REFRESH = 3.0  # seconds between refreshes, while a run is queued or training
LIST, WALL = "List", "Wall"


def main() -> None:
    """Check what is asked for, read the runs, and show them."""
    st.html(ASSETS / "css" / "train.css")
    store = open_store()
    if store is None:
        return
    problems = clean_link({"runs_page": (1, 10**4)}, {"show": (WALL, LIST)}, ("runs_find",))
    show_trouble(" ".join(problems))
    run_actions.show_problem()
    open_dialog(store)
    busy = _active(run_rows.rows(store)) > 0
    with st.container(key="runs-open"):
        open_file_field(store)
    st.fragment(_all, run_every=REFRESH if busy else None)(store, busy)


def _all(store: RunStore, busy: bool) -> None:
    rows = run_rows.rows(store)
    if any(row.state == states.QUEUED for row in rows):
        with contextlib.suppress(LabError):  # the server's log says why the queue does not move
            launch.advance(store)
        rows = run_rows.rows(store)
    if (_active(rows) > 0) != busy:
        st.rerun()
    if not rows:
        _empty()
        return
    matching = _search(rows)
    if not matching:
        st.html(render("runs/none"))
    elif st.session_state.get("show", WALL) == WALL:
        run_wall(matching)
    else:
        page = _page(-(-len(matching) // PAGE))
        run_table(store, matching[(page - 1) * PAGE : page * PAGE], rows)


def _active(rows: list[Row]) -> int:
    """Return how many runs are queued or training."""
    return sum(row.state not in states.ENDED for row in rows)


def _search(rows: list[Row]) -> list[Row]:
    """Show the head of the page; return the runs that match the words in the search field."""
    with st.container(key="runs-head", horizontal=True, vertical_alignment="center"):
        st.html(render("runs/count", count=len(rows), active=_active(rows)))
        words = ""
        if len(rows) > PAGE:
            words = st.text_input(
                "Find",
                key="runs_find",
                bind="query-params",
                placeholder="find by name, data, state or setting",
                label_visibility="collapsed",
                width=340,
            )
        st.segmented_control(
            "Show", (WALL, LIST), default=WALL, required=True, key="show", bind="query-params",
            label_visibility="collapsed", help="Wall: the maps of all runs side by side",
        )  # fmt: skip
        st.page_link("pages/train/page.py", label="Start another")
    wanted = (words or "").lower().split()
    return [row for row in rows if all(word in _text(row) for word in wanted)]


def _text(row: Row) -> str:
    """Return the text that a search looks at."""
    return " ".join((row.run.id, row.name, row.state, row.data, row.preset, *row.words)).lower()


def _page(pages: int) -> int:
    """Return the page that is shown, from 1 on."""
    if pages < 2:
        return 1
    return min(int(st.pagination(pages, key="runs_page", bind="query-params") or 1), pages)


def _empty() -> None:
    """Say what a run is, where there is none yet."""
    with st.container(key="runs-empty"):
        st.html(render("runs/empty"))
        st.page_link("pages/train/page.py", label="Start the first run")


main()
