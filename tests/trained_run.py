"""A real run, trained for a few steps, and its network read back from its files for comparison.

Tests whose own process has to stay as light as the app let another do it: as a program with the
arguments RUNS_DIR, VIEWS.npz and H.npz this trains on the drawn shapes, and writes h of every array
of pictures under "<name> trained" and "<name> untrained".
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from simclr_core.base.files import read_npz
from simclr_core.base.paths import PROJECT
from simclr_core.machine.devices import Device
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import DataConfig, RunConfig, replace
from simclr_core.settings.presets import view_config
from small_parts import MODEL, TRAINING

ROOT = PROJECT
CPU = Device("cpu", "a processor", 0, usable=True)
SHAPES = RunConfig(
    data=DataConfig(source="shapes", max_images=64),
    views=view_config("drawn"),
    model=MODEL,
    training=replace(TRAINING, steps=12, learning_rate=0.02),
)


def trained(store: RunStore, settings: RunConfig, name: str = "") -> Run:
    """A finished run."""
    from simclr_core.training.trainer import Trainer

    run = store.create(settings, name)
    Trainer(run, CPU, "float32").train()
    return run


def trained_shapes(store: RunStore) -> Run:
    """Return a finished run of `SHAPES`; it is trained once a session and copied each time."""
    shared = Path(os.environ["SIMCLR_LAB_TESTS_SHARED"])
    shared.mkdir(exist_ok=True)
    with (shared / "shapes.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers of pytest wait here
        kept = RunStore(shared / "shapes")
        run = next(iter(kept), None) or trained(kept, SHAPES)
    shutil.copytree(run.path, store.root / run.id)
    return store.get(run.id)


def observer(run: Run, step: int | None = None) -> Any:
    """The network of a run as the engine itself reads it.

    Args:
        run: a finished one.
        step: of a snapshot; None takes the checkpoint.
    """
    from simclr_core.model.simclr import build_model
    from simclr_core.runs.snapshots.checkpoint import load_weights
    from simclr_core.runs.snapshots.observer import Observer

    training = replace(run.config.training, precision="float32", seed=99)  # weights are read
    model = build_model(run.config.model, training, run.record["data"]["image_size"])
    path = run.path / "checkpoint.npz"
    if step is not None:
        path = run.path / "snapshots" / f"{step:08d}.weights.npz"
    load_weights(model, read_npz(path), path.name)
    return Observer(model)


def trained_elsewhere(
    store: RunStore, views: dict[str, np.ndarray], folder: Path
) -> dict[str, np.ndarray]:
    """Train the run of this module in a process of its own, as the only run of a store.

    Args:
        store: where.
        views: pictures (N, 32, 32, 3) float32 by name.
        folder: for what goes to and fro.

    Returns:
        h (N, D) of each under "<name> trained" and "<name> untrained".
    """
    np.savez(folder / "views.npz", **views)
    words = [str(store.root), str(folder / "views.npz"), str(folder / "h.npz")]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, __file__, *words]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=True)
    return read_npz(folder / "h.npz")


def main(runs_dir: str, views: str, out: str) -> None:
    """Train, encode and write."""
    run = trained_shapes(RunStore(runs_dir))
    networks = {"trained": observer(run), "untrained": observer(run, 0)}
    found = {
        f"{name} {role}": network.encode(images)[0]
        for name, images in read_npz(Path(views)).items()
        for role, network in networks.items()
    }
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
