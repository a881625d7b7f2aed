"""The table of runs: a line each, with what it was, what came out and what can be done."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.shared import estimate, run_actions, run_rows, run_words
from pages.shared.run_rows import Row
from simclr_core.runs import states, summary, validation
from simclr_core.runs.store import RunStore

PAGE = 12  # lines a page
WIDTHS = [2.3, 7.7, 2.4]  # of name, figures, buttons
_DIALOG = "runs_dialog"  # in the session: what to open, and for which run
STOP, RENAME, DOWNLOAD, DELETE = "Stop", "Rename", "Download as zip", "Delete"


def table(store: RunStore, rows: Sequence[Row], everything: Sequence[Row]) -> None:
    """Show one page of lines.

    Args:
        rows: the lines of this page.
        everything: all runs, to tell places in the line.
    """
    with st.container(key="runs-table"):
        head = st.columns(WIDTHS, gap="small", vertical_alignment="center")
        head[0].html('<div class="runs-line runs-title"><span>Run</span></div>')
        head[1].html(
            '<div class="runs-line runs-grid runs-title"><span>State</span><span>Data and '
            "settings</span><span>Neighbours agree</span><span>Made</span><span>Size</span></div>"
        )
        for row in rows:
            _line(store, row, everything)


def _line(store: RunStore, row: Row, everything: Sequence[Row]) -> None:
    name, figures, buttons = st.columns(WIDTHS, gap="small", vertical_alignment="center")
    with name:
        number = "" if row.name == row.run.id else f" :gray[{row.run.id}]"
        label = run_actions.escape(row.name) + number
        st.page_link("pages/train/page.py", label=label, query_params={"run": row.run.id})
    figures.html(line_html(row, everything, run_rows.size(row.run)))
    with buttons.container(horizontal=True, horizontal_alignment="right", gap="small"):
        resumable = row.state in states.RESUMABLE and row.state != states.FAILED
        if resumable and st.button("Resume", key=f"resume_{row.run.id}"):
            run_actions.attempt(lambda: run_actions.resume(store, row.run))
            st.rerun()
        if row.state == states.QUEUED and st.button("Leave the line", key=f"leave_{row.run.id}"):
            run_actions.attempt(lambda: run_actions.stop(row.run))
            st.rerun()
        going = row.state in run_words.GOING and not row.request
        if going and st.button("Pause", key=f"pause_{row.run.id}"):
            run_actions.attempt(lambda: run_actions.pause(row.run))
            st.rerun()
        _menu(row, going)


def _menu(row: Row, going: bool) -> None:
    options = [*([STOP] if going else []), RENAME, DOWNLOAD, DELETE]
    chosen = st.menu_button("more…", options, key=f"menu_{row.run.id}", type="tertiary")
    if chosen == STOP:
        run_actions.attempt(lambda: run_actions.stop(row.run))
        st.rerun()
    elif chosen:  # opened by the page: a refresh of the table must not close it
        st.session_state[_DIALOG] = (chosen, row.run)
        st.rerun()


def open_dialog(store: RunStore) -> None:
    """Open the dialog that was asked for in a line's menu. Call it outside of fragments."""
    chosen, run = st.session_state.pop(_DIALOG, ("", None))
    if run is None:
        return
    words = summary.size_words(run_rows.size(run))
    if chosen == RENAME:
        run_actions.rename_dialog(run)
    elif chosen == DOWNLOAD:
        run_actions.download_dialog(run, words)
    elif chosen == DELETE:
        run_actions.delete_dialog(store, run, words)


def line_html(row: Row, everything: Sequence[Row], size: int) -> str:
    """State, data and settings, scores, date and size of a run as one line of HTML."""
    made = datetime.datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M")
    about = ", ".join(word for word in (row.preset, *row.words) if word)
    if row.state == states.DAMAGED:
        middle = f'<span class="runs-why">{escape(row.message)}</span>'
    else:
        middle = (
            f'<span title="{escape(about)}">{escape(row.data)}<small>{escape(about)}</small></span>'
            f"<span>{_scores(row)}</span>"
        )
    return validation.clean(  # a path may be in another encoding
        f'<div class="runs-line runs-grid"><span class="run-state run-{row.state}">'
        f"{escape(_state(row, everything))}</span>{middle}"
        f"<span>{made}</span><span>{summary.size_words(size)}</span></div>"
    )


def _state(row: Row, everything: Sequence[Row]) -> str:
    word = run_words.state_word(row.state, row.request)
    if row.state == states.QUEUED:
        position, _ = estimate.place_in_line(row, everything)
        return f"{word}, {summary.ordinal(position)} in line"
    if row.state == states.RUNNING and row.steps and not row.request:
        return f"{word}, {summary.percent(min(row.step / row.steps, 1.0))}"
    return word


def _scores(row: Row) -> str:
    """The final score and what it has to beat."""
    if row.knn is None:
        return '<i class="none">–</i>'
    return (
        f"<b>{summary.percent(row.knn)}</b> on {escape(row.of)}<small>untrained "
        f"{summary.percent(row.untrained)}, pixels {summary.percent(row.pixels)}</small>"
    )
