"""The files of questions to runs: which are open, who waits for them, and when they go.

The time of a request says when somebody last waited for its answer, the time of an answer when it
was last used. Several processes may tidy at once: what is gone is gone.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

REQUEST, INPUT, PROGRESS = ".request.json", ".input.npz", ".progress.json"
ANSWER, ERROR = ".answer.npz", ".error.json"

LEASE = 15.0  # seconds after the last look for an answer in which a question counts as wanted
GRACE = 2.0  # seconds in which others who wait for a withdrawn question can say so
MOST_ANSWERS, MOST_BYTES = 200, 64_000_000  # kept in a folder

_KEY = re.compile(r"[0-9a-f]{32}")


def is_key(text: str) -> bool:
    """Whether a text can be the name of a question."""
    return _KEY.fullmatch(text) is not None


def key_in(path: Path) -> str:
    """The question that a file belongs to."""
    return path.name.split(".")[0]


def requests(root: Path) -> Iterator[Path]:
    """The requests of all runs of a folder that have no answer yet."""
    for folder in listed(root):
        if folder.name.startswith("."):  # a run that is being deleted
            continue
        for place in (folder, *listed(folder / "sets")):  # sets are read like runs: see `more`
            for path in listed(place / "jobs"):
                if path.name.endswith(REQUEST) and is_key(key_in(path)):
                    yield path


def is_wanted(request: Path, patience: float = 0.0) -> bool:
    """Whether somebody waits for the answer to a request.

    Args:
        request: the file.
        patience: seconds in which a question that was withdrawn still counts.
    """
    try:
        found = request.stat()
    except OSError:
        return False
    now = time.time()
    return now - found.st_mtime < LEASE or now - found.st_ctime < patience


def touch(path: Path) -> bool:
    """Set a file's time to now; False if there is no such file."""
    now = time.time_ns()  # this clock's, which may not be the disk's
    try:
        os.utime(path, ns=(now, now))
    except OSError:
        return False
    return True


def give_up(request: Path) -> None:
    """Set a request's time to long ago; whoever else waits sets it back by looking."""
    with contextlib.suppress(OSError):
        os.utime(request, (0, 0))


def drop(folder: Path, key: str) -> None:
    """Remove what belongs to an open question."""
    for ending in (REQUEST, INPUT, PROGRESS):  # without its request it is no question
        remove(folder / f"{key}{ending}")


def remove(path: Path) -> None:
    """Remove a file, if it is there and may be removed."""
    with contextlib.suppress(OSError):
        path.unlink()


def tidy(folder: Path) -> None:
    """Remove questions that nobody waits for, and the answers that are too many."""
    files = listed(folder)
    asked = {key_in(path) for path in files if path.name.endswith(REQUEST)}
    for path in files:
        if path.name.endswith(REQUEST):
            if not is_wanted(path, GRACE):
                drop(folder, key_in(path))
        elif not path.name.endswith((ANSWER, ERROR)) and key_in(path) not in asked:
            _remove_old(path)  # an input whose request never came, or half of a file
    _keep_last_used([path for path in files if path.name.endswith((ANSWER, ERROR))])


def listed(folder: Path) -> list[Path]:
    """What is in a folder; nothing if it is not there or no folder."""
    try:
        return [folder / name for name in os.listdir(folder)]
    except OSError:
        return []


def _keep_last_used(answers: list[Path]) -> None:
    """Remove answers from the one that was used longest ago until the rest fits the bounds."""
    found = []
    for path in answers:
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime_ns, status.st_size, path))
    total = 0
    for place, (_, size, path) in enumerate(sorted(found, reverse=True)):
        total += size
        if place and (place >= MOST_ANSWERS or total > MOST_BYTES):
            remove(path)


def _remove_old(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_ctime > LEASE:
            path.unlink()
