"""Start the lab's helper processes, which outlive the process that started them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO

from .paths import PROJECT


def spawn(
    module: str,
    *arguments: str,
    log: IO[bytes],
    stdin: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen:
    """Start `python -m simclr_core.MODULE ARGUMENTS` as the leader of a new session.

    Args:
        module: name inside the package, such as "workers.mapper".
        log: open file for the output; the caller closes it.
        stdin: as in `subprocess.Popen`.
        pass_fds: file descriptors that the process inherits under the same numbers.

    Returns:
        The process.

    Raises:
        OSError: the system cannot start another process.
    """
    return subprocess.Popen(
        [sys.executable, "-m", f"simclr_core.{module}", *arguments],
        stdin=stdin,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=pass_fds,
        cwd=PROJECT,
    )


def be_nice(level: int) -> None:
    """Lower this process's priority to a niceness of at least `level` (0 to 19)."""
    os.nice(max(level - os.nice(0), 0))


def use_one_thread() -> None:
    """Keep NumPy, and libraries that are loaded later, to one thread."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # few need it

    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # for libraries that are not loaded yet
    threadpool_limits(1)


def is_held(descriptor: int, seconds: float) -> bool:
    """Wait for some seconds, or until nobody holds the other end of a pipe.

    Args:
        descriptor: open file, usually the standard input.
        seconds: to wait at most.

    Returns:
        Whether somebody still holds it.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([descriptor], [], [], left)[0]:
                return True
            if not os.read(descriptor, 4096):
                return False
        except (OSError, ValueError):  # closed
            return False
