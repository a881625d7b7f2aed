"""Commands on what a run found out: evaluate, project, export."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ConfigError, RunDamaged, RunError
from ..base.files import write_atomic
from ..base.paths import expanded
from ..runs.run import Run
from .output import make_display, percent, print_json, print_result, print_table, quiet_libraries
from .runs import find_run


def evaluate(args: argparse.Namespace) -> int:
    """Compute the final scores and linear probes of a run."""
    store, run = find_run(args)
    from ..training.evaluation import evaluate as evaluate_run

    with quiet_libraries(), make_display() as display:
        scores = evaluate_run(store, run, lambda share, words: display.show(words, share))
    _tell_scores(args, run, scores)
    print_json(args, {"run": run.id, **scores})
    return 0


def _tell_scores(args: argparse.Namespace, run: Run, scores: dict[str, Any]) -> None:
    """Print kNN as a sentence, and linear probes as a table with a row per factor."""
    print_result(
        args,
        f"Run {run.id}: kNN accuracy {percent(scores.get('knn_accuracy'))} "
        f"(untrained {percent(scores.get('knn_accuracy_untrained'))}, "
        f"pixels {percent(scores.get('knn_accuracy_pixels'))}).",
    )
    probes: dict[str, dict[str, float]] = scores.get("linear_probe") or {}
    factors = list(dict.fromkeys(factor for accuracies in probes.values() for factor in accuracies))
    if factors:
        print_result(args, "")
        rows = [[f, *(percent(each.get(f)) for each in probes.values())] for f in factors]
        print_table(args, ["linear probe", *probes], rows)


def project(args: argparse.Namespace) -> int:
    """Compute the two-dimensional coordinates of a run's latest snapshot."""
    _, run = find_run(args)
    _within("--neighbors", args.neighbors, 2, 200)
    _within("--min-dist", args.min_dist, 0, 1)
    table = _table_place(args.out)
    from ..workers.mapper import project_run

    with make_display() as display:
        display.show(f"laying out {args.of} by {args.method}")
        coordinates = project_run(run, args.method, args.of, args.neighbors, args.min_dist)
    step, arrays = max(coordinates.items())
    xy, kept = arrays["xy"], float(arrays["preservation"])
    score = f"; keeps {kept:.0%} of true neighbourhoods" if math.isfinite(kept) else ""
    words = f"{len(xy):,} pictures at step {step:,}"
    print_result(args, f"Run {run.id}: {args.method} of {args.of}, {words}{score}.")
    if table:
        _write_table(table, run, xy)
        print_result(args, f"The coordinates are in {args.out}.")
    result: dict[str, Any] = {"run": run.id, "step": step, "method": args.method, "of": args.of}
    if args.method == "umap":
        result |= {"neighbors": args.neighbors, "min_dist": args.min_dist}
    print_json(args, result | {"preservation": kept, "seconds": arrays["seconds"], "xy": xy})
    return 0


def _within(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{option}: expected {low:g} to {high:g}, found {value!r}.")


def _table_place(out: str | None) -> Path | None:
    """Return the path of --out, checked before the work begins.

    Raises:
        ConfigError: if no file can be written there.
    """
    if out is None:
        return None
    path = expanded(out)
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"--out: expected a file in an existing folder, found {out!r}.")
    return path


def _write_table(path: Path, run: Run, xy: np.ndarray) -> None:
    """Write coordinates (P, 2) as CSV: the picture's index in the training data, x, y.

    Raises:
        RunDamaged: if the probe set has another number of pictures.
        ConfigError: if the file cannot be written.
    """
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
    except RunError as error:  # no permission, or a folder has that name
        raise ConfigError(f"--out: {error}") from error


def export(args: argparse.Namespace) -> int:
    """Export a run to a file; its name chooses the format."""
    from ..export.formats import Look, write

    _, run = find_run(args)
    path = expanded(args.file)
    look = Look(args.figure, args.of, args.method, args.color or "")
    with quiet_libraries():
        step = write(run, path, args.step, look)
    print_result(args, f"{path}: run {run.id} at step {step:,}.")
    print_json(args, {"run": run.id, "file": str(path), "step": step})
    return 0
