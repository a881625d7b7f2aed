"""Commands on runs that are there (pause, stop, evaluate, project, list, ...), and `devices`."""

from __future__ import annotations

import argparse
import contextlib
import math
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ConfigError, LabError, RunDamaged, RunError
from ..base.files import write_atomic
from ..base.paths import expanded
from ..runs import states, validation
from ..runs.run import Run
from ..runs.store import RunStore
from ..workers import launch
from .report import finish_json, make_report, percent, quiet_libraries, tell, tell_table

_PATIENCE = 60.0  # seconds that pause and stop wait for the worker


def find_run(args: argparse.Namespace) -> tuple[RunStore, Run]:
    """The store and the run that a command names.

    Raises:
        ConfigError: there is no such run: a bad argument.
    """
    store = RunStore(args.runs, make=False)
    try:
        return store, store.get(args.run)
    except RunError as error:
        raise ConfigError(str(error)) from error


def command(verb: str, run: Run, args: argparse.Namespace) -> str:
    """The command line that does something to this run, to be copied."""
    place = f" --runs {shlex.quote(str(args.runs))}" if args.runs else ""
    return f"python -m simclr_core {verb} {run.id}{place}"


def pause(args: argparse.Namespace) -> int:
    """Ask for a checkpoint and wait for it."""
    return _end(args, launch.pause)


def stop(args: argparse.Namespace) -> int:
    """Ask a run to end and wait for that."""
    return _end(args, launch.stop)


def _end(args: argparse.Namespace, ask: Callable[[Run], None]) -> int:
    """Ask, and wait until the run has ended."""
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
    tell(args, f"Run {run.id} is {state}.")
    finish_json(args, {"run": run.id, "status": state})
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Final scores and linear probes of one run."""
    store, run = find_run(args)
    from ..training.evaluation import evaluate as evaluate_run

    with quiet_libraries(), make_report() as report:
        scores = evaluate_run(store, run, lambda share, words: report.show(words, share))
    _tell_scores(args, run, scores)
    finish_json(args, {"run": run.id, **scores})
    return 0


def _tell_scores(args: argparse.Namespace, run: Run, scores: dict[str, Any]) -> None:
    """Print kNN as a sentence, and linear probes as a table with a row per factor."""
    tell(
        args,
        f"Run {run.id}: kNN accuracy {percent(scores.get('knn_accuracy'))} "
        f"(untrained {percent(scores.get('knn_accuracy_untrained'))}, "
        f"pixels {percent(scores.get('knn_accuracy_pixels'))}).",
    )
    probes: dict[str, dict[str, float]] = scores.get("linear_probe") or {}
    factors = list(dict.fromkeys(factor for accuracies in probes.values() for factor in accuracies))
    if factors:
        tell(args, "")
        rows = [[f, *(percent(each.get(f)) for each in probes.values())] for f in factors]
        tell_table(args, ["linear probe", *probes], rows)


def project(args: argparse.Namespace) -> int:
    """Two-dimensional coordinates of a run's latest snapshot."""
    _, run = find_run(args)
    _within("--neighbors", args.neighbors, 2, 200)
    _within("--min-dist", args.min_dist, 0, 1)
    table = _table_place(args.out)
    from ..workers.mapper import project_run

    with make_report() as report:
        report.show(f"laying out {args.of} by {args.method}")
        found = project_run(run, args.method, args.of, args.neighbors, args.min_dist)
    step, arrays = max(found.items())
    xy, kept = arrays["xy"], float(arrays["preservation"])
    score = f"; keeps {kept:.0%} of true neighbourhoods" if math.isfinite(kept) else ""
    words = f"{len(xy):,} pictures at step {step:,}"
    tell(args, f"Run {run.id}: {args.method} of {args.of}, {words}{score}.")
    if table:
        _write_table(table, run, xy)
        tell(args, f"Their coordinates are in {args.out}.")
    result: dict[str, Any] = {"run": run.id, "step": step, "method": args.method, "of": args.of}
    if args.method == "umap":
        result |= {"neighbors": args.neighbors, "min_dist": args.min_dist}
    finish_json(args, result | {"preservation": kept, "seconds": arrays["seconds"], "xy": xy})
    return 0


def _within(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{option}: expected {low:g} to {high:g}, found {value!r}.")


def _table_place(out: str | None) -> Path | None:
    """Where --out points to, looked at before the work begins."""
    if out is None:
        return None
    path = expanded(out)
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"--out: expected a file in a folder that is there, found {out!r}.")
    return path


