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

import functools
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import job_files
from .errors import LabError, RunDamaged
from .files import read_json, read_npz, write_json, write_npz, writing
from .job_files import ANSWER, ERROR, INPUT, PROGRESS, REQUEST
from .projection import METRIC, MIN_DIST, NEIGHBORS
from .runs import Run
from .weights import NONE, TRAINED, Weights, find_weights, gone

FORMAT = 1  # of questions and answers: part of the key, so that newer code asks anew
RETRY = 30.0  # seconds after which a question that failed may be asked again
MOST_INPUT = 256_000_000  # bytes of one question

WAITING, WORKING, ANSWERED, FAILED, UNKNOWN = "waiting", "working", "answered", "failed", "unknown"


@dataclass(frozen=True, eq=False)
class Job:
    """What is asked.

    Attributes:
        kind: one of `kinds.KINDS`.
        parameters: plain JSON values. `weights` ("trained", "untrained", or "none" where no network
            is needed) and `step` (None: the newest) say which state of the network is asked.
        arrays: what the question is about, by name.
    """

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all of it."""
        found = hashlib.sha256(_canonical([self.kind, dict(self.parameters)]))
        for name, array in sorted(self.arrays.items()):
            found.update(_canonical([name, array.dtype.str, array.shape]))
            found.update(array.tobytes())
        return found.hexdigest()


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


def encode_job(images: np.ndarray, weights: str = TRAINED, step: int | None = None) -> Job:
    """The question how a network represents pictures.

    Args:
        images: (N, S, S, 3) uint8, or float32 in [0, 1].
        weights: "trained" or "untrained".
        step: of the trained weights; None takes the newest.

    Returns:
        A job whose answer has h (N, D) and z (N, d) float32, and the weights' step () int64.
    """
    return Job("encode", {"weights": weights, "step": step}, {"images": images})


def layout_job(
    of: str = "h", neighbors: int = NEIGHBORS, min_dist: float = MIN_DIST, metric: str = METRIC
) -> Job:
    """The question where UMAP with these settings puts the pictures, at every snapshot.

    Args:
        of: "h" or "z".
        neighbors, min_dist, metric: of UMAP.

    Returns:
        A job whose answer has steps (K,) and xy (K, P, 2).
    """
    settings = {"neighbors": neighbors, "min_dist": min_dist, "metric": metric}
    return Job("layout", {"weights": NONE, "of": of, **settings})


def clusters_job(k: int) -> Job:
    """The question which k clusters the representations form, at every snapshot.

    Returns:
        A job whose answer has steps (K,) and clusters (K, P).
    """
    return Job("clusters", {"weights": NONE, "k": k})


def keeps_job(snapshots: int = 6) -> Job:
    """The question what a linear probe reads from pixels, h and z.

    Args:
        snapshots: how many at most.

    Returns:
        A job whose answer has names (F,), steps (K,), h and z (K, F), pixels and chance (F,).
    """
    return Job("keeps", {"weights": NONE, "snapshots": snapshots})


def more_job(count: int) -> Job:
    """The question where many pictures of the run's data lie under its newest weights.

    Args:
        count: pictures at most.

    Returns:
        A job whose answer has the name () of a set (see `more`) and its step ().
    """
    return Job("more", {"weights": TRAINED, "step": None, "count": count})


def occlude_job(images: np.ndarray, step: int | None = None) -> Job:
    """The question which parts of two pictures make the network find them alike.

    Args:
        images: (2, S, S, 3) uint8, or float32 in [0, 1].
        step: of the trained weights; None takes the newest.

    Returns:
        A job whose answer has similarity (), lost (2, G, G) and the weights' step ().
    """
    return Job("occlude", {"weights": TRAINED, "step": step}, {"images": images})


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
    subject = _canonical([FORMAT, run.id, asdict(weights), job.digest])
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


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
