"""The training worker: a process that holds one run's lock and trains it.

    python -m simclr_core.workers.worker RUN_DIR LOCK_FD

It outlives the page and the server that asked for it. When it ends, it starts the next in line.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from ..base.errors import LabError, TrainingError
from ..base.files import NO_ROOM, writing
from ..base.processes import be_nice
from ..machine.devices import find_device
from ..model import memory
from ..model.backend import prepare, start_framework
from ..runs import states
from ..runs.run import Run
from ..runs.store import RunStore
from . import launch

NICENESS = 5  # below the app, which has to answer
RESERVE = 16384  # bytes kept in `.reserve`: room for a run's last words on a full disk


def main(argv: list[str]) -> int:
    """Train the run of a folder; returns the exit code."""
    run = Run(Path(argv[0]))
    return work(run, int(argv[1]) if len(argv) > 1 else run.take())


def work(run: Run, lock: int, warm: Any = None) -> int:
    """Train a run, and start the next in line when it has ended.

    Args:
        lock: open file that holds the run's lock; closed in the end.
        warm: a `WarmEngine` of this process, if it has one.

    Returns:
        The exit code.
    """
    os.set_inheritable(lock, False)
    store = RunStore(run.root)
    try:
        return _train(run, store, warm)
    finally:
        _free_reserve(run)
        os.close(lock)
        try:
            launch.advance(store)
        except LabError as error:  # the next one to look at the queue tells it
            _say(str(error))


def _train(run: Run, store: RunStore, warm: Any) -> int:
    trainer: Any = None
    signalled = False

    def _end(number: int, frame: FrameType | None) -> None:
        nonlocal signalled
        signalled = True
        if trainer is not None:
            trainer.signalled = True

    signal.signal(signal.SIGTERM, _end)
    try:
        run.write_status(pid=os.getpid())
        _tidy(run)
        _keep_reserve(run)
        device = find_device(run.config.training.device)
        prepare(device)
        be_nice(NICENESS)  # it inherits that of the worker that started it
        launch.ensure_helper(store, "mapper")
        start_framework()
        from ..training.trainer import Trainer  # after `prepare`: it imports the framework

        trainer = Trainer(run, device, run.config.training.precision, warm)
        if signalled:
            trainer.signalled = True
        trainer.train()
        return 0
    except LabError as error:
        return _fail(run, str(error), type(error).__name__)
    except Exception as error:
        return _fail(run, *_explained(error, trainer), details=traceback.format_exc())


def _explained(error: Exception, trainer: Any = None) -> tuple[str, str]:
    """Return a sentence about an error that nobody foresaw, and the name of its kind."""
    short = isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__
    if short or "RESOURCE_EXHAUSTED" in str(error):
        if trainer is not None and trainer.size:
            words = memory.exhausted(trainer.effective, trainer.size, trainer.room())
            return words, "MemoryError"
        return OUT_OF_MEMORY, "MemoryError"
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return DISK_FULL, type(error).__name__
    words = " ".join(str(error).split())[:200]
    text = f"Training ended unexpectedly: {type(error).__name__}: {words}; see log.txt."
    return text, TrainingError.__name__


OUT_OF_MEMORY = (
    "Expected enough memory for this batch, found too little; "
    "halve the batch size or the image size, or choose a smaller encoder."
)
DISK_FULL = (
    "Expected room on the disk for the run's files, found none; "
    "free some space (delete old runs), then resume the run."
)


def _tidy(run: Run) -> None:
    """Remove what a killed worker left of its files, and make folders that a copy has lost."""
    with writing(run.path):
        run.make_folders()
        run.remove_leftovers()


def _keep_reserve(run: Run) -> None:
    with contextlib.suppress(OSError):
        run.reserve_path.write_bytes(os.urandom(RESERVE))  # nothing that compresses


def _free_reserve(run: Run) -> None:
    with contextlib.suppress(OSError):
        run.reserve_path.unlink(missing_ok=True)


def _fail(run: Run, message: str, error: str, details: str = "") -> int:
    _free_reserve(run)
    try:  # before the log, which may take the last room
        run.write_status(state=states.FAILED, phase="", message=message, error=error)
    except (OSError, LabError) as second:  # a full disk: the run then reads as interrupted
        _say(str(second))
    _say(details + message)
    return 1


def _say(text: str) -> None:
    """Write into log.txt, if the disk has room for it."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
