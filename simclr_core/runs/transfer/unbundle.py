"""A run that was downloaded as a zip comes back in, on this machine or another.

Of the zip only files with a name that a run folder has are taken, within the limits of `archives`;
nothing in it is run, and arrays are read without pickles, as everywhere.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from pathlib import Path

from ...base.errors import DataError, LabError, RunDamaged
from ...base.files import parse, read_json, writing
from ...base.progress import Progress, no_progress
from ...data.readers.archives import MAX_FILE_BYTES, Entry, UnreadableFile, open_listing
from .. import states
from ..layout import CONFIG, is_bundled
from ..run import Run
from ..store import RunStore

_ID = re.compile(r"[0-9a-z][0-9a-z_-]{0,63}")


def import_run(
    path: Path | str, store: RunStore | None = None, progress: Progress = no_progress
) -> Run:
    """Put the run of a zip among the others.

    Args:
        path: a zip as "Download as zip" or `bundle` makes it.
        store: where runs lie; None takes the app's.
        progress: receives the share done, and words; it may end the import before a run is there.

    Returns:
        The run. It keeps its id unless another run has it. One that was training or waiting when
        it was downloaded reads as stopped.

    Raises:
        DataError: the file is no such zip.
        LabError: the run cannot be written.
    """
    path, store = Path(path), store or RunStore()
    if not path.is_file():
        raise DataError(f"Expected the zip of a run at {path}, found no file; check the name.")
    aside = store.root / f".import-{secrets.token_hex(4)}"
    try:
        with open_listing(path) as listing:
            lost = [n for names in listing.skipped.values() for n in names if _is_known(n)]
            if lost:
                raise DataError(
                    f"Expected files of at most {MAX_FILE_BYTES // 2**20} MB in {path.name}, found "
                    f"{lost[0]}, which cannot be taken; copy the run's folder instead."
                )
            name, entries = _run_in(listing.entries, path)
            with writing(aside):
                Run(aside).make_folders()
                for place, (inside, entry) in enumerate(entries.items()):
                    progress(place / len(entries), f"unpacking {len(entries):,} files")
                    (aside / inside).write_bytes(_bytes(entry, path))
        _settle(Run(aside), path)
        return _place(store, aside, name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _run_in(entries: list[Entry], path: Path) -> tuple[str, dict[str, Entry]]:
    """Return the run's id, and its files by their names inside the run folder."""
    tops = {entry.parts[0] for entry in entries if len(entry.parts) > 1}
    files = {"/".join(entry.parts[1:]): entry for entry in entries if len(entry.parts) > 1}
    known = {name: entry for name, entry in files.items() if is_bundled(name)}
    if len(tops) != 1 or CONFIG not in known:
        raise DataError(
            f"Expected the zip of one run, with its {CONFIG}, found something else in "
            f"{path.name}; download the run again on the Runs page."
        )
    return tops.pop(), known


def _is_known(name: str) -> bool:
    """Return whether a name in a zip is that of a file of a run."""
    return is_bundled(name.partition("/")[2])


def _bytes(entry: Entry, path: Path) -> bytes:
    try:
        return entry.read()
    except UnreadableFile as error:
        raise DataError(
            f"Expected a whole zip, but {entry.name} in {path.name} cannot be read ({error}); "
            "download the run again."
        ) from error


def _settle(run: Run, path: Path) -> None:
    """Check that the settings can be read; what was going on has stopped."""
    try:
        _ = run.config
        status = read_json(run.status_path) or {}
        parse(run.config_path.read_bytes())
    except (RunDamaged, ValueError) as error:
        raise DataError(f"Expected a run in {path.name}: {error}") from error
    if status.get("state") not in states.ENDED:
        run.write_status(state=states.STOPPED, phase="", message="It came from a zip.")


def _place(store: RunStore, aside: Path, name: str) -> Run:
    """Give the folder a name that no other run has."""
    wanted = [name] if _ID.fullmatch(name) else []
    for run_id in [*wanted, *(secrets.token_hex(2) for _ in range(50)), secrets.token_hex(8)]:
        goal = store.root / run_id
        try:
            with writing(goal):
                goal.mkdir()  # fails if another run has it
        except LabError:
            if goal.exists():
                continue
            raise
        with writing(goal):
            os.replace(aside, goal)  # onto an empty folder
            Run(goal).lock_path.touch()  # last: without it a folder is not a run
        return Run(goal)
    raise LabError(f"Expected a free name for a run in {store.root}, found none.")
