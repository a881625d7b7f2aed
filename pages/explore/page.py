"""Explore: maps of a run's pictures, and what the network learned."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.explore import form, tabs
from pages.explore.ask import Answers, color_names, fill_maps, larger
from pages.explore.compare import any_unfinished, show_comparison
from pages.explore.export import show_exports
from pages.explore.form import Choice, show_form
from pages.explore.health import show_health
from pages.explore.kept import show_probes
from pages.explore.map import show_map, start_of, trouble, unusable
from pages.explore.occlusion import show_occlusion
from pages.explore.own import Own, find_picture
from pages.explore.panels import LISTS, show_lists, show_matrix
from pages.shared import run_rows
from pages.shared.share import show_card
from pages.shell.link import clean_link, report
from pages.shell.live import interval
from pages.shell.waiting import show_waits
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.runs import states
from simclr_core.runs.store import RunStore

POLL = 0.5  # seconds between looks for an answer
MOST_NOTES = 2  # that have room beside the panels' names


def main() -> None:
    """Guard, read, call, show."""
    st.html(ASSETS / "css" / "explore.css")
    problems = clean_link(form.WHOLE, form.WORDS | tabs.words(), form.OTHERS)
    try:
        rows = run_rows.rows_by_id(RunStore())
    except LabError as error:
        st.error(str(error))
        return
    if not rows:
        st.info("Explore shows a run's map, its pictures and what it learned. There is no run yet.")
        st.page_link("pages/train/page.py", label="Start the first run: about a minute")
        return
    choice = show_form(rows)
    found = [choice.problem] * bool(choice.problem)
    if choice.panel == tabs.MAP and not choice.wanted.points:  # a set has other pictures
        found += unusable(choice.run)
    if found:
        problems = [*problems, *found]
        report(problems)
    every = POLL if st.session_state.pop("explore_waits", False) else None
    if _changes(choice, rows):
        every = every or interval()
    show_card(choice.run)
    st.fragment(_panel, run_every=every)(choice, problems, every)


def _panel(choice: Choice, problems: Sequence[str], every: float | None) -> None:
    """Draw the panel; again and again while the run trains or an answer is computed."""
    run, message = choice.run, trouble(choice.run)
    waiting, notes = False, list(problems)
    rows = run_rows.rows_by_id(RunStore()) if choice.panel == tabs.COMPARE else {}
    place = st.container(key="explore-notes")
    if choice.panel == tabs.MAP:
        waiting = _map(choice, message, notes)
    elif choice.panel == tabs.MATRIX:
        show_matrix(run, message)
    elif choice.panel in LISTS:
        show_lists(run, message, choice.panel)
    elif choice.panel == tabs.KEEPS:
        waiting = show_probes(run, message)
    elif choice.panel == tabs.LOOKS:
        waiting = show_occlusion(run, message)
    elif choice.panel == tabs.EXPORT:
        waiting = show_exports(run, message)
    elif choice.panel == tabs.COMPARE:
        waiting = show_comparison(run, rows)
    else:
        show_health(run)
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES:] = [f"And {len(notes) - MOST_NOTES} more."]
    place.html(f'<p role="status">{escape(" ".join(notes))}</p>')
    if choice.panel == tabs.MAP and bool(color_names(run)) != choice.coloured:
        st.rerun()  # the run has its pictures now: the form can offer their colours
    if waiting != (every == POLL) or bool(every) != (waiting or _changes(choice, rows)):
        st.session_state["explore_waits"] = waiting
        st.rerun()


def _changes(choice: Choice, rows: dict[str, run_rows.Row]) -> bool:
    """Return whether what is shown still changes by itself."""
    if choice.panel == tabs.COMPARE:
        return any_unfinished(rows)
    return choice.run.state not in states.ENDED


def _map(choice: Choice, message: str, notes: list[str]) -> bool:
    """Draw the maps, and the user's picture on them; return whether an answer is pending."""
    run, answers, own = choice.run, Answers([], {}, []), Own({})
    if not message:
        try:
            run = larger(run, choice.wanted, answers)
            fill_maps(run, choice.wanted, answers)
            own = find_picture(run, choice.file)
        except LabError as error:
            message = str(error)
    notes += [*answers.notes, *[own.note] * bool(own.note)]
    show_map(run, answers, start_of(run), message, own.header)
    show_waits([*answers.waits, own.wait], floats=True)
    return answers.waiting or own.waiting


main()
