"""What the server does besides answering: keep the queue moving and UMAP's process warm."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from simclr_core import builtin, launch
from simclr_core.errors import LabError
from simclr_core.runs import RunStore

EVERY = 2.0  # seconds between looks at the queue
PATIENCE = 5.0  # seconds for the mapper to end by itself
PAUSE_AFTER_DEATH = 20.0  # seconds before a mapper that ended is started again

# The folder pages/ would make Streamlit run its files without app.py until `st.navigation` has been
# called once: the first visitor of a server would see a page without its frame.
PagesManager.uses_pages_directory = False

_log = logging.getLogger("simclr_lab")


def _draw_shapes() -> None:
    """Have the default pictures ready before the first click; one look if they are."""
    try:
        builtin.ensure_cached("shapes", lambda share, words: None)
    except LabError as error:  # whoever asks for them is told
        _log.warning("The default pictures cannot be kept: %s", error)


class Caretaker:
    """A thread that starts waiting runs and keeps a warm mapper for as long as the server lives.

    Runs do not need it: workers and the command line advance the queue as well.
    """

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="caretaker", daemon=True)
        self._mapper: subprocess.Popen | None = None
        self._started = -PAUSE_AFTER_DEATH  # when the mapper was last started
        self._trouble = ""

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()
        threading.Thread(target=_draw_shapes, name="shapes", daemon=True).start()

    def close(self) -> None:
        """Stop looking, and let the mapper go by closing its standard input."""
        self._stop.set()
        self._thread.join(PATIENCE)
        mapper, self._mapper = self._mapper, None
        if mapper is None:
            return
        if mapper.stdin:
            mapper.stdin.close()
        try:
            mapper.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            mapper.terminate()
            mapper.wait()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                store = RunStore()
                self._keep_mapper(store)
                launch.advance(store)
                self._trouble = ""
            except (LabError, OSError) as error:  # pages say it too; the log says it once
                if str(error) != self._trouble:
                    _log.warning("The queue cannot be looked after: %s", error)
                self._trouble = str(error)
            self._stop.wait(self._every)

    def _keep_mapper(self, store: RunStore) -> None:
        if self._mapper is not None:
            if self._mapper.poll() is None:
                return
            if self._mapper.returncode:
                _log.warning("The mapper ended with %s; starting another", self._mapper.returncode)
            self._mapper = None
        if time.monotonic() - self._started >= PAUSE_AFTER_DEATH:
            self._mapper = launch.ensure_helper(store, "mapper", keep=True)
            if self._mapper is not None:
                self._started = time.monotonic()


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """For `st.App`: the caretaker lives as long as the server."""
    caretaker = Caretaker()
    caretaker.start()
    try:
        yield
    finally:
        await asyncio.to_thread(caretaker.close)


def on_script_error(error: Exception) -> bool:
    """For `st.App`: one clear sentence in the page, the details in the server's log.

    Returns:
        True: Streamlit shows nothing of its own.
    """
    _log.error("Uncaught in a page", exc_info=error)
    st.error(error_words(error))
    return True


def error_words(error: Exception) -> str:
    """An error for people: its own text if it is meant for them, else a sentence around it."""
    if isinstance(error, LabError):
        return str(error)
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return f"Something in the app went wrong: {text.rstrip('.')}; details are in the server's log."
