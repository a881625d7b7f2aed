"""Questions to a run: the app asks in files, the analysis worker answers in files.

    RUN/jobs/<key>.input.npz       arrays that the question is about; by whoever asks
    RUN/jobs/<key>.request.json    kind, parameters and weights, after its input; by whoever asks
    RUN/jobs/<key>.progress.json   attempt, share done and words; by the analyst
    RUN/jobs/<key>.answer.npz      arrays, or <key>.error.json: one sentence; by the analyst

The key is a hash of all that an answer depends on, so equal questions share one answer, whoever
asks. Whoever waits looks for the answer now and then, and so keeps the question open: a closed
page needs no goodbye. Once there is an answer, the question's own files go; answers stay until
others, used later, need their room.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ..base.errors import LabError, RunDamaged
from ..base.files import read_json, read_npz, write_json, write_npz, writing
from ..runs.run import Run
from ..runs.snapshots.weights import TRAINED, Weights, find_weights, gone
from . import job_files
from .job import (
    Job,
    canonical,
    clusters_job,
    encode_job,
    encoder_job,
    keeps_job,
    layout_job,
    more_job,
    occlude_job,
)
from .job_files import ANSWER, ERROR, INPUT, PROGRESS, REQUEST

__all__ = [
    "ANSWERED",
    "FAILED",
    "UNKNOWN",
    "WAITING",
    "WORKING",
    "Answer",
    "Job",
    "answer",
    "ask",
    "clusters_job",
    "encode_job",
    "encoder_job",
    "keeps_job",
    "key_of",
    "layout_job",
    "more_job",
    "occlude_job",
    "withdraw",
]

FORMAT = 1  # of questions and answers: part of the key, so that newer code asks anew
RETRY = 30.0  # seconds after which a question that failed may be asked again
MOST_INPUT = 256_000_000  # bytes of one question

WAITING, WORKING, ANSWERED, FAILED, UNKNOWN = "waiting", "working", "answered", "failed", "unknown"


@dataclass(frozen=True)
class Answer:
    """What is known of a question.

    Attributes:
        state: waiting, working, answered, failed, or unknown: then it has to be asked (again).
        arrays: of the answer, by name.
        share, words: progress while it is worked on; None and empty if not known.
        error: one sentence if it failed.
    """

    state: str
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    share: float | None = None
    words: str = ""
    error: str = ""


def key_of(run: Run, job: Job) -> str:
    """The name of a question and of its answer: equal for equal questions.

    Raises:
        RunError: the run has no such weights, or is no longer there.
    """
    return _key(run, job, _weights(run, job))


def ask(run: Run, job: Job) -> str:
    """Ask, unless the same was asked or answered already.

    Returns:
        The key, for `answer`. Look for the answer at least every few seconds: a question that
        nobody looks after is dropped.

    Raises:
        RunError: the run has no such weights, is no longer there, or cannot be written to.
        LabError: the disk is full.
        ValueError: the question is larger than `MOST_INPUT`.
    """
    if sum(array.nbytes for array in job.arrays.values()) > MOST_INPUT:
        raise ValueError(f"expected at most {MOST_INPUT:,} bytes of arrays, found more")
    weights = _weights(run, job)
    key = _key(run, job, weights)
    folder = run.path / "jobs"
    if _is_answered(folder, key) or job_files.touch(folder / f"{key}{REQUEST}"):
        return key
    try:
        _write(folder, key, job, weights)
    except LabError as error:
        if not run.path.is_dir():
            raise gone(run) from error
        raise
    return key


def answer(run: Run, key: str) -> Answer:
    """What is known of a question; looking says that somebody waits for it.

    Nothing is raised: a damaged answer reads as a failed question, and is removed.
    """
    folder = run.path / "jobs"
    for _ in range(2 if job_files.is_key(key) else 0):
        if found := _read_answer(folder, key) or _read_error(folder, key):
            return found
        if job_files.touch(folder / f"{key}{REQUEST}"):
            return _read_progress(folder, key)
        # between two looks the answer may have taken the place of its request: look again
    return Answer(UNKNOWN)


def forget(run: Run, key: str) -> None:
    """Remove an answer that is no longer true, so that the question is asked anew."""
    if job_files.is_key(key):
        job_files.remove(run.path / "jobs" / f"{key}{ANSWER}")


def withdraw(run: Run, key: str) -> None:
    """Say that nobody here waits any more; whoever else does keeps the question by looking."""
    if job_files.is_key(key):
        job_files.give_up(run.path / "jobs" / f"{key}{REQUEST}")


def _key(run: Run, job: Job, weights: Weights) -> str:
    subject = canonical([FORMAT, run.id, asdict(weights), job.digest])
    return hashlib.sha256(subject).hexdigest()[:32]


def _weights(run: Run, job: Job) -> Weights:
    role, step = job.parameters.get("weights", TRAINED), job.parameters.get("step")
    return find_weights(run, str(role), step)


def _write(folder: Path, key: str, job: Job, weights: Weights) -> None:
    """Write a question; its request comes last, as it makes the question."""
    with writing(folder):
        folder.mkdir(exist_ok=True)  # the run's own folder is never made again
    job_files.tidy(folder)
    write_npz(folder / f"{key}{INPUT}", job.arrays)
    request = {"format": FORMAT, "kind": job.kind, "parameters": dict(job.parameters)}
    request |= {"weights": asdict(weights), "asked": time.time()}
    write_json(folder / f"{key}{REQUEST}", request)


def _is_answered(folder: Path, key: str) -> bool:
    """Whether there is an answer; an error that is old enough makes room for another try."""
    if (folder / f"{key}{ANSWER}").exists():
        return True
    path = folder / f"{key}{ERROR}"
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return False
    if 0 <= age < RETRY:
        return True
    job_files.remove(path)
    return False


def _read_answer(folder: Path, key: str) -> Answer | None:
    path = folder / f"{key}{ANSWER}"
    if not job_files.touch(path):
        return None
    try:
        return Answer(ANSWERED, read_npz(path))
    except RunDamaged as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        return _damaged(path)


def _read_error(folder: Path, key: str) -> Answer | None:
    path = folder / f"{key}{ERROR}"
    try:
        found = read_json(path)
    except RunDamaged:
        return _damaged(path)
    return None if found is None else Answer(FAILED, error=str(found.get("message") or ""))


def _read_progress(folder: Path, key: str) -> Answer:
    try:
        found = read_json(folder / f"{key}{PROGRESS}")
    except RunDamaged:
        found = None
    if found is None:
        return Answer(WAITING)
    share, words = found.get("share"), str(found.get("words") or "")
    known = isinstance(share, int | float) and 0 <= share <= 1
    return Answer(WORKING, share=float(share or 0) if known else None, words=words)


def _damaged(path: Path) -> Answer:
    job_files.remove(path)
    text = f"Expected an answer in {path.name}, found a damaged file and removed it; ask again."
    return Answer(FAILED, error=text)
