"""Commands on existing runs (pause, stop, list, rename, delete, ...), and `devices`."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import time
from collections.abc import Callable
from typing import Any

from ..base.errors import ConfigError, LabError, RunError
from ..runs import states, validation
from ..runs.run import Run
from ..runs.store import RunStore
from ..workers import launch
from .output import percent, print_json, print_result, print_table

_PATIENCE = 60.0  # seconds that pause and stop wait for the worker


def find_run(args: argparse.Namespace) -> tuple[RunStore, Run]:
    """Return the store and the run that a command names.

    Raises:
        ConfigError: if there is no such run.
    """
    store = RunStore(args.runs, make=False)
    try:
        return store, store.get(args.run)
    except RunError as error:
        raise ConfigError(str(error)) from error


def command(verb: str, run: Run, args: argparse.Namespace) -> str:
    """Return a command line about this run that the user can copy."""
    place = f" --runs {shlex.quote(str(args.runs))}" if args.runs else ""
    return f"python -m simclr_core {verb} {run.id}{place}"


def pause(args: argparse.Namespace) -> int:
    """Ask a run to pause, and wait until it has written its checkpoint."""
    return _end(args, launch.pause)


def stop(args: argparse.Namespace) -> int:
    """Ask a run to stop, and wait until it has."""
    return _end(args, launch.stop)


def _end(args: argparse.Namespace, ask: Callable[[Run], None]) -> int:
    """Call `ask`, and wait until the run has ended.

    Raises:
        RunError: if it has not ended after `_PATIENCE`.
    """
    _, run = find_run(args)
    ask(run)
    deadline = time.monotonic() + _PATIENCE
    while (state := run.state) not in states.ENDED or run.alive:
        if time.monotonic() > deadline:
            raise RunError(
                f"Run {run.id}: expected it to end within {_PATIENCE:.0f} s, but it is still "
                f"{state}; it will end after its present batch, see `list`."
            )
        time.sleep(0.05)
    print_result(args, f"Run {run.id} is {state}.")
    print_json(args, {"run": run.id, "status": state})
    return 0


def list_runs(args: argparse.Namespace) -> int:
    """List all runs of the store, oldest first."""
    store = RunStore(args.runs, make=False)
    rows = [_facts(run) for run in store]
    if rows:
        head = ["run", "state", "step", "data", "kNN", "made", "name"]
        print_table(args, head, map(_row, rows))
    else:
        print_result(
            args,
            f"No runs in {store.root}; start one with: python -m simclr_core train --data shapes",
        )
    print_json(args, {"folder": str(store.root), "runs": rows})
    return 0


def _facts(run: Run) -> dict[str, Any]:
    """Return what the list shows of a run; of a damaged one only its state and message."""
    status = run.status
    try:
        config = run.config
        source, preset = config.data.source, config.preset
    except LabError as error:
        status = {"state": states.DAMAGED, "message": status.get("message") or str(error)}
        source, preset = None, None
    scores: dict[str, Any] = {}
    if status["state"] != states.DAMAGED:
        with contextlib.suppress(LabError):  # `evaluate` can compute them again
            scores = run.evaluation() or {}
    return {
        "run": run.id,
        "name": run.label.get("name"),
        "status": status["state"],
        "message": status.get("message") or None,
        "created": run.created_words,
        "data": source,
        "preset": preset,
        "step": status.get("step"),
        "steps": status.get("steps"),
        "knn_accuracy": validation.number(scores.get("knn_accuracy")),
    }


def _row(facts: dict[str, Any]) -> list[str]:
    step = f"{facts['step'] or 0}/{facts['steps']}" if facts["steps"] else "-"
    score = percent(facts["knn_accuracy"])
    made, name = facts["created"], str(facts["name"] or "")
    if facts["status"] == states.DAMAGED:  # the last column has space
        name = f"{name}: {facts['message']}" if name else facts["message"]
    return [facts["run"], facts["status"], step, facts["data"] or "-", score, made, name]


def import_file(args: argparse.Namespace) -> int:
    """Import embeddings as a run with one snapshot, or the zip of a run."""
    from ..runs.transfer.recorder import import_embeddings
    from ..runs.transfer.unbundle import import_run

    store = RunStore(args.runs)
    if args.file.lower().endswith(".zip"):
        run = import_run(args.file, store)
        if args.name:
            run.rename(args.name)
    else:
        run = import_embeddings(args.file, args.name, store)
    print_result(args, f"Imported as run {run.id}; open it on the Explore page.")
    print_json(args, {"run": run.id, "name": run.name})
    return 0


def rename(args: argparse.Namespace) -> int:
    """Give a run a name."""
    _, run = find_run(args)
    run.rename(args.name)
    print_result(args, f"Run {run.id} is called {run.name}.")
    print_json(args, {"run": run.id, "name": run.label.get("name")})
    return 0


def delete(args: argparse.Namespace) -> int:
    """Delete a run's folder, after asking."""
    store, run = find_run(args)
    if not args.yes and not _confirmed(run):
        print_result(args, f"Run {run.id} was not deleted.")
        print_json(args, {"run": run.id, "deleted": False})
        return 1
    store.delete(run)
    print_result(args, f"Run {run.id} is deleted.")
    print_json(args, {"run": run.id, "deleted": True})
    return 0


def _confirmed(run: Run) -> bool:
    """Ask on the terminal whether to delete a run.

    Raises:
        ConfigError: if stdin is not a terminal.
    """
    if not sys.stdin.isatty():
        raise ConfigError("--yes: expected this option, because stdin is not a terminal to ask on.")
    size = run.size() / 1e6
    print(f"Delete run {run.id} ({run.name}, {size:.1f} MB)? [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def devices(args: argparse.Namespace) -> int:
    """List what this machine can train on, and why a device is not usable."""
    from ..machine.devices import list_devices

    rows = []
    for device in list_devices():
        memory = f"{device.memory / 2**30:.0f} GiB" if device.memory else "-"
        rows.append([device.id, device.name, memory, "yes" if device.usable else device.note])
    print_table(args, ["device", "name", "memory", "usable"], rows)
    print_json(args, {"devices": [vars(device) for device in list_devices()]})
    return 0
