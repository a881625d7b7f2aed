"""Folders and zips of a user as lists of files that can be read one by one, within limits.

Nothing is ever written to a disk, so a name inside an archive is only a name: it sorts pictures
into classes and appears in notes, but never becomes a path.
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
MAX_FILE_BYTES = 128 * 2**20  # of one file, unpacked
MAX_TOTAL_BYTES = 16 * 2**30  # of all files, unpacked
MAX_RATIO = 200  # unpacked to packed; pictures are packed already and stay near 1
RATIO_FROM = 2**20  # smaller files may have any ratio
MAX_DIRECTORY_BYTES = 32 * 2**20  # of a zip's table of contents, which is read at once

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # encrypted; NotImplementedError (a packing Python lacks) is one too
    struct.error,
)


class UnreadableFile(Exception):
    """Why a file is left out, in a few words."""


class Entry(NamedTuple):
    """A file: where it lies inside the folder or zip, and how to get its bytes."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]  # raises UnreadableFile

    @property
    def name(self) -> str:
        return "/".join(self.parts)


@dataclass
class Listing:
    """The files of a folder or zip, in the order of their names.

    Attributes:
        entries: what may be read.
        skipped: reason -> names, of what is not to be read at all.
    """

    entries: list[Entry] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, name: str) -> None:
        self.skipped.setdefault(reason, []).append(name)


@contextlib.contextmanager
def open_listing(path: Path) -> Iterator[Listing]:
    """List a folder or zip; its entries can be read inside the `with` block.

    Raises:
        DataError: it cannot be opened, or holds more than the limits allow.
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
                f"Expected a zip archive, found that {path.name} is empty, cut off or something "
                "else; make the archive again, or unpack it and give the folder."
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
        f"Expected to read the folder {safe_name(name)}, found that it cannot be opened "
        f"({error.strerror}); allow reading it, or take it away."
    ) from error


def _add_file(listing: Listing, root: Path, path: Path) -> None:
    parts = tuple(os.fsencode(p).decode("utf-8", "replace") for p in path.relative_to(root).parts)
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        listing.skip("links out of the folder", parts[-1])
        return
    try:
        status = path.stat()
    except OSError:
        listing.skip("links to nothing", parts[-1])
        return
    if stat.S_ISREG(status.st_mode):  # a pipe or device would block or never end
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
    """Refuse a huge table of contents before `zipfile` reads all of it."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 65_557))  # the end record and the longest comment
        tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) < found + 22:
        raise zipfile.BadZipFile("no end record")
    (size,) = struct.unpack_from("<I", tail, found + 12)
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
            listing.skip("names that point out of the archive", member.filename)
        elif member.file_size > MAX_FILE_BYTES:
            listing.skip(f"larger than {MAX_FILE_BYTES >> 20} MB", parts[-1])
        elif _ratio(member) > MAX_RATIO and member.file_size > RATIO_FROM:
            listing.skip(f"unpack to over {MAX_RATIO} times their size", parts[-1])
        else:
            read = partial(_read_member, archive, member, budget)
            listing.entries.append(Entry(parts, read))
    listing.entries.sort(key=lambda entry: entry.parts)
    return listing


def _ratio(member: zipfile.ZipInfo) -> float:
    return member.file_size / max(member.compress_size, 1)


def _member_parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """A member's name as folders and file, or () if it is absolute or climbs."""
    name = member.filename
    if not member.flag_bits & 0x800:  # not marked as UTF-8, though macOS and Linux tools write it
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    climbs = ".." in parts or name.startswith("/") or name[1:2] == ":"
    return () if climbs else parts


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: list[int]) -> bytes:
    try:
        with archive.open(member) as file:
            data = file.read(MAX_FILE_BYTES + 1)  # what is unpacked counts, not what is declared
    except ZIP_ERRORS as error:
        locked = member.flag_bits & 1
        raise UnreadableFile("locked by a password" if locked else "damaged") from error
    budget[0] -= len(data)
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFile(f"larger than {MAX_FILE_BYTES >> 20} MB")
    if budget[0] < 0:
        raise DataError(
            f"Expected at most {MAX_TOTAL_BYTES >> 30} GB of pictures in an archive, found more; "
            "unpack it and give a folder with a part of them."
        )
    return data


def _too_many(name: str) -> DataError:
    return DataError(
        f"Expected at most {MAX_FILES:,} files, found more in {name}; "
        "give a folder with a part of them."
    )
