"""How much memory a new process of this machine, or of this container, could take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil


def available() -> float:
    """Return the bytes that a new process of this machine, or of this container, could take now."""
    free = float(psutil.virtual_memory().available)
    for folder, limit, used, cached in _groups():
        most, taken = _number(folder / limit), _number(folder / used)
        if most is not None and taken is not None:
            free = min(free, max(most - taken + _row(folder / "memory.stat", cached), 0.0))
    return free


SYSTEM = Path("/")  # where the kernel's files are

# Of a control group's memory, by version: where groups are, the files of its limit and of what is
# used, and the row of its statistics with the part of that which are copies of files, which the
# system frees at once.
_VERSIONS = {
    "0": ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    "memory": (
        "sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
}


def _groups() -> Iterator[tuple[Path, str, str, str]]:
    """Yield the folders of this process's control groups, up to the outermost, and their files.

    Inside a container, the outermost one that can be seen is that of the container.
    """
    for key, (root, *files) in _VERSIONS.items():
        top = SYSTEM / root
        own = top / _own_group(key).lstrip("/")
        for folder in (own, *own.parents):
            if folder.is_relative_to(top):
                yield folder, *files  # type: ignore[misc]


def _own_group(key: str) -> str:
    """Return this process's group, from lines of number, controllers and path; "/" if not known."""
    try:
        lines = (SYSTEM / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return "/"
    for number, controllers, path in (line.split(":", 2) for line in lines if line.count(":") > 1):
        if (key == number == "0" and not controllers) or key in controllers.split(","):
            return path
    return "/"


def _row(path: Path, name: str) -> float:
    """Return a number from lines of a name and a number; 0 if it is not there."""
    try:
        rows = dict(line.split(" ", 1) for line in path.read_text().splitlines())
        return float(rows.get(name, 0.0))
    except (OSError, ValueError):
        return 0.0


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):  # no container, or "max": no limit
        return None
