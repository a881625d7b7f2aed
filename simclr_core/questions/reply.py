"""Replies to questions: what is known of one, and `look`, which asks, reads and wakes in one call.

Reading a reply changes nothing. What keeps a question or its answer from being dropped, and what
removes a damaged answer, are functions of their own; `follow` does all of it for who waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..base.errors import LabError, RunDamaged
from ..base.files import read_json, read_npz
from ..runs.run import Run
from ..runs.store import RunStore
from . import analyst, job_files, jobs
from .job import Job
from .job_files import ANSWER, ERROR, PROGRESS, REQUEST
from .large_probe import owner


@dataclass(frozen=True)
class Reply:
    """What is known of a question. All fields are at rest if it was never asked, or was dropped.

    Attributes:
        arrays: of the answer, by name; None until there is one.
        words: what the analyst is doing, empty until it begins; or why the question failed.
        share: of the work that is done, in [0, 1]; None as long as it is not known.
        waiting: whether the answer is still to come.
        failed: whether it will not come.
        key: of the question, for `withdraw`; empty if it has none.
    """

    arrays: Mapping[str, np.ndarray] | None = None
    words: str = ""
    share: float | None = None
    waiting: bool = False
    failed: bool = False
    key: str = ""


def look(run: Run, job: Job, ask: bool = True) -> Reply:
    """Return what is known of a question. Call it again while the reply says that it is waited for.

    Args:
        run: the run, or a set of its pictures, that is asked.
        job: the question.
        ask: ask it if there is no answer, and start the analyst if there is none; False writes no
            question, but keeps one open that was asked before.

    Returns:
        Arrays; or that the answer is waited for; or why there will be none, in one sentence. If
        `ask` is False and nobody has asked, none of these.

    Raises:
        ValueError: the question is larger than `jobs.MOST_INPUT`.
    """
    try:
        key = jobs.ask(run, job) if ask else jobs.key_of(run, job)
        reply = follow(run, key)
        if not ask or reply.arrays is not None or reply.failed:
            return reply
        if trouble := analyst.wake(RunStore(owner(run).path.parent)):
            return Reply(words=trouble, failed=True, key=key)
        return replace(reply, waiting=True)  # it may have been dropped just now
    except LabError as error:
        return Reply(words=str(error), failed=True)


def read(run: Run, key: str) -> Reply:
    """Return what is known of a question; nothing is written.

    A damaged answer reads as a failed question.
    """
    folder = run.path / "jobs"
    for _ in range(2 if job_files.is_key(key) else 0):
        if reply := _read_answer(folder, key) or _read_error(folder, key):
            return reply
        if (folder / f"{key}{REQUEST}").exists():
            return _read_progress(folder, key)
        # between the two looks the answer may have taken the place of its request: look again
    return Reply(key=key)


def keep_open(run: Run, key: str) -> None:
    """Say that somebody waits for the answer: the question stays open for `LEASE` more seconds."""
    if job_files.is_key(key):
        job_files.touch(run.path / "jobs" / f"{key}{REQUEST}")


def keep_answer(run: Run, key: str) -> None:
    """Say that an answer was used: it goes after those that were used longer ago."""
    if job_files.is_key(key):
        job_files.touch(run.path / "jobs" / f"{key}{ANSWER}")


def follow(run: Run, key: str) -> Reply:
    """Return what is known of a question, and keep it open; what is damaged is removed.

    Call it at least every few seconds while somebody waits.
    """
    keep_open(run, key)
    keep_answer(run, key)
    reply = read(run, key)
    if reply.failed:
        remove_damaged(run, key)
    return reply


def remove_damaged(run: Run, key: str) -> None:
    """Remove an answer or an error that cannot be read, so that the question is asked again."""
    for ending, read_file in ((ANSWER, read_npz), (ERROR, read_json)):
        path = run.path / "jobs" / f"{key}{ending}"
        try:
            read_file(path)
        except RunDamaged:
            job_files.remove(path)


def _read_answer(folder: Path, key: str) -> Reply | None:
    path = folder / f"{key}{ANSWER}"
    try:
        return Reply(read_npz(path), key=key)
    except RunDamaged as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        return _damaged(path, key)


def _read_error(folder: Path, key: str) -> Reply | None:
    path = folder / f"{key}{ERROR}"
    try:
        found = read_json(path)
    except RunDamaged:
        return _damaged(path, key)
    if found is None:
        return None
    return Reply(words=str(found.get("message") or ""), failed=True, key=key)


def _read_progress(folder: Path, key: str) -> Reply:
    try:
        found = read_json(folder / f"{key}{PROGRESS}") or {}
    except RunDamaged:
        found = {}
    share, words = found.get("share"), str(found.get("words") or "")
    known = isinstance(share, int | float) and 0 <= share <= 1
    return Reply(words=words, share=float(share or 0) if known else None, waiting=True, key=key)


def _damaged(path: Path, key: str) -> Reply:
    text = f"Expected an answer in {path.name}, found a damaged file; ask again."
    return Reply(words=text, failed=True, key=key)