def _write_table(path: Path, run: Run, xy: np.ndarray) -> None:
    """Coordinates (P, 2) as CSV: the picture's place in the training data, x, y."""
    indices = run.probe()["indices"]
    if len(indices) != len(xy):
        raise RunDamaged(
            f"Run {run.id}: expected the {len(xy):,} pictures of its snapshot in "
            f"{run.probe_path.name}, found {len(indices):,}; restore the file from a copy, or "
            "delete the run."
        )
    table = np.column_stack([indices, xy])  # (P, 3)
    form: dict[str, Any] = {"fmt": "%d,%.5f,%.5f", "header": "picture,x,y", "comments": ""}
    try:
        write_atomic(path, lambda file: np.savetxt(file, table, **form))
    except RunError as error:  # nobody may write there, or a folder has that name
        raise ConfigError(f"--out: {error}") from error


def list_runs(args: argparse.Namespace) -> int:
    """All runs of the store, oldest first."""
    store = RunStore(args.runs, make=False)
    rows = [_facts(run) for run in store]
    if rows:
        head = ["run", "state", "step", "data", "kNN", "made", "name"]
        tell_table(args, head, map(_row, rows))
    else:
        tell(
            args,
            f"No runs in {store.root}; start one with: python -m simclr_core train --data shapes",
        )
    finish_json(args, {"folder": str(store.root), "runs": rows})
    return 0


def _facts(run: Run) -> dict[str, Any]:
    """What the list says of a run; a damaged one has its state and message alone."""
    status = run.status
    try:
        config = run.config
        source, preset = config.data.source, config.preset
    except LabError as error:
        status = {"state": states.DAMAGED, "message": status.get("message") or str(error)}
        source, preset = None, None
    scores: dict[str, Any] = {}
    if status["state"] != states.DAMAGED:
        with contextlib.suppress(LabError):  # `evaluate` writes them anew
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
    if facts["status"] == states.DAMAGED:  # the last column has room
        name = f"{name}: {facts['message']}" if name else facts["message"]
    return [facts["run"], facts["status"], step, facts["data"] or "-", score, made, name]


def export(args: argparse.Namespace) -> int:
    """Write what the name of a file asks for."""
    from ..export.formats import Look, write

    _, run = find_run(args)
    path = expanded(args.file)
    look = Look(args.figure, args.of, args.method, args.color or "")
    with quiet_libraries():
        step = write(run, path, args.step, look)
    tell(args, f"{path}: run {run.id} at step {step:,}.")
    finish_json(args, {"run": run.id, "file": str(path), "step": step})
    return 0


def import_file(args: argparse.Namespace) -> int:
    """Open embeddings as a run of one snapshot, or the zip of a run."""
    from ..runs.recorder import import_embeddings
    from ..runs.unbundle import import_run

    store = RunStore(args.runs)
    if args.file.lower().endswith(".zip"):
        run = import_run(args.file, store)
        if args.name:
            run.rename(args.name)
    else:
        run = import_embeddings(args.file, args.name, store)
    tell(args, f"It is run {run.id}; the page Explore opens it.")
    finish_json(args, {"run": run.id, "name": run.name})
    return 0


def rename(args: argparse.Namespace) -> int:
    """Give a run a name."""
    _, run = find_run(args)
    run.rename(args.name)
    tell(args, f"Run {run.id} is called {run.name}.")
    finish_json(args, {"run": run.id, "name": run.label.get("name")})
    return 0


def delete(args: argparse.Namespace) -> int:
    """Remove a run's folder; asks first."""
    store, run = find_run(args)
    if not args.yes and not _confirmed(run):
        tell(args, f"Run {run.id} is still there.")
        finish_json(args, {"run": run.id, "deleted": False})
        return 1
    store.delete(run)
    tell(args, f"Run {run.id} is deleted.")
    finish_json(args, {"run": run.id, "deleted": True})
    return 0


def _confirmed(run: Run) -> bool:
    """Ask on the terminal.

    Raises:
        ConfigError: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise ConfigError(
            "--yes: expected it where nobody can be asked, found neither it nor a terminal."
        )
    size = run.size() / 1e6
    print(f"Delete run {run.id} ({run.name}, {size:.1f} MB)? [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def devices(args: argparse.Namespace) -> int:
    """What this machine can train on, and what stands in the way."""
    from ..machine.devices import list_devices

    found = list_devices()
    rows = []
    for device in found:
        memory = f"{device.memory / 2**30:.0f} GiB" if device.memory else "-"
        rows.append([device.id, device.name, memory, "yes" if device.usable else device.note])
    tell_table(args, ["device", "name", "memory", "usable"], rows)
    finish_json(args, {"devices": [vars(device) for device in found]})
    return 0
