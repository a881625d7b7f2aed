"""What is said above a run's figures: its head line, and a sentence or two for each state."""

from __future__ import annotations

import zipfile
from html import escape
from typing import Any

from simclr_core.base.errors import RunDamaged
from simclr_core.runs import states, summary, validation
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

from . import estimate, run_rows

GOING = (states.STARTING, states.RUNNING)

_PLAIN = {  # what each phase of starting is, for people
    "starting": "starting the training program",
    "reading pictures": "reading the pictures",
    "building the network": "building the network",
    "compiling": "compiling the network for this machine",
    "finding the pace": "finding out how many steps fit into the time",
}

_STATES = {
    states.QUEUED: "waiting",
    states.STARTING: "starting",
    states.RUNNING: "running",
    states.PAUSED: "paused",
    states.STOPPED: "stopped",
    states.FINISHED: "finished",
    states.FAILED: "failed",
    states.INTERRUPTED: "interrupted",
    states.DAMAGED: "damaged",
}


def state_word(state: str, request: str | None = None) -> str:
    """A state for people; what was asked for shows before it is done."""
    if request and state in (states.STARTING, states.RUNNING):
        return {"pause": "pausing", "stop": "stopping"}.get(request, state)
    return _STATES.get(state, state)


def head(run: Run, status: dict[str, Any], request: str | None = None) -> str:
    """Name, state, progress, time left and speed in one line."""
    state = str(status["state"])
    step, steps = _count(status, "step"), _count(status, "steps")
    share = min(step / steps, 1.0) if steps else 0.0
    facts = [f"step {step:,} of {steps:,}" if steps else (f"step {step:,}" if step else "")]
    if state == states.RUNNING:
        left, speed = _number(status, "seconds_left"), _number(status, "images_per_second")
        facts += [f"{summary.clock(left)} left" if left is not None else ""]
        facts += [f"{speed:,.0f} images/s" if speed else ""]
    elif seconds := _number(status, "seconds"):
        facts.append(f"{summary.clock(seconds)} trained")
    right = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    word = state_word(state, request)
    return (
        f'<div class="run-head run-{state}"><b>{escape(run.name)}</b>'
        f'<span class="run-id">run {escape(run.id)}</span>'
        f'<span class="run-state">{word}</span>{_bar(share, state)}'
        f'<span class="run-facts">{right}</span></div>'
    )


def _bar(share: float, state: str) -> str:
    moving = " run-bar-unknown" if state == states.STARTING else ""
    return (
        f'<span class="run-bar{moving}" role="progressbar" aria-label="training" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share * 100:.0f}">'
        f'<i style="width:{share * 100:.1f}%"></i></span>'
        f'<span class="run-share">{share * 100:.0f}%</span>'
    )


def strip(text: str, more: str = "") -> str:
    """The line that says what is going on, and one that says what to make of it."""
    second = f"<small>{escape(more)}</small>" if more else ""
    return validation.clean(f'<div class="run-strip"><span>{escape(text)}</span>{second}</div>')


def sentences(store: RunStore, run: Run, status: dict[str, Any]) -> tuple[str, str]:
    """A sentence for the state, and a second one with what to make of it."""
    state, message = status["state"], str(status.get("message") or "").strip()
    if state == states.QUEUED:
        return _waiting(store, run)
    if state == states.STARTING or (state == states.RUNNING and not status.get("step")):
        phase = str(status.get("phase") or "starting")
        return (
            f"Starting: {_PLAIN.get(phase, phase)}.",
            "The first point of the loss comes within seconds.",
        )
    if state == states.RUNNING:
        return _running(status)
    if state == states.FINISHED:
        return _finished(run)
    if state in (states.FAILED, states.DAMAGED):
        text = message or f"The run failed without a word; its output is in {run.id}/log.txt."
        return text, str(status.get("hint") or _HINTS.get(str(status.get("error")), ""))
    return _halted(run, status)


_HINTS = {  # by the error's class, where the worker gives none
    "DataError": "Put it right and try again, or choose other data above and start another run.",
    "ConfigError": "Change the setting above and start another run.",
    "DeviceError": "Choose another device under more…, and start another run.",
}


def _halted(run: Run, status: dict[str, Any]) -> tuple[str, str]:
    """Words for runs that can go on."""
    state, step = status["state"], _count(status, "step")
    if not step and state in (states.PAUSED, states.STOPPED):
        return "Taken out before its first step.", "Resume puts it back into the line."
    lost = _checkpoint_lost(run)
    anew = f"Its file checkpoint.npz is {lost}: " + (
        "Resume begins anew at step 0, unless you restore the file from a copy first."
        if lost == "missing"
        else "restore it from a copy, or start another run with the same settings."
    )
    if state == states.PAUSED:
        stay = (
            "You may rename it meanwhile. Its settings stay, so that the run can be repeated; "
            "for others, start another run."
        )
        on = "" if lost else " Resume goes on from here."
        return f"Paused at step {step:,}.{on}", anew if lost else stay
    if state == states.STOPPED:
        on = "Resume goes on with the steps that are left."
        return f"Stopped at step {step:,}; what it learned is kept.", anew if lost else on
    on = "Resume goes on from the last checkpoint; at most some seconds are lost."
    if lost == "missing":
        anew = "It has no checkpoint: Resume begins anew."
    return (
        "Interrupted: its program ended without a word (killed, out of memory, or the power).",
        anew if lost else on,
    )


def _checkpoint_lost(run: Run) -> str:
    """What is wrong with what a run goes on from; "" if nothing is."""
    path = run.path / "checkpoint.npz"
    if not path.exists():
        return "missing"
    return "" if zipfile.is_zipfile(path) else "damaged"


def _waiting(store: RunStore, run: Run) -> tuple[str, str]:
    rows = run_rows.rows(store)
    position, seconds = estimate.place_in_line(run_rows.row(run), rows)
    when = f", starts in {summary.span(seconds)}" if seconds else ", starts at once"
    place = f"{summary.ordinal(position).capitalize()} in line"
    return f"{place}{when}.", "One run a device at a time. Close this page if you like: it starts."


def _running(status: dict[str, Any]) -> tuple[str, str]:
    if status.get("phase") == "evaluating":
        return (
            "Trained. Now the test pictures are compared with all training pictures.",
            "This gives the final figures.",
        )
    return (
        "Each dot is a picture; dots that lie together look alike to the network.",
        "It was never told a label: colours are for your eyes only.",
    )


def _finished(run: Run) -> tuple[str, str]:
    try:
        evaluation, record = run.evaluation(), run.record
    except RunDamaged as error:
        return str(error), ""
    if evaluation is None:
        return (
            "Trained, but its final figures are gone: expected a file evaluation.json, found none.",
            f"Restore it from a copy, or make it anew: python -m simclr_core evaluate {run.id}",
        )
    return summary.learned(evaluation, record), summary.probes(evaluation)


def placeholders(status: dict[str, Any]) -> tuple[str, str]:
    """What stands over an empty map and over empty curves, where no file of theirs is lost."""
    state = status["state"]
    if state == states.QUEUED:
        return "The map begins when it is this run's turn", "Waiting for its turn"
    if state in GOING:
        return "The map begins with the untrained network", "The first point comes within seconds"
    if state == states.DAMAGED:
        return "No map can be shown", "No loss can be shown"
    return "This run ended before its first snapshot", "This run ended before its first step"


def _number(status: dict[str, Any], key: str) -> float | None:
    return summary.number(status.get(key))


def _count(status: dict[str, Any], key: str) -> int:
    return int(_number(status, key) or 0)
