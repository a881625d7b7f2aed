"""Runs: all that were made on this machine, what came out, and what can be done with them."""

from __future__ import annotations

import contextlib

import streamlit as st

from pages.runs import table as run_table
from pages.runs import wall as run_wall
from pages.shared import open_file, run_actions, run_rows
from pages.shared.run_rows import Row
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.runs import states
from simclr_core.runs.store import RunStore
from simclr_core.workers import launch

REFRESH = 3.0  # seconds, while a run is going on or waits
LIST, WALL = "List", "Wall"


def main() -> None:
    """Guard, read, call, show."""
    st.html(ASSETS / "css" / "train.css")
    try:
        store = RunStore()
    except LabError as error:
        st.error(str(error))
        return
    run_actions.show_problem()
    run_table.open_dialog(store)
    busy = _busy(run_rows.rows(store))
    with st.container(key="runs-open"):
        open_file.field(store)
    st.fragment(_all, run_every=REFRESH if busy else None)(store, busy)


def _all(store: RunStore, busy: bool) -> None:
    rows = run_rows.rows(store)
    if any(row.state == states.QUEUED for row in rows):
        with contextlib.suppress(LabError):  # the server's log says why the queue stands still
            launch.advance(store)
        rows = run_rows.rows(store)
    if _busy(rows) != busy:
        st.rerun()
    if not rows:
        _nothing()
        return
    found = _search(rows)
    if not found:
        st.html('<p class="run-lost">No run has these words in its name, data or settings.</p>')
        return
    if st.session_state.get("show") == WALL:
        run_wall.wall(found)
        return
    pages = -(-len(found) // run_table.PAGE)
    page = _page(pages)
    start = (page - 1) * run_table.PAGE
    run_table.table(store, found[start : start + run_table.PAGE], rows)


def _busy(rows: list[Row]) -> bool:
    return any(row.state not in states.ENDED for row in rows)


def _search(rows: list[Row]) -> list[Row]:
    """The runs that the words in the search field leave."""
    with st.container(key="runs-head", horizontal=True, vertical_alignment="center"):
        going = sum(row.state not in states.ENDED for row in rows)
        count = f"{len(rows):,} run{'s' * (len(rows) != 1)}"
        st.html(f'<p class="runs-count"><b>{count}</b>{f", {going} going on" if going else ""}</p>')
        words = ""
        if len(rows) > run_table.PAGE:
            words = st.text_input(
                "Find",
                key="runs_find",
                placeholder="find by name, data, state or setting",
                label_visibility="collapsed",
                width=340,
            )
        st.segmented_control(
            "Show", (LIST, WALL), default=LIST, required=True, key="show", bind="query-params",
            label_visibility="collapsed", help="Wall: the maps of all runs side by side",
        )  # fmt: skip
        st.page_link("pages/train/page.py", label="Start another")
    wanted = (words or "").lower().split()
    return [row for row in rows if all(word in _text(row) for word in wanted)]


def _text(row: Row) -> str:
    """What a search looks at."""
    return " ".join((row.run.id, row.name, row.state, row.data, row.preset, *row.words)).lower()


def _page(pages: int) -> int:
    if pages < 2:
        return 1
    return min(int(st.pagination(pages, key="runs_page") or 1), pages)


def _nothing() -> None:
    """No run yet."""
    with st.container(key="runs-empty"):
        st.html(
            '<div class="runs-empty"><b>No runs yet</b><p>A run is one training: its settings, '
            "its figures and its map, kept in a folder of its own. The first takes about a "
            "minute.</p></div>"
        )
        st.page_link("pages/train/page.py", label="Start the first run")


main()
