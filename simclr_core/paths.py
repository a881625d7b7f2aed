"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path


def expanded(path: str | Path) -> Path:
    """A path whose `~` or `~user` is that home folder; as it is if nobody knows such a user."""
    try:
        return Path(path).expanduser()
    except (RuntimeError, ValueError):  # also a name that no system can hold
        return Path(path)
