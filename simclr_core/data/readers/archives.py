"""List the files of a folder or zip and read them one by one, within limits.

Nothing is written to the disk, so a name inside an archive never becomes a path: it only assigns
pictures to classes and appears in notes.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ...base.errors import DataError
from ...base.paths import safe_name

MAX_FILES = 200_000
MAX_FILE_BYTES = 128 * 2**20  # per file, unpacked
MAX_TOTAL_BYTES = 16 * 2**30  # of all files, unpacked
MAX_RATIO = 200  # unpacked to packed size; pictures are compressed already and stay near 1
RATIO_FROM = 2**20  # bytes; smaller files may have any ratio
MAX_DIRECTORY_BYTES = 32 * 2**20  # of a zip's directory, which is read in one piece

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # encrypted; also NotImplementedError, for unknown compression
    struct.error,
)


class UnreadableFile(Exception):
    """Says in a few words why a file is left out."""


class Entry(NamedTuple):
    """A file: its path inside the folder or zip, and a function that reads its bytes."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]  # raises UnreadableFile

    @property
    def name(self) -> str:
        """The path inside the folder or zip, with slashes."""
        return "/".join(self.parts)


@dataclass
class Listing:
    """The files of a folder or zip, sorted by name.

    Attributes:
        entries: the files that may be read.
        skipped: reason -> names of files that must not be read.
    """

    entries: list[Entry] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, name: str) -> None:
        """Record a file that is left out, and why."""
        self.skipped.setdefault(reason, []).append(name)


@contextlib.contextmanager
def open_listing(path: Path) -> Iterator[Listing]:
    """List a folder or zip; its entries can be read inside the `with` block.

    Args:
        path: the folder or zip.

    Raises:
        DataError: it cannot be opened, or exceeds the limits.
    """
    if path.is_dir():
        yield _list_folder(path)
        return
    with contextlib.ExitStack() as stack:
        try:
            _check_directory(path)
            archive = stack.enter_context(zipfile.ZipFile(path))
            listing = _list_zip(archive, path.name)
        except ZIP_ERRORS as error:
            raise DataError(
                f"Expected a zip archive, but {path.name} is empty, cut off or something else; "
                "create the archive again, or unpack it and use the folder."
            ) from error
        yield listing


def _list_folder(root: Path) -> Listing:
    listing = Listing()
    for folder, subfolders, files in os.walk(root, onerror=_cannot_open):
        subfolders.sort()
        for name in [s for s in subfolders if os.path.islink(os.path.join(folder, s))]:
            listing.skip("links to other folders", name)
        for name in files:
            _add_file(listing, root, Path(folder, name))
        if len(listing.entries) > MAX_FILES:
            raise _too_many(root.name)
    listing.entries.sort(key=lambda entry: entry.parts)
    return listing


def _cannot_open(error: OSError) -> None:
    name = Path(error.filename or "").name
    raise DataError(
        f"Expected to read the folder {safe_name(name)}, but it cannot be opened "
        f"({error.strerror}); allow reading it, or move it elsewhere."
    ) from error


def _add_file(listing: Listing, root: Path, path: Path) -> None:
    parts = tuple(os.fsencode(p).decode("utf-8", "replace") for p in path.relative_to(root).parts)
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        listing.skip("links to files outside the folder", parts[-1])
        return
    try:
        status = path.stat()
    except OSError:
        listing.skip("broken links", parts[-1])
        return
    if stat.S_ISREG(status.st_mode):  # a pipe or device might never end
        listing.entries.append(Entry(parts, partial(_read_file, path)))


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UnreadableFile("no permission to read it") from error
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFile(f"larger than {MAX_FILE_BYTES >> 20} MB")
    return data


def _check_directory(path: Path) -> None:
    """Refuse a huge directory before `zipfile` reads all of it."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 65_557))  # the end record with the longest comment
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile("no end record")
    (size,) = struct.unpack_from("<I", tail, end + 12)
    if size != 0xFFFFFFFF and size > MAX_DIRECTORY_BYTES:
        raise _too_many(path.name)


def _list_zip(archive: zipfile.ZipFile, name: str) -> Listing:
    listing = Listing()
    members = [m for m in archive.infolist() if not m.is_dir()]
    if len(members) > MAX_FILES:
        raise _too_many(name)
    budget = [MAX_TOTAL_BYTES]
    for member in members:
        parts = _member_parts(member)
        if not parts:
            listing.skip("names that point outside the archive", member.filename)
        elif member.file_size > MAX_FILE_BYTES:
            listing.skip(f"larger than {MAX_FILE_BYTES >> 20} MB", parts[-1])
        elif _ratio(member) > MAX_RATIO and member.file_size > RATIO_FROM:
            listing.skip(f"unpack to more than {MAX_RATIO} times their size", parts[-1])
        else:
            read = partial(_read_member, archive, member, budget)
            listing.entries.append(Entry(parts, read))
    listing.entries.sort(key=lambda entry: entry.parts)
    return listing


def _ratio(member: zipfile.ZipInfo) -> float:
    return member.file_size / max(member.compress_size, 1)


def _member_parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return a member's name as folders and file, or () if it is absolute or contains `..`."""
    name = member.filename
    if not member.flag_bits & 0x800:  # not marked as UTF-8, although macOS and Linux write UTF-8
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    climbs = ".." in parts or name.startswith("/") or name[1:2] == ":"
    return () if climbs else parts


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: list[int]) -> bytes:
    try:
        with archive.open(member) as file:
            data = file.read(MAX_FILE_BYTES + 1)  # the declared size may be wrong
    except ZIP_ERRORS as error:
        locked = member.flag_bits & 1
        raise UnreadableFile("protected by a password" if locked else "damaged") from error
    budget[0] -= len(data)
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFile(f"larger than {MAX_FILE_BYTES >> 20} MB")
    if budget[0] < 0:
        raise DataError(
            f"Expected at most {MAX_TOTAL_BYTES >> 30} GB of pictures in an archive, found more; "
            "unpack it and use a folder with some of them."
        )
    return data


def _too_many(name: str) -> DataError:
    return DataError(
        f"Expected at most {MAX_FILES:,} files, found more in {name}; "
        "use a folder with some of them."
    )
