"""Real workers that start in a moment: their framework is a stand-in that waits for a word.

Everything of SimCLR Lab is as it is; `import keras` inside the worker finds a package that writes
down which run was started, waits until the test says how this attempt ends, and raises that.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from child_processes import wait_for
from simclr_core.base.locks import try_lock
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

_KERAS = '''
import os, sys, time
from pathlib import Path
from simclr_core.base.errors import TrainingError

class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""

folder, run = Path(os.environ["STUB_WORKERS"]), Path(sys.argv[1]).name
with (folder / "started").open("a") as file:
    file.write(f"{run} {os.getpid()}\\n")
word, end = folder / f"end-{run}", time.monotonic() + 60
while not word.exists() and time.monotonic() < end:
    time.sleep(0.01)
raise {
    "training": TrainingError("Expected nothing else: a light worker ends so."),
    "memory": MemoryError(),
    "device memory": ResourceExhaustedError("OOM when allocating tensor"),
    "disk": OSError(28, "No space left on device"),
    "unexpected": ZeroDivisionError("deliberate\\nin two lines"),
}[word.read_text() if word.exists() else "training"]
'''


class StubWorkers:
    """What the workers of a test did, and how they end.

    Attributes:
        folder: where they write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def started(self) -> list[str]:
        """Ids of runs in the order in which workers began on them, once a start."""
        return [line.split()[0] for line in self._lines()]

    def pid(self, run: Run) -> int:
        """Of the last worker that began on a run; waits for it."""
        wait_for(lambda: run.id in self.started())
        return next(int(line.split()[1]) for line in self._lines()[::-1] if line.startswith(run.id))

    def end(self, run: Run, word: str = "training") -> None:
        """Let the attempts at a run end so: a key of the table above."""
        aside = self.folder / f".{run.id}"
        aside.write_text(word)
        aside.rename(self.folder / f"end-{run.id}")

    def _lines(self) -> list[str]:
        path = self.folder / "started"
        return path.read_text().splitlines() if path.exists() else []


@contextlib.contextmanager
def stub_workers(
    folder: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StubWorkers]:
    """Workers that this process starts in the block are light ones, and none starts a mapper."""
    (folder / "keras").mkdir(parents=True)
    (folder / "keras" / "__init__.py").write_text(_KERAS)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("STUB_WORKERS", str(folder))
    mapper = try_lock(store.root / "mapper.lock")
    workers = StubWorkers(folder)
    try:
        yield workers
    finally:
        for run in store:  # also those that the queue still starts
            workers.end(run)
        wait_for(lambda: not any(run.alive for run in store))
        os.close(mapper)
