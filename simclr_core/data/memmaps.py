"""Pictures that may be larger than memory: arrays mapped from a file without a name.

A memory map is a NumPy array, so other code need not care. The system reads its pages as they are
needed and may drop them at any time; `prefetch` asks for them early.
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

RESIDENT = 1 / 3  # of the free memory; larger pictures go to the disk
DISK = 0.8  # of the free disk, the most that pictures may take
BLOCK = 32 * 2**20  # bytes copied at a time


def room() -> float:
    """Return how many bytes of pictures may stay in memory."""
    return RESIDENT * memory.available()


def allocate(shape: Sequence[int]) -> np.ndarray:
    """Return an uninitialised uint8 array for pictures.

    Args:
        shape: of the array.

    Returns:
        An array in memory, or one mapped from a file without a name, which disappears with its
        last user.

    Raises:
        DataError: the pictures fit neither into memory nor onto the disk.
    """
    size = int(np.prod(np.array(shape, dtype=object)))
    if size <= room():
        return np.empty(shape, np.uint8)
    with spool(size) as file:
        return np.memmap(file, np.uint8, "r+", shape=tuple(shape))


def spool(size: int) -> BinaryIO:
    """Open a file without a name and reserve its bytes on the disk.

    Without the reservation, writing to the map when the disk is full would kill the process.

    Args:
        size: in bytes, at least 1.

    Raises:
        DataError: the disk is full, or the cache folder cannot be written.
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
    """Return `array[rows]`, in memory or mapped as `allocate` decides.

    Args:
        array: (N, ...) uint8.
        rows: (M,) integers.
    """
    taken = allocate((len(rows), *array.shape[1:]))
    for block in blocks(array, len(rows)):
        taken[block] = array[rows[block]]
    return taken


def join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate arrays (N, ...) uint8, in memory or mapped as `allocate` decides."""
    joined = allocate((sum(map(len, arrays)), *arrays[0].shape[1:]))
    at = 0
    for array in arrays:
        for block in blocks(array):
            joined[at + block.start : at + block.stop] = array[block]
        at += len(array)
    return joined


def blocks(array: np.ndarray, count: int | None = None) -> Iterator[slice]:
    """Yield slices of rows of about `BLOCK` bytes each.

    Args:
        array: (N, ...).
        count: the number of rows to cover; None covers all N.
    """
    count = len(array) if count is None else count
    step = max(1, BLOCK // max(array.itemsize * int(np.prod(array.shape[1:])), 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def is_mapped(array: np.ndarray | None) -> bool:
    """Return whether an array is mapped from a file."""
    return isinstance(array, np.memmap)


def prefetch(array: np.ndarray, rows: Iterable[int]) -> None:
    """Ask the system to read rows of a mapped array soon; do nothing for other arrays.

    Args:
        array: (N, ...), each row contiguous.
        rows: integers in 0..N-1.
    """
    mapping = _mapping(array)
    if mapping is None:
        return
    mapped, start = mapping
    each, page = array.strides[0], mmap.PAGESIZE
    for row in rows:
        first = start + int(row) * each
        begin = first // page * page
        mapped.madvise(mmap.MADV_WILLNEED, begin, first + each - begin)


def read_anywhere(array: np.ndarray) -> None:
    """Advise the system that a mapped array is read in random order, without read-ahead."""
    mapping = _mapping(array)
    if mapping is not None:
        mapping[0].madvise(mmap.MADV_RANDOM)


def _mapping(array: np.ndarray) -> tuple[mmap.mmap, int] | None:
    """Return the map that holds an array, and the byte offset of its first row."""
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
