"""Lays out the probe set of every run of a folder, in a process of its own.

    python -m simclr_core.workers.mapper RUNS_DIR

Reads RUN/snapshots/<step>.npz, writes RUN/coordinates/umap-<step>.npz (see `coordinates`). One
process a folder of runs, as numba ends a process that two threads enter. It stays while its
standard input is open, else until nothing is left to do.

While a run trains, only its newest snapshot is laid out, and of the machine no more is taken
than `SHARE`; while it finds its pace, nothing is begun. When a run has ended, its last snapshot
is laid out at once, then what was skipped.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from ..base.errors import LabError
from ..base.locks import try_lock
from ..base.processes import be_nice, is_held, use_one_thread
from ..machine.devices import core_count
from ..measures import projection
from ..runs import states
from ..runs.run import Run
from ..runs.snapshots.coordinates import Layout, lay_out, project_run, project_step
from ..runs.store import RunStore

__all__ = ["Mapper", "main", "project_run", "rest_after", "serve"]

SHARE = 0.06  # of the machine, on average, while a run trains; the figure to reach for all is 0.1
POLL_TRAINING, POLL_IDLE = 0.5, 2.0  # seconds between looks
IDLE_END = 5.0  # seconds without work after which a process that nobody holds ends
QUEUE_END = 600.0  # the same if runs wait in the queue: somebody may still start them
NICENESS = 5  # as training has
ATTEMPTS = 2  # at a snapshot that fails
PACE_PATIENCE = 20.0  # seconds that a run may take to find its pace undisturbed
DISK_FULL_REST = 10.0  # seconds until the disk is tried again
_MEASURED = (states.COMPILING, states.PACING)


def rest_after(cpu_seconds: float, seconds: float, cores: int, share: float = SHARE) -> float:
    """Return the seconds to wait after a layout, so that it uses only a share of the machine.

    Args:
        cpu_seconds: what the layout took of the processor.
        seconds: what it took by the clock.
        cores: of the machine.
        share: of all cores together, in (0, 1].
    """
    return max(0.0, cpu_seconds / (share * cores) - seconds)


@dataclass
class _Watched:
    """What the mapper remembers of a run between two looks at it."""

    run: Run
    alive: bool = False
    just_ended: bool = False
    stamp: tuple[int, int] | None = None  # of its folders, when `missing` was read from them
    newest: int = -1  # step of the newest snapshot
    missing: list[int] = field(default_factory=list)  # steps to lay out, ascending
    served: float = 0.0  # when it was laid out last
    settled: dict[int, int] = field(default_factory=dict)  # step -> time of the file dealt with
    failures: dict[int, int] = field(default_factory=dict)  # step -> how often it failed
    trouble: str = ""  # why the folder could not be looked at

    def look(self) -> None:
        """Bring everything up to date; costs two `stat` and a lock when nothing has changed."""
        try:
            alive = self.run.alive
            self.just_ended = not alive and (self.alive or self.just_ended)
            self.alive = alive
            self._look_for_steps()
        except OSError as error:
            self.alive, self.stamp, self.missing = False, None, []
            if str(error) != self.trouble:
                _say(f"{self.run.id}: cannot be looked at. {error}")
            self.trouble = str(error)

    def _look_for_steps(self) -> None:
        stamp = _changed(self.run.snapshots_folder), _changed(self.run.coordinates_folder)
        if stamp == self.stamp:
            return
        settled = time.time_ns() - max(stamp) > 50_000_000  # file systems tick every few ms
        self.stamp = stamp if settled else None
        steps, done = self.run.snapshot_steps(), set(self.run.coordinate_steps("umap"))
        self.newest = steps[-1] if steps else -1
        self.missing = [step for step in steps if self._is_due(step, step in done)]

    def _is_due(self, step: int, done: bool) -> bool:
        """Return whether a step is due: a resumed run may write a snapshot again."""
        dealt_with = self.settled.get(step)
        return not done if dealt_with is None else dealt_with != self.file_time(step)

    def file_time(self, step: int) -> int:
        """Return when the snapshot of a step was written; 0 if it is gone."""
        return _changed(self.run.snapshot_path(step))

    @property
    def next_step(self) -> int | None:
        """The newest snapshot first; while the run is alive, nothing else."""
        if not self.missing or (self.alive and self.missing[-1] != self.newest):
            return None
        return self.missing[-1]

    @property
    def urgent(self) -> bool:
        """Whether the run has ended just now and its last snapshot is not laid out."""
        return self.just_ended and self.next_step == self.newest


class Mapper:
    """Chooses what to lay out next and does it, one snapshot a turn.

    Args:
        store: the runs.
        layout: makes the arrays of a coordinates file; see `lay_out`.
        cores: of the machine.
    """

    def __init__(self, store: RunStore, layout: Layout = lay_out, cores: int | None = None) -> None:
        self.store, self._layout, self._cores = store, layout, cores or core_count()
        self._watched: dict[str, _Watched] = {}
        self._listed = (0.0, 0)  # when the runs were listed, and the time of their folder
        self._rest_until = self._blocked_until = 0.0
        self._quiet_since: float | None = None  # since when a run has been finding its pace

    @property
    def training(self) -> bool:
        """Whether any run is alive."""
        return any(watched.alive for watched in self._watched.values())

    @property
    def pending(self) -> bool:
        """Whether there is anything to lay out."""
        return any(watched.next_step is not None for watched in self._watched.values())

    def turn(self) -> float:
        """Lay out at most one snapshot.

        Returns:
            Seconds until the next turn.
        """
        self._look()
        chosen = self._choose()
        now = time.monotonic()
        resting = self._rest_until - now
        if now < self._blocked_until or (chosen and self._must_be_quiet()):
            return self._poll()
        if chosen and (resting <= 0 or chosen.urgent or not self.training):
            self._serve(chosen)
            return 0.0
        return min(max(resting, 0.01), POLL_TRAINING) if chosen else self._poll()

    def _must_be_quiet(self) -> bool:
        """Return whether a run is finding its pace: these seconds set how long it trains."""
        living = [watched.run for watched in self._watched.values() if watched.alive]
        if not any(run.status.get("phase") in _MEASURED for run in living):
            self._quiet_since = None
            return False
        now = time.monotonic()
        self._quiet_since = self._quiet_since or now
        return now - self._quiet_since < PACE_PATIENCE

    def _poll(self) -> float:
        return POLL_TRAINING if self.training else POLL_IDLE

    def _look(self) -> None:
        """Look at living runs each time, at the others when the folder changed or time passed."""
        now, changed = time.monotonic(), _changed(self.store.root)
        if changed == self._listed[1] and now - self._listed[0] < POLL_IDLE - 0.1:
            for watched in self._watched.values():
                if watched.alive or watched.stamp is None:
                    watched.look()
            return
        self._listed = (now, changed)
        known = self._watched
        try:
            self._watched = {run.id: known.get(run.id) or _Watched(run) for run in self.store}
        except OSError:  # the folder of runs was removed meanwhile
            self._watched = {}
        for watched in self._watched.values():
            watched.look()

    def _choose(self) -> _Watched | None:
        """Choose a run: just ended, then alive (longest unserved first), then the newest."""
        ready = [watched for watched in self._watched.values() if watched.next_step is not None]
        ended = [watched for watched in ready if watched.urgent]
        alive = [watched for watched in ready if watched.alive]
        if ended or alive:
            return min(ended or alive, key=lambda watched: watched.served)
        last = [watched for watched in ready if watched.next_step == watched.newest]
        return (last or ready)[-1] if ready else None

    def _serve(self, watched: _Watched) -> None:
        step = watched.next_step
        if step is None:
            return
        began, cpu = time.monotonic(), time.process_time()
        file_time = watched.file_time(step)
        try:
            projected = project_step(watched.run, step, self._layout)
            _say(f"{watched.run.id} step {step}: {float(projected['seconds']):.2f} s")
            watched.settled[step] = file_time
        except Exception as error:  # a run that cannot be laid out must not stop the others
            self._note_failure(watched, step, file_time, error)
        watched.stamp, watched.served = None, time.monotonic()
        rest = rest_after(time.process_time() - cpu, time.monotonic() - began, self._cores)
        self._rest_until = time.monotonic() + rest

    def _note_failure(self, watched: _Watched, step: int, file_time: int, error: Exception) -> None:
        if not watched.file_time(step):
            return  # deleted meanwhile
        known = isinstance(error, LabError | ValueError | OSError)
        reason = str(error) if known else traceback.format_exc()
        _say(f"{watched.run.id} step {step}: not laid out. {reason}")
        if type(error) is LabError:  # the disk is full: not the snapshot's fault
            self._blocked_until = time.monotonic() + DISK_FULL_REST
            return
        watched.failures[step] = watched.failures.get(step, 0) + 1
        if watched.failures[step] >= ATTEMPTS:
            watched.failures.pop(step)
            watched.settled[step] = file_time


def serve(mapper: Mapper, standard_input: int = 0) -> None:
    """Take turns until nobody holds the standard input and nothing is left to do."""
    held, idle_since = True, time.monotonic()
    while mapper.store.root.is_dir():
        wait = mapper.turn()
        if mapper.training or mapper.pending:
            idle_since = time.monotonic()
        idle = time.monotonic() - idle_since
        if not held and idle >= IDLE_END and (idle >= QUEUE_END or not _queued(mapper.store)):
            return
        if held:
            held = is_held(standard_input, wait)
        elif wait:
            time.sleep(min(wait, POLL_IDLE))


def main(arguments: list[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m simclr_core.workers.mapper", description=__doc__
    )
    parser.add_argument("runs_dir", type=Path, metavar="RUNS_DIR")
    store = RunStore(parser.parse_args(arguments).runs_dir)
    lock = try_lock(store.root / "mapper.lock")
    if lock is None:
        return 0  # another process does this already
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    use_one_thread()
    be_nice(NICENESS)  # behind the app and training
    let_pace_be_found(store)
    _say(f"ready after {projection.warm_up():.1f} s")
    serve(Mapper(store))
    os.close(lock)
    return 0


def let_pace_be_found(store: RunStore) -> None:
    """Wait until no run of a store is starting: importing and compiling take a core for long."""
    end = time.monotonic() + PACE_PATIENCE
    while time.monotonic() < end:
        phases = {run.status.get("phase") or "training" for run in store if run.alive}
        if phases <= {"training", "evaluating"}:
            return
        time.sleep(POLL_TRAINING / 2)


def _queued(store: RunStore) -> bool:
    return any(run.state == states.QUEUED for run in store)


def _changed(path: Path) -> int:
    """Return when a file or folder changed last, in nanoseconds; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the log's disk may be full
        print(time.strftime("%H:%M:%S"), text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
