"""Begin a run from a page: a double click begins one, and an interrupted script loses none."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from cachetools import LRUCache
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.run_actions import PROBLEM
from pages.shell.link import change
from simclr_core.base.errors import LabError
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.workers import launch

DOUBLE_CLICK = 2.0  # seconds in which a second press means the same run
SESSIONS_KEPT = 200  # whose last run is remembered


@dataclass
class _Begun:
    """The run that a browser session began last."""

    asked: tuple[Path, RunConfig, str]  # folder of runs, settings, name
    run_id: str
    when: float  # by the monotonic clock
    opened: bool = False


# Not in the session's state: a press that comes while a script runs starts another one at once,
# and what the first still writes to the state is lost.
_begun: LRUCache[str, _Begun] = LRUCache(SESSIONS_KEPT)
_lock = threading.Lock()


def begin_run(store: RunStore, config: RunConfig, name: str = "") -> None:
    """Start a run and put it into the URL; the page shows a refusal later.

    The second press of a double click means the run of the first.
    """
    session, asked = _session(), (store.root, config, name)
    with _lock:
        last = _begun.get(session)
        if last is None or last.asked != asked or time.monotonic() - last.when > DOUBLE_CLICK:
            try:
                run_id = launch.start(store, config, name).id
            except (LabError, OSError) as error:
                st.session_state[PROBLEM] = str(error)
                return
            _begun[session] = last = _Begun(asked, run_id, time.monotonic())
    change(run=last.run_id)


def open_begun() -> None:
    """Put the session's last run into the URL, if its script was ended before it could."""
    with _lock:  # a script that has been ended may still be starting it
        begun = _begun.get(_session())
    if begun and not begun.opened:
        change(run=begun.run_id)


def mark_opened() -> None:
    """Remember that the page shows the session's last run."""
    with _lock:
        if begun := _begun.get(_session()):
            begun.opened = True


def _session() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else ""
