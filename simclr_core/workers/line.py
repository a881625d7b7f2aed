"""What a request waits for: others before it, its worker's start, a training on the same cores."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from threading import Lock

from cachetools import TTLCache, cached

from ..base.locks import is_locked
from ..machine.devices import core_count
from ..runs import states
from ..runs.store import RunStore
from . import helpers
from .queue import PROGRESS, Queue, Request, kind_of, standing
from .standing import Line, Standing

LOOKS = 2.0  # seconds for which the state of all runs is believed
CROWDED = 2.0  # programs per core that want to compute; trainings and questions are among them


def followed(requests: Queue, root: Path, request: Request) -> Standing | None:
    """Return how far a request is, and what it waits for; None if it is not asked, or was served.

    A request whose worker has gone starts another one: neither a crash nor a restart of the
    machine leaves it waiting.

    Args:
        requests: the queue that serves it.
        root: the folder of runs.
        request: which.
    """
    known = standing(request)
    if known is None or known.failed:
        return known
    trouble = helpers.wake(root, requests.helper)
    line = line_of(requests, root, request, known.asked)
    return replace(known, words=known.words or trouble, line=line)


def line_of(requests: Queue, root: Path, request: Request, asked: float) -> Line:
    """Return what a request waits for.

    Args:
        requests: the queue that serves it.
        root: the folder of runs.
        request: which.
        asked: when, in seconds since 1970; 0 if that is not known.
    """
    begun = request.file(PROGRESS).exists()
    before = [] if begun else requests.before(root, request)
    return Line(
        seconds=max(0.0, time.time() - asked) if asked else 0.0,
        ahead=len(before),
        first=kind_of(before[0]) if before else "",
        starting=not begun and not is_locked(root / f"{requests.helper}.lock"),
        training=_trains(root.resolve()),
        wanting=_wanting(),
    )


@cached(TTLCache(16, LOOKS), lock=Lock())
def _trains(root: Path) -> bool:
    """Return whether a run is being trained on the processor; many pages ask at once."""
    every = (run.status for run in RunStore(root).found())
    return any(one["state"] in states.GOING and one.get("slot") == "cpu" for one in every)


def _wanting() -> int:
    try:
        wanting = os.getloadavg()[0]
    except (AttributeError, OSError):  # this system does not count them
        return 0
    return round(wanting) if wanting >= CROWDED * core_count() else 0
