"""Where things are: the project's own folders, the cache, and paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PROJECT = Path(__file__).resolve().parents[2]  # holds simclr_core: `python -m` works from there
ASSETS = PROJECT / "assets"


def expanded(path: str | Path) -> Path:
    """Return a path with `~` or `~user` replaced by that home folder.

    A path whose user is unknown comes back as it is.
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, ValueError):  # also a name that no system can hold
        return Path(path)


def cache_dir() -> Path:
    """Return the folder for data sets made or fetched once; SIMCLR_LAB_CACHE overrides it."""
    given = os.environ.get("SIMCLR_LAB_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("simclr-lab"))


def safe_name(name: str) -> str:
    """Return a name fit for one line of text: no control characters, at most 60 characters."""
    shown = "".join(c if c.isprintable() else "?" for c in name)
    return shown if len(shown) <= 60 else f"{shown[:28]}…{shown[-28:]}"
