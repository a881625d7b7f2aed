"""Short trainings on a split of the training pictures: how settings are chosen.

    python scripts/search.py --data cifar10.npz --seconds 40 --seeds 2 \
        "batch_size=64 width=16" "batch_size=128 width=16" "encoder=strided width=32"

Each trial trains for the same seconds (or steps) in a process of its own on four fifths of the
training set, and is scored by kNN (k=20, T=.1) on the fifth that was held out, another one with
every seed: test pictures are never looked at. Digits lie in the order of their writers, so there a
fifth is a stretch of that order. Prints a line per trial and a table in Markdown. Run nothing else
meanwhile, unless the trials have a number of steps.

`encoder=strided` is the encoder that `tiny` was before it kept maxima (four strided
convolutions); any other encoder is taken from `simclr_core.model.encoders`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.data.datasets import Dataset, load_dataset  # noqa: E402
from simclr_core.machine.devices import find_device  # noqa: E402
from simclr_core.measures.knn import nearest, vote  # noqa: E402
from simclr_core.model.backend import prepare, start_framework  # noqa: E402
from simclr_core.settings.config import RunConfig, replace  # noqa: E402
from simclr_core.settings.presets import preset_config, suited  # noqa: E402
from simclr_core.training.fixed_time import train_for  # noqa: E402

SPLIT_SEED, HELD_OUT, MOST_HELD_OUT = 5, 0.2, 2000


def main() -> None:
    """Run all trials of the command line, or one of them where this is its process."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("trials", nargs="+", metavar="SETTINGS", help='such as "batch_size=64"')
    parser.add_argument("--data", required=True, help="as for `train`")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--steps", type=int, default=0, help="instead of seconds")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on (default: 1)")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)  # the seed of this process
    args = parser.parse_args()
    if args.one is not None:
        print(json.dumps(trial(args, args.one, args.trials[0])))
        return
    found = {text: [run(args, text, seed) for seed in range(args.seeds)] for text in args.trials}
    print(table(found))


def run(args: argparse.Namespace, text: str, seed: int) -> dict[str, Any]:
    """A trial in a process of its own."""
    command = [sys.executable, __file__, text, "--data", args.data, "--one", str(seed)]
    command += ["--seconds", str(args.seconds), "--steps", str(args.steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    line = done.stdout.strip().splitlines()[-1]
    print(line, flush=True)
    return json.loads(line)


def trial(args: argparse.Namespace, seed: int, text: str) -> dict[str, Any]:
    """Train and score once."""
    source = args.data
    prepare(find_device("cpu"))
    start_framework()
    import keras

    from simclr_core.bench.steps import reference_encoder
    from simclr_core.model import simclr as models
    from simclr_core.model.projection_head import build_projection_head
    from simclr_core.model.schedule import hold_steps
    from simclr_core.runs.snapshots.observer import Observer

    dataset = load_dataset(source)
    held, rest = split(dataset, seed)
    config, strided = configured(dataset, source, seed, text)
    size = dataset.image_size
    model = models.build_model(config.model, config.training, size)
    if strided:
        keras.utils.set_random_seed(seed)
        encoder = reference_encoder(size, config.model.width)
        head = build_projection_head(config.model, encoder.output_shape[-1])
        model = models.SimCLR(encoder, head, config.training.temperature, size)
    schedule = models.compile_model(model, config.training, jit=False)
    feed = models.Feed(dataset.x_train[rest], config.views, config.training.batch_size, seed)
    hold = hold_steps(config.training.warmup_steps)
    times = train_for(
        model, feed, schedule=schedule, steps=args.steps, seconds=args.seconds, hold=hold
    )
    observer = Observer(model)
    bank, queries = (observer.encode(dataset.x_train[rows])[0] for rows in (rest, held))
    y = dataset.y_train
    assert y is not None
    return {
        "settings": text,
        "seed": seed,
        "steps": len(times) + 1,
        "images_per_second": round(config.training.batch_size / statistics.median(times)),
        "knn": round(float((vote(nearest(bank, queries), y[rest]) == y[held]).mean()), 4),
    }


def split(dataset: Dataset, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the training set to score on, others with every seed, and rows to train on."""
    count = len(dataset.x_train)
    order = np.random.default_rng(SPLIT_SEED).permutation(count)
    if dataset.name == "digits":
        order = np.arange(count)
    held = min(MOST_HELD_OUT, round(HELD_OUT * count))
    order = np.roll(order, -held * seed)
    return order[:held], order[held:]


def configured(dataset: Dataset, source: str, seed: int, text: str) -> tuple[RunConfig, bool]:
    """The preset `minute` with some settings, and whether the old encoder is asked for."""
    config = preset_config("minute", source, dataset.kind)
    given = dict(part.split("=") for part in text.split())
    chosen = set(given)
    strided = given.get("encoder") == "strided"
    if strided:
        given.pop("encoder")
    given |= {"seed": str(seed), "precision": "float32"}
    for name in ("views", "model", "training"):
        group = getattr(config, name)
        changes = {key: value for key, value in given.items() if hasattr(group, key)}
        typed = {
            key: value if isinstance(getattr(group, key), str) else float(value)
            for key, value in changes.items()
        }
        config = replace(config, **{name: replace(group, **typed)})
        given = {key: value for key, value in given.items() if key not in changes}
    if given:
        raise SystemExit(f"unknown settings: {', '.join(given)}")
    return suited(config, chosen), strided


def table(found: dict[str, list[dict[str, Any]]]) -> str:
    """Means over the seeds, with each seed's score."""
    lines = [
        "",
        "| settings | steps | images/s | kNN | each seed |",
        "| --- | --: | --: | --: | --- |",
    ]
    for text, trials in found.items():
        mean = {k: statistics.mean(t[k] for t in trials) for k in ("steps", "images_per_second")}
        scores = [t["knn"] for t in trials]
        lines.append(
            f"| {text} | {mean['steps']:,.0f} | {mean['images_per_second']:,.0f} | "
            f"{statistics.mean(scores):.3f} | {', '.join(f'{s:.3f}' for s in scores)} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
