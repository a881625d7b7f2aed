"""Keep a helper process of a folder of runs alive for as long as there is work for it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from subprocess import Popen

from ..base.errors import LabError
from ..runs.store import RunStore
from .launch import ensure_helper

FAILURES, REST = 3, 60.0  # processes that end by themselves before the next one waits, in seconds


class _Keeper:
    """What this process remembers of the helper that it started for one folder."""

    def __init__(self) -> None:
        self.process: Popen | None = None
        self.failures, self.started = 0, 0.0


keepers: dict[tuple[Path, str], _Keeper] = {}
_lock = threading.Lock()


def wake(root: Path, helper: str) -> str:
    """Start a helper unless there is one; call it as long as there is work for it.

    Args:
        root: the folder of runs.
        helper: a key of `launch.HELPERS`.

    Returns:
        Nothing, or a sentence if it cannot be started or ends again and again.
    """
    with _lock:
        keeper = keepers.setdefault((root.resolve(), helper), _Keeper())
        if keeper.process is not None:
            if keeper.process.poll() is None:
                return ""
            keeper.failures = keeper.failures + 1 if keeper.process.returncode else 0
            keeper.process = None
        if keeper.failures >= FAILURES and time.monotonic() - keeper.started < REST:
            return (
                "The process for it ended unexpectedly several times; see "
                f"{helper}.log beside the runs."
            )
        try:
            keeper.process = ensure_helper(RunStore(root), helper)
        except LabError as error:
            return str(error)
        except OSError as error:
            return f"The process for it cannot be started ({error.strerror}); try again later."
        if keeper.process is not None:
            keeper.started = time.monotonic()
        return ""
