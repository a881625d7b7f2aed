"""A worker that waits for its run: the framework imported, the step that is expected traced.

    python -m simclr_core.workers.spare RUNS_DIR

Starting a run costs seconds before the first step, nearly all of them the framework's. A spare
spends them beforehand. It then sleeps until a launcher hands it a run (the open lock and log of
the run come through a socket, so that the lock is never free), trains it as `worker` does, and
outlives the process that started it. Until then it ends when its standard input does. It uses no
GPU: if there is one, it only imports the framework.

`SIMCLR_LAB_SPARE=0` switches spares off.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from ..base.errors import LabError
from ..base.locks import try_lock
from ..base.processes import be_nice
from ..machine.memory import available
from ..model import memory
from ..runs.run import Run
from ..runs.store import RunStore
from ..settings.config import RunConfig, replace
from ..settings.presets import preset_config
from . import worker
from .handover import ANY, LOCK, SpareSocket

MOST = 1.5e9  # bytes of a step that is traced in advance


def main(argv: list[str]) -> int:
    """Get ready, wait, and train what comes; returns the exit code."""
    store = RunStore(Path(argv[0]))
    lock = try_lock(store.root / LOCK)
    if lock is None:
        return 0  # there is one already
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    door = SpareSocket(store)
    try:
        warm = _get_ready(door, store)
        handed = door.wait()
    finally:
        door.close()
        os.close(lock)
    if handed is None:
        return 0
    path, handle, log = handed
    _speak_into(log)
    return worker.work(Run(path), handle, warm)


def _get_ready(door: SpareSocket, store: RunStore) -> Any:
    """Import, and trace the expected step; less if a run comes before that is done.

    Returns:
        A `WarmEngine` or None.
    """
    from ..machine.devices import find_device
    from ..model.backend import import_framework, prepare, start_framework

    device = find_device("auto")
    be_nice(worker.NICENESS)
    if device.id != "cpu":
        door.say(device=ANY)
        import_framework()
        door.say(ready=True)
        return None
    door.say(device="cpu")
    prepare(device)
    start_framework()
    warm = None
    if not door.knocked():
        warm = _traced(device, *expected(store))
    door.say(ready=True)
    return warm


def expected(store: RunStore) -> tuple[RunConfig, int]:
    """Guess what is started next: the like of the newest run, else what newcomers start first.

    Returns:
        Settings, and pixels per side. Of a run whose steps take much time or memory nothing is
        traced in advance.
    """
    from ..data.builtin import SHAPES_SIZE  # it draws: launchers need not import that

    room = min(MOST, available() / 3)
    with contextlib.suppress(LabError, OSError):
        for newest in list(store)[-1:]:
            config, size = newest.config, newest.data.image_size
            if size and config.model.encoder == "tiny" and memory.needed(config, size) < room:
                return config, size
    return preset_config("minute"), SHAPES_SIZE


def _traced(device: Any, config: RunConfig, size: int) -> Any:
    """Return an engine that has made its first step; None if there cannot be one."""
    from ..training.engine import WarmEngine
    from ..training.precision import choose

    try:
        precision = choose(config.training.precision, device, config, size)
        training = replace(config.training, precision=precision)
        return WarmEngine(replace(config, training=training), size)
    except Exception:  # a run may have failed with these settings; the import is done all the same
        traceback.print_exc()
        return None


def _speak_into(log: int) -> None:
    """Send what this process prints into the run's log from now on."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
