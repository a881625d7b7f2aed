"""What Home and Train offer of the runs that are there: watch one, resume one, or open one."""

from __future__ import annotations

import streamlit as st

from pages.shell.link import go
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.runs import states, summary
from simclr_core.runs.store import RunStore

from . import run_actions, run_rows
from .run_rows import Row
from .run_words import state_words

WATCH, RESUME, OPEN = "Watch", "Resume", "Open"


def show_offer() -> None:
    """Show one line with a button: the run that trains, one that can be resumed, or the newest."""
    try:
        store = RunStore()
        rows = [row for row in run_rows.rows(store) if not row.run.is_shipped]
    except LabError as error:
        st.caption(str(error))
        return
    row, verb = offered(rows)
    if row is None:
        return
    with st.container(key="home-offer", horizontal=True, vertical_alignment="center"):
        words = state_words(row, rows)
        share = min(row.step / row.steps, 1.0) if row.steps else 0.0
        if verb == RESUME:
            words = f"{row.state} at {summary.percent(share)}"
        head = {WATCH: "Now", RESUME: "Continue", OPEN: "Newest"}[verb]
        st.html(render("home/offer", head=head, name=row.name, words=words, share=share))
        if st.button(verb, type="tertiary", key="offer"):
            if verb == RESUME:
                run_actions.attempt(lambda: run_actions.resume(store, row.run))
            go("train", {"run": row.run.id})


def offered(rows: list[Row]) -> tuple[Row | None, str]:
    """Return the run that is worth a line, and what its button does.

    Args:
        rows: the user's runs, newest first.

    Returns:
        The run that trains or is next; else the newest one, to be resumed if it was not finished.
    """
    for row in rows:
        if row.state in (*states.GOING, states.QUEUED):
            return row, WATCH
    for row in rows:
        if row.state in states.RESUMABLE and row.state != states.FAILED and row.step:
            return row, RESUME
        if row.state == states.FINISHED:
            return row, OPEN
    return None, OPEN
