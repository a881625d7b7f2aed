"""What all tests share: folders of their own, quiet TensorFlow, and no process left behind."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from processes import marked_processes
from simclr_core.runs.store import RunStore

# Every process that a test starts inherits this mark, so that leftovers can be told.
MARK = "SIMCLR_LAB_TEST_SESSION"
TOKEN = uuid.uuid4().hex
_PATIENCE = 10.0  # seconds for processes to end by themselves after the last test

# Before any test module is imported: nothing here may touch the user's own runs and cache.
_FOLDER = tempfile.TemporaryDirectory(prefix="simclr-lab-tests-", ignore_cleanup_errors=True)
os.environ |= {
    MARK: TOKEN,
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "SIMCLR_LAB_SPARE": "0",  # of five seconds and half a gigabyte; those who test it say so
    "SIMCLR_LAB_RUNS": str(Path(_FOLDER.name) / "runs"),
    "SIMCLR_LAB_CACHE": str(Path(_FOLDER.name) / "cache"),
    "XDG_STATE_HOME": str(Path(_FOLDER.name) / "state"),
}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """An empty store of runs."""
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="session", autouse=True)
def no_process_left_behind() -> Iterator[None]:
    """Fail the session if a process that a test started outlives it; end it by its id."""
    yield
    deadline = time.monotonic() + _PATIENCE
    while (left := marked_processes(MARK, TOKEN)) and time.monotonic() < deadline:
        time.sleep(0.2)
    names = [f"{process.pid}: {' '.join(command)[:120]}" for process, command in left]
    for process, _ in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    if names:
        pytest.fail("Processes left behind by tests:\n" + "\n".join(names), pytrace=False)
