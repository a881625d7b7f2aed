"""Processes that hold locks and runs as workers do, and that can really be killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from simclr_core.base.paths import PROJECT
from simclr_core.runs.run import Run

ROOT = PROJECT

_HOLD_LOCK = """
import sys
from pathlib import Path
from simclr_core.base.locks import try_lock
handle = try_lock(Path(sys.argv[1]))
print("refused" if handle is None else "ready", flush=True)
sys.stdin.read()
"""
_HOLD_RUN = """
import json, sys
from pathlib import Path
from simclr_core.runs.run import Run
run = Run(Path(sys.argv[1]))
handle = run.take()
run.write_status(**json.loads(sys.argv[2]))
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def child(program: str, *words: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python program in a process of its own, from its line `ready` to the end of the block.

    Args:
        program: the source; prints `ready` and then usually reads its standard input, so that
            closing that ends it.
        words: its arguments.
        options: for `subprocess.Popen`.
    """
    command = [sys.executable, "-c", program, *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=ROOT, **pipes, **options)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def lock_holder(path: Path) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """A process that holds a lock file."""
    return child(_HOLD_LOCK, str(path))


def run_holder(run: Run, **status: Any) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """A process that holds a run and has written its status, as a worker does."""
    return child(_HOLD_RUN, str(run.path), json.dumps(status))


def end_by_itself(process: subprocess.Popen[str]) -> None:
    """Let a child end as it likes, and wait for it."""
    process.stdin.close()
    process.wait(240)
    process.stdin = None  # closed: `communicate` would complain


def kill(process: subprocess.Popen[str]) -> None:
    """End a child as a power cut would."""
    process.kill()
    process.wait(240)


def set_status(run: Run, state: str, **more: Any) -> None:
    """Write a status as a worker that then ended."""
    handle = run.take()
    run.write_status(state=state, **{"attempt": 1, **more})
    os.close(handle)


def wait_for(what: Callable[[], object], seconds: float = 240.0) -> None:
    """Wait until `what()` is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
