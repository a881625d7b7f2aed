"""One run: what its folder says now, whoever wrote it (see `runs` for the files).

A state is told from status.json and from the lock, so that it is true after `kill -9` as well.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ConfigError, RunBusy, RunDamaged, RunError
from ..base.files import read_json, read_lines, read_npz, write_json
from ..base.locks import is_locked, try_lock
from ..settings import config as settings
from . import validation
from .states import DAMAGED, FINISHED, INTERRUPTED, QUEUED, RUNNING, STARTING, STATES, a_run

FORMAT = 1  # of the run folder; a reader refuses what is newer
FOLDERS = ("snapshots", "coordinates")  # inside a run folder

NAME_LENGTH = 80  # characters of a name that are kept
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
Check = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Run:
    """One run folder; every property reads the disk, so it is as true as the disk."""

    path: Path

    @property
    def id(self) -> str:
        """The folder's name, for example 4f2a."""
        return self.path.name

    @property
    def record(self) -> dict[str, Any]:
        """config.json: `config`, `created`, and what the worker added (`data`, `versions`, ...).

        Raises:
            RunDamaged: the file is missing, unreadable or of a newer format.
        """
        record = read_json(self.path / "config.json")
        if record is None:
            raise RunDamaged(
                f"Run {self.id}: expected a file config.json, found none; "
                "restore it from a copy, or delete the run."
            )
        if not isinstance(record.get("format"), int) or record["format"] > FORMAT:
            raise RunDamaged(
                f"Run {self.id}: expected a folder of format {FORMAT} or older, found "
                f"{record.get('format')!r}; open it with a newer SimCLR Lab."
            )
        return validation.record(record)

    @property
    def config(self) -> settings.RunConfig:
        """The run's settings.

        Raises:
            RunDamaged: config.json cannot be read, or holds settings that are not known.
        """
        return self._config_of(self.record)

    def _config_of(self, record: dict[str, Any]) -> settings.RunConfig:
        try:
            return _parsed(json.dumps(record.get("config")))
        except ConfigError as error:
            raise RunDamaged(
                f"Run {self.id}: expected settings that this SimCLR Lab knows in config.json; "
                f"{str(error).rstrip('.')}; restore the file from a copy, or delete the run."
            ) from error

    @property
    def alive(self) -> bool:
        """Whether a worker holds the run."""
        return is_locked(self.path / "lock")

    @property
    def status(self) -> dict[str, Any]:
        """status.json with a `state` that is true now (see the module's docstring).

        A run folder that cannot be read has the state `damaged` and a `message` that says why.
        """
        try:
            alive = self.alive
            status = read_json(self.path / "status.json")
            if alive != self.alive:  # it began or ended between the two reads
                alive, status = self.alive, read_json(self.path / "status.json")
            _ = self.config
            if status is None:
                self._refuse_trained()
                status = {"state": QUEUED}
            if status.get("state") not in STATES:
                raise RunDamaged(
                    f"Run {self.id}: expected a state such as {QUEUED} or {FINISHED} in "
                    f"status.json, found {status.get('state')!r}; delete the run, or open it "
                    "with a newer SimCLR Lab."
                )
        except (RunDamaged, OSError) as error:
            return {"state": DAMAGED, "message": str(error)}
        if not alive and status.get("state") in (STARTING, RUNNING):
            status["state"] = INTERRUPTED
        return validation.status(status)

    def _refuse_trained(self) -> None:
        """A new run has no status yet; one that has trained has lost its own.

        Raises:
            RunDamaged: there are files that only a worker writes.
        """
        if any((self.path / name).exists() for name in ("probe.npz", "metrics.jsonl")):
            raise RunDamaged(
                f"Run {self.id}: expected a file status.json, found none; "
                "restore it from a copy, or delete the run."
            )

    @property
    def state(self) -> str:
        """One of `states.STATES`."""
        return str(self.status["state"])

    @property
    def label(self) -> dict[str, Any]:
        """What people wrote about the run: `name`."""
        try:
            label = read_json(self.path / "label.json") or {}
        except RunDamaged:
            return {}
        name = label.get("name")
        return {**label, "name": _shown(name)} if isinstance(name, str) else label

    @property
    def name(self) -> str:
        """The run's name, or its id if it has none."""
        return str(self.label.get("name") or self.id)

    def rename(self, name: str) -> None:
        """Give the run a name; at most `NAME_LENGTH` characters are kept.

        Raises:
            LabError: the name cannot be written.
        """
        write_json(self.path / "label.json", {**self.label, "name": _shown(name)})

    def metrics(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Rows of metrics.jsonl from a byte offset, and the next offset."""
        rows, offset = read_lines(self.path / "metrics.jsonl", offset)
        return validation.rows(rows), offset

    def snapshot_rows(self) -> list[dict[str, Any]]:
        """Rows of snapshots.jsonl: step, seconds and the scores of the probe set."""
        return validation.rows(read_lines(self.path / "snapshots.jsonl")[0])

    def snapshot_steps(self) -> list[int]:
        """Steps that have a snapshot on disk, ascending."""
        return _steps(self.path / "snapshots", r"(\d+)\.npz")

    def snapshot(self, step: int) -> dict[str, np.ndarray]:
        """h (P,D), z (P,d), h_views (P,2,D), z_views (P,2,d), float32."""
        return self._arrays(f"snapshots/{step:08d}.npz", validation.snapshot)

    def probe(self) -> dict[str, np.ndarray]:
        """images (P,S,S,3) uint8, indices (P,), labels (P,) if any, factor__<name> (P,)."""
        return self._arrays("probe.npz", validation.probe, "images", "indices")

    def coordinate_steps(self, method: str) -> list[int]:
        """Steps that have coordinates by `method` ("pca" or "umap"), ascending."""
        return _steps(self.path / "coordinates", rf"{method}-(\d+)\.npz")

    def coordinates(self, method: str, step: int) -> dict[str, np.ndarray]:
        """xy (P,2) float32, preservation () float32 (NaN: not known), seconds ()."""
        return self._arrays(f"coordinates/{method}-{step:08d}.npz", validation.coordinates, "xy")

    def _arrays(self, name: str, check: Check, *wanted: str) -> dict[str, np.ndarray]:
        """The arrays of a file of the folder.

        Raises:
            RunDamaged: it is missing, cannot be read, or holds others than it should.
        """
        found = read_npz(self.path / name, *wanted)
        try:
            return check(found)
        except ValueError as error:
            raise RunDamaged(
                f"Run {self.id}, {name}: expected {error}; "
                "restore the file from a copy, or delete the run."
            ) from error

    def evaluation(self) -> dict[str, Any] | None:
        """The final figures, None before they are there."""
        return read_json(self.path / "evaluation.json")

    def request(self, what: str) -> None:
        """Ask the present attempt to pause or stop; the worker obeys within one batch.

        Raises:
            RunError: the run is not running.
        """
        status = self.status
        if status["state"] not in (STARTING, RUNNING):
            raise RunError(
                f"Run {self.id}: expected a running run, found {a_run(status['state'])}; "
                f"there is nothing to {what}."
            )
        control = {"request": what, "attempt": status.get("attempt", 0)}
        write_json(self.path / "control.json", control)

    def requested(self, attempt: int) -> str | None:
        """What was asked of this attempt: "pause", "stop" or None."""
        try:
            control = read_json(self.path / "control.json") or {}
        except RunDamaged:
            return None
        found = control.get("request") if control.get("attempt") == attempt else None
        return found if found in ("pause", "stop") else None

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for folder, _, names in os.walk(self.path):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # replaced or thinned meanwhile
                    total += os.stat(os.path.join(folder, name)).st_size
        return total

    def take(self) -> int:
        """Take the run's lock; close the returned descriptor to release it.

        Raises:
            RunBusy: another process holds it.
            RunError: the folder is gone, or nobody may write in it.
        """
        handle = try_lock(self.path / "lock")
        if handle is None and not self.path.exists():
            raise RunError(f"Run {self.id}: expected its folder, found it gone; see `list`.")
        if handle is None:
            raise RunBusy(f"Run {self.id} is held by a running worker; pause or stop it first.")
        return handle

    def write_status(self, **changes: Any) -> None:
        """Merge changes into status.json. Only the holder of the lock may call this."""
        status = read_json(self.path / "status.json") or {}
        write_json(self.path / "status.json", {**status, **changes, "updated": time.time()})


def _shown(name: str) -> str:
    """A name in one line of at most `NAME_LENGTH` letters; what no page can show is replaced."""
    words = " ".join(name.split())[:NAME_LENGTH]
    return "".join("\ufffd" if _unfit(letter) else letter for letter in words)


def _unfit(letter: str) -> bool:
    """Control characters, halves of letters, and what turns the direction of writing round."""
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in _DIRECTIONS


@functools.lru_cache(maxsize=1000)
def _parsed(text: str) -> settings.RunConfig:
    """Settings from JSON; a status is asked for often, its settings change once."""
    return settings.from_dict(settings.RunConfig, json.loads(text))


def _steps(folder: Path, pattern: str) -> list[int]:
    names = (re.fullmatch(pattern, p.name) for p in folder.glob("*.npz"))
    return sorted(int(match[1]) for match in names if match)
