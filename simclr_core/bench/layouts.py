"""Seconds a map takes, in a process of its own as the mapper's: PCA and UMAP, alone or beside.

python -m simclr_core.bench.layouts POINTS ROUNDS     prints one JSON object
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from ..base.paths import PROJECT
from ..base.processes import be_nice, use_one_thread
from ..measures import projection
from ..workers.mapper import NICENESS
from .rounds import Figure

POINTS = (500, 1000, 2000, 5000)
DIMENSIONS, CLASSES = 128, 8  # of the points: a network's h of the shapes is much like them
MOTION = 0.1  # of the points between two snapshots, in units of their spread in a class


def measure_layouts(points: int, rounds: int) -> dict[str, Figure]:
    """Measure the seconds of a frame: `pca`, `cold` (UMAP from PCA) and `warm` (from the last
    frame).

    What numba compiles once a process is not in them: `compile` has it.
    """
    command = [sys.executable, "-m", "simclr_core.bench.layouts", str(points), str(rounds)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    seconds = json.loads(done.stdout.splitlines()[-1])
    return {name: Figure(tuple(values)) for name, values in seconds.items()}


def frames(points: int, count: int) -> list[np.ndarray]:
    """Return clouds around centres that drift from frame to frame, (points, D) float32 each."""
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(CLASSES, DIMENSIONS))
    h = centres[np.arange(points) % CLASSES] + draw.normal(size=(points, DIMENSIONS))
    clouds = []
    for _ in range(count):
        clouds.append(h.astype(np.float32))
        h = h + MOTION * draw.normal(size=h.shape)
    return clouds


def main(points: int, rounds: int) -> dict[str, list[float]]:
    """Measure in this process, which nothing else may use UMAP in."""
    use_one_thread()
    be_nice(NICENESS)
    seconds: dict[str, list[float]] = {"compile": [projection.warm_up()]}
    previous = None
    for h in frames(points, rounds + 1):
        _timed(seconds, "pca", partial(projection.pca, h))
        if previous is not None:
            _timed(seconds, "warm", partial(projection.umap_layout, h, previous=previous))
        previous = _timed(seconds, "cold", partial(projection.umap_layout, h))
    return seconds


def _timed(
    seconds: dict[str, list[float]], name: str, action: Callable[[], np.ndarray]
) -> np.ndarray:
    """Call, and note the seconds."""
    began = time.perf_counter()
    result = action()
    seconds.setdefault(name, []).append(time.perf_counter() - began)
    return result


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
