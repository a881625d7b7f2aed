"""Serves the tasks of a folder of runs, one after another, and ends when none is left.

python -m simclr_core.task_worker RUNS_DIR
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .errors import LabError
from .files import write_json
from .locks import try_lock
from .tasks import ERROR, LOCK, PROGRESS, REQUEST, folder, request, waiting

TELL_EVERY = 0.3  # seconds between two writes of the progress
NICENESS = 5  # as training has

Tell = Callable[[float, str], None]

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
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        started = False
        while line := waiting(root):
            if not started:
                _start(root, line[0])
                started = True
            serve(root, line[0])
        return 0
    finally:
        os.close(lock)


def serve(root: Path, key: str) -> None:
    """Do what a request asks for, or write why it could not be done."""
    place, due = folder(root), 0.0
    asked = place / f"{key}{REQUEST}"

    def _tell(share: float, words: str) -> None:
        nonlocal due
        if not asked.exists():
            raise Withdrawn
        if time.monotonic() >= due:
            say(root, key, share, words)
            due = time.monotonic() + TELL_EVERY

    try:
        found = request(root, key)
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
        with contextlib.suppress(LabError):
            write_json(place / f"{key}{ERROR}", {"message": words})
    for end in (REQUEST, PROGRESS):
        (place / f"{key}{end}").unlink(missing_ok=True)


def say(root: Path, key: str, share: float, words: str) -> None:
    """Write how far a request is."""
    row: dict[str, Any] = {"share": round(share, 4), "words": words}
    write_json(folder(root) / f"{key}{PROGRESS}", row)


def _start(root: Path, key: str) -> None:
    from .backend import prepare, start_framework
    from .devices import find_device

    say(root, key, 0.0, "starting TensorFlow")
    prepare(find_device("cpu"))
    start_framework()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
