"""Tasks that a page asks for: what went wrong, or a bar that refreshes until they are done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from simclr_core.base.errors import LabError
from simclr_core.workers import tasks
from simclr_core.workers.queue import Standing

from .trouble import show_trouble

EVERY = 1.0  # seconds between two refreshes


def show_task(root: Path, state: Callable[[], Standing | None], name: str) -> bool:
    """Draw the bar of a task, or what went wrong with it.

    Args:
        root: the folder of runs.
        state: returns how far the task is now.
        name: of the elements, as for `ask_task`.

    Returns:
        Whether the task is asked for and not done.
    """
    show_trouble(st.session_state.pop(f"{name}_problem", ""))
    going = state()
    if going is None:
        return False
    if going.failed:
        show_trouble(going.words)
        return False
    watch(root, state, name)
    return True


def ask_task(root: Path, kind: str, key: str, payload: Mapping[str, Any], name: str) -> None:
    """Ask for a task; if that fails, `show_task` says so at the next run of the page."""
    try:
        tasks.ask(root, kind, key, payload)
    except LabError as error:
        st.session_state[f"{name}_problem"] = str(error)


@st.fragment(run_every=EVERY)
def watch(
    root: Path,
    look: Callable[[], Standing | None],
    name: str,
    stop: Callable[[], None] | None = None,
) -> None:
    """Draw bar, words and a button that stops it; the page is drawn again when it is done.

    Args:
        root: the folder of runs.
        look: returns how far it is now.
        name: of the elements.
        stop: what the button does; None withdraws the task.
    """
    going = look()
    if going is None or going.failed:
        st.rerun()
        return
    words = going.words
    if going.ahead:
        words = f"waiting for {going.ahead} other task{'s' * (going.ahead != 1)}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"{name}-going"):
        st.progress(going.share or 0.0, words[:1].upper() + words[1:])
        end = stop or partial(tasks.withdraw, root, going.key)
        words = "Stops it for every browser that waits for it."
        st.button("Stop", key=f"{name}_stop", on_click=end, help=words)
