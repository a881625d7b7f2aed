"""What a table says about each run, read again only when a file of the run has changed."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simclr_core.base.errors import LabError
from simclr_core.feed.scores import Score, final_score
from simclr_core.runs import states, summary
from simclr_core.runs.record import data_of, group
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.validation import number
from simclr_core.settings.config import RunConfig


@dataclass(frozen=True)
class Row:
    """A run as the table shows it."""

    run: Run
    name: str
    state: str
    message: str
    created: float  # seconds since 1970
    queued: float  # when it was queued
    started: float  # when its turn came; 0 if not known
    config: RunConfig | None  # None if it cannot be read
    data: str  # name of the data set
    image_size: int  # pixels per side of the pictures that the network takes; 0 if not known
    words: tuple[str, ...]  # views, and what differs from the preset
    preset: str
    score: Score | None  # in the final test; None before
    step: int
    steps: int
    seconds: float  # training time used
    budget: float  # training time asked for
    is_timed: bool  # whether the number of steps came from that time
    slot: str  # device that was asked for
    device: str  # device that it got; empty if not known
    machine: str  # that device in words; empty if not known
    left: float | None
    attempt: int
    ended: float  # when the final scores were written; 0 before
    request: str | None = None  # "pause" or "stop" where that was asked for and is not done yet

    @property
    def overhead(self) -> float | None:
        """Return the seconds beside training: starting, compiling, evaluating; None if unknown."""
        if self.state != states.FINISHED or self.attempt > 1 or not self.ended:
            return None
        begun = self.started or max(self.created, self.queued)  # old runs do not say the former
        rest = self.ended - begun - self.seconds
        return rest if 0 < rest < 120 else None  # more: it was queued, or evaluated again later


def rows(store: RunStore) -> list[Row]:
    """Return all runs, newest first, then those that ship with the app.

    Raises:
        LabError: the folder of runs cannot be read.
    """
    own = sorted(map(row, store.found()), key=lambda r: (-r.created, r.run.id))
    return [*own, *map(row, store.shipped())]


def rows_by_id(store: RunStore) -> dict[str, Row]:
    """Return all runs by their ids, in the order of `rows`. Raises LabError as `rows` does."""
    return {one.run.id: one for one in rows(store)}


def row(run: Run) -> Row:
    """Return a run's row, as new as the files of the run."""
    stamps = tuple(map(_stamp, _files(run)))
    known = _read(run.path, stamps)
    if known.state in states.GOING:
        if not run.alive:
            return replace(known, state=run.state)  # read again: it may have ended in between
        return replace(known, request=run.requested(known.attempt))
    return known


def _files(run: Run) -> tuple[Path, ...]:
    """Return the files that a row is read from; the final scores come last."""
    return run.config_path, run.status_path, run.label_path, run.evaluation_path


def queued_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the queue: the runs that wait, next one first."""
    queued = [r for r in rows if r.state == states.QUEUED]
    return sorted(queued, key=lambda r: (r.queued or r.created, r.run.id))


def size(run: Run) -> int:
    """Return the bytes on disk, counted again only when files came or went."""
    kept = (run.snapshots_folder, run.coordinates_folder, run.checkpoint_path)
    stamps = tuple(map(_stamp, (*_files(run), *kept)))
    return _size(run.path, stamps)


@functools.lru_cache(maxsize=2000)
def _size(path: Path, stamps: tuple[int, ...]) -> int:
    try:
        return Run(path).size()
    except OSError:  # files go while they are counted
        return 0


@functools.lru_cache(maxsize=4000)
def _read(path: Path, stamps: tuple[int, ...]) -> Row:
    run = Run(path)
    status = run.status
    record, known, evaluation, words = _contents(run)
    config, data = group(record, "config"), data_of(record)
    training, source = group(config, "training"), group(config, "data")
    return Row(
        run=run,
        name=run.name,
        state=str(status["state"]),
        message=str(status.get("message") or ""),
        created=run.created,
        queued=number(status.get("queued")) or 0.0,
        started=number(status.get("started")) or 0.0,
        config=known,
        data=data.name or Path(str(source.get("source") or "–")).name,
        image_size=data.image_size or (known.data.image_size if known else 0),
        words=tuple(words),
        preset=str(config.get("preset") or ""),
        score=final_score(evaluation, data),
        step=int(number(status.get("step")) or 0),
        steps=int(number(status.get("steps")) or 0),
        seconds=number(status.get("seconds")) or 0.0,
        budget=number(training.get("seconds")) or 60.0,
        is_timed=record.get("steps_from") == "seconds",
        slot=str(training.get("device") or "auto"),
        device=str(status.get("slot") or ""),
        machine=str(status.get("device") or ""),
        left=number(status.get("seconds_left")),
        attempt=int(number(status.get("attempt")) or 0),
        ended=stamps[3] / 1e9,
    )


def _contents(
    run: Run,
) -> tuple[dict[str, Any], RunConfig | None, dict[str, Any], list[str]]:
    """Return record, settings, scores and settings in words, as far as they can be read."""
    record: dict[str, Any] = {}
    config: RunConfig | None = None
    evaluation: dict[str, Any] = {}
    words: list[str] = []
    try:
        record = run.record
        config = run.config
        evaluation = run.evaluation() or {}
        data = data_of(record)
        words = summary.settings_words(config, data.kind)
        if data.is_recorded:
            words = ["trained elsewhere"]
    except LabError:
        pass  # the row's state says that the run is damaged, and its message says how
    return record, config, evaluation, words


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
