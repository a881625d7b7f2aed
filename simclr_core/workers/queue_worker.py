"""The worker of a queue: serves its requests one after another, in a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import LabError
from ..base.files import write_json
from ..base.locks import try_lock
from ..base.processes import be_nice
from ..base.progress import Progress
from ..runs.store import RunStore
from . import queue
from .queue import GRACE, PROGRESS, REQUEST, Queue, Request

POLL = 0.1  # seconds between looks for requests
TELL_EVERY = 0.25  # seconds between two writes of the progress

Serve = Callable[[Request, dict[str, Any], Progress], None]


class Withdrawn(Exception):
    """Nobody waits for the result any more; the text says so in the log."""


class Teller:
    """Write how far a request is, and end the work when nobody waits for it any more.

    Args:
        requests: the queue.
        request: one of its requests.

    Raises:
        LabError: the process has ended at this request before, too often.
    """

    def __init__(self, requests: Queue, request: Request) -> None:
        self._queue, self._request, self._due = requests, request, 0.0
        self._attempt = 1 + queue.attempts(request)
        if self._attempt > requests.tries:
            raise LabError(
                f"Its process ended {_times(requests.tries)} while working on this (killed, or out "
                "of memory). Close other programs, or use fewer or smaller pictures, and ask "
                "again."
            )
        self(0.0, "")
        self._due = 0.0  # what the work says first is written, however soon

    def __call__(self, share: float, words: str) -> None:
        """Report progress.

        Args:
            share: of the work that is done, in [0, 1].
            words: what is being done.

        Raises:
            Withdrawn: nobody waits for it.
        """
        if not self._queue.is_wanted(self._request, GRACE):
            raise Withdrawn("withdrawn")
        if time.monotonic() < self._due:
            return
        row = {"attempt": self._attempt, "share": round(share, 4), "words": words}
        with contextlib.suppress(LabError):  # the work may fit on a disk that is nearly full
            write_json(self._request.file(PROGRESS), row)
        self._due = time.monotonic() + TELL_EVERY


class QueueWorker:
    """Serve the requests of a folder of runs.

    Args:
        requests: the queue.
        root: the folder of runs.
        kinds: what can be asked; a function for each, which gets the request, its payload and a
            function that reports progress.
    """

    def __init__(self, requests: Queue, root: Path, kinds: Mapping[str, Serve]) -> None:
        self.queue, self.root, self._kinds = requests, root, kinds

    def turn(self) -> bool:
        """Serve at most one request; returns whether there was one."""
        line = self.queue.waiting(self.root)
        if not line:
            self.queue.drop_unwanted(self.root)
            return False
        request, began = line[0], time.monotonic()
        said = self._serve(request)
        queue.drop(request)
        self.queue.tidy(request.folder)
        seconds = time.monotonic() - began
        _say(f"{request.folder.parent.name} {request.key}: {said} after {seconds:.2f} s")
        return True

    def run(self, idle: float | None = None) -> None:
        """Serve until there has been no request for a while, or the runs are gone.

        Args:
            idle: seconds; None takes the queue's.
        """
        most, since = self.queue.idle if idle is None else idle, time.monotonic()
        while self.root.is_dir():
            if self.turn():
                since = time.monotonic()
            elif time.monotonic() - since >= most:
                return
            else:
                time.sleep(POLL)

    def _serve(self, request: Request) -> str:
        """Serve a request, or write why it failed; returns which, for the log."""
        try:
            tell = Teller(self.queue, request)
            kind, payload = self._read(request)
            self._kinds[kind](request, payload, tell)
        except Withdrawn as reason:
            return str(reason)
        except Exception as error:  # one request must not stop the others
            said = self._words(error)
            queue.fail(request, said)
            return said
        return "served"

    def _read(self, request: Request) -> tuple[str, dict[str, Any]]:
        content = queue.read_request(request)
        if content is None and not request.file(REQUEST).exists():
            raise Withdrawn("withdrawn")
        if content is None:
            raise LabError("Expected a whole request, found damaged files; ask again.")
        if content[0] not in self._kinds:
            known = ", ".join(self._kinds)
            raise LabError(f"Expected one of {known}, found {content[0][:40]!r}; ask again.")
        return content

    def _words(self, error: Exception) -> str:
        """Return a failure in one sentence; what nobody foresaw goes to the log in full."""
        if isinstance(error, LabError):
            return str(error)
        _say(traceback.format_exc())
        if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
            return "Expected enough memory for this, found too little; ask for less."
        text = " ".join(str(error).split())[:200].rstrip(".")
        return (
            f"It failed unexpectedly ({type(error).__name__}: {text}); see {self.queue.helper}.log "
            "beside the runs."
        )


def main(
    requests: Queue, worker: Callable[[RunStore], QueueWorker], arguments: list[str] | None = None
) -> int:
    """Run a worker as a process, unless another one serves the same folder.

    Args:
        requests: the queue.
        worker: makes the worker; called once the lock is held and the priority is lowered.
        arguments: of the command line: RUNS_DIR, and --idle SECONDS.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=f"Serve the {requests.helper} requests of runs.")
    parser.add_argument("runs_dir", type=Path, metavar="RUNS_DIR")
    parser.add_argument("--idle", type=float, default=requests.idle, metavar="SECONDS")
    chosen = parser.parse_args(arguments)
    try:
        store = RunStore(chosen.runs_dir)
        lock = try_lock(store.root / f"{requests.helper}.lock")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    if lock is None:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    be_nice(requests.niceness)
    try:
        worker(store).run(chosen.idle)
    finally:
        os.close(lock)
    return 0


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the log's disk may be full
        print(time.strftime("%H:%M:%S"), text, flush=True)
