"""Run a lesson here: one comparison at one seed, whose points join the recorded ones."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.shell.task_bar import ask_task, show_task
from simclr_core.data import builtin
from simclr_core.lessons import results
from simclr_core.lessons.lesson import Lesson
from simclr_core.workers import tasks
from simclr_core.workers.standing import Standing


def controls(lesson: Lesson, root: Path) -> None:
    """Draw the button, or how far the lesson is."""
    if show_task(root, lambda: state(lesson, root), "lesson", "The lesson"):
        return
    if lesson.data == "cifar10" and not builtin.cache_path("cifar10").exists():
        st.html(
            '<p class="lab-caption">It needs CIFAR-10, which is not on this machine: open Train, '
            "choose CIFAR-10, and it is downloaded once (170 MB); or run <code>python -m "
            "simclr_core "
            f"lesson {lesson.name} --data pictures.npz</code> with your own pictures.</p>"
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
    """Return how far the next seed is, no matter who asked for it."""
    return tasks.state(root, results.task_key(lesson, results.next_seed(root, lesson)))


def _ask(root: Path, lesson: Lesson) -> None:
    seed = results.next_seed(root, lesson)
    payload = {"lesson": lesson.name, "seed": seed}
    ask_task(root, "lesson", results.task_key(lesson, seed), payload, "lesson")
