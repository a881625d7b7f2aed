"""`train` and `resume`: start a run, follow its folder until it ends, say what came out.

The run is a process of its own. Ctrl-C asks it to pause and waits for its checkpoint; a second
Ctrl-C leaves it running. Nothing here can slow or break the training.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ..base.errors import ConfigError, DataError, LabError
from ..runs import states
from ..runs.run import Run
from ..runs.store import RunStore
from ..runs.summary import default_name
from ..runs.validation import figure
from ..workers import launch
from .options import changed_views, run_config
from .report import (
    Report,
    clock,
    complain,
    finish_json,
    make_report,
    ordinal,
    percent,
    quiet_libraries,
    tell,
)
from .runs import command, find_run

_TICK = 0.2  # seconds between two looks at the run folder
_BAD_INPUT = {ConfigError.__name__, DataError.__name__}


class Interrupts:
    """How often the user asked to end: Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


@contextlib.contextmanager
def counted_interrupts() -> Iterator[Interrupts]:
    """Count SIGINT and SIGTERM for the length of a block instead of ending at once."""
    asked = Interrupts()
    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def train(args: argparse.Namespace) -> int:
    """Start a run and follow it to its end."""
    store = RunStore(args.runs)
    with quiet_libraries(), make_report() as report:
        config, notes = run_config(args, lambda share, words: report.show(words, share))
        with counted_interrupts() as asked:
            run = launch.start(store, config, args.name or default_name(config))
            report.say("\n".join((f"Run {run.id} in {run.path}", *notes)))
            watch(store, run, report, asked, args)
    return conclude(run, args)


def resume(args: argparse.Namespace) -> int:
    """Put an ended run back in the queue and follow it to its end."""
    store, run = find_run(args)
    with make_report() as report, counted_interrupts() as asked:
        anew = bool(run.status.get("step")) and not run.checkpoint_path.exists()
        launch.resume(store, run)
        if anew:
            report.say(
                f"Run {run.id}: {run.checkpoint_path.name} is missing; it begins anew at step 0."
            )
        watch(store, run, report, asked, args)
    return conclude(run, args)


def fork(args: argparse.Namespace) -> int:
    """Start a fork of a run and follow it to its end."""
    from ..workers import forking

    store, parent = find_run(args)
    step = args.step
    if step is None:
        step = next(reversed(parent.weight_steps()), 0)
    kind = parent.data.kind
    views = changed_views(args, parent.config.views, kind)
    changes = {name: getattr(args, name) for name in forking.CHANGED}
    with make_report() as report, counted_interrupts() as asked:
        run = forking.fork(store, parent, step, views, args.until, args.name, **changes)
        report.say(f"Run {run.id} in {run.path} goes on from run {parent.id} at step {step:,}")
        watch(store, run, report, asked, args)
    return conclude(run, args)


def watch(
    store: RunStore, run: Run, report: Report, asked: Interrupts, args: argparse.Namespace
) -> None:
    """Show a run until it ends, or until the user asks twice to be let go."""
    follower = Follower(store, run)
    heard, pausing = 0, False
    while (status := run.status)["state"] not in states.ENDED and asked.count < 2:
        if asked.count > heard:
            heard = asked.count
            report.say("Pausing: waiting for the checkpoint (Ctrl-C again leaves the run alone).")
        if heard and not pausing:  # a run between queue and start refuses: ask again
            pausing = _ask_to_pause(run)
        report.show(*follower.look(status, pausing))
        time.sleep(_TICK)
    deadline = time.monotonic() + 5.0
    while status["state"] in states.ENDED and run.alive and time.monotonic() < deadline:
        time.sleep(0.05)  # the worker ends, so that the next command finds the run free


def _ask_to_pause(run: Run) -> bool:
    try:
        launch.pause(run)
    except LabError:  # also a full disk: room may come back
        return False
    return True


