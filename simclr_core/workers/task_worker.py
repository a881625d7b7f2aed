"""Serves the tasks of a folder of runs, one after another, and ends when none is left.

python -m simclr_core.workers.task_worker RUNS_DIR
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from ..base.errors import LabError
from ..base.files import read_json, write_json
from ..base.locks import try_lock
from ..base.processes import be_nice
from .tasks import ERROR, LOCK, PROGRESS, REQUEST, TRIES, folder, request, waiting

TELL_EVERY = 0.3  # seconds between two writes of the progress
NICENESS = 5  # as training has
MOST_TRIES = 3  # of one request; a worker that was killed leaves no other word


# Kind of task -> module and function, which gets the folder of runs, the payload and `tell`.
KINDS = {
    "lesson": ("simclr_core.lessons.comparison", "serve"),
    "study": ("simclr_core.paradigms.making", "serve"),
}


class Withdrawn(Exception):
    """Nobody wants the result any more."""


def main(arguments: list[str]) -> int:
    """Serve what was asked for; another worker of the same folder has precedence."""
    root = Path(arguments[0])
    lock = try_lock(folder(root) / LOCK)
    if lock is None:
        return 0
    be_nice(NICENESS)
    try:
        begun: set[str] = set()
        started = False
        while line := waiting(root):
            key = line[0]
            if key not in begun:
                begun.add(key)
                if not may_begin(root, key):
                    continue
            if started:
                serve(root, key)
            elif not _start(root, key):
                return 1
            started = True  # and look again: it may have been withdrawn meanwhile
        return 0
    finally:
        os.close(lock)


def may_begin(root: Path, key: str) -> bool:
    """Count a try at a request; one that ended the worker too often is given up, and says so."""
    path = folder(root) / f"{key}{TRIES}"
    with contextlib.suppress(LabError):
        told = read_json(path)
        tries = int(told.get("tries", 0)) if isinstance(told, dict) else 0
        if tries >= MOST_TRIES:
            fail(
                root,
                key,
                f"The process that did it was ended {tries} times without a word: probably the "
                "memory did not suffice. End other programs, or take fewer or smaller pictures, "
                "and ask again.",
            )
            return False
        write_json(path, {"tries": tries + 1})
    return True


def fail(root: Path, key: str, words: str) -> None:
    """Write why a request could not be done, in its place; without a word on a full disk."""
    place = folder(root)
    asked, told = place / f"{key}{REQUEST}", place / f"{key}{ERROR}"
    try:
        write_json(told, {"message": words})
    except LabError:
        with contextlib.suppress(OSError):
            asked.replace(told)  # takes no room; it has no message
    asked.unlink(missing_ok=True)


def serve(root: Path, key: str) -> None:
    """Do what a request asks for, or write why it could not be done."""
    place, due = folder(root), 0.0
    asked = place / f"{key}{REQUEST}"

    def _tell(share: float, words: str) -> None:
        nonlocal due
        if not asked.exists():
            raise Withdrawn
        if time.monotonic() >= due:
            with contextlib.suppress(LabError):  # the work may fit on a disk that is nearly full
                say(root, key, share, words)
            due = time.monotonic() + TELL_EVERY

    try:
        found = request(root, key)
        if not asked.exists():
            raise Withdrawn
        if found is None or found[0] not in KINDS:
            raise LabError(
                f"Expected one of {', '.join(KINDS)} to be asked for, found something else; "
                "ask again."
            )
        module, function = KINDS[found[0]]
        getattr(importlib.import_module(module), function)(root, found[1], _tell)
    except Withdrawn:
        pass
    except Exception as error:  # one request must not stop the others
        words = str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, LabError):
            traceback.print_exc()
        fail(root, key, words)
    for end in (REQUEST, PROGRESS, TRIES):
        (place / f"{key}{end}").unlink(missing_ok=True)


def say(root: Path, key: str, share: float, words: str) -> None:
    """Write how far a request is."""
    row: dict[str, Any] = {"share": round(share, 4), "words": words}
    write_json(folder(root) / f"{key}{PROGRESS}", row)


def _start(root: Path, key: str) -> bool:
    """Get the framework up; if that fails, everybody in line is told."""
    from ..machine.devices import find_device
    from ..model.backend import prepare, start_framework

    with contextlib.suppress(LabError):
        say(root, key, 0.0, "starting TensorFlow")
    try:
        prepare(find_device("cpu"))
        start_framework()
    except Exception as error:
        traceback.print_exc()
        for each in waiting(root):
            fail(root, each, f"TensorFlow did not start: {error}")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
