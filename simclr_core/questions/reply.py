"""Replies to questions: what is known of one, and `look`, which asks, reads and wakes in one call.

Reading a reply changes nothing. What keeps a question or its answer from being dropped, and what
removes a damaged answer, are functions of their own; `follow` does all of it for who waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import LabError, RunDamaged
from ..base.files import read_json, read_npz, remove, touch
from ..runs.run import Run
from ..workers import helpers
from ..workers.line import line_of
from ..workers.queue import ANSWER, ERROR, Request, is_key, standing
from ..workers.standing import AT_REST, Line
from . import jobs
from .job import Job
from .jobs import QUESTIONS, question, queue_of
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
        asked: when it was asked, in seconds since 1970; 0 if that is not known.
        line: what it waits for; `look` looks.
    """

    arrays: Mapping[str, np.ndarray] | None = None
    words: str = ""
    share: float | None = None
    waiting: bool = False
    failed: bool = False
    key: str = ""
    asked: float = 0.0
    line: Line = AT_REST


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
        root, requests = owner(run).root, queue_of(job.kind)
        if trouble := helpers.wake(root, requests.helper):
            return Reply(words=trouble, failed=True, key=key)
        line = line_of(requests, root, question(run, key), reply.asked)
        return replace(reply, waiting=True, line=line)  # it may have been dropped just now
    except LabError as error:
        return Reply(words=str(error), failed=True)


def read(run: Run, key: str) -> Reply:
    """Return what is known of a question; nothing is written.

    A damaged answer reads as a failed question.
    """
    for _ in range(2 if is_key(key) else 0):
        request = question(run, key)
        if reply := _read_answer(request):
            return reply
        if known := standing(request):
            waits = not known.failed
            return Reply(None, known.words, known.share, waits, known.failed, key, known.asked)
        # between the two looks the answer may have taken the place of its request: look again
    return Reply(key=key)


def keep_open(run: Run, key: str) -> None:
    """Say that somebody waits for the answer, so that the question stays open for a while."""
    if is_key(key):
        QUESTIONS.renew(question(run, key))


def keep_answer(run: Run, key: str) -> None:
    """Say that an answer was used: it goes after those that were used longer ago."""
    if is_key(key):
        touch(question(run, key).file(ANSWER))


def remove_damaged(run: Run, key: str) -> None:
    """Remove an answer or an error that cannot be read, so that the question is asked again."""
    for ending, read_file in ((ANSWER, read_npz), (ERROR, read_json)) if is_key(key) else ():
        path = question(run, key).file(ending)
        try:
            read_file(path)
        except RunDamaged:
            remove(path)


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


def _read_answer(request: Request) -> Reply | None:
    path = request.file(ANSWER)
    try:
        return Reply(read_npz(path), key=request.key)
    except RunDamaged as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
    text = f"Expected an answer in {path.name}, found a damaged file; ask again."
    return Reply(words=text, failed=True, key=request.key)
