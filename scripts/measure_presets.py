"""What a preset reaches: runs of `train` over several seeds, each beside a supervised one.

    python scripts/measure_presets.py --data cifar10.npz --seconds 120 --seeds 3

A run is one of the command line, with all that a run does beside its steps; its kNN accuracy is
of the test pictures against all training pictures (k=20, T=.1), with raw pixels and the untrained
encoder beside it. The supervised run has the same encoder, views, optimiser, rate, batch size and
seconds, and the labels of all training pictures: a linear layer on h, cross-entropy over both
views. Its accuracy is that of its classifier on the test pictures. Nothing is chosen by test
labels. Prints a line per run and a table in Markdown; `--record` keeps all of it, with the kNN
accuracy of every snapshot, for `draw_plots.py`. Run nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.base.locks import is_locked  # noqa: E402
from simclr_core.bench.whole_runs import PATIENCE, until  # noqa: E402
from simclr_core.data.datasets import load_dataset  # noqa: E402
from simclr_core.machine.devices import core_count, find_device  # noqa: E402
from simclr_core.model.backend import prepare, start_framework  # noqa: E402
from simclr_core.runs.store import RunStore  # noqa: E402
from simclr_core.settings.config import RunConfig, replace  # noqa: E402
from simclr_core.settings.presets import preset_config, suited  # noqa: E402
from simclr_core.training.fixed_time import train_for  # noqa: E402
from simclr_core.training.precision import processor  # noqa: E402

COLUMNS = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")


def main() -> None:
    """Measure, or be the process of one supervised run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", required=True, help="as for `train`")
    parser.add_argument("--preset", default="minute")
    parser.add_argument("--seconds", type=float, help="instead of the preset's")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on (default: 3)")
    parser.add_argument("--skip", choices=("train", "supervised"), help="leave one of both out")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # the seed of this process
    args = parser.parse_args()
    if args.one is not None:
        print(json.dumps(supervised(run_config(args, args.one), args.one)))
        return
    rows: list[dict[str, Any]] = []
    for seed in range(args.seeds):
        row: dict[str, Any] = {"seed": seed}
        if args.skip != "train":
            row |= contrastive(args, seed)
        if args.skip != "supervised":
            row |= called([__file__, "--one", str(seed), *same(args)])
        print(json.dumps({k: v for k, v in row.items() if k != "curve"}), flush=True)
        rows.append(row)
    print(table(rows))
    if args.record:
        words = ["python scripts/measure_presets.py", *same(args), "--seeds", str(args.seeds)]
        about = {"command": " ".join(words).replace(args.data, Path(args.data).name)}
        about |= {"data": Path(args.data).stem, "date": time.strftime("%Y-%m-%d")}
        about |= {"processor": processor(), "cores": core_count()}
        args.record.write_text(json.dumps(about | {"runs": rows}, indent=1) + "\n")


def same(args: argparse.Namespace) -> list[str]:
    """The options that both kinds of run share."""
    seconds = [] if args.seconds is None else ["--seconds", str(args.seconds)]
    return ["--data", args.data, "--preset", args.preset, *seconds]


def called(words: list[str]) -> dict[str, Any]:
    """The JSON object that a program of ours ends with."""
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return json.loads(done.stdout.strip().splitlines()[-1])


def contrastive(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    """A run of the command line, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="simclr-lab-measure-") as folder:
        words = ["-m", "simclr_core", "train", *same(args), "--seed", str(seed)]
        found = called([*words, "--runs", folder, "--json"])
        (run,) = RunStore(Path(folder))
        curve = [(row["seconds"], row["knn_accuracy"]) for row in run.snapshot_rows()]
        # The mapper lays out the last maps and ends: nothing must run beside what comes next.
        until(lambda: not is_locked(Path(folder) / "mapper.lock"), PATIENCE)
    return {name: found[name] for name in ("steps", "images_per_second", *COLUMNS)} | {
        "curve": curve
    }


def run_config(args: argparse.Namespace, seed: int) -> RunConfig:
    """The settings of `train` with the same options."""
    config = preset_config(args.preset, args.data, load_dataset(args.data).kind)
    changes: dict[str, Any] = {"seed": seed, "precision": "float32"}
    chosen = set()
    if args.seconds is not None:
        changes["seconds"], chosen = args.seconds, {"seconds"}
    training = replace(config.training, **changes)
    return suited(replace(config, training=training), chosen)


def supervised(config: RunConfig, seed: int) -> dict[str, Any]:
    """Train the same encoder with all labels for the same seconds, and score its classifier."""
    prepare(find_device("cpu"))
    start_framework()
    from simclr_core.model.schedule import hold_steps
    from simclr_core.model.simclr import compile_model
    from simclr_core.model.supervised import LabelledFeed, build_classifier
    from simclr_core.runs.snapshots.observer import Observer

    dataset = load_dataset(config.data.source)
    assert dataset.y_train is not None and dataset.y_test is not None
    training = replace(config.training, seed=seed)
    classes = int(dataset.y_train.max()) + 1
    model = build_classifier(config.model, training, dataset.image_size, classes)
    schedule = compile_model(model, training, jit=False)
    feed = LabelledFeed(dataset.x_train, dataset.y_train, config.views, training.batch_size, seed)
    hold = hold_steps(training.warmup_steps)
    times = train_for(model, feed, schedule=schedule, seconds=training.seconds, hold=hold)
    logits = Observer(model).encode(dataset.x_test)[1]
    right = logits.argmax(axis=1) == dataset.y_test
    return {"supervised": round(float(right.mean()), 4), "supervised_steps": len(times) + 1}


def table(rows: list[dict[str, Any]]) -> str:
    """Mean, smallest and largest of every column over the seeds."""
    names = [name for name in (*COLUMNS, "supervised", "steps") if name in rows[0]]
    lines = ["", "| what | mean | each seed |", "| --- | --: | --- |"]
    for name in names:
        values = [row[name] for row in rows]
        form = "{:,.0f}" if name == "steps" else "{:.3f}"
        each = ", ".join(form.format(value) for value in values)
        lines.append(f"| {name} | {form.format(statistics.mean(values))} | {each} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
