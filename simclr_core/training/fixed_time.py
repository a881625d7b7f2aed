"""Training for a number of seconds without a run folder: how many steps fit is found on the way."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.errors import Diverged

CALIBRATED = 1.0  # seconds of steps that tell the pace
LEAST = 10  # steps that tell it, at least


def train_for(
    model: Any,
    schedule: Any,
    feed: Any,
    seconds: float,
    hold: int,
    total: int = 0,
    tell: Callable[[float, str], None] | None = None,
) -> list[float]:
    """Train a compiled model.

    Args:
        model: compiled.
        schedule: whose `total` is set, or None.
        feed: gives the batch of each step by index.
        seconds: after the first step, which compiles. The first second tells how many steps these
            are, and every further one tells it anew: other programs come and go.
        hold: steps that do not depend on the length.
        total: steps, instead of seconds.
        tell: is given the share of the steps done, and words.

    Returns:
        Seconds of each step but the first.

    Raises:
        Diverged: the loss is no longer a number.
    """
    if schedule is not None:
        schedule.total.assign(total)
    _number(model.train_on_batch(*feed[0]), 1)
    times: list[float] = []
    fixed, due, told = bool(total), min(CALIBRATED, seconds / 4), 0.0
    while not total or len(times) + 1 < total:
        began = time.perf_counter()
        logs = model.train_on_batch(*feed[len(times) + 1])
        times.append(time.perf_counter() - began)
        _number(logs, len(times) + 1)
        spent = sum(times)
        if not fixed and len(times) + 1 >= hold and spent > due:
            recent = times[-max(len(times) // 4, LEAST) :]
            total = len(times) + 1 + max(round((seconds - spent) / statistics.median(recent)), 0)
            due = spent + CALIBRATED
            if schedule is not None:
                schedule.total.assign(total)
        if tell and (not total or len(times) % 10 == 0):
            share = (len(times) + 1) / total if total else spent / max(seconds, 1e-9)
            told = max(told, min(share, 1.0))  # it never goes back
            tell(told, f"step {len(times) + 1:,}")
    return times


def _number(logs: Any, step: int) -> None:
    if not math.isfinite(float(np.ravel(logs)[0])):
        raise Diverged(
            f"Expected a loss that is a number, found none at step {step:,}; take a lower learning "
            "rate."
        )
