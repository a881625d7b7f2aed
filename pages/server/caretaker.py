"""What the server does besides answering: advance the queue, keep a spare worker and UMAP warm."""

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

from simclr_core.base.errors import LabError
from simclr_core.base.locks import is_locked
from simclr_core.data import builtin
from simclr_core.feed import film
from simclr_core.runs import shipped
from simclr_core.runs.store import RunStore
from simclr_core.workers import handover, launch

EVERY = 2.0  # seconds between looks at the queue
PATIENCE = 5.0  # seconds for the mapper to end by itself
PAUSE_AFTER_DEATH = 20.0  # seconds before a helper that ended is started again
SPARE_FIRST = (
    10.0  # seconds that the mapper lets the spare start first: people ask for a run before a map
)

# The folder pages/ would make Streamlit run its files without app.py until `st.navigation` has been
# called once: the first visitor of a server would see a page without its frame.
PagesManager.uses_pages_directory = False

_log = logging.getLogger("simclr_lab")


def _draw_shapes() -> None:
    """Draw the default pictures before the first click, unless they are in the cache."""
    try:
        builtin.ensure_cached("shapes", lambda share, words: None)
    except LabError as error:  # the page that needs them shows it as well
        _log.warning("The default pictures cannot be kept: %s", error)


def _install_shipped() -> None:
    """Bring the recorded runs, so that every page has one to show."""
    try:
        shipped.install(RunStore())
    except (LabError, OSError) as error:
        _log.warning("The recorded runs cannot be copied beside yours: %s", error)


def _make_film() -> None:
    """Make the film on Home before the first visitor asks for it."""
    try:
        film.film_bytes()
    except (LabError, OSError) as error:
        _log.warning("The film of the recorded runs cannot be made: %s", error)


class Helper:
    """A process beside the server that is started again when it ends.

    Args:
        module: "mapper" or "spare".
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self._process: subprocess.Popen | None = None
        self._started = -PAUSE_AFTER_DEATH  # when it was last started

    def keep(self, store: RunStore) -> None:
        """Start the process unless it runs, or ended a moment ago."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            if self._process.returncode:
                code = self._process.returncode
                _log.warning("The %s ended with %s; starting another", self.module, code)
            self._process = None
        if time.monotonic() - self._started >= PAUSE_AFTER_DEATH:
            self._process = launch.ensure_helper(store, self.module, keep=True)
            if self._process is not None:
                self._started = time.monotonic()

    def let_go(self) -> subprocess.Popen | None:
        """Release the process: its closed standard input says that nobody holds it."""
        process, self._process = self._process, None
        if process is not None and process.stdin:
            process.stdin.close()
        return process

    def has_left(self, store: RunStore) -> bool:
        """Return whether the process is no longer a helper: a spare that was given a run."""
        if self._process is None or self._process.poll() is not None:
            return False
        young = time.monotonic() - self._started < PATIENCE  # it may not be one yet
        return not young and not is_locked(store.root / f"{self.module}.lock")

    def close(self, store: RunStore) -> None:
        """Release the process and wait for its end; a spare that was given a run continues."""
        process = self.let_go()
        if process is None:
            return
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            if is_locked(store.root / f"{self.module}.lock"):
                process.terminate()
                process.wait()


class Caretaker:
    """A thread that starts waiting runs and keeps helpers warm for as long as the server lives.

    Runs do not need it: workers and the command line advance the queue as well.
    """

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="caretaker", daemon=True)
        self._mapper, self._spare = Helper("mapper"), Helper("spare")
        self._store: RunStore | None = None
        self._began = time.monotonic()
        self._trained: list[
            subprocess.Popen
        ] = []  # spares that were given a run; their ends are collected
        self._trouble = ""

    def start(self) -> None:
        """Bring the recorded runs and start the thread."""
        _install_shipped()
        self._thread.start()
        threading.Thread(target=_draw_shapes, name="shapes", daemon=True).start()
        threading.Thread(target=_make_film, name="film", daemon=True).start()

    def close(self) -> None:
        """Stop the thread and release the helpers."""
        self._stop.set()
        self._thread.join(PATIENCE)
        if self._store is None:
            return
        if self._spare.has_left(self._store):
            self._spare.let_go()
        for helper in (self._spare, self._mapper):
            helper.close(self._store)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._store = store = RunStore()
                launch.advance(store)
                self._keep_helpers(store)
                self._trouble = ""
            except (LabError, OSError) as error:  # pages show it too; the log has it once
                if str(error) != self._trouble:
                    _log.warning("The queue cannot be advanced: %s", error)
                self._trouble = str(error)
            self._stop.wait(self._every)

    def _keep_helpers(self, store: RunStore) -> None:
        """Keep the spare while nothing trains, and the mapper, which lets the spare start first."""
        self._trained = [process for process in self._trained if process.poll() is None]
        if self._spare.has_left(store) and (process := self._spare.let_go()):
            self._trained.append(process)
        early = time.monotonic() - self._began < SPARE_FIRST
        if handover.wanted() and not launch.active(store):
            self._spare.keep(store)
            if early and not handover.is_ready(store):
                return
        self._mapper.keep(store)


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Run a caretaker as long as the server lives (for `st.App`)."""
    caretaker = Caretaker()
    caretaker.start()
    try:
        yield
    finally:
        await asyncio.to_thread(caretaker.close)


def on_script_error(error: Exception) -> bool:
    """Show one clear sentence on the page, and log the details (for `st.App`).

    Returns:
        True, so that Streamlit shows nothing itself.
    """
    _log.error("Uncaught in a page", exc_info=error)
    st.error(error_words(error))
    return True


def error_words(error: Exception) -> str:
    """Return an error for people: its text if it is meant for them, else a sentence around it."""
    if isinstance(error, LabError):
        return str(error)
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return f"Something in the app went wrong: {text.rstrip('.')}; details are in the server's log."
