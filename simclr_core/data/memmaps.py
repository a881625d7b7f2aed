"""Pictures that may be larger than memory: arrays that lie in a file without a name.

Everything else works with NumPy arrays and need not know: a memory map is one. Its pages are read
as they are needed and can be given up at any time; `prefetch` asks for them ahead.
"""

from __future__ import annotations

import errno
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..base.errors import DataError
from ..base.paths import cache_dir
from ..machine import memory

RESIDENT = 1 / 3  # of the free memory; pictures that take more than that go to the disk
DISK = 0.8  # of the free disk that pictures may take
BLOCK = 32 * 2**20  # bytes copied at once


def room() -> float:
    """Bytes of pictures that are kept in memory."""
    return RESIDENT * memory.available()


def allocate(shape: Sequence[int]) -> np.ndarray:
    """An array for pictures whose content is still to be written.

    Args:
        shape: of uint8.

    Returns:
        In memory, or mapped from a file without a name that is gone with its last user.

    Raises:
        DataError: they fit neither into memory nor onto the disk.
    """
    size = int(np.prod(np.array(shape, dtype=object)))
    if size <= room():
        return np.empty(shape, np.uint8)
    with spool(size) as file:
        return np.memmap(file, np.uint8, "r+", shape=tuple(shape))


def spool(size: int) -> BinaryIO:
    """An open file without a name, its bytes reserved on the disk.

    Reserved because writing to a map of a file that the disk has no room for ends the process.

    Args:
        size: bytes, at least 1.

    Raises:
        DataError: the disk has no room.
    """
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if size > DISK * free:
            raise _no_room(folder, size, free)
        file = tempfile.TemporaryFile(dir=folder, prefix="pictures-")  # noqa: SIM115
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return file
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _no_room(folder, size, shutil.disk_usage(folder).free) from error
        raise DataError(
            f"Expected to keep {size / 1e9:.1f} GB of pictures in {folder}, but could not "
            f"({error.strerror or error}); set SIMCLR_LAB_CACHE to another folder."
        ) from error


def take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`array[rows]`, in memory or mapped as `allocate` decides.

    Args:
        array: (N, ...) uint8.
        rows: (M,) integers.
    """
    found = allocate((len(rows), *array.shape[1:]))
    for part in blocks(array, len(rows)):
        found[part] = array[rows[part]]
    return found


def join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays (N, ...) uint8 one after another, in memory or mapped as `allocate` decides."""
    found = allocate((sum(map(len, arrays)), *arrays[0].shape[1:]))
    at = 0
    for array in arrays:
        for part in blocks(array):
            found[at + part.start : at + part.stop] = array[part]
        at += len(array)
    return found


def blocks(array: np.ndarray, count: int | None = None) -> Iterator[slice]:
    """Slices of rows of about `BLOCK` bytes.

    Args:
        array: (N, ...).
        count: rows to go through; N if not given.
    """
    count = len(array) if count is None else count
    step = max(1, BLOCK // max(array.itemsize * int(np.prod(array.shape[1:])), 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def is_mapped(array: np.ndarray | None) -> bool:
    """Whether an array's content lies in a file."""
    return isinstance(array, np.memmap)


def prefetch(array: np.ndarray, rows: Iterable[int]) -> None:
    """Ask the system to have rows of a mapped array in memory soon; of others nothing is asked.

    Args:
        array: (N, ...), its rows contiguous.
        rows: integers in 0..N-1.
    """
    where = _mapping(array)
    if where is None:
        return
    mapped, start = where
    each, page = array.strides[0], mmap.PAGESIZE
    for row in rows:
        first = start + int(row) * each
        begin = first // page * page
        mapped.madvise(mmap.MADV_WILLNEED, begin, first + each - begin)


def read_anywhere(array: np.ndarray) -> None:
    """Tell the system that rows of a mapped array are read in no order: nothing beside them."""
    where = _mapping(array)
    if where is not None:
        where[0].madvise(mmap.MADV_RANDOM)


def _mapping(array: np.ndarray) -> tuple[mmap.mmap, int] | None:
    """The map that an array lies in, and the byte where its first row begins."""
    mapped = getattr(array, "_mmap", None)
    if mapped is None or not hasattr(mapped, "madvise") or not hasattr(mmap, "MADV_WILLNEED"):
        return None
    origin = np.frombuffer(mapped, np.uint8).__array_interface__["data"][0]
    return mapped, array.__array_interface__["data"][0] - origin


def _no_room(folder: Path, size: int, free: int) -> DataError:
    return DataError(
        f"Expected {size / 1e9:.1f} GB of free disk in {folder} for pictures that do not fit into "
        f"memory, found {free / 1e9:.1f} GB; free some space, choose smaller or fewer pictures, "
        "or set SIMCLR_LAB_CACHE to another folder."
    )
