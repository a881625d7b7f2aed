"""Work that is asked for in the app and is no run: lessons, and the four ways to learn.

Requests are files in RUNS/.tasks; one worker for each folder of runs (`task_worker`) serves them
one after another. Where the result of a kind is kept is up to its function.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import LabError
from ..base.files import writing
from . import helpers
from .line import followed
from .queue import Queue, Request
from .standing import Standing

TASKS = Queue(
    helper="tasks",
    folders=lambda root: [root / ".tasks"],
    niceness=5,  # as training has
    tries=3,
)


def task(root: Path, key: str) -> Request:
    """Return the place of a request in a folder of runs.

    Raises:
        ValueError: the key holds more than small letters, digits and hyphens.
    """
    return Request(root / ".tasks", key)


def ask(root: Path, kind: str, key: str, payload: Mapping[str, Any]) -> None:
    """Ask for a piece of work, unless somebody has already.

    Args:
        root: the folder of runs.
        kind: a key of `task_worker.STUDIES`.
        key: of small letters, digits and hyphens: equal work has equal keys.
        payload: what the kind's function needs, as JSON values.

    Raises:
        LabError: the disk is full, writing is not allowed, or no worker can be started.
    """
    request = task(root, key)
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
    TASKS.ask(request, kind, payload)
    if trouble := helpers.wake(root, TASKS.helper):
        raise LabError(trouble)


def withdraw(root: Path, key: str) -> None:
    """Drop a request, or the message that it failed; work on it ends soon."""
    TASKS.withdraw(task(root, key))


def state(root: Path, key: str) -> Standing | None:
    """Return how far a request is, as `line.followed`; None if it was not asked for, or is done."""
    return followed(TASKS, root, task(root, key))


def waiting(root: Path) -> list[str]:
    """Return the keys of everything that was asked for and is not done, the oldest first."""
    return [request.key for request in TASKS.waiting(root)]
