"""The commands: the purpose, the arguments and the function of each."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..settings.presets import PRESETS
from .options import add_changes, add_settings, number, whole_number


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = (
        f"{parser.prog} --data SOURCE [--preset P] [--seconds S | --epochs E | --steps N] [...]"
    )
    width = max(map(len, PRESETS))
    parser.epilog = "Presets:\n"
    parser.epilog += "".join(f"  {name:{width}}  {line}\n" for name, (line, _) in PRESETS.items())
    parser.epilog += (
        "\nCtrl-C pauses the run, which `resume` continues; a second Ctrl-C leaves it running.\n"
        "With --json the object has: run, status, steps, seconds, images_per_second, loss,\n"
        "knn_accuracy, knn_accuracy_untrained, knn_accuracy_pixels, device, backend."
    )
    add_settings(parser)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's id, or the beginning of one")


def _add_fork(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument(
        "--step", type=whole_number, metavar="N",
        help="step of a snapshot whose weights were kept (default: the newest)",
    )  # fmt: skip
    parser.add_argument(
        "--until", type=whole_number, default=0, metavar="N",
        help="step at which the fork ends (default: the run's own end, or as many steps again)",
    )  # fmt: skip
    add_changes(parser)


def _add_layout(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument("--method", choices=("umap", "pca"), default="umap", help="default: umap")
    parser.add_argument(
        "--of", choices=("h", "z"), default="h", help="representations h (default) or projections z"
    )
    parser.add_argument(
        "--neighbors", type=whole_number, default=15, metavar="N", help="UMAP; default: 15"
    )
    parser.add_argument(
        "--min-dist", type=number, default=0.1, metavar="D", help="UMAP; default: 0.1"
    )
    parser.add_argument("--out", metavar="FILE", help="write a CSV file: picture, x, y")


def _add_name(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument("name", metavar="NAME", help="the new name; an empty one removes it")


def _add_consent(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument("--yes", action="store_true", help="delete without asking")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, gpu:0, ...")
    parser.add_argument(
        "--rounds",
        type=whole_number,
        default=5,
        metavar="N",
        help="rounds of each part; default: 5",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=(
            *("start", "observation", "umap", "length", "gpu", "steps", "views", "precision"),
            "data",
        ),
        help="measure only this part; can be repeated",
    )


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="the zip of a run, or an .npz with embeddings and optionally labels and images",
    )
    parser.add_argument("--name", default="", metavar="NAME", help="a name for the run")


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument(
        "file", metavar="FILE",
        help="x.csv or x.parquet: a table of pictures; x.png, x.svg or x.pdf: a figure; x.gif: the "
        "map through the snapshots, in a loop; x.html: a page that replays the run; x.zip: for "
        "TensorBoard and its Embedding Projector; x.keras or a new folder: the encoder, as a Keras "
        "file or SavedModel",
    )  # fmt: skip
    parser.add_argument(
        "--step", type=whole_number, help="step of a snapshot (default: the newest)"
    )
    parser.add_argument(
        "--figure", choices=("map", "curves"), default="map",
        help="what x.png, x.svg or x.pdf shows (default: map)",
    )  # fmt: skip
    parser.add_argument(
        "--of", choices=("h", "z"), default="h", help="vectors of a map; default: h"
    )
    parser.add_argument(
        "--method", choices=("umap", "pca"), default="umap", help="layout of a map (default: umap)"
    )
    parser.add_argument(
        "--color", metavar="NAME", help="colour of a map: label, a factor, loss or views"
    )


def _add_lesson(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="name of a lesson; see --list")
    parser.add_argument("--list", action="store_true", help="list all lessons")
    parser.add_argument(
        "--seeds", type=whole_number, default=1, metavar="N", help="how many seeds; default: 1"
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="the first seed; default: 0"
    )
    parser.add_argument(
        "--data", default="", metavar="SOURCE", help="as for `train`, instead of the lesson's own"
    )


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    """Add no argument: the command is about all runs or devices."""


# Command -> purpose, the function that adds its arguments, and "module.function" that runs it.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], str]] = {
    "train": ("Train an encoder and watch it.", _add_training, "train.train"),
    "resume": (
        "Continue a paused, stopped, failed or interrupted run.",
        _add_run,
        "train.resume",
    ),
    "pause": (
        "Pause a run: it writes its checkpoint and frees its device.",
        _add_run,
        "runs.pause",
    ),
    "stop": ("Stop a run within one batch.", _add_run, "runs.stop"),
    "fork": (
        "Continue from a snapshot of a run with other settings, as a new run.",
        _add_fork,
        "train.fork",
    ),
    "evaluate": (
        "Score pixels, the untrained and the trained encoder, and z by kNN and linear probes.",
        _add_run,
        "results.evaluate",
    ),
    "project": (
        "Compute the map of a run's pictures, by UMAP or PCA.",
        _add_layout,
        "results.project",
    ),
    "list": ("List all runs with their state, data and scores.", _add_nothing, "runs.list_runs"),
    "export": (
        "Write tables, figures, a replay, the encoder, or files for TensorBoard.",
        _add_export,
        "results.export",
    ),
    "import": (
        "Import a run from its zip, or embeddings as a run with one snapshot.",
        _add_file,
        "runs.import_file",
    ),
    "rename": ("Give a run a name.", _add_name, "runs.rename"),
    "delete": ("Remove a run's folder.", _add_consent, "runs.delete"),
    "lesson": (
        "Test a finding of the literature here: what was expected, and whether it held.",
        _add_lesson,
        "lessons.lesson",
    ),
    "bench": (
        "Measure how fast the engine is here; run nothing else meanwhile.",
        _add_bench,
        "bench.bench",
    ),
    "devices": ("List what this machine can train on.", _add_nothing, "runs.devices"),
}
