"""Questions to a run: the app asks in files of RUN/jobs, the analyst answers in files beside them.

The key of a question is a hash of all that its answer depends on, so equal questions share one
answer. A page that waits follows the question now and then, which keeps it open, so a closed page
needs no goodbye. Once there is an answer, the question's own files are removed; answers stay until
others, used later, need their room.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from ..base.errors import LabError
from ..base.files import listed, remove
from ..runs.layout import SHIPPED
from ..runs.run import Run
from ..runs.snapshots.weights import TRAINED, Weights, find_weights, gone
from ..workers.queue import ANSWER, Queue, Request, is_key
from .job import Job, canonical

FORMAT = 1  # of questions and answers: part of the key, so that newer code asks again
MOST_INPUT = 256_000_000  # bytes of one question


def folders(root: Path) -> Iterator[Path]:
    """Return the folders for questions of all runs, and of their sets (see `large_probe`)."""
    for run in (*listed(root), *listed(root / SHIPPED)):
        if not run.name.startswith("."):  # a run that is being deleted
            for place in (run, *listed(run / "sets")):
                yield place / "jobs"


LONG = frozenset({"animation", "clusters", "keeps", "layout", "more", "occlude"})

# Somebody waits for a short question, which takes a moment: it comes before training.
QUESTIONS = Queue(
    helper="analyst",
    folders=folders,
    niceness=0,
    tries=2,
    lease=15.0,
    retry=30.0,
    idle=120.0,
    newest_first=True,
    serves=lambda kind: kind not in LONG,
)
# A process of its own for those that may take minutes, so that no short one waits for their end.
LONG_QUESTIONS = replace(
    QUESTIONS,
    helper="long-analyst",
    niceness=10,  # behind training, which has 5
    long=frozenset({"keeps", "layout", "more"}),
    serves=lambda kind: kind in LONG,
)


def queue_of(kind: str) -> Queue:
    """Return the queue that serves a kind of question."""
    return LONG_QUESTIONS if kind in LONG else QUESTIONS


def key_of(run: Run, job: Job) -> str:
    """Return the key of a question and of its answer: equal for equal questions.

    Raises:
        RunError: the run has no such weights, or is no longer there.
    """
    return _key(run, job, _weights(run, job))


def ask(run: Run, job: Job) -> str:
    """Ask, unless the same was asked or answered already.

    Returns:
        The key, for `reply.follow`: a question that nobody follows is dropped.

    Raises:
        RunError: the run has no such weights, is no longer there, or cannot be written to.
        LabError: the disk is full.
        ValueError: the question is larger than `MOST_INPUT`.
    """
    if sum(array.nbytes for array in job.arrays.values()) > MOST_INPUT:
        raise ValueError(f"expected at most {MOST_INPUT:,} bytes of arrays, found more")
    weights = _weights(run, job)
    request = question(run, _key(run, job, weights))
    if request.file(ANSWER).exists():
        return request.key
    payload = {"format": FORMAT, "parameters": dict(job.parameters), "weights": asdict(weights)}
    try:
        queue_of(job.kind).ask(request, job.kind, payload, job.arrays)
    except LabError as error:
        if not run.path.is_dir():
            raise gone(run) from error
        raise
    return request.key


def question(run: Run, key: str) -> Request:
    """Return the place of a question.

    Raises:
        ValueError: this is no key.
    """
    return Request(run.path / "jobs", key)


def withdraw(run: Run, key: str) -> None:
    """Stop waiting for an answer; others who wait keep the question open by following it."""
    if is_key(key):
        QUESTIONS.withdraw(question(run, key))


def forget(run: Run, key: str) -> None:
    """Remove an answer that is no longer true, so that the question is asked again."""
    if is_key(key):
        remove(question(run, key).file(ANSWER))


def _key(run: Run, job: Job, weights: Weights) -> str:
    subject = canonical([FORMAT, run.id, asdict(weights), job.digest])
    return hashlib.sha256(subject).hexdigest()[:32]


def _weights(run: Run, job: Job) -> Weights:
    role, step = job.parameters.get("weights", TRAINED), job.parameters.get("step")
    return find_weights(run, str(role), step)
