"""The worker for lessons and studies: serves them one after another, and ends when none is left.

python -m simclr_core.workers.task_worker RUNS_DIR
"""

from __future__ import annotations

import functools
import importlib
import sys
import traceback
from typing import Any

from ..base.errors import LabError
from ..base.progress import Progress
from ..runs.store import RunStore
from .queue import Request
from .queue_worker import QueueWorker, main
from .tasks import TASKS

# Kind -> module and function, which gets the folder of runs, the payload and a function that
# reports progress. They are in rooms above this one, so they are named, not imported.
STUDIES = {
    "lesson": ("simclr_core.lessons.running", "serve"),
    "study": ("simclr_core.paradigms.making", "serve"),
}


class StudyWorker(QueueWorker):
    """Carry out lessons and studies on the processor.

    Args:
        store: the runs beside which they are asked for.
    """

    def __init__(self, store: RunStore) -> None:
        kinds = {kind: functools.partial(self._carry_out, kind) for kind in STUDIES}
        super().__init__(TASKS, store.root, kinds)
        self._started = False

    def _carry_out(
        self, kind: str, request: Request, payload: dict[str, Any], progress: Progress
    ) -> None:
        if not self._started:
            progress(0.0, "loading TensorFlow")
            start_framework()
            self._started = True
        module, function = STUDIES[kind]
        getattr(importlib.import_module(module), function)(self.root, payload, progress)


def start_framework() -> None:
    """Import the deep-learning framework for the processor.

    Raises:
        LabError: it does not start.
    """
    from ..machine.devices import find_device  # late: asking needs no framework
    from ..model import backend

    try:
        backend.prepare(find_device("cpu"))
        backend.start_framework()
    except Exception as error:
        traceback.print_exc()
        raise LabError(f"TensorFlow did not start: {error}") from error


if __name__ == "__main__":
    sys.exit(main(TASKS, StudyWorker))
