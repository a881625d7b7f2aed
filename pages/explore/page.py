"""Explore: see into a representation. Maps of a run's pictures, and what is true of them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.explore import ask as explore_ask
from pages.explore import compare as explore_compare
from pages.explore import export as explore_take
from pages.explore import form as explore_form
from pages.explore import health as explore_health
from pages.explore import kept as explore_keeps
from pages.explore import map as explore_map
from pages.explore import occlusion as explore_looks
from pages.explore import own as explore_own
from pages.explore import panels as explore_panels
from pages.explore.form import Asked
from pages.shared import run_rows
from pages.shell.link import clean_link
from pages.shell.live import interval
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.feed import map_blocks as explore_blocks
from simclr_core.questions.job import keeps_job
from simclr_core.questions.reply import Reply, look
from simclr_core.runs import states
from simclr_core.runs.store import RunStore

POLL = 0.5  # seconds between looks for an answer
MOST_NOTES = 2  # that have room beside the panels' names


def main() -> None:
    """Guard, read, call, show."""
    st.html(ASSETS / "css" / "explore.css")
    problems = clean_link(explore_form.WHOLE, explore_form.WORDS, explore_form.OTHERS)
    try:
        rows = run_rows.rows(RunStore())
    except LabError as error:
        st.error(str(error))
        return
    if not rows:
        _nothing()
        return
    asked = explore_form.form({row.run.id: row for row in rows})
    problems += [asked.problem] * bool(asked.problem)
    if asked.panel == explore_form.MAP and not asked.wanted.points:  # a set has other pictures
        problems += explore_map.unusable(asked.run)
    every = POLL if st.session_state.pop("explore_waits", False) else None
    if _goes_on(asked):
        every = every or interval()
    st.fragment(_panel, run_every=every)(asked, problems, every)


def _panel(asked: Asked, problems: Sequence[str], every: float | None) -> None:
    """What is looked at; again and again while the run trains or something is being computed."""
    run, message = asked.run, explore_map.trouble(asked.run)
    waiting, notes = False, list(problems)
    place = st.container(key="explore-notes")
    if asked.panel == explore_form.MAP:
        waiting = _map(asked, message, notes)
    elif asked.panel == explore_form.MATRIX:
        explore_panels.matrix(run, message)
    elif asked.panel == explore_form.PAIRS:
        explore_panels.pairs(run, message)
    elif asked.panel == explore_form.KEEPS:
        reply = Reply() if message else look(run, keeps_job())
        explore_keeps.panel(reply, message, explore_blocks.is_recorded(run))
        waiting = reply.waiting
    elif asked.panel == explore_form.LOOKS:
        waiting = explore_looks.panel(run, message)
    elif asked.panel == explore_form.TAKE:
        waiting = explore_take.panel(run, message)
    elif asked.panel == explore_form.COMPARE:
        waiting = explore_compare.panel(run, {row.run.id: row for row in run_rows.rows(RunStore())})
    else:
        explore_health.panel(run)
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES:] = [f"And {len(notes) - MOST_NOTES} more."]
    place.html(f"<p>{escape(' '.join(notes)) or '&nbsp;'}</p>")
    if asked.panel == explore_form.MAP and bool(explore_ask.color_names(run)) != asked.coloured:
        st.rerun()  # the run has its pictures now: the form can offer their colours
    if waiting != (every == POLL) or bool(every) != (waiting or _goes_on(asked)):
        st.session_state["explore_waits"] = waiting
        st.rerun()


def _goes_on(asked: Asked) -> bool:
    """Whether what is looked at still changes by itself."""
    if asked.panel == explore_form.COMPARE:
        rows = run_rows.rows(RunStore())
        return explore_compare.goes_on({row.run.id: row for row in rows})
    return asked.run.state not in states.ENDED


def _map(asked: Asked, message: str, notes: list[str]) -> bool:
    """The maps, and the picture of one's own on them; returns whether something will come."""
    run, found, own = asked.run, explore_ask.Found([], {}, []), explore_own.Own({})
    if not message:
        try:
            run = explore_ask.larger(run, asked.wanted, found)
            explore_ask.fill_maps(run, asked.wanted, found)
            own = explore_own.own_picture(run, asked.file)
        except LabError as error:
            message = str(error)
    notes += [*found.notes, *[own.note] * bool(own.note)]
    explore_map.show(run, found, explore_map.start_of(run), message, own.header)
    return found.waiting or own.waiting


def _nothing() -> None:
    """No run yet."""
    st.info("Explore looks into a run: its map, its pictures, what it keeps. There is none yet.")
    st.page_link("pages/train/page.py", label="Start the first run: about a minute")


main()
