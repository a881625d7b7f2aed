"""Requests as files: what is asked of a process that may not run yet, and how far it is.

    KEY.input.npz       arrays that belong to the request, written before it; by the asker
    KEY.request.json    kind, payload and when it was asked; by the asker
    KEY.progress.json   attempt, share done and words; by the worker
    KEY.answer.npz      arrays, if the answer is kept here; by the worker
    KEY.error.json      one sentence, in the place of a request that failed; by the worker

Equal work has equal keys, so equal requests share one result. The model is huey's: one
queue with kinds, priorities, withdrawal and a bounded number of tries. Files are used instead of
huey because there is no server to keep a queue, any process may be killed at any moment, and
answers are arrays. Several processes may tidy at once: a file that is gone is no error.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LabError, RunDamaged
from ..base.files import listed, read_json, remove, touch, write_json, write_npz, writing
from .standing import Standing

REQUEST, INPUT, PROGRESS = ".request.json", ".input.npz", ".progress.json"
ANSWER, ERROR = ".answer.npz", ".error.json"

GRACE = 2.0  # seconds in which others who wait for a withdrawn request can say so
LEFT_OVER = 15.0  # seconds after which a file without its request is removed
MOST_ANSWERS, MOST_BYTES = 200, 64_000_000  # kept in a folder

_NO_REASON = (
    "It failed, and the reason could not be written: the disk may be full. Free some space and ask "
    "again."
)
_KEY = re.compile(r"[a-z0-9-]{1,120}")


@dataclass(frozen=True)
class Request:
    """A place for a request, which need not be there.

    Attributes:
        folder: where its files are.
        key: small letters, digits and hyphens.
    """

    folder: Path
    key: str

    def __post_init__(self) -> None:
        if not is_key(self.key):  # it could leave the folder
            raise ValueError(f"expected small letters, digits and hyphens, found {self.key!r}")

    def file(self, ending: str) -> Path:
        """Return the path of one of its files, such as that with the ending `ERROR`."""
        return self.folder / f"{self.key}{ending}"


@dataclass(frozen=True)
class Queue:
    """A queue of requests, which one worker for each folder of runs serves.

    Attributes:
        helper: the name of its worker in `launch.HELPERS`, and of the worker's lock and log.
        folders: returns the folders with requests, given the folder of runs.
        niceness: of the worker; the app has 0.
        tries: at a request that ends the worker's process.
        lease: seconds after the last `renew` in which a request counts as wanted; 0: a request
            stays until it is served or withdrawn.
        retry: seconds after which a request that failed may be asked again.
        idle: seconds without a request after which the worker ends.
        newest_first: whether the request that was asked last is served first.
        long: kinds that wait until no other kind is asked.
        serves: returns whether a kind is this queue's; two queues may share their folders.
    """

    helper: str
    folders: Callable[[Path], Iterable[Path]]
    niceness: int
    tries: int
    lease: float = 0.0
    retry: float = 0.0
    idle: float = 0.0
    newest_first: bool = False
    long: frozenset[str] = frozenset()
    serves: Callable[[str], bool] = lambda kind: True

    def ask(
        self,
        request: Request,
        kind: str,
        payload: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Ask, unless the same is asked already, or failed less than `retry` seconds ago.

        Args:
            request: where; its folder is made if it is missing, but not the folder's parent.
            kind: one of the worker's kinds.
            payload: JSON values that this kind needs.
            arrays: what else this kind needs.

        Raises:
            LabError: the disk is full, or writing is not allowed.
        """
        if self.renew(request) or self._failed_lately(request):
            return
        with writing(request.folder):
            request.folder.mkdir(exist_ok=True)
        self.tidy(request.folder)
        for ending in (ERROR, PROGRESS):
            remove(request.file(ending))
        if arrays is not None:
            write_npz(request.file(INPUT), arrays)
        asked = {"kind": kind, "payload": dict(payload), "asked": time.time()}
        write_json(request.file(REQUEST), asked)

    def renew(self, request: Request) -> bool:
        """Say that somebody waits for a request; returns whether it is asked."""
        path = request.file(REQUEST)
        return touch(path) if self.lease else path.exists()

    def withdraw(self, request: Request) -> None:
        """Say that nobody here waits any more. With a lease, others keep it by `renew`."""
        if self.lease:
            with contextlib.suppress(OSError):
                os.utime(request.file(REQUEST), (0, 0))
        else:
            drop(request)
            remove(request.file(ERROR))

    def is_wanted(self, request: Request, patience: float = 0.0) -> bool:
        """Return whether somebody waits for a request, or withdrew it `patience` seconds ago."""
        try:
            status = request.file(REQUEST).stat()
        except OSError:
            return False
        now = time.time()
        held = now - status.st_mtime < self.lease or now - status.st_ctime < patience
        return held or not self.lease

    def waiting(self, root: Path) -> list[Request]:
        """Return what is asked and wanted in a folder of runs, in the order of service."""
        every = (one for folder in self.folders(root) for one in _requests(folder))
        read = ((one, _read(one.file(REQUEST))) for one in every if self.is_wanted(one))
        mine = [(self._place(content), one) for one, content in read if self.serves(_kind(content))]
        return [one for _, one in sorted(mine, key=lambda pair: pair[0])]

    def before(self, root: Path, request: Request) -> list[Request]:
        """Return what is served before a request: what is worked on now comes first."""
        line = self.waiting(root)
        begun = [one for one in line if one != request and one.file(PROGRESS).exists()]
        place = line.index(request) if request in line else 0
        return begun + [one for one in line[:place] if one not in begun]

    def tidy(self, folder: Path) -> None:
        """Remove requests that nobody waits for, what a killed process left, and old answers."""
        for request in _requests(folder):
            if not self.is_wanted(request, GRACE):
                drop(request)
        files, asked = listed(folder), {request.key for request in _requests(folder)}
        for path in files:
            unfinished = path.name.startswith(".") or path.name.endswith((INPUT, PROGRESS))
            if unfinished and path.name.split(".")[0] not in asked:
                _remove_old(path)
        _keep_last_used([path for path in files if path.name.endswith((ANSWER, ERROR))])

    def drop_unwanted(self, root: Path) -> None:
        """Remove the requests in a folder of runs that nobody waits for any more."""
        for folder in self.folders(root):
            if next(_requests(folder), None):
                self.tidy(folder)

    def _place(self, content: Mapping[str, Any]) -> tuple[bool, float]:
        when = _asked(content)
        return _kind(content) in self.long, -when if self.newest_first else when

    def _failed_lately(self, request: Request) -> bool:
        try:
            age = time.time() - request.file(ERROR).stat().st_mtime
        except OSError:
            return False
        return 0 <= age < self.retry


