"""Make what the app ships of a genuine run: assets/demo, from a training on the drawn shapes.

    python scripts/make_demo.py [--steps 1500]

Everything in it comes from that one run: its replay, what its network makes of some pictures before
the first and after the last step, what linear probes read, and its answers in the match game.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.cli import repeat  # noqa: E402
from simclr_core.export import replay  # noqa: E402
from simclr_core.feed import demo  # noqa: E402
from simclr_core.machine.devices import find_device  # noqa: E402
from simclr_core.model.backend import prepare  # noqa: E402
from simclr_core.questions.factor_probes import probe_factors  # noqa: E402
from simclr_core.runs.run import Run  # noqa: E402
from simclr_core.runs.snapshots.networks import Networks  # noqa: E402
from simclr_core.runs.snapshots.weights import find_weights  # noqa: E402
from simclr_core.runs.store import RunStore  # noqa: E402

TOLD = 240  # pictures whose h and z are shipped
ROUNDS = 40  # of the match game
SNAPSHOTS = 30
KNN = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")


def main() -> None:
    """Train, ask and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--folder", type=Path, default=demo.FOLDER, help="where it is written")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="simclr-lab-demo-") as folder:
        run = trained(Path(folder), args.steps)
        args.folder.mkdir(parents=True, exist_ok=True)
        write_replay(run, args.folder / "replay.json")
        write_story(run, args.folder / "story.npz")
    for path in sorted(args.folder.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def trained(folder: Path, steps: int) -> Run:
    """A finished run, laid out by UMAP at every snapshot."""
    words = ["--data", "shapes", "--steps", str(steps), "--snapshots", str(SNAPSHOTS)]
    subprocess.run(
        [sys.executable, "-m", "simclr_core", "train", *words],
        env={**os.environ, "SIMCLR_LAB_RUNS": str(folder)},
        cwd=ROOT,
        check=True,
    )
    (run,) = RunStore(folder)
    while run.coordinate_steps("umap") != run.snapshot_steps():
        time.sleep(0.5)
    return run


def write_replay(run: Run, path: Path) -> None:
    """The run to watch, with the command that makes one like it."""
    found = replay.data(run, quality=88)
    found["command"] = repeat.repeat_command(run)
    scores = run.evaluation() or {}
    names = (*KNN, "of", "k", "T", "bank")
    found["scores"] = {name: scores.get(name) for name in names}
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def write_story(run: Run, path: Path) -> None:
    """What its network makes of pictures, before and after."""
    probe, last = run.probe(), run.snapshot_steps()[-1]
    names = run.data.class_names
    found: dict[str, Any] = {
        "images": probe["images"][:TOLD],
        "shape": probe["labels"][:TOLD].astype(np.int64),
        "shapes": np.array(names),
        "h_first": run.snapshot(0)["h"][:TOLD].astype(np.float16),
        "h_last": run.snapshot(last)["h"][:TOLD].astype(np.float16),
        "z_last": run.snapshot(last)["z"][:TOLD].astype(np.float16),
    }
    probes = probe_factors(run, 2, lambda share, words: None)
    found |= {
        "factors": probes["names"],
        "probe_chance": probes["chance"],
        "probe_pixels": probes["pixels"],
        "probe_h_first": probes["h"][0],
        "probe_h_last": probes["h"][-1],
        "probe_z_last": probes["z"][-1],
        "rounds": np.arange(ROUNDS),
        "alike": alike(run),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, **found)


def alike(run: Run) -> np.ndarray:
    """(R, 2, 12, 12) float16: cosines of h of a round's views, by the untrained and the trained
    network."""
    prepare(find_device("cpu"))
    networks = Networks()
    found = np.zeros((ROUNDS, 2, 2 * demo.PICTURES, 2 * demo.PICTURES), np.float16)
    for i, role in enumerate(("untrained", "trained")):
        network = networks.get(run, role, find_weights(run, role))
        for seed in range(ROUNDS):
            h, _ = network.encode(demo.game_round(seed).views)
            unit = h / np.maximum(np.linalg.norm(h, axis=1, keepdims=True), 1e-12)
            found[seed, i] = unit @ unit.T
    return found


if __name__ == "__main__":
    main()
