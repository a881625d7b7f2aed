"""What all tests share: folders of their own, quiet TensorFlow, and no process left behind."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from xdist.scheduler import LoadFileScheduling

from framework_imports import imports_framework
from processes import marked_processes
from simclr_core.runs.store import RunStore

# Every process that a test starts inherits this mark, by which leftovers are found. Each worker of
# pytest-xdist has a token of its own.
MARK = "SIMCLR_LAB_TEST_SESSION"
TOKEN = uuid.uuid4().hex
_PATIENCE = 60.0  # seconds for processes to end by themselves after the last test

# Before any test module is imported: nothing here may touch the user's own runs and cache.
_FOLDER = tempfile.TemporaryDirectory(prefix="simclr-lab-tests-", ignore_cleanup_errors=True)
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers inherit these two from the first process
    os.environ |= {
        "SIMCLR_LAB_CACHE": str(Path(_FOLDER.name) / "cache"),
        "SIMCLR_LAB_TESTS_SHARED": str(Path(_FOLDER.name) / "shared"),
    }
os.environ |= {
    MARK: TOKEN,
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "SIMCLR_LAB_SPARE": "0",  # of five seconds and half a gigabyte; those who test it say so
    "SIMCLR_LAB_RUNS": str(Path(_FOLDER.name) / "runs"),
    "XDG_STATE_HOME": str(Path(_FOLDER.name) / "state"),
}


# Files that take longest come first, so that no worker of pytest is left with one at the end.
_LONGEST = (
    *("browser/test_training", "browser/explore/", "workers/", "browser/", "training/"),
    *("paradigms/", "data/test_bad_input", "questions/"),
    *("runs/test_older_folders", "measures/", "machine/", "model/", "lessons/", "pages/"),
)


# Files that share a server, and a run to look at: one worker of pytest takes them all.
_TOGETHER = {
    "browser/explore/": "explore",
    **dict.fromkeys(
        (
            f"browser/test_{name}"
            for name in ("accessible", "learn", "lessons", "narrow", "train_f")
        ),
        "reading",
    ),
}


class _ByGroup(LoadFileScheduling):
    """Gives each file to one worker of pytest, or a group of files that share a server.

    The marks that pytest-xdist has for this do nothing with the present pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.split("::", 1)[0].removeprefix("tests/")
        return next((group for start, group in _TOGETHER.items() if name.startswith(start)), name)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Choose the scheduler of `make test`."""
    return _ByGroup(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files; mark as `heavy` what imports a framework or runs a page."""

    folder = Path(__file__).parent

    def _place(item: pytest.Item) -> int:
        name = os.path.relpath(item.path, folder)
        return next((i for i, start in enumerate(_LONGEST) if name.startswith(start)), 99)

    items.sort(key=_place)
    if "heavy" in config.option.markexpr:
        pages = folder / "pages"
        for item in items:
            if pages in item.path.parents or imports_framework(item.path):
                item.add_marker(pytest.mark.heavy)


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
