"""The analyst: answers short questions to the runs of a folder, in a process of its own.

    python -m simclr_core.questions.analyst RUNS_DIR

It uses the processor only. It starts when there is a question and ends when there has been none for
a while, so that its memory is free again. `long_analyst` does the same for the long questions.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import LabError, RunDamaged
from ..base.files import read_npz, write_npz
from ..base.progress import Progress
from ..machine.devices import core_count, find_device
from ..model.backend import prepare, start_framework
from ..runs.run import Run
from ..runs.snapshots.networks import Networks, Replaced
from ..runs.snapshots.weights import Weights
from ..runs.store import RunStore
from ..workers import launch
from ..workers.queue import ANSWER, INPUT, Queue, Request
from ..workers.queue_worker import QueueWorker, Withdrawn, main
from .answers import ANSWERS, Arrays, Question
from .jobs import QUESTIONS

AnswerFunction = Callable[[Question, Progress], Arrays]


class Analyst(QueueWorker):
    """Answer the open questions of a store, the newest first.

    Args:
        store: the runs.
        answers: what can be asked; a function for each.
        requests: the queue with the questions.
        ahead: load the framework before the first question, if there is none yet.
    """

    def __init__(
        self,
        store: RunStore,
        answers: Mapping[str, AnswerFunction] = ANSWERS,
        requests: Queue = QUESTIONS,
        ahead: bool = False,
    ) -> None:
        kinds = {
            kind: functools.partial(self._answer, kind, function)
            for kind, function in answers.items()
        }
        super().__init__(requests, store.root, kinds)
        self._networks, self._ahead = Networks(), ahead

    def turn(self) -> bool:
        """Answer at most one question; returns whether there was one."""
        served = super().turn()
        if not served and self._ahead:
            self._ahead = False
            start_framework()
        return served

    def _answer(
        self,
        kind: str,
        function: AnswerFunction,
        request: Request,
        payload: dict[str, Any],
        progress: Progress,
    ) -> None:
        """Write the answer to a question."""
        try:
            question = _question(request, kind, payload, self._networks)
            write_npz(request.file(ANSWER), function(question, progress))
        except Replaced as reason:  # the page that waits asks again
            raise Withdrawn(str(reason)) from reason
        except ValueError as error:
            text = " ".join(str(error).split())[:300].rstrip(".")
            raise LabError(f"This cannot be answered: {text}.") from error


def _question(
    request: Request, kind: str, payload: Mapping[str, Any], networks: Networks
) -> Question:
    """Return a question from its files.

    Raises:
        ValueError: they are damaged.
    """
    try:
        weights = dict(payload["weights"])
        weights["stamp"] = tuple(weights["stamp"])
        arrays = read_npz(request.file(INPUT))
        run, parameters = Run(request.folder.parent), dict(payload["parameters"])
        return Question(run, kind, parameters, arrays, Weights(**weights), networks)
    except (RunDamaged, KeyError, TypeError, ValueError) as error:
        raise ValueError("expected a whole question, found damaged files; ask again") from error


def be_modest(training: bool) -> None:
    """Keep to the processor, and to few threads; call it before the framework is imported.

    Args:
        training: something trains now: one thread; else half of the cores.
    """
    prepare(find_device("cpu"))
    threads = 1 if training else max(1, core_count() // 2)
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"


def _weigh_session(niceness: int) -> None:
    """Linux may weigh sessions first, then their processes: set the weight of this session."""
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness))


def serve(requests: Queue, ahead: bool = False) -> int:
    """Answer a queue's questions as a process, with the queue's priority.

    Args:
        requests: the queue.
        ahead: see `Analyst`.

    Returns:
        The exit code.
    """

    def analyst(store: RunStore) -> Analyst:
        be_modest(bool(launch.active(store)))
        _weigh_session(requests.niceness)
        return Analyst(store, requests=requests, ahead=ahead)

    return main(requests, analyst)


if __name__ == "__main__":
    sys.exit(serve(QUESTIONS, ahead=True))
