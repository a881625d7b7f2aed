"""Start, queue, pause, stop and resume runs on this machine.

A queue is the runs of one store that are `queued`, in the order in which they joined; a device is
a slot for one run. Every process that finishes or starts a run calls `advance`, so the queue moves
without a server. A worker is a process group of its own and outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import Any

from ..base.errors import LabError, RunBusy, RunDamaged, RunError
from ..base.files import writing
from ..base.locks import held, is_locked
from ..base.processes import spawn
from ..machine.devices import check_precision, find_device
from ..runs import states
from ..runs.run import Run
from ..runs.store import RunStore
from ..settings.config import RunConfig
from . import handover

HELPERS = {
    "mapper": "workers.mapper",
    "spare": "workers.spare",
    "analyst": "questions.analyst",
    "long-analyst": "questions.long_analyst",
    "opener": "workers.opening",
    "tasks": "workers.task_worker",
}
_STARTING_SECONDS = 5.0  # from the moment a run is taken to its first status; usually a few ms


def start(store: RunStore, config: RunConfig, name: str = "") -> Run:
    """Make a run and put it in the queue; it starts at once if its device is free.

    Raises:
        DeviceError: the device asked for is not there.
        ConfigError: it cannot compute in the precision asked for.
    """
    check_precision(config.training.precision, find_device(config.training.device))
    run = store.create(config, name)
    advance(store)
    return run


def resume(store: RunStore, run: Run) -> None:
    """Put an ended run back in the queue; it goes on from its checkpoint.

    Raises:
        RunError: the run is not paused, stopped, failed or interrupted.
    """
    handle = run.take()
    try:
        state = states.state_now(run.status["state"], alive=False)  # the lock is held here
        if state == states.DAMAGED:
            raise RunDamaged(run.status["message"])
        if state not in states.RESUMABLE:
            raise RunError(
                f"Run {run.id}: expected a run that can be resumed "
                f"({', '.join(states.RESUMABLE)}), found {states.a_run(state)}."
            )
        run.write_status(state=states.QUEUED, queued=time.time(), message="", error=None)
    finally:
        os.close(handle)
    advance(store)


def pause(run: Run) -> None:
    """Ask for a checkpoint and the slot back. Raises RunError if the run is not running."""
    _end(run, "pause", states.PAUSED)


def stop(run: Run) -> None:
    """Ask to end within one batch. Raises RunError if there is nothing to stop."""
    _end(run, "stop", states.STOPPED)


def queue(store: RunStore) -> list[Run]:
    """Waiting runs, first in line first."""
    waiting = [(_queued_at(run), run) for run in store if run.state == states.QUEUED]
    return [run for _, run in sorted(waiting, key=lambda pair: (pair[0], pair[1].id))]


def active(store: RunStore) -> list[Run]:
    """Return runs that hold a slot."""
    return [run for run in store if run.state in states.GOING]


def advance(store: RunStore) -> list[Run]:
    """Start waiting runs whose device is free.

    Returns:
        The runs that were started.

    Raises:
        LabError: runs wait, and the disk is full or nobody may write in the folder of runs.
    """
    started: list[Run] = []
    _reap()
    if not queue(store):
        return started
    with contextlib.suppress(TimeoutError), held(store.root / "queue.lock", patience=5.0):
        waiting = queue(store)
        taken = {str(run.status.get("slot")) for run in active(store)} if waiting else set()
        for run in waiting:
            slot = _slot(run)
            if slot in taken:
                continue
            with contextlib.suppress(RunError):  # busy or deleted: it must not stop the others
                if _spawn_worker(store, run, slot):
                    taken.add(slot)
                    started.append(run)
    return started


def ensure_helper(store: RunStore, helper: str, keep: bool = False) -> subprocess.Popen | None:
    """Start a helper of a store unless there is one.

    Args:
        helper: a key of `HELPERS`.
        keep: the helper stays while the caller lives (it holds the helper's standard input open);
            otherwise it ends when no run is alive and nothing is left to do.

    Returns:
        The process if one was started.

    Raises:
        LabError: its log cannot be written.
    """
    if is_locked(store.root / f"{helper}.lock"):
        return None
    path = store.root / f"{helper}.log"
    with writing(path):
        log = path.open("wb")
    with log:
        stdin = subprocess.PIPE if keep else subprocess.DEVNULL
        return spawn(HELPERS[helper], str(store.root.resolve()), log=log, stdin=stdin)


def _slot(run: Run) -> str:
    """Return the device that a run waits for; one that is gone counts as a slot of its own."""
    try:
        return find_device(run.config.training.device).id
    except LabError:
        return f"none-{run.id}"


def _spawn_worker(store: RunStore, run: Run, slot: str) -> bool:
    """Start a run's worker, which gets the run's open lock: no moment without an owner.

    Returns:
        Whether it was started: not if the run left the queue after that was read.
    """
    lock = run.take()
    try:
        status = run.status
        if status["state"] != states.QUEUED:
            return False
        attempt = int(_number(status.get("attempt"))) + 1
        run.write_status(
            state=states.STARTING,
            attempt=attempt,
            slot=slot,
            started=time.time(),
            phase="starting",
            message="",
        )
        with run.log_path.open("ab") as log:
            if handover.hand_over(store, run, slot, lock, log.fileno()):
                return True
            words = (str(run.path.resolve()), str(lock))
            worker = spawn("workers.worker", *words, log=log, pass_fds=(lock,))
        _children.append(worker)
        return True
    except OSError as error:
        run.write_status(state=states.FAILED, message=f"The worker could not start: {error}.")
        return False
    finally:
        os.close(lock)
        _reap()


_children: list[subprocess.Popen] = []  # workers that this process started, to be waited for


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]


def _end(run: Run, request: str, state: str) -> None:
    """Take a waiting run out of the queue, or ask a running one."""
    deadline = time.monotonic() + _STARTING_SECONDS
    while run.state == states.QUEUED:
        try:
            handle = run.take()
        except RunBusy:  # it is just being started; then it can be asked
            if time.monotonic() > deadline:
                raise
            continue
        try:
            if run.status["state"] in (states.QUEUED, states.STARTING):
                run.write_status(state=state, message="Taken out of the queue.")
                return
        finally:
            os.close(handle)
    run.request(request)


def _queued_at(run: Run) -> float:
    return _number(run.status.get("queued")) or run.created


def _number(value: Any) -> float:
    """Return a number out of a file that anybody may have changed; 0 for anything else."""
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else 0.0
