"""Run a lesson here: one comparison at one seed, its points added to what is recorded."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from pages.shell import task_bar
from simclr_core.base.errors import LabError
from simclr_core.data import builtin
from simclr_core.lessons import results
from simclr_core.lessons.lesson import Lesson
from simclr_core.workers import tasks
from simclr_core.workers.queue import Standing

_PROBLEM = "lesson_problem"


def controls(lesson: Lesson, root: Path) -> None:
    """The button; or how far it is, which refreshes until it is done."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.html(f'<p class="explore-trouble">{escape(problem)}</p>')
    going = state(lesson, root)
    if going and not going.failed:
        task_bar.watch(root, lambda: state(lesson, root), "lesson")
        return
    if going:
        st.html(f'<p class="explore-trouble">{escape(going.words)}</p>')
    if lesson.data == "cifar10" and not builtin.cache_path("cifar10").exists():
        st.html(
            '<p class="lab-caption">It needs CIFAR-10, which is not on this machine: open Train, '
            f"choose CIFAR-10 and it is fetched once (170 MB); or <code>python -m simclr_core "
            f"lesson {lesson.name} --data pictures.npz</code> with pictures of your own.</p>"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="lesson-run"):
        st.button(
            "Run it here", type="primary", key="lesson_run", on_click=_ask, args=(root, lesson)
        )
        minutes = f"{lesson.seconds // 60}:{lesson.seconds % 60:02d}"
        st.html(
            f'<span class="lab-caption">All conditions with one new seed, about {minutes} on two '
            f"cores. <code>python -m simclr_core lesson {lesson.name} --seeds 3</code></span>"
        )


def state(lesson: Lesson, root: Path) -> Standing | None:
    """How far the next seed is, whoever asked for it."""
    return tasks.state(root, results.task_key(lesson, results.next_seed(root, lesson)))


def _ask(root: Path, lesson: Lesson) -> None:
    seed = results.next_seed(root, lesson)
    try:
        key = results.task_key(lesson, seed)
        tasks.ask(root, "lesson", key, {"lesson": lesson.name, "seed": seed})
    except LabError as error:
        st.session_state[_PROBLEM] = str(error)
