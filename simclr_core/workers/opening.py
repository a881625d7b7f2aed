"""Files that are opened as runs: a page asks, a process of its own writes the run.

    python -m simclr_core.workers.opening RUNS_DIR

Requests are files in RUNS/.opening; the file that is opened is the request's input. Its answer, the
run's id, is there as soon as the run has a map; what takes longer is computed after it.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..base.errors import LabError
from ..base.files import read_npz, write_atomic, write_npz, writing
from ..base.processes import be_nice
from ..base.progress import Progress
from ..runs.run import Run
from ..runs.store import RunStore
from ..runs.transfer.recorder import import_embeddings
from ..runs.transfer.unbundle import import_run
from . import helpers
from .line import followed
from .queue import ANSWER, INPUT, Queue, Request
from .queue_worker import QueueWorker, main
from .standing import Standing

OPENINGS = Queue(
    helper="opener",
    folders=lambda root: [root / ".opening"],
    niceness=0,  # somebody waits for the map
    tries=1,
)
BEHIND = 10  # niceness of what nobody waits for; training has 5


def opening(root: Path, key: str) -> Request:
    """Return the place of a request in a folder of runs."""
    return Request(root / ".opening", key)


def ask(root: Path, name: str, content: bytes | memoryview) -> str:
    """Ask for a file to be opened as a run.

    Args:
        root: the folder of runs.
        name: of the file; .zip is the zip of a run, anything else holds embeddings.
        content: of the file.

    Returns:
        The key of the request.

    Raises:
        LabError: the disk is full, writing is not allowed, or no process can be started.
    """
    request = opening(root, secrets.token_hex(8))
    with writing(request.folder):
        request.folder.mkdir(exist_ok=True)

    def write(file: BinaryIO) -> None:
        file.write(content)

    write_atomic(request.file(INPUT), write)
    try:
        OPENINGS.ask(request, "open", {"name": name})
        if trouble := helpers.wake(root, OPENINGS.helper):
            raise LabError(trouble)
    except LabError:
        OPENINGS.withdraw(request)
        raise
    return request.key


def opened(root: Path, key: str) -> str:
    """Return the id of the run that a file became; empty as long as it has no map."""
    path = opening(root, key).file(ANSWER)
    return str(read_npz(path)["run"]) if path.exists() else ""


def state(root: Path, key: str) -> Standing | None:
    """Return how far a file is, as `line.followed`; None if it is not asked for, or is open."""
    return followed(OPENINGS, root, opening(root, key))


def withdraw(root: Path, key: str) -> None:
    """Drop a request, or the message that it failed; work on it ends soon."""
    OPENINGS.withdraw(opening(root, key))


class Opener(QueueWorker):
    """Open files as runs of a store.

    Args:
        store: where the runs go.
        after: called once a run has its map, before what nobody waits for.
    """

    def __init__(self, store: RunStore, after: Callable[[], None] = lambda: None) -> None:
        super().__init__(OPENINGS, store.root, {"open": self._open})
        self._store, self._after = store, after

    def _open(self, request: Request, payload: dict[str, Any], progress: Progress) -> None:
        name = Path(str(payload["name"])).name
        progress(0.0, "reading the file")

        def tell(run: Run) -> None:
            write_npz(request.file(ANSWER), {"run": np.array(run.id)})
            self._after()

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name  # messages and the run have the name that it came with
            path.symlink_to(request.file(INPUT).resolve())
            if path.suffix.lower() == ".zip":
                tell(import_run(path, self._store, progress))
            else:
                import_embeddings(path, store=self._store, progress=progress, opened=tell)


def step_back() -> None:
    """Go behind training; as a process cannot come back, it ends when no other file waits."""
    be_nice(BEHIND)


if __name__ == "__main__":
    sys.exit(main(OPENINGS, lambda store: Opener(store, after=step_back)))
