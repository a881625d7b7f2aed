"""The table of runs: a line each, with settings, scores, and what can be done with the run."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import streamlit as st
from markupsafe import Markup

from pages.shared import run_actions, run_dialogs, run_rows
from pages.shared.pace import few_steps
from pages.shared.run_rows import Row
from pages.shared.run_words import state_words
from simclr_core.base.templates import render
from simclr_core.runs import states, summary
from simclr_core.runs.store import RunStore

PAGE = 12  # lines per page
WIDTHS = [2.3, 7.7, 2.4]  # of name, figures, buttons
_DIALOG = "runs_dialog"  # in the session: the dialog to open, and its run
STOP, RENAME, DOWNLOAD, DELETE = "Stop", "Rename", "Download as zip", "Delete"


def run_table(store: RunStore, rows: Sequence[Row], everything: Sequence[Row]) -> None:
    """Show one page of lines.

    Args:
        rows: the lines of this page.
        everything: all runs, for places in the queue.
    """
    with st.container(key="runs-table"):
        head = st.columns(WIDTHS, gap="small", vertical_alignment="center")
        head[0].html(render("runs/title", titles=["Run"], grid=False))
        titles = ["State", "Data and settings", "Neighbours vote right", "Created", "Size"]
        head[1].html(render("runs/title", titles=titles, grid=True))
        for row in rows:
            _line(store, row, everything)


def _line(store: RunStore, row: Row, everything: Sequence[Row]) -> None:
    name, figures, buttons = st.columns(WIDTHS, gap="small", vertical_alignment="center")
    with name:
        number = "" if row.name == row.run.id else f" :gray[{row.run.id}]"
        label = run_actions.escape_markdown(row.name) + number
        st.page_link("pages/train/page.py", label=label, query_params={"run": row.run.id})
    figures.html(line_html(row, everything, run_rows.size(row.run)))
    with buttons.container(horizontal=True, horizontal_alignment="right", gap="small"):
        going = row.state in states.GOING and not row.request
        if row.state in states.RESUMABLE and row.state != states.FAILED:
            _button("Resume", f"resume_{row.run.id}", lambda: run_actions.resume(store, row.run))
        elif row.state == states.QUEUED:
            _button("Leave the queue", f"leave_{row.run.id}", lambda: run_actions.stop(row.run))
        elif going:
            _button("Pause", f"pause_{row.run.id}", lambda: run_actions.pause(row.run))
        _menu(row, going)


def _button(label: str, key: str, action: Callable[[], None]) -> None:
    if st.button(label, key=key):
        run_actions.attempt(action)
        st.rerun()


def _menu(row: Row, going: bool) -> None:
    options = [*([STOP] if going else []), RENAME, DOWNLOAD, DELETE]
    if row.run.is_shipped:
        options = [DOWNLOAD]
    chosen = st.menu_button("more…", options, key=f"menu_{row.run.id}", type="tertiary")
    if chosen == STOP:
        run_actions.attempt(lambda: run_actions.stop(row.run))
        st.rerun()
    elif chosen:  # opened by the page: a refresh of the table must not close it
        st.session_state[_DIALOG] = (chosen, row.run)
        st.rerun()


def open_dialog(store: RunStore) -> None:
    """Open the dialog that was chosen in a line's menu. Call it outside of fragments."""
    chosen, run = st.session_state.pop(_DIALOG, ("", None))
    if run is None:
        return
    words = summary.size_words(run_rows.size(run))
    if chosen == RENAME:
        run_dialogs.rename_dialog(run)
    elif chosen == DOWNLOAD:
        run_dialogs.download_dialog(run, words)
    elif chosen == DELETE:
        run_dialogs.delete_dialog(store, run, words)


def line_html(row: Row, everything: Sequence[Row], size: int) -> Markup:
    """Return state, data and settings, scores, date and size of a run as one line."""
    return render(
        "runs/line",
        row=row,
        state=state_words(row, everything),
        damaged=row.state == states.DAMAGED,
        about=", ".join(
            word for word in (few_steps(row, everything), row.preset, *row.words) if word
        ),
        made=datetime.datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M"),
        size=summary.size_words(size),
        score=summary.score,
    )
