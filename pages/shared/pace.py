"""What a run's steps cost beside those of others: whether its time was enough for its machine."""

from __future__ import annotations

from collections.abc import Sequence

from simclr_core.base.errors import DeviceError
from simclr_core.machine.devices import find_device
from simclr_core.runs import states, summary
from simclr_core.settings.config import RunConfig

from .run_rows import Row

ENOUGH = 0.6  # of the steps that the time allows: fewer are reported


def seconds_per_step(config: RunConfig, rows: Sequence[Row]) -> float | None:
    """Return the pace of the last finished run with equal work per step on the same device.

    Args:
        config: of the run whose pace is wanted.
        rows: newest first.
    """
    wanted = _work(config, _device(config.training.device))
    return next((r.seconds / r.step for r in rows if _is_like(r, wanted)), None)


def pace_words(row: Row, rows: Sequence[Row]) -> str:
    """Say that a run makes far fewer steps than its time allows; "" if it does not.

    The number of steps is found at the beginning: a machine that is busy then makes few of them,
    even if it is idle later.

    Args:
        row: the run.
        rows: all runs.
    """
    usual, row_of_usual = _usual_steps(row, rows)
    if not usual or row_of_usual is None:
        return ""
    took = summary.span(row.budget).removeprefix("about ")
    few = f"{row.steps:,} steps in {'a minute' if row.budget == 60 else took}"
    if row_of_usual.run.is_shipped:
        return (
            f"{few}: the machine was busy, or is slower than the one that made the recorded run, "
            f"which makes about {usual:,} in that time."
        )
    return f"{few}: the machine was busy; an idle one makes about {usual:,}."


def few_steps(row: Row, rows: Sequence[Row]) -> str:
    """Say the same in a few words; "" if there is nothing to say."""
    usual, _ = _usual_steps(row, rows)
    return f"{row.steps:,} steps, usually about {usual:,}" if usual else ""


def _usual_steps(row: Row, rows: Sequence[Row]) -> tuple[int, Row | None]:
    """Return the steps that a run's time allows, to two digits, and the run that made the most.

    0 where its own steps are no fewer than that, or nothing is known.
    """
    if not row.is_timed or not row.steps or row.config is None:
        return 0, None
    wanted = _work(row.config, row.device)
    like = [r for r in rows if _is_like(r, wanted) and r.machine == row.machine]
    if row.step and row.seconds and row not in like:
        like.append(row)
    if not like:
        return 0, None
    best = max(like, key=lambda r: r.step / r.seconds)
    steps = best.step / best.seconds * row.budget
    if row.steps >= ENOUGH * steps:
        return 0, None
    return int(float(f"{steps:.2g}")), best


def _is_like(row: Row, wanted: tuple[object, ...]) -> bool:
    """Return whether a run is finished, and had work like that in each of its steps."""
    if row.state != states.FINISHED or not row.step or not row.seconds or not row.config:
        return False
    return _work(row.config, row.device or _device(row.slot)) == wanted


def _work(config: RunConfig, device: str) -> tuple[object, ...]:
    """Return what decides how long a step takes."""
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
    """Return the id of the wanted device; empty if it is not there."""
    try:
        return find_device(wanted).id
    except DeviceError:
        return ""
