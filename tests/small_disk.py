"""Disks that are full or read-only, where the system lets a test make them."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

BLOCK = 4096  # bytes; what such a disk gives out at a time


@contextlib.contextmanager
def small_disk(folder: Path, options: str = "size=1m") -> Iterator[Path]:
    """An empty file system in memory, mounted on a new folder for the length of a block.

    Args:
        folder: where; made here.
        options: of a Linux tmpfs, such as its size.
    """
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder.mkdir(parents=True)
    try:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no mount: {error}")
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        if subprocess.run(["umount", str(folder)], capture_output=True).returncode:
            subprocess.run(["umount", "-l", str(folder)], check=True)  # a process is still in it


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write in a folder for the length of a block.

    For root, for whom permissions do not count, the folder is mounted on itself, read-only.
    """
    if os.geteuid() != 0:
        with _unwritable(folder):
            yield
        return
    for command in (
        ["mount", "--bind", str(folder), str(folder)],
        ["mount", "-o", "remount,ro,bind", str(folder)],
    ):
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting is not permitted here, and root may write everywhere")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def _unwritable(folder: Path) -> Iterator[None]:
    """Take the permission to write from a folder and all below."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill a small disk to the last block but for `leave` bytes; returns the file that does it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(BLOCK)) == BLOCK:
            pass
    size = path.stat().st_size - leave
    os.truncate(path, max(size - size % BLOCK, 0))
    return path


def room(folder: Path) -> int:
    """Free bytes."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
