"""Folders of the project, the cache folder, and paths as users write them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PROJECT = Path(__file__).resolve().parents[2]  # contains simclr_core, so `python -m` works there
ASSETS = PROJECT / "assets"


def expanded(path: str | Path) -> Path:
    """Return a path with `~` or `~user` replaced by that home folder.

    A path with an unknown user is returned unchanged.
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, ValueError):  # ValueError: a name that no system allows
        return Path(path)


def cache_dir() -> Path:
    """Return the folder for drawn and downloaded data sets; SIMCLR_LAB_CACHE overrides it."""
    given = os.environ.get("SIMCLR_LAB_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("simclr-lab"))


def safe_name(name: str) -> str:
    """Return a name for one line of text: printable, at most 60 characters."""
    shown = "".join(c if c.isprintable() else "?" for c in name)
    return shown if len(shown) <= 60 else f"{shown[:28]}…{shown[-28:]}"
