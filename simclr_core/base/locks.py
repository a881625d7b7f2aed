"""Locks that the operating system holds, and releases however a process ends.

A `flock` lock belongs to an open file. A launcher can therefore take a run's lock and hand the open
file to the worker that it starts, without a moment in which nobody holds it. Linux and macOS.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from .files import not_written


def try_lock(path: Path, patience: float = 0.2) -> int | None:
    """Take a lock.

    Args:
        path: the lock file; created if missing, never removed.
        patience: seconds to keep trying; an observer may hold the lock for a moment.

    Returns:
        The file descriptor that holds the lock (close it to release the lock), or None if
        another process holds it or its folder is gone.

    Raises:
        LabError: the file cannot be created or opened for writing.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the folder was deleted meanwhile
            return None
        except OSError as error:
            raise not_written(path, error) from error
        while not _locked_now(handle):
            if time.monotonic() >= deadline:
                os.close(handle)
                return None
            time.sleep(0.005)
        if _is_at(handle, path):
            return handle
        os.close(handle)  # the folder was deleted meanwhile: this lock protects nothing


def _locked_now(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Return whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock, without taking it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(handle)


@contextlib.contextmanager
def held(path: Path, patience: float = 10.0) -> Iterator[None]:
    """Hold a lock during a block.

    Raises:
        TimeoutError: another process held it for `patience` seconds.
    """
    handle = try_lock(path, patience)
    if handle is None:
        raise TimeoutError(f"{path.name} is held by another process")
    try:
        yield
    finally:
        os.close(handle)
