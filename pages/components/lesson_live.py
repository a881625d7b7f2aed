"""Run a lesson here: one comparison at one seed, its points added to what is recorded."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from simclr_core import builtin, tasks
from simclr_core.errors import LabError
from simclr_core.lessons import results
from simclr_core.lessons.lesson import Lesson

EVERY = 1.0  # seconds between two looks while it goes on
_PROBLEM = "lesson_problem"


def controls(lesson: Lesson, root: Path) -> None:
    """The button; or how far it is, which refreshes until it is done."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.html(f'<p class="explore-trouble">{escape(problem)}</p>')
    going = state(lesson, root)
    if going and not going.failed:
        _watch(lesson, root)
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


def state(lesson: Lesson, root: Path) -> tasks.Going | None:
    """How far the next seed is, whoever asked for it."""
    return tasks.state(root, results.task_key(lesson, results.next_seed(root, lesson)))


def _ask(root: Path, lesson: Lesson) -> None:
    seed = results.next_seed(root, lesson)
    try:
        key = results.task_key(lesson, seed)
        tasks.ask(root, "lesson", key, {"lesson": lesson.name, "seed": seed})
    except LabError as error:
        st.session_state[_PROBLEM] = str(error)


@st.fragment(run_every=EVERY)
def _watch(lesson: Lesson, root: Path) -> None:
    """How far it is; the page is drawn anew when it is done."""
    going = state(lesson, root)
    if going is None or going.failed:
        st.rerun()
        return
    words = going.words
    if going.ahead:
        words = f"waiting for {going.ahead} other task{'s' * (going.ahead != 1)}"
    with st.container(horizontal=True, vertical_alignment="center", key="lesson-going"):
        st.progress(min(max(going.share, 0.0), 1.0), words[:1].upper() + words[1:])
        st.button("Stop", key="lesson_stop", on_click=tasks.withdraw, args=(root, going.key))
