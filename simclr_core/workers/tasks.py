"""Work that is asked for in the app and is no run: lessons, and the four ways to learn.

    RUNS/.tasks/KEY.request.json, KEY.progress.json, KEY.error.json, KEY.tries.json

A request is a file; equal requests have the same key and share one result. One worker a folder of
runs (`task_worker`) serves them one after another in a process of its own. What a result is and
where it lies is the affair of whoever asks.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import LabError
from ..base.files import read_json, write_json, writing
from ..base.locks import is_locked
from ..base.processes import spawn

FOLDER, LOCK, LOG = ".tasks", "worker.lock", "worker.log"
REQUEST, PROGRESS, ERROR = ".request.json", ".progress.json", ".error.json"
TRIES = ".tries.json"  # how often a worker has begun it
STARTING = 10.0  # seconds that a worker may take until it holds its lock

_UNTOLD = (
    "It failed, and the reason could not be written: the disk may be full. Free some space and ask "
    "again."
)
_KEY = re.compile(r"[a-z0-9-]{1,120}")


@dataclass(frozen=True)
class Going:
    """Work that was asked for and is not done, or that failed.

    Attributes:
        key: of the request.
        share: of the work that is done, in [0, 1].
        words: what is being done; or why it failed.
        failed: whether it did.
        ahead: requests before it in line.
    """

    key: str
    share: float = 0.0
    words: str = ""
    failed: bool = False
    ahead: int = 0


def folder(root: Path) -> Path:
    """Where requests lie, made if it is missing.

    Raises:
        LabError: it cannot be made.
    """
    place = root / FOLDER
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
    return place


def ask(root: Path, kind: str, key: str, payload: Mapping[str, Any]) -> None:
    """Ask for a piece of work, unless somebody has already.

    Args:
        root: the folder of runs.
        kind: a key of `task_worker.KINDS`.
        key: of small letters, digits and hyphens: equal work has equal keys.
        payload: what the kind's function needs, as JSON values.

    Raises:
        LabError: the disk is full, or nobody may write there.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"task: expected small letters, digits and hyphens, found {key!r}")
    place = folder(root)
    path = place / f"{key}{REQUEST}"
    if not path.exists():
        for end in (ERROR, TRIES, PROGRESS):
            (place / f"{key}{end}").unlink(missing_ok=True)
        write_json(path, {"kind": kind, "payload": dict(payload)})
    ensure_worker(root)


def withdraw(root: Path, key: str) -> None:
    """Let a request go, or the word that it failed; what is being done for it ends soon."""
    for end in (REQUEST, ERROR):
        (root / FOLDER / f"{key}{end}").unlink(missing_ok=True)


def state(root: Path, key: str) -> Going | None:
    """How far a request is; None if it was not asked for, or is done.

    A request whose worker has gone starts another one: neither a crash nor a restart of the
    machine leaves it waiting.
    """
    place = root / FOLDER
    line = waiting(root)
    if key in line:
        with contextlib.suppress(LabError):
            ensure_worker(root)
        told, ahead = _read(place / f"{key}{PROGRESS}"), line.index(key)
        share, words = told.get("share"), told.get("words")
        return Going(
            key,
            float(share) if isinstance(share, int | float) else 0.0,
            str(words or ("waiting" if ahead else "starting")),
            ahead=ahead,
        )
    path = place / f"{key}{ERROR}"
    if not path.exists():
        return None
    return Going(key, words=str(_read(path).get("message") or _UNTOLD), failed=True)


def waiting(root: Path) -> list[str]:
    """Keys of everything that was asked for and is not done, the oldest first."""
    found = []
    for path in (root / FOLDER).glob(f"*{REQUEST}"):
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime_ns, path.name.removesuffix(REQUEST)))
    return [key for _, key in sorted(found)]


def request(root: Path, key: str) -> tuple[str, dict[str, Any]] | None:
    """Kind and payload of a request; None if it was withdrawn or cannot be read."""
    found = _read(root / FOLDER / f"{key}{REQUEST}")
    kind, payload = found.get("kind"), found.get("payload")
    return (kind, payload) if isinstance(kind, str) and isinstance(payload, dict) else None


def ensure_worker(root: Path) -> None:
    """Start the worker unless there is one, or one was started a moment ago.

    Raises:
        LabError: its log cannot be written, or the machine starts no further process.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    place = folder(root)
    if is_locked(place / LOCK):
        return
    log = place / LOG
    with contextlib.suppress(OSError):
        if time.time() - log.stat().st_mtime < STARTING:
            return
    with writing(log):
        out = log.open("wb")
    with out:
        os.utime(log)
        try:
            worker = spawn("workers.task_worker", str(root.resolve()), log=out)
        except OSError as error:
            raise LabError(
                f"Expected to start a process for it, the machine refused ({error.strerror}); end "
                "other programs and ask again."
            ) from error
    _children.append(worker)


_children: list[subprocess.Popen] = []  # workers that this process started, to be waited for


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except LabError:
        return {}
    return found if isinstance(found, dict) else {}