class Follower:
    """Reads what is new in a run folder and puts it into words."""

    def __init__(self, store: RunStore, run: Run) -> None:
        self._store, self._run = store, run
        self._offset = 0
        self._loss: float | None = None
        self._advanced = 0.0

    def look(self, status: dict[str, Any], pausing: bool) -> tuple[str, float | None, str]:
        """Words, share in [0, 1] or None, and figures, as `Report.show` takes them."""
        if status["state"] == states.QUEUED:
            return self._place_in_line(), None, ""
        if pausing:
            return "pausing", None, ""
        words = str(status.get("phase") or "starting")
        step, steps = int(status.get("step") or 0), int(status.get("steps") or 0)
        if not steps:
            return words, None, ""
        return words, min(step / steps, 1.0), self._figures(status, step, steps)

    def _figures(self, status: dict[str, Any], step: int, steps: int) -> str:
        rows, self._offset = self._run.metrics(self._offset)
        if rows:
            self._loss = rows[-1].get("loss")
        parts = [f"{step:,}/{steps:,} steps"]
        if left := status.get("seconds_left"):
            parts.append(f"{clock(left)} left")
        if speed := status.get("images_per_second"):
            parts.append(f"{speed:,.0f} images/s")
        if self._loss is not None:
            parts.append(f"loss {self._loss:.2f}")
        scores = [row.get("knn_accuracy") for row in self._run.snapshot_rows() if row.get("knn_of")]
        if scores and scores[-1] is not None:
            parts.append(f"kNN {percent(scores[-1])}")
        return " · ".join(parts)

    def _place_in_line(self) -> str:
        """The run's place; also moves the queue on, should nobody else be there to do it."""
        if time.monotonic() - self._advanced > 2.0:
            launch.advance(self._store)
            self._advanced = time.monotonic()
        waiting = [run.id for run in launch.queue(self._store)]
        if self._run.id not in waiting:
            return "starting"
        return f"waiting: {ordinal(waiting.index(self._run.id) + 1)} in line"


def conclude(run: Run, args: argparse.Namespace) -> int:
    """Say how a run stands, and give the exit code."""
    status = run.status
    result = summary(run, status)
    code = _CLOSINGS.get(status["state"], _goes_on)(run, status, result, args)
    finish_json(args, result)
    return code


def summary(run: Run, status: dict[str, Any]) -> dict[str, Any]:
    """The figures of a run for programs; None where a figure is not known."""
    try:
        scores = run.evaluation() or {}
    except LabError:
        scores = {}
    loss = figure(scores.get("loss"))
    if loss is None:
        rows = run.metrics()[0]
        loss = rows[-1].get("loss") if rows else None
    names = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")
    return {
        "run": run.id,
        "status": status["state"],
        "steps": status.get("step"),
        "seconds": status.get("seconds"),
        "images_per_second": figure(
            scores.get("images_per_second", status.get("images_per_second"))
        ),
        "loss": loss,
        **{name: figure(scores.get(name)) for name in names},
        "device": status.get("device"),
        "backend": status.get("backend"),
    }


def _finished(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    lines = [
        f"Run {run.id} finished: {result['steps'] or 0:,} steps in "
        f"{clock(result['seconds'] or 0)}, {result['images_per_second'] or 0:,.0f} images/s."
    ]
    if result["loss"] is not None:
        lines.append(f"Loss {result['loss']:.3f}.")
    if result["knn_accuracy"] is not None:
        of = (run.evaluation() or {}).get("of") or "label"
        lines.append(
            f"Neighbours share the {of}: {percent(result['knn_accuracy'])} (kNN accuracy; "
            f"untrained {percent(result['knn_accuracy_untrained'])}, "
            f"pixels {percent(result['knn_accuracy_pixels'])})."
        )
    tell(args, "\n".join(lines))
    return 0


def _ended_early(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    step = f" at step {result['steps']:,}" if result["steps"] else ""
    tell(
        args, f"Run {run.id} is {status['state']}{step}; go on with: {command('resume', run, args)}"
    )
    return 1


def _failed(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    words = [status.get("message"), status.get("hint")]
    text = " ".join(str(part).strip() for part in words if part)
    complain(text or f"Run {run.id} failed; its output is in {run.log_path}.")
    return 2 if status.get("error") in _BAD_INPUT else 1


def _interrupted(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    complain(
        f"The worker of run {run.id} ended without a word (killed, or out of memory); its output "
        f"is in {run.log_path}; go on with: {command('resume', run, args)}"
    )
    return 1


def _goes_on(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    tell(args, f"Run {run.id} goes on by itself; pause it with: {command('pause', run, args)}")
    return 1


_CLOSINGS = {
    states.FINISHED: _finished,
    states.PAUSED: _ended_early,
    states.STOPPED: _ended_early,
    states.FAILED: _failed,
    states.DAMAGED: _failed,
    states.INTERRUPTED: _interrupted,
}
