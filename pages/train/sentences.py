"""The words above a run's figures: its head line, and a sentence or two for each state."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pages.shared import estimate, pace, run_rows
from pages.shared.run_rows import Row
from pages.shared.run_words import RECORDED, quiet_for, quiet_words, state_word
from simclr_core.base.errors import RunDamaged
from simclr_core.base.templates import render
from simclr_core.runs import findings, states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.validation import number

_PHASES = {  # phases of starting that are not words for people
    "starting": "starting the training process",
    "reading pictures": "reading the pictures",
    "building the network": "building the network",
    "compiling": "compiling the network for this machine",
    "finding the pace": "measuring how many steps fit into the time",
}
_HINTS = {  # by the error's class, where the worker gives no hint
    "DataError": "Fix this and try again, or choose other data and start another run.",
    "ConfigError": "Change the setting and start another run.",
    "DeviceError": "Choose another device under Finer settings, and start another run.",
}


def head_line(run: Run, status: dict[str, Any], request: str | None = None) -> Markup:
    """Return name, state, progress, time left and speed in one line.

    Args:
        run: the run.
        status: its status.json.
        request: "pause" or "stop" where that was asked for and is not done yet.
    """
    state = str(status["state"])
    step, steps = _count(status, "step"), _count(status, "steps")
    quiet = quiet_for(run, status)
    left = _number(status, "seconds_left") if state == states.RUNNING and not quiet else None
    return render(
        "train/head",
        name=run.name,
        run_id=run.id,
        state=state,
        word=RECORDED if run.is_shipped else state_word(state, request),
        share=100 * min(step / steps, 1.0) if steps else 0.0,
        left="" if left is None else summary.clock(left),
        facts=[fact for fact in _facts(state, step, steps, status, quiet) if fact],
    )


def _facts(state: str, step: int, steps: int, status: dict[str, Any], quiet: float) -> list[str]:
    """Return steps, then speed or time, as far as they are known."""
    facts = [f"step {step:,} of {steps:,}" if steps else (f"step {step:,}" if step else "")]
    if quiet:
        facts.append(quiet_words(quiet))
    elif state == states.RUNNING:
        speed = _number(status, "images_per_second")
        facts += [f"{speed:,.0f} pictures/s" if speed else ""]
    elif seconds := _number(status, "seconds"):
        facts.append(f"{summary.clock(seconds)} trained")
    return facts


def strip(text: str, more: str = "") -> Markup:
    """Return the line that says what happens, and the line with what to make of it."""
    return render("train/strip", text=text, more=more)


def sentences(store: RunStore, run: Run, status: dict[str, Any]) -> tuple[str, str]:
    """Return a sentence for the state, and a second one with what to make of it.

    The second one says if a run makes far fewer steps than its time allows.
    """
    rows = run_rows.rows(store)
    text, more = _of_state(rows, run, status)
    few = pace.pace_words(run_rows.row(run), rows)
    return text, few or more


def _of_state(rows: Sequence[Row], run: Run, status: dict[str, Any]) -> tuple[str, str]:
    state, message = status["state"], str(status.get("message") or "").strip()
    if state == states.QUEUED:
        return _queued(rows, run)
    if state == states.STARTING or (state == states.RUNNING and not status.get("step")):
        phase = str(status.get("phase") or "starting")
        return (
            f"Starting: {_PHASES.get(phase, phase)}.",
            "The first value of the loss appears within seconds.",
        )
    if state == states.RUNNING:
        return _running(run, status)
    if state == states.FINISHED:
        return _finished(run)
    if state in (states.FAILED, states.DAMAGED):
        log = f"{run.id}/{run.log_path.name}"
        text = message or f"The run failed without a message; its output is in {log}."
        return text, str(status.get("hint") or _HINTS.get(str(status.get("error")), ""))
    return _halted(run, status)


def _halted(run: Run, status: dict[str, Any]) -> tuple[str, str]:
    """Return the words for runs that can be resumed."""
    state, step = status["state"], _count(status, "step")
    if not step and state in (states.PAUSED, states.STOPPED):
        return "Removed from the queue before its first step.", "Resume queues it again."
    damage = _checkpoint_damage(run)
    again = f"Its file {run.checkpoint_path.name} is {damage}: " + (
        "Resume starts again at step 0, unless you restore the file from a copy first."
        if damage == "missing"
        else "restore it from a copy, or start another run with the same settings."
    )
    if state == states.PAUSED:
        stay = (
            "You can rename it meanwhile. Its settings cannot be changed, so that the run can be "
            "reproduced; "
            "for other settings, start another run."
        )
        on = "" if damage else " Resume continues from here."
        return f"Paused at step {step:,}.{on}", again if damage else stay
    if state == states.STOPPED:
        on = "Resume continues with the remaining steps."
        return f"Stopped at step {step:,}; what it learned is kept.", again if damage else on
    on = "Resume continues from the last checkpoint; at most a few seconds are lost."
    if damage == "missing":
        again = "It has no checkpoint: Resume starts again at step 0."
    return (
        "Interrupted: the training process ended unexpectedly (killed, out of memory, or a power "
        "cut).",
        again if damage else on,
    )


def _checkpoint_damage(run: Run) -> str:
    """Return "missing" or "damaged" for the file that a run resumes from; "" if it is fine."""
    path = run.checkpoint_path
    if not path.exists():
        return "missing"
    return "" if zipfile.is_zipfile(path) else "damaged"


def _queued(rows: Sequence[Row], run: Run) -> tuple[str, str]:
    position, seconds = estimate.place_in_queue(run_rows.row(run), rows)
    when = f", starts in {summary.span(seconds)}" if seconds else ", starts at once"
    return (
        f"{summary.ordinal(position).capitalize()} in line{when}.",
        "Each device trains one run at a time. You can close this page: the run starts anyway.",
    )


def _running(run: Run, status: dict[str, Any]) -> tuple[str, str]:
    if status.get("phase") == "evaluating":
        return (
            "Training is done. Now the test pictures are compared with all training pictures.",
            "This gives the final scores.",
        )
    if quiet := quiet_for(run, status):
        return (
            f"{quiet_words(quiet).capitalize()}: the training process is stopped, or the machine "
            "is busy.",
            "The run continues from this step as soon as it can.",
        )
    return (
        "Each tile or dot is a picture; those close together mostly look alike to the network.",
        findings.cause_words(run.data, run.config.training.learning_rate)
        or "The network never sees a label: the colours are for your eyes only.",
    )


def _finished(run: Run) -> tuple[str, str]:
    try:
        evaluation, data = run.evaluation(), run.data
        rate = run.config.training.learning_rate
    except RunDamaged as error:
        return str(error), ""
    if evaluation is None:
        return (
            "Training is done, but its final scores are missing: expected a file "
            f"{run.evaluation_path.name}, found none.",
            f"Restore it from a copy, or compute it again: python -m simclr_core evaluate {run.id}",
        )
    return findings.learned(evaluation, data, rate), findings.probes(evaluation)


def placeholders(status: dict[str, Any], said: str = "") -> tuple[str, str]:
    """Return the words that replace an empty map and an empty curve, if no file is missing.

    Args:
        status: its status.json.
        said: the sentence for the state; where a run waits, it stands in the place of the map.
    """
    state = status["state"]
    if state == states.QUEUED:
        map_words = said or "The map appears once this run starts"
        return map_words, "The loss appears once this run starts"
    if state in states.GOING:
        return "The map begins with the untrained network", "The first value comes within seconds"
    if state == states.DAMAGED:
        return "No map can be shown", "No loss can be shown"
    return "This run ended before its first snapshot", "This run ended before its first step"


def _number(status: dict[str, Any], key: str) -> float | None:
    return number(status.get(key))


def _count(status: dict[str, Any], key: str) -> int:
    return int(_number(status, key) or 0)
