"""How long things take on this machine, from what earlier runs took."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from simclr_core.base.errors import DeviceError
from simclr_core.data.builtin import DIGITS_SIZE, SHAPES_SIZE
from simclr_core.machine import memory
from simclr_core.machine.devices import find_device
from simclr_core.runs import states, summary
from simclr_core.settings.config import RunConfig

from .run_rows import Row, waiting

STARTUP = 10.0  # seconds to import, read, compile and evaluate; a guess until a run was measured
WORTH_A_WORD = 0.5  # of the free memory
# Pixels a side, where the data choose.
SIZES = {"shapes": SHAPES_SIZE, "patterns": SHAPES_SIZE, "digits": DIGITS_SIZE, "cifar10": 32}
_RECENT = 7  # runs that the measurement looks at


def startup(rows: Sequence[Row]) -> float:
    """Seconds beside training: the median of the last finished runs, else a guess.

    Args:
        rows: newest first.
    """
    known = [r.overhead for r in rows if r.overhead is not None][:_RECENT]
    return statistics.median(known) if known else STARTUP


def total(config: RunConfig, rows: Sequence[Row]) -> float | None:
    """Seconds that a run takes from start to its final figures.

    None if nobody can know: for a number of steps, where no such run has finished here, and for
    epochs, of which nobody knows the steps before the pictures are read.
    """
    if config.training.epochs and not config.training.steps:
        return None
    if not config.training.steps:
        return config.training.seconds + startup(rows)
    pace = _seconds_a_step(config, rows)
    return None if pace is None else config.training.steps * pace + startup(rows)


def words(config: RunConfig, rows: Sequence[Row]) -> str:
    """The estimate beside the Start button: "est. 1:05 on 2 cores, after 1 other run"."""
    try:
        place = find_device(config.training.device).name
    except DeviceError as error:
        return str(error)
    seconds = total(config, rows)
    if seconds is None:
        steps, epochs = config.training.steps, config.training.epochs
        text = f"{steps:,} steps on {place}" if steps else f"{epochs:,g} epochs on {place}"
    else:
        text = f"est. <b>{summary.clock(seconds)}</b> on {place}"
    text += _memory(config)
    ahead = sum(r.state in (states.STARTING, states.RUNNING, states.QUEUED) for r in rows)
    return f"{text}, after {ahead} other run{'s' * (ahead != 1)}" if ahead else text


def place_in_line(row: Row, rows: Sequence[Row]) -> tuple[int, float | None]:
    """A waiting run's place (1 is next) and the seconds until it starts; None: not known.

    Counts all runs as if they shared one device: on machines with more it starts earlier.
    """
    line = [r.run.id for r in waiting(rows)]
    position = line.index(row.run.id) + 1 if row.run.id in line else 1
    ahead = [r for r in rows if r.state in (states.STARTING, states.RUNNING)]
    ahead += [r for r in waiting(rows)[: position - 1]]
    extra = startup(rows)
    seconds = sum(_left(r, extra) for r in ahead)
    return position, seconds if ahead else None


def _left(row: Row, extra: float) -> float:
    """Seconds until a run ends."""
    if row.state == states.RUNNING and row.left is not None:
        return row.left + extra / 3  # what remains beside training is the evaluation
    return max(row.budget - row.seconds, 0.0) + extra


def _memory(config: RunConfig) -> str:
    """What a run takes of the memory, where that is much of it; empty otherwise."""
    size = config.data.image_size or SIZES.get(config.data.source, 0)
    room = memory.available()
    need = memory.needed(config, size) if size else 0.0
    if need < WORTH_A_WORD * room:
        return ""
    text = f", about {need / 1e9:.1f} GB of memory"
    if need <= room:
        return text
    return f"{text}; {room / 1e9:.1f} GB are free: {memory.advice(config, size, room)}"


def _seconds_a_step(config: RunConfig, rows: Sequence[Row]) -> float | None:
    """Of the last finished run whose steps were as much work on the same device."""
    wanted = _work(config, _device(config.training.device))
    for r in rows:
        trained = r.state == states.FINISHED and r.step and r.seconds
        if trained and r.config and _work(r.config, r.device or _device(r.slot)) == wanted:
            return r.seconds / r.step
    return None


def _work(config: RunConfig, device: str) -> tuple[object, ...]:
    """What decides how long a step takes."""
    data, training = config.data, config.training
    return (
        device,
        config.model,
        training.batch_size,
        training.optimizer,
        training.precision,
        data.source,
        data.image_size,
    )


def _device(wanted: str) -> str:
    """The id of a device that is asked for; empty if it is not there."""
    try:
        return find_device(wanted).id
    except DeviceError:
        return ""
