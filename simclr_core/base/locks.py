"""Locks that the operating system holds: gone when their process is, however it ended.

`flock` locks belong to an open file, so a launcher can take a run's lock and hand the open file
to the worker that it starts: there is no moment at which nobody holds it. Linux and macOS.
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
        path: the lock file; made if missing, never removed.
        patience: seconds to go on trying; an observer may hold the lock for a moment.

    Returns:
        The open file descriptor that holds the lock (close it to release), or None.

    Raises:
        LabError: the file cannot be made or opened for writing.
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
        os.close(handle)  # while this waited, the folder was deleted: the lock of a trashed file


def _locked_now(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except OSError:
        return False


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock, without keeping it."""
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
    """Hold a lock for the length of a block.

    Raises:
        TimeoutError: somebody else held it for `patience` seconds.
    """
    handle = try_lock(path, patience)
    if handle is None:
        raise TimeoutError(f"{path.name} is held by another process")
    try:
        yield
    finally:
        os.close(handle)
