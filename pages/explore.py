"""Explore: see into a representation. Maps of a run's pictures, and what is true of them."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from pages.components import (
    explore_form,
    explore_health,
    explore_keeps,
    explore_map,
    explore_panels,
    run_rows,
)
from pages.components.explore_map import Wanted
from pages.components.live import interval
from pages.components.view_link import clean_link
from simclr_core import runs
from simclr_core.errors import LabError
from simclr_core.runs import Run, RunStore

POLL = 0.5  # seconds between looks for an answer


def main() -> None:
    """Guard, read, call, show."""
    st.html(Path(__file__).parent.parent / "assets" / "explore.css")
    problems = clean_link(explore_form.WHOLE, explore_form.WORDS, explore_form.OTHERS)
    try:
        rows = run_rows.rows(RunStore())
    except LabError as error:
        st.error(str(error))
        return
    if not rows:
        _nothing()
        return
    run, panel, wanted, problem = explore_form.form({row.run.id: row for row in rows})
    problems += [problem] * bool(problem)
    every = POLL if st.session_state.pop("explore_waits", False) else None
    if run.state not in runs.ENDED:
        every = every or interval()
    st.fragment(_panel, run_every=every)(run, panel, wanted, problems, every)


def _panel(run: Run, panel: str, wanted: Wanted, problems: list[str], every: float | None) -> None:
    """What is looked at; again and again while the run trains or something is being computed."""
    found, message = explore_map.Found([], {}, []), explore_map.trouble(run)
    keeps = explore_keeps.look(run) if panel == explore_form.KEEPS and not message else None
    found.waiting = bool(keeps and keeps.waiting)
    if not message and panel == explore_form.MAP:
        try:
            found = explore_map.look(run, wanted)
        except LabError as error:
            message = str(error)
    with st.container(key="explore-notes"):
        st.html(f"<p>{escape(' '.join([*problems, *found.notes])) or '&nbsp;'}</p>")
    if panel == explore_form.MAP:
        explore_map.show(run, found, explore_map.start_of(run), message)
    elif panel == explore_form.MATRIX:
        explore_panels.matrix(run, message)
    elif panel == explore_form.PAIRS:
        explore_panels.pairs(run, message)
    elif panel == explore_form.KEEPS:
        explore_keeps.panel(keeps or explore_keeps.Answered({}), message)
    else:
        explore_health.panel(run)
    goes_on = run.state not in runs.ENDED
    if found.waiting != (every == POLL) or (not goes_on and not found.waiting and every):
        st.session_state["explore_waits"] = found.waiting
        st.rerun()


def _nothing() -> None:
    """No run yet."""
    st.info("Explore looks into a run: its map, its pictures, what it keeps. There is none yet.")
    st.page_link("pages/train.py", label="Start the first run: about a minute")


main()
