"""The commands `train`, `resume` and `fork`: start a run, follow it, and print its result.

The run is a separate process, followed by reading its folder. Ctrl-C asks it to pause and waits for
its checkpoint; a second Ctrl-C leaves it running. Nothing here can slow or break the training.
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
from ..runs.findings import cause_words, few_words
from ..runs.run import Run
from ..runs.store import RunStore
from ..runs.summary import default_name
from ..runs.validation import figure
from ..workers import launch
from .options import changed_views, run_config
from .output import (
    Display,
    clock,
    make_display,
    ordinal,
    percent,
    print_error,
    print_json,
    print_result,
    quiet_libraries,
)
from .runs import command, find_run

_TICK = 0.2  # seconds between two readings of the run folder
_BAD_INPUT = {ConfigError.__name__, DataError.__name__}


class Interrupts:
    """Counts how often the user asked to end, by Ctrl-C or SIGTERM."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


@contextlib.contextmanager
def counted_interrupts() -> Iterator[Interrupts]:
    """Count SIGINT and SIGTERM inside a block instead of ending at once."""
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
    with quiet_libraries(), make_display() as display:
        config, notes = run_config(args, lambda share, words: display.show(words, share))
        with counted_interrupts() as asked:
            run = launch.start(store, config, args.name or default_name(config))
            display.say("\n".join((f"Run {run.id} in {run.path}", *notes)))
            watch(store, run, display, asked, args)
    return conclude(run, args)


def resume(args: argparse.Namespace) -> int:
    """Put an ended run back in the queue and follow it to its end."""
    store, run = find_run(args)
    with make_display() as display, counted_interrupts() as asked:
        checkpoint = run.checkpoint_path
        from_start = bool(run.status.get("step")) and not checkpoint.exists()
        launch.resume(store, run)
        if from_start:
            display.say(
                f"Run {run.id}: {checkpoint.name} is missing, so it starts again at step 0."
            )
        watch(store, run, display, asked, args)
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
    with make_display() as display, counted_interrupts() as asked:
        run = forking.fork(store, parent, step, views, args.until, args.name, **changes)
        display.say(f"Run {run.id} in {run.path} continues from run {parent.id} at step {step:,}")
        watch(store, run, display, asked, args)
    return conclude(run, args)


def watch(
    store: RunStore, run: Run, display: Display, asked: Interrupts, args: argparse.Namespace
) -> None:
    """Show a run until it ends, or until the user interrupts twice."""
    follower = Follower(store, run)
    heard, pausing = 0, False
    while (status := run.status)["state"] not in states.ENDED and asked.count < 2:
        if asked.count > heard:
            heard = asked.count
            display.say("Pausing: waiting for the checkpoint (Ctrl-C again leaves it running).")
        if heard and not pausing:  # a run between queue and start refuses; ask again
            pausing = _ask_to_pause(run)
        display.show(*follower.look(status, pausing))
        time.sleep(_TICK)
    deadline = time.monotonic() + 5.0
    while status["state"] in states.ENDED and run.alive and time.monotonic() < deadline:
        time.sleep(0.05)  # wait for the worker, so that the next command finds the run free


def _ask_to_pause(run: Run) -> bool:
    try:
        launch.pause(run)
    except LabError:  # also a full disk, on which space may become free
        return False
    return True


class Follower:
    """Reads what is new in a run folder and describes it."""

    def __init__(self, store: RunStore, run: Run) -> None:
        self._store, self._run = store, run
        self._offset = 0
        self._loss: float | None = None
        self._advanced = 0.0

    def look(self, status: dict[str, Any], pausing: bool) -> tuple[str, float | None, str]:
        """Return words, share in [0, 1] or None, and figures, as `Display.show` takes them."""
        if status["state"] == states.QUEUED:
            return self._place_in_queue(), None, ""
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

    def _place_in_queue(self) -> str:
        """Return the run's place in the queue, and advance the queue in case no one else does."""
        if time.monotonic() - self._advanced > 2.0:
            launch.advance(self._store)
            self._advanced = time.monotonic()
        waiting = [run.id for run in launch.queue(self._store)]
        if self._run.id not in waiting:
            return "starting"
        return f"waiting: {ordinal(waiting.index(self._run.id) + 1)} in the queue"


def conclude(run: Run, args: argparse.Namespace) -> int:
    """Print the result of a run, and return the exit code."""
    status = run.status
    result = summary(run, status)
    code = _CLOSINGS.get(status["state"], _still_running)(run, status, result, args)
    print_json(args, result)
    return code


def summary(run: Run, status: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run for programs; None for a figure that is not known."""
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
    if cause := cause_words(run.data, run.config.training.learning_rate):
        lines.append(cause)
    if result["loss"] is not None:
        lines.append(f"Loss {result['loss']:.3f}.")
    if result["knn_accuracy"] is not None:
        scores = run.evaluation() or {}
        few = few_words(scores, result["knn_accuracy"])
        names = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")
        trained, untrained, pixels = (percent(result[name]) for name in names)
        lines.append(
            f"Neighbours vote for the right {scores.get('of') or 'label'}: {trained} (kNN "
            f"accuracy{few}; untrained {untrained}, pixels {pixels})."
        )
    print_result(args, "\n".join(lines))
    return 0


def _ended_early(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    step = f" at step {result['steps']:,}" if result["steps"] else ""
    print_result(
        args,
        f"Run {run.id} is {status['state']}{step}; continue with: {command('resume', run, args)}",
    )
    return 1


def _failed(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    words = [status.get("message"), status.get("hint")]
    text = " ".join(str(part).strip() for part in words if part)
    print_error(text or f"Run {run.id} failed; its output is in {run.log_path}.")
    return 2 if status.get("error") in _BAD_INPUT else 1


def _interrupted(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    print_error(
        f"The training process of run {run.id} ended unexpectedly (killed, out of memory, or a "
        f"power cut); its output is in {run.log_path}; "
        f"continue with: {command('resume', run, args)}"
    )
    return 1


def _still_running(
    run: Run, status: dict[str, Any], result: dict[str, Any], args: argparse.Namespace
) -> int:
    print_result(
        args,
        f"Run {run.id} continues in the background; pause it with: {command('pause', run, args)}",
    )
    return 1


_CLOSINGS = {
    states.FINISHED: _finished,
    states.PAUSED: _ended_early,
    states.STOPPED: _ended_early,
    states.FAILED: _failed,
    states.DAMAGED: _failed,
    states.INTERRUPTED: _interrupted,
}
