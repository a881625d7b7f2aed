"""A run folder as one zip file, made in bounded memory and safe to make while the run goes on.

Questions and their answers, sets that can be made again, hidden files (halves of files that are
being written) and links are left out; a file that is thinned away meanwhile is skipped. Arrays are
stored as they are: deflating float32 takes long and saves little.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from typing import IO

from ..run import Run

BLOCK = 1 << 20  # bytes read, and about the bytes held, at a time
_LEFT_OUT = ("jobs", "sets")  # of the run's own folder
_TEXT = (".json", ".jsonl", ".txt")


def bundle_name(run: Run) -> str:
    """Return a file name for the bundle: the run's id and its name in plain letters."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", run.name).strip("-").lower()[:40]
    return f"simclr-{run.id}.zip" if words in ("", run.id) else f"simclr-{run.id}-{words}.zip"


def bundle_files(folder: Path) -> list[Path]:
    """Return the files of a run folder that travel, sorted by name."""
    files = []
    for root, folders, names in os.walk(folder):  # does not follow links to folders
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(root, name) for name in sorted(names) if not name.startswith("."))
        files += [path for path in paths if path.is_file() and not path.is_symlink()]
    return [path for path in files if path.relative_to(folder).parts[0] not in _LEFT_OUT]


def chunks(run: Run) -> Iterator[bytes]:
    """Yield the zip file in pieces of about `BLOCK` bytes, for an answer sent as it is made."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", allowZip64=True) as archive:
        for path in bundle_files(run.path):
            for _ in _add(archive, path, f"{run.id}/{path.relative_to(run.path).as_posix()}"):
                if len(sink.pending) >= BLOCK:
                    yield sink.take()
    yield sink.take()


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> Iterator[None]:
    """Copy one file into the archive block by block."""
    try:
        source: IO[bytes] = path.open("rb")
    except FileNotFoundError:  # thinned or replaced since the folder was listed
        return
    with source:
        entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
        text = path.suffix in _TEXT
        entry.compress_type = zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED
        with archive.open(entry, "w", force_zip64=True) as target:
            while block := source.read(BLOCK):
                target.write(block)
                yield


class _Sink(RawIOBase):
    """Collects what the archive writes until it is taken; cannot seek, so nothing is rewritten."""

    def __init__(self) -> None:
        self.pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]
        self.pending += block
        return len(block)

    def take(self) -> bytes:
        block, self.pending = bytes(self.pending), bytearray()
        return block
