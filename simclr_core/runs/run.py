"""One run: what its folder says now, no matter who wrote it (see `layout` for the files).

The state comes from status.json and from the lock, so that it is true after `kill -9` as well.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ConfigError, RunBusy, RunDamaged, RunError
from ..base.files import read_json, read_lines, read_npz, write_json
from ..base.locks import is_locked, try_lock
from ..settings.config import RunConfig, from_dict
from ..settings.presets import BUILT_IN_KINDS
from . import validation
from .record import Origin, RunData, created_of, data_of, group, origin_of
from .states import DAMAGED, FINISHED, GOING, QUEUED, STATES, a_run, state_now
from .writing import RunWriter

FORMAT = 1  # of the run folder; a reader refuses what is newer
NAME_LENGTH = 80  # characters of a name that are kept

Check = Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]


class Run(RunWriter):
    """One run folder; every property reads the disk, so it is as true as the disk."""

    @property
    def record(self) -> dict[str, Any]:
        """config.json as it is: `config`, `created`, and what the worker added.

        `config`, `data`, `origin` and `created` read it with types.

        Raises:
            RunDamaged: the file is missing, unreadable or of a newer format.
        """
        record = read_json(self.config_path)
        if record is None:
            raise RunDamaged(
                f"Run {self.id}: expected a file {self.config_path.name}, found none; "
                "restore it from a copy, or delete the run."
            )
        if not isinstance(record.get("format"), int) or record["format"] > FORMAT:
            raise RunDamaged(
                f"Run {self.id}: expected a folder of format {FORMAT} or older, found "
                f"{record.get('format')!r}; open it with a newer SimCLR Lab."
            )
        return record

    @property
    def config(self) -> RunConfig:
        """The run's settings.

        Raises:
            RunDamaged: config.json cannot be read, or holds unknown settings.
        """
        try:
            return _parsed(json.dumps(self.record.get("config")))
        except ConfigError as error:
            raise RunDamaged(
                f"Run {self.id}: expected settings that this SimCLR Lab knows in "
                f"{self.config_path.name}; {str(error).rstrip('.')}; "
                "restore the file from a copy, or delete the run."
            ) from error

    @property
    def data(self) -> RunData:
        """What the run records about its data; empty until its worker has read them.

        Raises:
            RunDamaged: config.json cannot be read.
        """
        return data_of(self.record)

    @property
    def is_recorded(self) -> bool:
        """Whether the run was trained elsewhere. Raises RunDamaged as `data` does."""
        return self.data.is_recorded

    @property
    def kind(self) -> str:
        """The kind of the run's pictures, "" if unknown (see `Dataset.kind`).

        Raises:
            RunDamaged: config.json cannot be read, or holds unknown settings.
        """
        return self.data.kind or BUILT_IN_KINDS.get(self.config.data.source, "")

    @property
    def origin(self) -> Origin | None:
        """Where a fork comes from; None for other runs. Raises RunDamaged as `data` does."""
        return origin_of(self.record)

    @property
    def hardware(self) -> Mapping[str, Any]:
        """The machine that trained the run. Raises RunDamaged as `data` does."""
        return group(self.record, "hardware")

    @property
    def has_found_steps(self) -> bool:
        """Whether the number of steps came from a budget of seconds or epochs.

        Raises:
            RunDamaged: config.json cannot be read.
        """
        return self.record.get("steps_from") in ("seconds", "epochs")

    @property
    def created(self) -> float:
        """When the run was made, in seconds since 1970; the folder's own time if it is damaged."""
        try:
            known = created_of(self.record)
        except RunDamaged:
            known = None
        if known is not None:
            return known
        try:
            return self.path.stat().st_mtime
        except OSError:
            return 0.0

    @property
    def created_words(self) -> str:
        """When the run was made, as local date and time to the minute."""
        return datetime.datetime.fromtimestamp(self.created).strftime("%Y-%m-%d %H:%M")

    @property
    def alive(self) -> bool:
        """Whether a worker holds the run."""
        return is_locked(self.lock_path)

    @property
    def status(self) -> dict[str, Any]:
        """Return status.json with a `state` that is true now (see the module's docstring).

        A run folder that cannot be read has the state `damaged` and a `message` that says why.
        """
        try:
            alive = self.alive
            status = read_json(self.status_path)
            if alive != self.alive:  # it began or ended between the two reads
                alive, status = self.alive, read_json(self.status_path)
            _ = self.config
            if status is None:
                self._refuse_trained()
                status = {"state": QUEUED}
            if status.get("state") not in STATES:
                raise RunDamaged(
                    f"Run {self.id}: expected a state such as {QUEUED} or {FINISHED} in "
                    f"{self.status_path.name}, found {status.get('state')!r}; delete the run, or "
                    "open it with a newer SimCLR Lab."
                )
        except (RunDamaged, OSError) as error:
            return {"state": DAMAGED, "message": str(error)}
        status["state"] = state_now(status["state"], alive)
        return validation.status(status)

    def _refuse_trained(self) -> None:
        """Refuse a run that has trained and lost its status; a new one has none yet.

        Raises:
            RunDamaged: there are files that only a worker writes.
        """
        if self.probe_path.exists() or self.metrics_path.exists():
            raise RunDamaged(
                f"Run {self.id}: expected a file {self.status_path.name}, found none; "
                "restore it from a copy, or delete the run."
            )

    @property
    def state(self) -> str:
        """One of `states.STATES`."""
        return str(self.status["state"])

    @property
    def label(self) -> dict[str, Any]:
        """label.json, which holds the `name` that someone gave the run."""
        try:
            label = read_json(self.label_path) or {}
        except RunDamaged:
            return {}
        name = label.get("name")
        return (
            {**label, "name": validation.one_line(name, NAME_LENGTH)}
            if isinstance(name, str)
            else label
        )

    @property
    def name(self) -> str:
        """The run's name, or its id if it has none."""
        return str(self.label.get("name") or self.id)

    def rename(self, name: str) -> None:
        """Give the run a name; at most `NAME_LENGTH` characters are kept.

        Raises:
            RunError: the run ships with the app.
            LabError: the name cannot be written.
        """
        self.refuse_if_shipped()
        write_json(self.label_path, {**self.label, "name": validation.one_line(name, NAME_LENGTH)})

    def metrics(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Return the rows of metrics.jsonl from a byte offset on, and the next offset."""
        rows, offset = read_lines(self.metrics_path, offset)
        return validation.rows(rows), offset

    def snapshot_rows(self) -> list[dict[str, Any]]:
        """Return the rows of snapshots.jsonl: step, seconds and the scores of the probe set."""
        return validation.rows(read_lines(self.scores_path)[0])

    def snapshot(self, step: int) -> dict[str, np.ndarray]:
        """Return h (P,D), z (P,d), h_views (P,2,D) and z_views (P,2,d), float32."""
        return self._arrays(self.snapshot_path(step), validation.snapshot)

    def probe(self) -> dict[str, np.ndarray]:
        """Return images (P,S,S,3) uint8, indices (P,), labels (P,) if any, factor__<name> (P,)."""
        return self._arrays(self.probe_path, validation.probe, "images", "indices")

    def pairs(self) -> dict[str, np.ndarray]:
        """Return what the network made of some pairs of the newest step (see `layout`)."""
        return self._arrays(self.pairs_path, validation.pairs, "step", "views", "alike", "other")

    def coordinates(self, method: str, step: int) -> dict[str, np.ndarray]:
        """Return xy (P,2) float32, preservation () float32 (NaN: not known), seconds ()."""
        return self._arrays(self.coordinates_path(method, step), validation.coordinates, "xy")

    def _arrays(self, path: Path, check: Check, *wanted: str) -> dict[str, np.ndarray]:
        """Return the arrays of a file of the folder.

        Raises:
            RunDamaged: it is missing, cannot be read, or does not hold what it should.
        """
        arrays = read_npz(path, *wanted)
        try:
            return check(arrays)
        except ValueError as error:
            raise RunDamaged(
                f"Run {self.id}, {path.relative_to(self.path).as_posix()}: expected {error}; "
                "restore the file from a copy, or delete the run."
            ) from error

    def evaluation(self) -> dict[str, Any] | None:
        """Return the final scores, None as long as there are none."""
        return read_json(self.evaluation_path)

    def request(self, what: str) -> None:
        """Ask the present attempt to pause or stop; the worker obeys within one batch.

        Raises:
            RunError: the run is not running.
        """
        status = self.status
        if status["state"] not in GOING:
            raise RunError(
                f"Run {self.id}: expected a running run, found {a_run(status['state'])}; "
                f"there is nothing to {what}."
            )
        control = {"request": what, "attempt": status.get("attempt", 0)}
        write_json(self.control_path, control)

    def requested(self, attempt: int) -> str | None:
        """Return what this attempt was asked to do: "pause", "stop" or None."""
        try:
            control = read_json(self.control_path) or {}
        except RunDamaged:
            return None
        request = control.get("request") if control.get("attempt") == attempt else None
        return request if request in ("pause", "stop") else None

    def take(self) -> int:
        """Take the run's lock and return its descriptor; closing that releases the lock.

        Raises:
            RunBusy: another process holds it.
            RunError: the folder is gone or not writable, or the run ships with the app.
        """
        self.refuse_if_shipped()
        handle = try_lock(self.lock_path)
        if handle is None and not self.path.exists():
            raise RunError(f"Run {self.id}: expected its folder, found it gone; see `list`.")
        if handle is None:
            raise RunBusy(f"Run {self.id} is held by a running worker; pause or stop it first.")
        return handle


@functools.lru_cache(maxsize=1000)
def _parsed(text: str) -> RunConfig:
    """Return settings from JSON; a status is read often, its settings change once."""
    return from_dict(RunConfig, json.loads(text))
