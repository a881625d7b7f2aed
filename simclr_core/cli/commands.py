"""The commands: what each is for, its arguments, and the function that does it."""

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
        help="of a snapshot whose weights were kept (default: the newest)",
    )  # fmt: skip
    parser.add_argument(
        "--until", type=whole_number, default=0, metavar="N",
        help="step at which it ends (default: the run's own end, or as many steps again)",
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
    parser.add_argument("name", metavar="NAME", help="the new name; empty takes it away")


def _add_consent(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, gpu:0, ...")
    parser.add_argument(
        "--rounds", type=whole_number, default=5, metavar="N", help="of each part; default: 5"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=(
            *("start", "observation", "umap", "length", "gpu", "steps", "views", "precision"),
            "data",
        ),
        help="a part, instead of all; may be given again",
    )


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="the zip of a run, or an .npz with embeddings, perhaps labels and images",
    )
    parser.add_argument("--name", default="", metavar="NAME", help="of the run")


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_run(parser)
    parser.add_argument(
        "file", metavar="FILE",
        help="x.csv or x.parquet: a table of pictures; x.png, x.svg or x.pdf: a figure; x.html: a "
        "page that replays the run; x.zip: for TensorBoard and its Embedding Projector; x.keras or "
        "a new folder: the encoder, as Keras file or SavedModel",
    )  # fmt: skip
    parser.add_argument("--step", type=whole_number, help="of a snapshot (default: the newest)")
    parser.add_argument(
        "--figure", choices=("map", "curves"), default="map",
        help="of an x.png, x.svg or x.pdf (default: map)",
    )  # fmt: skip
    parser.add_argument("--of", choices=("h", "z"), default="h", help="of a map (default: h)")
    parser.add_argument(
        "--method", choices=("umap", "pca"), default="umap", help="of a map (default: umap)"
    )
    parser.add_argument("--color", metavar="NAME", help="of a map: label, a factor, loss or views")


def _add_lesson(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="of a lesson; see --list")
    parser.add_argument("--list", action="store_true", help="name them all, a line each")
    parser.add_argument(
        "--seeds", type=whole_number, default=1, metavar="N", help="how many; default: 1"
    )
    parser.add_argument(
        "--seed", type=whole_number, default=0, metavar="N", help="the first of them; default: 0"
    )
    parser.add_argument(
        "--data", default="", metavar="SOURCE", help="as for `train`, in place of the lesson's own"
    )


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    """For commands about everything that is there."""


# What a command is for, what adds its arguments, and the function that does it.
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], str]] = {
    "train": ("Train an encoder and watch it.", _add_training, "train.train"),
    "resume": (
        "Go on with a paused, stopped, failed or interrupted run.",
        _add_run,
        "train.resume",
    ),
    "pause": (
        "Let a run write its checkpoint and give its device back.",
        _add_run,
        "runs.pause",
    ),
    "stop": ("End a run within one batch.", _add_run, "runs.stop"),
    "fork": (
        "Go on from a snapshot of a run with other settings, as a run of its own.",
        _add_fork,
        "train.fork",
    ),
    "evaluate": (
        "Linear probes of pixels, untrained and trained encoder, and z.",
        _add_run,
        "runs.evaluate",
    ),
    "project": (
        "Lay out a run's pictures in two dimensions, by UMAP or PCA.",
        _add_layout,
        "runs.project",
    ),
    "list": ("All runs with state, data and scores.", _add_nothing, "runs.list_runs"),
    "export": (
        "Write tables, figures, a replay, the encoder, or what TensorBoard opens.",
        _add_export,
        "runs.export",
    ),
    "import": (
        "Put the zip of a run among the others, or open embeddings as a run of one snapshot.",
        _add_file,
        "runs.import_file",
    ),
    "rename": ("Give a run a name.", _add_name, "runs.rename"),
    "delete": ("Remove a run's folder.", _add_consent, "runs.delete"),
    "lesson": (
        "Try a finding of the literature: what was expected, and whether it held.",
        _add_lesson,
        "lessons.lesson",
    ),
    "bench": (
        "How fast the engine is here; run nothing else meanwhile.",
        _add_bench,
        "bench.bench",
    ),
    "devices": ("What this machine can train on.", _add_nothing, "runs.devices"),
}
