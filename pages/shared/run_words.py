"""The state of a run in words."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from simclr_core.runs import states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.validation import number

from .estimate import place_in_queue
from .run_rows import Row

_REQUESTED = {"pause": "pausing", "stop": "stopping"}
QUIET = 20.0  # seconds without a step after which the pages say so
RECORDED = "recorded"  # of a run that ships with the app, whatever its state


def state_word(state: str, request: str | None = None) -> str:
    """Return the word for a state; a request that is not carried out yet goes first.

    Args:
        state: of the run.
        request: "pause" or "stop", None without one.
    """
    return _REQUESTED.get(request or "", state) if state in states.GOING else state


def state_words(row: Row, rows: Sequence[Row]) -> str:
    """Return a run's state with its place in the queue or its progress.

    Args:
        row: the run.
        rows: all runs, for the place in the queue.
    """
    if row.run.is_shipped:
        return RECORDED
    word = state_word(row.state, row.request)
    if row.state == states.QUEUED:
        position, _ = place_in_queue(row, rows)
        return f"{word}, {summary.ordinal(position)} in line"
    if row.state == states.RUNNING and row.steps and not row.request:
        words = f"{word}, {summary.percent(min(row.step / row.steps, 1.0))}"
        quiet = quiet_for(row.run, row.run.status)
        return f"{words}, {quiet_words(quiet)}" if quiet else words
    return word


def quiet_for(run: Run, status: Mapping[str, Any]) -> float:
    """Return the seconds since a training run last made a step; 0 if that is not unusual.

    Args:
        run: the run.
        status: its status.json, which the worker writes about once a second.
    """
    seconds, step = (number(status.get(key)) or 0.0 for key in ("seconds", "step"))
    if status["state"] != states.RUNNING or status.get("phase") != "training" or not step:
        return 0.0
    try:
        quiet = time.time() - run.status_path.stat().st_mtime
    except OSError:
        return 0.0
    return quiet if quiet > max(QUIET, 3 * seconds / step) else 0.0


def quiet_words(quiet: float) -> str:
    """Return the time without a step in words, such as "no step for 0:25"."""
    return f"no step for {summary.clock(quiet)}"
