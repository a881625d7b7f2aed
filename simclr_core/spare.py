"""A worker that waits for its run: the framework imported, the step that is expected traced.

    python -m simclr_core.spare RUNS_DIR

Starting a run costs seconds before the first step, nearly all of them the framework's. A spare
spends them beforehand. It then sleeps until a launcher hands it a run (the open lock and log of
the run come through a socket, so that the lock is never free), trains it as `worker` does, and
outlives whoever started it. Until then it ends when its standard input does. It uses no GPU:
where there is one, it imports the framework and no more.

`SIMCLR_LAB_SPARE=0` switches spares off.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from . import memory
from .backend import DEFAULTS, DEVICES
from .config import RunConfig, replace
from .contents import count
from .errors import LabError, RunDamaged
from .files import read_json, write_json
from .locks import is_locked, try_lock
from .presets import preset_config
from .run import Run
from .runs import RunStore
from .summary import group

LOCK, DOOR = "spare.lock", "spare.json"  # in the folder of runs
ANY = "any"  # a spare that has not chosen its device yet
MOST = 1.5e9  # bytes of a step that is traced in advance
_PATIENCE = 1.0  # seconds for a waiting spare to open its door
_PREFIXES = ("CUDA_", "JAX_", "KERAS_", "OMP_", "PYTHONPATH", "SIMCLR_LAB_", "TF_", "XLA_", "XDG_")


def wanted() -> bool:
    """Whether spares are switched on."""
    return os.environ.get("SIMCLR_LAB_SPARE", "1").strip().lower() not in ("0", "no", "off", "")


def is_ready(store: RunStore) -> bool:
    """Whether a spare has done all that can be done before there is a run."""
    with contextlib.suppress(RunDamaged, OSError):
        return bool((read_json(store.root / DOOR) or {}).get("ready"))
    return False


def hand_over(store: RunStore, run: Run, device: str, lock: int, log: int) -> bool:
    """Give a run to the store's spare, if there is one that suits.

    A spare that is still getting ready takes it as well: it is further than a new worker.

    Args:
        device: id of the run's device.
        lock, log: open files of the run; the caller closes its own once this returns.

    Returns:
        Whether the spare has the run now.
    """
    if not is_locked(store.root / LOCK):
        return False
    try:
        door = read_json(store.root / DOOR) or {}
    except RunDamaged:
        return False
    if door.get("device") not in (device, ANY) or door.get("surroundings") != _SURROUNDINGS:
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_PATIENCE)
            line.connect(str(door.get("address")))
            words = json.dumps(str(run.path.resolve())) + "\n"
            socket.send_fds(line, [words.encode()], [lock, log])
            return True
    except OSError:  # it has just ended, or taken another run
        return False


def _surroundings() -> str:
    """What a spare and a launcher must agree on: the code and the settings from outside."""
    code = [(path.name, path.stat().st_mtime_ns) for path in Path(__file__).parent.glob("*.py")]
    settings = {**DEFAULTS, **os.environ}  # a process that has trained has set the same
    outside = [(k, v) for k, v in settings.items() if k.startswith(_PREFIXES) and k != DEVICES]
    text = repr((sys.executable, sorted(code), sorted(outside)))
    return hashlib.sha256(text.encode()).hexdigest()


_SURROUNDINGS = _surroundings()  # as this process began


class Door:
    """Where launchers knock: a socket in a folder that only this user can enter.

    Args:
        store: the runs; its folder says where the socket is.
    """

    def __init__(self, store: RunStore) -> None:
        self._sign = store.root / DOOR
        self._folder = tempfile.mkdtemp(prefix="simclr-lab-")
        address = str(Path(self._folder) / "spare")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(address)
        self._socket.listen(4)
        self._words = {"address": address, "surroundings": _SURROUNDINGS, "pid": os.getpid()}

    def say(self, **words: Any) -> None:
        """Write on the sign: `device` and whether the spare is `ready`."""
        self._words |= words
        write_json(self._sign, self._words)

    def knocked(self) -> bool:
        """Whether somebody is at the door."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def wait(self, holder: int = 0) -> tuple[Path, int, int] | None:
        """Sleep until a run comes.

        Args:
            holder: open file, the standard input, that ends with whoever wants the spare.

        Returns:
            The run's folder, its open lock and its open log; None if `holder` ended.
        """
        while True:
            doors: list[Any] = [self._socket, holder]
            ready = select.select(doors, [], [])[0]
            if self._socket in ready:
                if found := self._receive():
                    return found
            elif not os.read(holder, 4096):
                return None

    def _receive(self) -> tuple[Path, int, int] | None:
        line, _ = self._socket.accept()
        words = b""
        handles: list[int] = []
        with line:
            line.settimeout(_PATIENCE)
            try:
                while not words.endswith(b"\n"):
                    more, found, _, _ = socket.recv_fds(line, 65536, 2)
                    words, handles = words + more, handles + list(found)
                    if not more:
                        raise OSError("the launcher has gone")
                lock, log = handles
                return Path(json.loads(words)), lock, log
            except (OSError, ValueError):
                for handle in handles:
                    os.close(handle)
                return None

    def close(self) -> None:
        """Take the sign down; nobody can knock any more."""
        self._socket.close()
        self._sign.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def main(argv: list[str]) -> int:
    """Get ready, wait, and train what comes; returns the exit code."""
    store = RunStore(Path(argv[0]))
    lock = try_lock(store.root / LOCK)
    if lock is None:
        return 0  # there is one already
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    door = Door(store)
    try:
        warm = _get_ready(door, store)
        found = door.wait()
    finally:
        door.close()
        os.close(lock)
    if found is None:
        return 0
    from . import worker

    path, handle, log = found
    _speak_into(log)
    return worker.work(Run(path), handle, warm)


def _get_ready(door: Door, store: RunStore) -> Any:
    """Import, and trace the expected step; less if a run comes before that is done.

    Returns:
        A `WarmEngine` or None.
    """
    from . import worker
    from .backend import import_framework, prepare, start_framework
    from .devices import find_device

    device = find_device("auto")
    os.nice(max(worker.NICENESS - os.nice(0), 0))
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
    """What is probably started next: the like of the newest run, else what newcomers start first.

    Returns:
        Settings, and pixels a side. Of a run whose steps take much time or memory nothing is
        traced in advance.
    """
    from .builtin import SHAPES_SIZE  # it draws: launchers need not import that

    room = min(MOST, memory.available() / 3)
    with contextlib.suppress(LabError, OSError):
        for newest in list(store)[-1:]:
            config, size = newest.config, count(group(newest.record, "data").get("image_size"))
            if size and config.model.encoder == "tiny" and memory.needed(config, size) < room:
                return config, size
    return preset_config("minute"), SHAPES_SIZE


def _traced(device: Any, config: RunConfig, size: int) -> Any:
    """An engine that has made its first step; None if there cannot be one."""
    from .engine import WarmEngine
    from .precision import choose

    try:
        precision = choose(config.training.precision, device, config, size)
        training = replace(config.training, precision=precision)
        return WarmEngine(replace(config, training=training), size)
    except Exception:  # a run may have failed with these settings; the import is done all the same
        traceback.print_exc()
        return None


def _speak_into(log: int) -> None:
    """What this process prints goes into the run's log from now on."""
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
