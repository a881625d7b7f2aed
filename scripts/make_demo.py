"""Make what the app ships of two genuine runs on the drawn shapes: assets/recorded, assets/demo.

    python scripts/make_demo.py [--steps 1000]

The two differ in colour distortion alone. assets/recorded holds their run folders. Everything in
assets/demo comes from the first one: what its network makes of some pictures before the first and
after the last step, what linear probes read, and its answers in the match game.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.base.progress import no_progress  # noqa: E402
from simclr_core.cli import repeat  # noqa: E402
from simclr_core.feed import demo  # noqa: E402
from simclr_core.machine.devices import find_device  # noqa: E402
from simclr_core.model.backend import prepare  # noqa: E402
from simclr_core.questions.factor_probes import probe_factors  # noqa: E402
from simclr_core.runs import shipped  # noqa: E402
from simclr_core.runs.run import Run  # noqa: E402
from simclr_core.runs.snapshots.networks import Networks  # noqa: E402
from simclr_core.runs.snapshots.weights import find_weights  # noqa: E402
from simclr_core.runs.store import RunStore  # noqa: E402

TOLD = 240  # pictures whose h and z are shipped
ROUNDS = 40  # of the match game
NOT_SHIPPED = ("checkpoint.npz", "log.txt", "lock", "control.json", "jobs", "sets", ".*")
SNAPSHOTS = 12  # beside the first, at step 0
VIEWS = {shipped.FIRST: "strong", shipped.PLAIN: "no colour"}
MOST = 8_000_000  # bytes of a run that is shipped
BITS = 6  # of the mantissa of a number in a snapshot: 1.6% of its value


def main() -> None:
    """Train, ask and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="simclr-lab-demo-") as folder:
        for name, views in VIEWS.items():
            run = trained(Path(folder) / name, args.steps, views)
            if name == shipped.FIRST:
                write_story(run, demo.FOLDER / "story.npz")
            ship(run, shipped.FOLDER / name)


def trained(folder: Path, steps: int, views: str) -> Run:
    """A finished run, laid out by UMAP at every snapshot."""
    words = ["--data", "shapes", "--views", views, "--steps", str(steps)]
    words += ["--snapshots", str(SNAPSHOTS)]
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


def ship(run: Run, folder: Path) -> None:
    """Copy a run's folder without what only its worker needs, and rounded, to make it small."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run.path, folder, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    copy = Run(folder)
    copy.write_record({**run.record, "command": repeat.repeat_command(run)})
    steps = copy.snapshot_steps()
    for step in steps[1:-1]:
        copy.weights_path(step).unlink(missing_ok=True)
    for step in steps:
        arrays = copy.snapshot(step)
        kept = arrays if step in (steps[0], steps[-1]) else {name: arrays[name] for name in "hz"}
        copy.write_snapshot(step, {name: rounded(values) for name, values in kept.items()})
    for path in folder.rglob("*.npz"):
        pack(path)
    size = copy.size()
    print(f"{folder.name}: {size / 1e6:.1f} MB, step {steps[-1]:,}, {run.evaluation()}")
    if size > MOST:
        raise SystemExit(f"expected at most {MOST / 1e6:.0f} MB a run, found {size / 1e6:.1f}")


def rounded(values: np.ndarray) -> np.ndarray:
    """Values as float32 whose mantissa ends after `BITS` bits, which packs well."""
    bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
    step = 1 << (23 - BITS)
    return ((bits + step // 2) // step * step).astype(np.uint32).view(np.float32)


def pack(path: Path) -> None:
    """Write the arrays of a file again, compressed as closely as NumPy can read."""
    with np.load(path) as arrays:
        known = dict(arrays)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in known.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array)


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
    probes = probe_factors(run, 2, no_progress)
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
