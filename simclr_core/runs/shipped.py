"""The runs that ship with the app, so that every page has something real to show from the start.

    assets/recorded/<id>/    a run folder as its worker left it, without what only a worker needs

`scripts/make_demo.py` makes them. `install` copies them beside the user's runs, where questions to
them can be answered like those to any run; nothing else in them ever changes.
"""

from __future__ import annotations

import filecmp
import shutil
import tempfile
from pathlib import Path

from ..base.files import writing
from ..base.paths import ASSETS
from .layout import CONFIG, SHIPPED
from .run import Run
from .store import RunStore

FOLDER = ASSETS / "recorded"
FIRST, PLAIN = "strong-views", "no-colour"  # ids: with colour distortion, and the same without


def originals() -> list[Run]:
    """Return the shipped runs where the app has them; they can be read, and nothing else."""
    return [Run(FOLDER / name) for name in (FIRST, PLAIN)]


def install(store: RunStore, folder: Path = FOLDER) -> list[Run]:
    """Copy the shipped runs that a store lacks, or has from an older version of the app.

    Args:
        store: the user's runs.
        folder: where the shipped runs are.

    Returns:
        The runs, in the order in which they were recorded.

    Raises:
        LabError: the disk is full, or nobody may write in the folder of runs.
    """
    place = store.root / SHIPPED
    with writing(place):
        place.mkdir(parents=True, exist_ok=True)
        for source in sorted(path for path in folder.glob("*") if (path / CONFIG).is_file()):
            if not _is_current(source, place / source.name):
                _replace(source, place)
    return store.shipped()


def _is_current(source: Path, copy: Path) -> bool:
    try:
        return filecmp.cmp(source / CONFIG, copy / CONFIG, shallow=False)
    except OSError:  # there is no copy yet
        return False


def _replace(source: Path, place: Path) -> None:
    """Copy a run aside, then put it in the place of an older copy."""
    aside = Path(tempfile.mkdtemp(prefix=".", dir=place))
    try:
        shutil.copytree(source, aside / source.name)
        made = Run(aside / source.name)
        made.lock_path.touch()
        shutil.rmtree(place / source.name, ignore_errors=True)
        made.path.rename(place / source.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
