"""A folder of run folders: list, find, create and delete runs."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from ..base.errors import ConfigError, LabError, RunError
from ..base.files import writing
from ..base.paths import expanded
from ..settings.config import RunConfig, to_dict
from .layout import SHIPPED
from .run import FORMAT, Run

_ID = re.compile(r"[0-9a-z][0-9a-z_-]{0,63}")


class RunStore:
    """A folder of run folders."""

    def __init__(self, root: Path | str | None = None, make: bool = True) -> None:
        """Open a folder of runs.

        Args:
            root: the folder; None takes `runs_dir()`.
            make: the folder if it is not there; else it then reads as an empty one.

        Raises:
            ConfigError: it cannot be made, is no folder, or begins with an unknown ~user.
        """
        self.root = expanded(root or runs_dir())
        if str(self.root).startswith("~"):
            raise ConfigError(
                f"Expected a folder for runs at {self.root}, found no user of that name; "
                "choose another with --runs or SIMCLR_LAB_RUNS."
            )
        try:
            if make or _is_there(self.root):
                self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Expected a folder for runs at {self.root}, which cannot be made "
                f"({error.strerror}); choose another with --runs or SIMCLR_LAB_RUNS."
            ) from error

    def __iter__(self) -> Iterator[Run]:
        """Yield all runs, oldest first.

        Raises:
            LabError: the folder may not be read.
        """
        return iter(sorted(self.found(), key=lambda run: (run.created, run.id)))

    def found(self) -> list[Run]:
        """Return all runs in any order. A folder whose name is no run's id is none, such as a copy.

        Raises:
            LabError: the folder may not be read.
        """
        return _runs_in(self.root)

    def shipped(self) -> list[Run]:
        """Return the runs that ship with the app, once `shipped.install` has brought them.

        Raises:
            LabError: the folder may not be read.
        """
        return sorted(_runs_in(self.root / SHIPPED), key=lambda run: (run.created, run.id))

    def get(self, run_id: str) -> Run:
        """Return the run of an id, or of an unambiguous beginning of one.

        Raises:
            RunError: there is none, or more than one.
        """
        everything = (*self, *self.shipped())
        runs = [run for run in everything if run.id.startswith(run_id)] if run_id else []
        exact = [run for run in runs if run.id == run_id]
        if len(exact or runs) != 1:
            known = "none" if not runs else f"{len(runs)}: {', '.join(r.id for r in runs[:5])}"
            raise RunError(f"Expected one run named {run_id!r}, found {known}; see `list`.")
        return (exact or runs)[0]

    def create(
        self,
        config: RunConfig,
        name: str = "",
        state: str = "",
        fill: Callable[[Run], None] | None = None,
    ) -> Run:
        """Make the folder of a new run, queued.

        Args:
            config: all settings.
            name: for people; may be empty.
            state: of a run that is not to be started here, such as `RUNNING` elsewhere.
            fill: puts more into the folder before anybody sees a run in it.

        Returns:
            The run. Without a state it waits until `launch.advance` starts it.

        Raises:
            LabError: the disk is full, or nobody may write in the folder of runs.
        """
        path = self._new_folder()
        try:
            self._fill(Run(path), config, name, state, fill)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return Run(path)

    def _fill(
        self,
        run: Run,
        config: RunConfig,
        name: str,
        state: str,
        more: Callable[[Run], None] | None,
    ) -> None:
        """Put into a new folder what makes it a run."""
        with writing(run.path):
            run.make_folders()
        record = {"format": FORMAT, "created": time.time(), "config": to_dict(config)}
        run.write_record(record)
        if name.strip():
            run.rename(name)
        if state:
            run.write_status(state=state)
        if more:
            more(run)
        with writing(run.lock_path):
            run.lock_path.touch()  # last: a folder without it is not a run yet

    def delete(self, run: Run) -> None:
        """Remove a run's folder.

        Raises:
            RunBusy: it is running.
            RunError: it is gone already, or nobody may write in the folder of runs.
        """
        handle = run.take()
        try:
            trash = self.root / f".deleted-{run.id}-{secrets.token_hex(4)}"
            with writing(run.path):
                os.replace(run.path, trash)  # at once, so that no reader sees half a run
            for _ in range(3):  # again if somebody was just writing a file into it
                for rest in self.root.glob(".deleted-*"):  # of an interrupted deletion as well
                    _remove(rest)
        finally:
            os.close(handle)

    def _new_folder(self) -> Path:
        """Make a new folder with a short random name."""
        for length in (2, 2, 2, 2, 3, 4, 8):
            path = self.root / secrets.token_hex(length)
            with writing(path), contextlib.suppress(FileExistsError):
                path.mkdir()
                return path
        raise RunError("Expected a free name for the run, found none; delete old runs.")


def _runs_in(folder: Path) -> list[Run]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:  # removed meanwhile, and the runs with it
        names = []
    except OSError as error:
        raise LabError(
            f"Expected a readable folder of runs at {folder}, found one that cannot be "
            f"read ({error.strerror}); choose another with --runs or SIMCLR_LAB_RUNS."
        ) from error
    runs = [Run(folder / name) for name in names if _ID.fullmatch(name)]
    return [r for r in runs if os.path.exists(r.lock_path)]  # made last


def _is_there(path: Path) -> bool:
    """Return whether something has this path. Raises OSError if nothing can, or nobody may look."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _remove(path: Path) -> None:
    """Remove a folder as far as possible; of a link to one, the link alone."""
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def runs_dir() -> Path:
    """Return the default folder of runs: SIMCLR_LAB_RUNS, or one in the user's data folder."""
    chosen = os.environ.get("SIMCLR_LAB_RUNS")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("simclr-lab")) / "runs"
