"""The way from a launcher to a waiting spare worker: a socket, a sign, and an open lock.

A spare (see `spare`) hangs out a sign, `spare.json`, with the address of its socket. A launcher
that finds a sign that suits sends the run's folder, its open lock and its open log.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..base.errors import RunDamaged
from ..base.files import read_json, write_json
from ..base.locks import is_locked
from ..base.paths import PROJECT
from ..model.backend import DEFAULTS, DEVICES
from ..runs.run import Run
from ..runs.store import RunStore

LOCK, DOOR = "spare.lock", "spare.json"  # in the folder of runs
ANY = "any"  # a spare that has not chosen its device yet
_PATIENCE = 1.0  # seconds for a waiting spare to open its door
_PREFIXES = ("CUDA_", "JAX_", "KERAS_", "OMP_", "PYTHONPATH", "SIMCLR_LAB_", "TF_", "XLA_", "XDG_")


def wanted() -> bool:
    """Return whether spares are switched on."""
    return os.environ.get("SIMCLR_LAB_SPARE", "1").strip().lower() not in ("0", "no", "off", "")


def is_ready(store: RunStore) -> bool:
    """Return whether a spare has done all that can be done before there is a run."""
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
    """Return what a spare and a launcher must agree on: the code and the settings from outside."""
    package = (PROJECT / "simclr_core").rglob("*.py")
    code = [(str(path), path.stat().st_mtime_ns) for path in package]
    settings = {**DEFAULTS, **os.environ}  # a process that has trained has set the same
    outside = [(k, v) for k, v in settings.items() if k.startswith(_PREFIXES) and k != DEVICES]
    text = repr((sys.executable, sorted(code), sorted(outside)))
    return hashlib.sha256(text.encode()).hexdigest()


_SURROUNDINGS = _surroundings()  # as this process began


class SpareSocket:
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
        """Return whether somebody is at the door."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def wait(self, holder: int = 0) -> tuple[Path, int, int] | None:
        """Sleep until a run comes.

        Args:
            holder: open file, the standard input, that ends with the process that wants the spare.

        Returns:
            The run's folder, its open lock and its open log; None if `holder` ended.
        """
        while True:
            doors: list[Any] = [self._socket, holder]
            ready = select.select(doors, [], [])[0]
            if self._socket in ready:
                if handed := self._receive():
                    return handed
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
                    more, received, _, _ = socket.recv_fds(line, 65536, 2)
                    words, handles = words + more, handles + list(received)
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
