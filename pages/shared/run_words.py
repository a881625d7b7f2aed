"""The state of a run in words."""

from __future__ import annotations

from collections.abc import Sequence

from simclr_core.runs import states, summary

from .estimate import place_in_queue
from .run_rows import Row

_REQUESTED = {"pause": "pausing", "stop": "stopping"}


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
        return f"{word}, {summary.percent(min(row.step / row.steps, 1.0))}"
    return word
