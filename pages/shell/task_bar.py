"""Tasks that a page asks for: what went wrong, or a line that refreshes until they are done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from simclr_core.base.errors import LabError
from simclr_core.workers import tasks
from simclr_core.workers.standing import Standing

from .trouble import show_trouble
from .waiting import Wait, show_waits

EVERY = 1.0  # seconds between two refreshes
STUDY = "The study"


def show_task(
    root: Path, state: Callable[[], Standing | None], name: str, what: str = STUDY
) -> bool:
    """Draw the line of a task, or what went wrong with it.

    Args:
        root: the folder of runs.
        state: returns how far the task is now.
        name: of the elements, as for `ask_task`.
        what: is computed.

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
    watch(root, state, name, what=what)
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
    what: str = STUDY,
) -> None:
    """Draw the line of a task; the page is drawn again when it is done.

    Args:
        root: the folder of runs.
        look: returns how far it is now.
        name: of the elements.
        stop: what the button does; None withdraws the task.
        what: is computed.
    """
    going = look()
    if going is None or going.failed:
        st.rerun()
        return
    end = stop or partial(tasks.withdraw, root, going.key)
    wait = Wait(what, f"{name}-going", end, going.words, going.share, going.line, shared=True)
    show_waits([wait])
