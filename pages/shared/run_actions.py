"""What a page can do to a run: every click answers at once, and every refusal is shown."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from simclr_core.base.errors import LabError, RunError
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.workers import launch

PROBLEM = "train_problem"  # in the session: a sentence to show once


def attempt(action: Callable[[], object]) -> None:
    """Do something to a run; the page shows a refusal later."""
    try:
        action()
    except (LabError, OSError) as error:
        st.session_state[PROBLEM] = str(error)


def show_problem() -> None:
    """Show the last refusal, once."""
    text = st.session_state.pop(PROBLEM, "")
    if text:
        st.error(text, icon=":material/error:")


def pause(run: Run) -> None:
    """Ask a run to pause; nothing happens if another tab has paused it already."""
    _unless(run, (states.PAUSED,), lambda: launch.pause(run))


def stop(run: Run) -> None:
    """Ask a run to stop; nothing happens if another tab has stopped it already."""
    _unless(run, (states.STOPPED,), lambda: launch.stop(run))


def resume(store: RunStore, run: Run) -> None:
    """Queue a run again; nothing happens if another tab has resumed it already."""
    _unless(run, (states.QUEUED, *states.GOING), lambda: launch.resume(store, run))


def _unless(run: Run, wanted: tuple[str, ...], action: Callable[[], object]) -> None:
    """Do something that brings a run into one of the wanted states.

    Raises:
        LabError: it was refused, and the run is in another state.
    """
    try:
        action()
    except RunError:
        if run.state not in wanted:
            raise


def escape_markdown(text: str) -> str:
    """Return Markdown that shows a text letter by letter."""
    return "".join("\\" + c if c in r"\`*_{}[]()#+-.!|<>~$:" else c for c in text)
