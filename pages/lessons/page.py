"""Lessons: experiments to predict, look at and try, most of them on published findings."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.lessons import live as lesson_live
from pages.lessons.given import show_given
from pages.lessons.results import show_answer, show_head, show_question, show_results
from pages.shell.link import change, clean_link, linked_number
from pages.shell.trouble import open_store
from simclr_core.base.paths import ASSETS
from simclr_core.base.templates import render
from simclr_core.lessons import results
from simclr_core.lessons.catalogue import LESSONS, lesson_named
from simclr_core.lessons.lesson import Lesson

NAMES = [lesson.name for lesson in LESSONS]


def main() -> None:
    """Check what is asked for, and show the lesson beside the list of all lessons."""
    st.html(ASSETS / "css" / "lessons.css")
    if st.query_params.get("lesson", NAMES[0]) not in NAMES:
        change(said=None)  # it was about another lesson
    most = max(len(lesson.answers) for lesson in LESSONS)
    for problem in clean_link({"said": (0, most)}, {"lesson": NAMES}):
        st.html(render("shell/problem", problem=problem))
    lesson = lesson_named(st.query_params.get("lesson", NAMES[0]))
    store = open_store()
    if store is None:
        return
    left, right = st.columns([1, 3.2], gap="large")
    with left:
        _list(lesson)
    with right, st.container(key=f"lesson-{lesson.name}"):
        _lesson(lesson, store.root)


def _list(lesson: Lesson) -> None:
    """Show all lessons, to choose from."""
    if st.session_state.get("lesson_list") != lesson.name:  # a link names another
        st.session_state["lesson_list"] = lesson.name
    st.radio(
        "Lessons", NAMES, format_func=lambda name: lesson_named(name).title, key="lesson_list",
        on_change=_choose,
    )  # fmt: skip


def _choose() -> None:
    change(lesson=str(st.session_state["lesson_list"]), said=None)


def _lesson(lesson: Lesson, root: Path) -> None:
    """Show question and prediction; the results once there is a prediction."""
    said = linked_number("said")
    show_head(lesson)
    if said is None:
        show_question(lesson)
        show_given(lesson)
        return
    known = results.results(root, lesson)
    show_answer(lesson, said, known)
    show_results(lesson, known)
    lesson_live.controls(lesson, root)


main()
