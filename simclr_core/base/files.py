"""Read and write files so that no reader ever sees half of one.

Whole files are written under another name and renamed. In a growing file of JSON lines, a
half-written last line is skipped. Arrays are stored without pickles, and no pickle is loaded.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import json
import os
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .errors import LabError, RunDamaged, RunError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNREADABLE = (  # known errors of damaged archives and arrays
    *(OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError),
    *(OverflowError, zipfile.BadZipFile, zlib.error, struct.error),
)


def write_atomic(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file under another name, then rename it into place.

    Args:
        path: the file to make or replace; its folder must exist.
        write: called with the open binary file.

    Raises:
        LabError: the disk is full, or writing is not allowed. An old file stays untouched.
    """
    with writing(path):
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(aside, 0o644)
            os.replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside)
            raise


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn system errors in a block that writes `path` into errors with advice.

    Raises:
        LabError: the disk is full.
        RunError: writing failed for another reason, such as a missing permission.
    """
    try:
        yield
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> LabError:
    """Return the error for a file that could not be written, with advice."""
    if error.errno in NO_ROOM:
        return disk_full(path)
    return RunError(
        f"Expected to write {path.name} in {path.parent}, but could not "
        f"({error.strerror or error}); allow writing there, or choose another folder."
    )


def disk_full(path: Path) -> LabError:
    """Return the error for a disk that is full."""
    return LabError(
        f"Expected room on the disk for {path.name}, found none; "
        "free some space (delete old runs), then resume the run."
    )


def write_json(path: Path, value: Any) -> None:
    """Write one JSON value; NaN and infinities become null, since JSON has neither."""
    data = _encoded(value, indent=1)

    def write(file: BinaryIO) -> None:
        file.write(data)

    write_atomic(path, write)


def _encoded(value: Any, **options: Any) -> bytes:
    """Return a JSON value and a line end; text that is no valid Unicode is escaped."""
    value = finite(value)
    try:
        return (json.dumps(value, ensure_ascii=False, **options) + "\n").encode()
    except UnicodeEncodeError:  # a file name in another encoding
        return (json.dumps(value, **options) + "\n").encode()


def parse(data: bytes) -> Any:
    """Return the JSON value in `data`; an integer beyond the range of floats becomes infinite.

    Raises:
        ValueError, RecursionError: `data` is not JSON.
    """
    return _DECODER.decode(data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogatepass"))


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 300 else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file, or None if there is no such file.

    Raises:
        RunDamaged: the file holds something else.
    """
    try:
        value = parse(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path, error) from error
    if not isinstance(value, dict):
        raise damaged(path, TypeError("no JSON object"))
    return value


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays, uncompressed; names may contain slashes.

    Raises:
        TypeError: an array holds Python objects.
        LabError: the disk is full, or writing is not allowed.
    """
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise TypeError(f"{name}: expected a plain array, found objects")
    write_atomic(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def read_npz(path: Path, *wanted: str) -> dict[str, np.ndarray]:
    """Return the arrays in a file by name; pickles are refused.

    Args:
        path: the file.
        wanted: names of required arrays; the file may hold others.

    Raises:
        RunDamaged: the file is missing, cannot be read or lacks an array.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if not all(isinstance(value, np.ndarray) for value in arrays.values()):
            raise TypeError("no arrays")
        if missing := set(wanted) - set(arrays):
            raise KeyError(*missing)
        return arrays
    except _UNREADABLE as error:
        raise damaged(path, error) from error


def append_lines(file: BinaryIO, rows: list[dict[str, Any]]) -> None:
    """Append rows to an open file of JSON lines in one write."""
    file.write(b"".join(_encoded(row, separators=(",", ":")) for row in rows))
    file.flush()


def read_lines(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Read the rows of a file of JSON lines, starting at a byte offset.

    Returns:
        The rows, and the offset for the next call. A half-written last line is left for the
        next call; a damaged line before it is skipped.

    Raises:
        RunDamaged: the file exists and cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            block = file.read()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise damaged(path, error) from error
    end = block.rfind(b"\n") + 1
    return rows_of(block[:end]), offset + end


def rows_of(block: bytes) -> list[dict[str, Any]]:
    """Return the rows in a block of complete JSON lines; damaged lines are skipped."""
    rows = []
    for line in block.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            row = parse(line)
            if isinstance(row, dict):
                rows.append(row)
    return rows


def keep_lines(path: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
    """Rewrite a file of JSON lines with the rows that `keep` accepts."""
    if not path.exists():
        return
    rows = [row for row in read_lines(path)[0] if keep(row)]
    write_atomic(path, lambda file: append_lines(file, rows))


def finite(value: Any) -> Any:
    """Return `value` with arrays as lists and non-finite numbers as None."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return finite(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def damaged(path: Path, error: Exception) -> RunDamaged:
    """Return the error for a file of a run folder that is missing or unreadable."""
    reason = "it is missing" if isinstance(error, FileNotFoundError) else "it cannot be read"
    return RunDamaged(
        f"Expected the file {path.name} in {path.parent.name}, but {reason}; "
        "restore it from a copy, or delete the run."
    )


def touch(path: Path) -> bool:
    """Set a file's time to now; returns False if there is no such file."""
    now = time.time_ns()  # this clock's, which may not be the disk's
    try:
        os.utime(path, ns=(now, now))
    except OSError:
        return False
    return True


def remove(path: Path) -> None:
    """Remove a file, if it is there and may be removed."""
    with contextlib.suppress(OSError):
        path.unlink()


def listed(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing if there is no such folder."""
    try:
        return [folder / name for name in os.listdir(folder)]
    except OSError:
        return []
