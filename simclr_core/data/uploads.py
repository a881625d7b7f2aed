"""Keep files that users upload, in a private folder beside the runs.

A file is named by the hash of its content, so a file sent twice is stored once. Nothing here is
served or unpacked: the readers read archives member by member.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO

from ..base.errors import DataError, LabError
from ..base.files import NO_ROOM

LARGEST = 500_000_000  # bytes per file
ENDINGS = (".npz", ".zip")
UPLOADS = "uploads"  # the folder, inside the folder of runs
_BLOCK = 1 << 20


def keep_upload(root: Path, name: str, file: IO[bytes]) -> Path:
    """Store a file under the hash of its content.

    Args:
        root: the runs folder; the file goes into its subfolder `uploads`.
        name: the user's name for it; only the ending and a few ASCII letters are used.
        file: open for reading, at its start.

    Returns:
        The path of the stored file.

    Raises:
        DataError: the ending is not one of `ENDINGS`, or the file is empty or too large.
        LabError: the disk is full, or writing is not allowed.
    """
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise DataError(
            f"Expected a .npz or .zip file, found {name[-60:]!r}; "
            "put the pictures into a zip with one folder per class."
        )
    folder = root / UPLOADS
    aside = ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=folder, prefix=".")
        with os.fdopen(handle, "wb") as target:
            digest = _copy(file, target, name)
        stem = "".join(c for c in Path(name).stem if c.isascii() and c.isalnum())[:24]
        path = folder / f"{stem or 'pictures'}-{digest[:12]}{ending}"
        os.replace(aside, path)
        return path
    except OSError as error:
        raise _not_kept(folder, name, error) from error
    finally:
        if aside:
            with contextlib.suppress(OSError):  # renamed, or the disk is gone
                os.unlink(aside)


def _not_kept(folder: Path, name: str, error: OSError) -> LabError:
    """Return the error for a file that could not be stored, with advice."""
    wanted = f"Expected to keep {name[-60:]!r} in {folder}"
    path = "give the file's path on this machine instead"
    if error.errno in NO_ROOM:
        return LabError(f"{wanted}, but the disk is full; delete old runs, or {path}.")
    return LabError(
        f"{wanted}, but could not ({error.strerror or error}); allow writing there, or {path}."
    )


def _copy(source: IO[bytes], target: IO[bytes], name: str) -> str:
    """Copy a file within the size limit and return the hash of its content."""
    digest, total = hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        total += len(block)
        if total > LARGEST:
            raise DataError(
                f"Expected at most {LARGEST // 10**6} MB, found more in {name[-60:]!r}; "
                "give the file's path on this machine instead."
            )
        digest.update(block)
        target.write(block)
    if not total:
        raise DataError(f"Expected pictures in {name[-60:]!r}, found an empty file.")
    return digest.hexdigest()
