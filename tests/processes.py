"""Find the processes that a test started, however far removed, by their environment."""

from __future__ import annotations

import contextlib
import os

import psutil


def marked_processes(name: str, value: str) -> list[tuple[psutil.Process, list[str]]]:
    """Other living processes whose environment has this variable, with their command lines."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(name) == value:
                found.append((process, process.cmdline()))
    return found
