"""The worker that opens files as runs: the run with a map first, then its scores.

python -m simclr_core.workers.opener RUNS_DIR
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..base.files import write_npz
from ..base.processes import be_nice
from ..base.progress import Progress
from ..runs.run import Run
from ..runs.store import RunStore
from ..runs.transfer.recorder import import_embeddings
from ..runs.transfer.unbundle import import_run
from .opening import OPENINGS
from .queue import ANSWER, INPUT, Request
from .queue_worker import QueueWorker, main

BEHIND = 10  # niceness of what nobody waits for; training has 5


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
                tell(import_run(path, self._store))
            else:
                import_embeddings(path, store=self._store, progress=progress, opened=tell)


def step_back() -> None:
    """Go behind training; as a process cannot come back, it ends when no other file waits."""
    be_nice(BEHIND)


if __name__ == "__main__":
    sys.exit(main(OPENINGS, lambda store: Opener(store, after=step_back)))
