"""Questions to a run: the app asks in files, the analysis worker answers in files.

    RUN/jobs/<key>.input.npz       arrays that the question is about; by whoever asks
    RUN/jobs/<key>.request.json    kind, parameters and weights, after its input; by whoever asks
    RUN/jobs/<key>.progress.json   attempt, share done and words; by the analyst
    RUN/jobs/<key>.answer.npz      arrays, or <key>.error.json: one sentence; by the analyst

The key is a hash of all that an answer depends on, so equal questions share one answer, whoever
asks. Whoever waits follows the question now and then, and so keeps it open: a closed page needs no
goodbye. Once there is an answer, the question's own files go; answers stay until
others, used later, need their room.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from pathlib import Path

from ..base.errors import LabError
from ..base.files import write_json, write_npz, writing
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
from .job_files import ANSWER, ERROR, INPUT, REQUEST

__all__ = [
    "Job",
    "ask",
    "clusters_job",
    "encode_job",
    "encoder_job",
    "forget",
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


def key_of(run: Run, job: Job) -> str:
    """The name of a question and of its answer: equal for equal questions.

    Raises:
        RunError: the run has no such weights, or is no longer there.
    """
    return _key(run, job, _weights(run, job))


def ask(run: Run, job: Job) -> str:
    """Ask, unless the same was asked or answered already.

    Returns:
        The key, for `follow`: a question that nobody follows is dropped.

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


def forget(run: Run, key: str) -> None:
    """Remove an answer that is no longer true, so that the question is asked again."""
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
