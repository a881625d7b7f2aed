"""How long a run takes on this machine, estimated from earlier runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from markupsafe import Markup, escape

from simclr_core.base.errors import DeviceError
from simclr_core.base.templates import render
from simclr_core.data.builtin import DIGITS_SIZE, SHAPES_SIZE
from simclr_core.machine.devices import find_device
from simclr_core.machine.memory import available
from simclr_core.model import memory
from simclr_core.runs import states, summary
from simclr_core.settings.config import RunConfig

from .pace import seconds_per_step
from .run_rows import Row, queued_rows

STARTUP = 10.0  # seconds to import, read, compile and evaluate; a guess until a run was measured
MENTIONED = 0.5  # of the free memory: a run that needs less is not worth a word about it
# Pixels per side of the built-in data, where the data choose.
SIZES = {"shapes": SHAPES_SIZE, "patterns": SHAPES_SIZE, "digits": DIGITS_SIZE, "cifar10": 32}
_RECENT = 7  # runs that the measurement looks at


def startup_seconds(rows: Sequence[Row]) -> float:
    """Return the seconds beside training: the median of the last finished runs, else a guess.

    Args:
        rows: newest first.
    """
    known = [r.overhead for r in rows if r.overhead is not None][:_RECENT]
    return statistics.median(known) if known else STARTUP


def total_seconds(config: RunConfig, rows: Sequence[Row]) -> float | None:
    """Return the seconds that a run takes from its start to its final scores.

    None if they cannot be known: for a number of steps, before such a run has finished here, and
    for epochs, whose steps are not known before the pictures are read.
    """
    if config.training.epochs and not config.training.steps:
        return None
    if not config.training.steps:
        return config.training.seconds + startup_seconds(rows)
    pace = seconds_per_step(config, rows)
    return None if pace is None else config.training.steps * pace + startup_seconds(rows)


def estimate_html(config: RunConfig, rows: Sequence[Row]) -> Markup:
    """Return the estimate beside Start: "about 1:05 on 2 cores", and when its turn comes."""
    try:
        place = find_device(config.training.device).name
    except DeviceError as error:
        return escape(str(error))
    seconds, steps = total_seconds(config, rows), config.training.steps
    wait = _seconds_until([*_going(rows), *queued_rows(rows)], rows)
    return render(
        "shared/estimate",
        wait="" if wait is None else summary.clock(wait),
        clock="" if seconds is None else summary.clock(seconds),
        amount=f"{steps:,} steps" if steps else f"{config.training.epochs:,g} epochs",
        place=place,
        memory=_memory(config),
    )


def is_busy(rows: Sequence[Row]) -> bool:
    """Return whether a new run would have to wait."""
    return any(row.state in (states.QUEUED, *states.GOING) for row in rows)


def place_in_queue(row: Row, rows: Sequence[Row]) -> tuple[int, float | None]:
    """Return a queued run's place (1 is next), and the seconds until it starts if they are known.

    Counts all runs as if they shared one device: on machines with more it starts earlier.
    """
    line = [r.run.id for r in queued_rows(rows)]
    position = line.index(row.run.id) + 1 if row.run.id in line else 1
    ahead = [*_going(rows), *queued_rows(rows)[: position - 1]]
    return position, _seconds_until(ahead, rows)


def _going(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.state in states.GOING]


def _seconds_until(ahead: Sequence[Row], rows: Sequence[Row]) -> float | None:
    """Return the seconds until some runs have ended; None if there are none."""
    extra = startup_seconds(rows)
    return sum(_left(row, extra) for row in ahead) if ahead else None


def _left(row: Row, extra: float) -> float:
    """Return the seconds until a run ends."""
    if row.state == states.RUNNING and row.left is not None:
        return row.left + extra / 3  # what remains beside training is the evaluation
    return max(row.budget - row.seconds, 0.0) + extra


def _memory(config: RunConfig) -> str:
    """Return how much memory a run needs, if that is much of what is free; empty otherwise."""
    size = config.data.image_size or SIZES.get(config.data.source, 0)
    room = available()
    need = memory.needed(config, size) if size else 0.0
    if need < MENTIONED * room:
        return ""
    text = f", about {need / 1e9:.1f} GB of memory"
    if need <= room:
        return text
    return f"{text}; {room / 1e9:.1f} GB are free: {memory.advice(config, size, room)}"