def read_request(request: Request) -> tuple[str, dict[str, Any]] | None:
    """Return kind and payload of a request; None if it is not there, or cannot be read."""
    content = _read(request.file(REQUEST))
    kind, payload = content.get("kind"), content.get("payload")
    return (kind, payload) if isinstance(kind, str) and isinstance(payload, dict) else None


def kind_of(request: Request) -> str:
    """Return what is asked; empty if it is not there, or cannot be read."""
    return _kind(_read(request.file(REQUEST)))


def standing(request: Request) -> Standing | None:
    """Return how far a request is; None if it is not asked, or was served."""
    if request.file(ERROR).exists():
        message = _read(request.file(ERROR)).get("message")
        return Standing(request.key, words=str(message or _NO_REASON), failed=True)
    if not request.file(REQUEST).exists():
        return None
    progress = _read(request.file(PROGRESS))
    share, words = progress.get("share"), str(progress.get("words") or "")
    known = isinstance(share, int | float) and 0 <= share <= 1
    asked = _asked(_read(request.file(REQUEST)))
    return Standing(request.key, float(share or 0) if known else None, words, asked=asked)


def attempts(request: Request) -> int:
    """Return how often a worker has begun a request."""
    attempt = _read(request.file(PROGRESS)).get("attempt")
    return max(attempt, 0) if isinstance(attempt, int) else 0


def fail(request: Request, words: str) -> None:
    """Write why a request failed. On a full disk the request itself takes the error's place."""
    if not request.file(REQUEST).exists():
        return  # it was withdrawn, or its run was deleted meanwhile
    try:
        write_json(request.file(ERROR), {"message": words})
    except LabError:
        with contextlib.suppress(OSError):
            request.file(REQUEST).replace(request.file(ERROR))


def drop(request: Request) -> None:
    """Remove what belongs to an open request."""
    for ending in (REQUEST, INPUT, PROGRESS):  # without the first it is no request
        remove(request.file(ending))


def is_key(text: str) -> bool:
    """Return whether a text can be the key of a request."""
    return _KEY.fullmatch(text) is not None


def _requests(folder: Path) -> Iterator[Request]:
    for path in listed(folder):
        key = path.name.removesuffix(REQUEST)
        if key != path.name and is_key(key):
            yield Request(folder, key)


def _kind(content: Mapping[str, Any]) -> str:
    kind = content.get("kind")
    return kind if isinstance(kind, str) else ""


def _asked(content: Mapping[str, Any]) -> float:
    asked = content.get("asked")
    return float(asked) if isinstance(asked, int | float) else 0.0


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_json(path) or {}
    except RunDamaged:
        return {}


def _keep_last_used(answers: list[Path]) -> None:
    """Remove answers from the one that was used longest ago until the rest fits the bounds."""
    known = []
    for path in answers:
        with contextlib.suppress(OSError):
            status = path.stat()
            known.append((status.st_mtime_ns, status.st_size, path))
    total = 0
    for place, (_, size, path) in enumerate(sorted(known, reverse=True)):
        total += size
        if place and (place >= MOST_ANSWERS or total > MOST_BYTES):
            remove(path)


def _remove_old(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_ctime > LEFT_OVER:
            path.unlink()
