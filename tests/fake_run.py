"""A run folder without training: true to the contract, its numbers made up, growing on demand.

For tests of pages and figures, and by hand:

    python tests/fake_run.py RUNS_DIR --seconds 60
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simclr_core.base.files import append_lines, write_json, write_npz
from simclr_core.data import shapes
from simclr_core.loss import nt_xent
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace, to_dict
from simclr_core.settings.presets import preset_config

FACTORS = {name: names for name, names in shapes.FACTOR_NAMES.items()}


class FakeRun:
    """A made-up run; `train` and `snapshot` let it grow.

    Attributes:
        run: the run.
        step: updates done.
    """

    def __init__(
        self,
        store: RunStore,
        *,
        steps: int = 600,
        probe: int = 1000,
        name: str = "shapes, strong views",
        config: RunConfig | None = None,
        alive: bool = False,
    ) -> None:
        """Make the folder, with pictures, and status `running`.

        Args:
            steps: planned.
            probe: pictures on the map.
            alive: hold the run's lock until `end`, so that it counts as running.
        """
        self.steps, self.step, self.seconds = steps, 0, 0.0
        self.random = np.random.default_rng(0)
        self.config = config or preset_config("minute")
        self.run: Run = store.create(self.config, name)
        self._lock: int | None = self.run.take()  # or a server starts it: as yet it is queued
        self._record()
        self._draw(probe)
        self.run.write_status(
            state=states.RUNNING, attempt=1, slot="cpu", phase="training", step=0, steps=steps,
            device="2 cores", backend="tensorflow", message="", images_per_second=1980.0,
        )  # fmt: skip
        if not alive:
            self._release()

    def train(self, count: int) -> None:
        """Append rows of metrics."""
        size = self.config.training.batch_size
        alike = nt_xent.collapsed_loss(size)
        rows = []
        for step in range(self.step + 1, self.step + count + 1):
            share = step / self.steps
            value = 0.9 + (alike + 0.4 - 0.9) * math.exp(-5 * share**0.6)
            noise = self.random.normal(0, 0.05 + 0.25 * math.exp(-8 * share))
            rows.append(
                {
                    "step": step,
                    "loss": value + noise,
                    "contrastive_accuracy": self._accuracy(share),
                    "learning_rate": 2e-3 * min(1, step / 20),
                    "images_per_second": 1980 + self.random.normal(0, 40),
                    "seconds": step * 0.065,
                }
            )
        self.step += count
        self.seconds = self.step * 0.065
        with (self.run.path / "metrics.jsonl").open("ab") as file:
            append_lines(file, rows)
        self.run.write_status(
            step=self.step, seconds=self.seconds, seconds_left=(self.steps - self.step) * 0.065
        )

    def grow(self, snapshots: int) -> None:
        """Write snapshots, and train 200 steps after each of them."""
        for _ in range(snapshots):
            self.snapshot()
            self.train(200)

    def snapshot(self, *, umap: bool = True) -> None:
        """Write a snapshot and its coordinates at the present step."""
        share, step = self.step / self.steps, self.step
        count = len(self._labels)
        h = self.random.normal(0, 1, (count, 16)) + 4 * share * np.eye(16)[self._labels]  # (P, D)
        z = h[:, :8]
        write_npz(
            self.run.path / "snapshots" / f"{step:08d}.npz",
            {
                "h": h.astype(np.float32),
                "z": z.astype(np.float32),
                "h_views": np.stack([h, h], 1).astype(np.float32),
                "z_views": np.stack([z, z], 1).astype(np.float32),
            },
        )
        row = {
            "step": step,
            "seconds": self.seconds,
            "knn_accuracy": 0.32 + 0.55 * (1 - math.exp(-3.5 * share)),
            "knn_of": "shape",
            "knn_accuracy_pixels": 0.44,
            "alignment": 1.1 - 0.9 * (1 - math.exp(-4 * share)),
            "uniformity": -1.2 - 1.6 * (1 - math.exp(-4 * share)),
            "effective_rank_h": 12 + 29 * share,
            "effective_rank_z": 6 + 17 * share,
        }
        with (self.run.path / "snapshots.jsonl").open("ab") as file:
            append_lines(file, [row])
        self.coordinates("pca")
        if umap:
            self.coordinates("umap")

    def coordinates(self, method: str) -> None:
        """Write coordinates at the present step: clusters that part as training goes on."""
        share = 1 - math.exp(-3 * self.step / self.steps)
        turn = 0.0 if method == "umap" else 1.0
        angles = 2 * np.pi * np.arange(8) / 8 + turn
        middles = np.stack([np.cos(angles), np.sin(angles)], 1) * (
            1 + 0.25 * (np.arange(8) % 2)[:, None]
        )
        part = 5.0 * share * middles[self._labels]  # (P, 2)
        spread = (2.2 - 1.5 * share) * self._offsets * (1.0 if method == "umap" else 1.6)
        write_npz(
            self.run.path / "coordinates" / f"{method}-{self.step:08d}.npz",
            {
                "xy": (part + spread).astype(np.float32),
                "kept": np.float32(0.2 + 0.25 * share if method == "umap" else np.nan),
                "pca_kept": np.float32(0.15 + 0.1 * share),
                "preservation": np.float32(0.62 + 0.3 * share if method == "umap" else np.nan),
                "seconds": np.float32(0.8),
            },
        )

    def end(self, state: str = states.FINISHED, message: str = "") -> None:
        """Write how it ended, and let the lock go."""
        if state == states.FINISHED:
            write_json(
                self.run.path / "evaluation.json",
                {
                    "knn_accuracy": 0.85, "knn_accuracy_untrained": 0.32,
                    "knn_accuracy_pixels": 0.45, "k": 20, "T": 0.1, "bank": 6000,
                    "queries": 1000, "of": "shape", "step": self.step, "loss": 1.05,
                    "images_per_second": 1980.0, "seconds": self.seconds,
                },
            )  # fmt: skip
        self.run.write_status(state=state, message=message, seconds_left=0)
        self._release()

    def weigh(self, *steps: int) -> None:
        """Give snapshots weights, and the run its number of steps, as a real one has them."""
        config = self.run.config
        training = replace(config.training, steps=600)
        record = self.run.record | {"config": to_dict(replace(config, training=training))}
        write_json(self.run.config_path, record)
        for step in steps:
            arrays = {"encoder/0000": np.full(2, step, np.float32)}
            arrays["head/0000"] = np.ones(1, np.float32)
            write_npz(self.run.path / "snapshots" / f"{step:08d}.weights.npz", arrays)

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _accuracy(self, share: float) -> float:
        value = 0.75 * (1 - math.exp(-4 * share)) + self.random.normal(0, 0.02)
        return float(np.clip(value, 0, 1))

    def _record(self) -> None:
        data = {
            "name": "shapes", "classes": list(shapes.SHAPES), "class_names": list(shapes.SHAPES),
            "factors": {name: list(names) for name, names in FACTORS.items()},
            "train": 6000, "test": 1000, "is_gray": False, "kind": "drawn", "image_size": 32,
            "notes": [], "content_hash": "0" * 64,
        }  # fmt: skip
        write_json(
            self.run.path / "config.json",
            {**self.run.record, "data": data, "steps_planned": self.steps},
        )

    def _draw(self, count: int) -> None:
        """Flowers with as many petals as the class has a number, in the colour of their hue."""
        codes = {n: self.random.integers(0, len(v), count) for n, v in FACTORS.items()}
        self._labels = codes["shape"]
        self._offsets = self.random.normal(0, 0.6, (count, 2))  # of each picture, for good
        hue = np.array(
            [
                *[[220, 60, 60], [230, 150, 50], [170, 200, 60], [70, 190, 80]],
                *[[60, 190, 200], [70, 110, 220], [140, 80, 210], [230, 110, 180]],
            ]
        )
        images = np.empty((count, 32, 32, 3), np.uint8)
        y, x = np.mgrid[-1:1:32j, -1:1:32j]
        angle, radius = np.arctan2(y, x), np.hypot(x, y)
        back = np.array(list(shapes.BACKGROUNDS.values()))
        for i in range(count):
            edge = 0.5 + 0.16 * np.cos((self._labels[i] + 1) * angle)
            inside = radius < edge * (0.7 + 0.25 * codes["size"][i])
            images[i] = np.where(
                inside[..., None], hue[codes["hue"][i]], back[codes["background"][i]]
            )
        arrays = {"images": images, "labels": codes["shape"], "indices": np.arange(count)}
        write_npz(
            self.run.path / "probe.npz",
            {**arrays, **{f"factor__{name}": values for name, values in codes.items()}},
        )


def play(store: RunStore, seconds: float, **options: int) -> None:
    """Let a made-up run go on in real time."""
    fake = FakeRun(store, alive=True, **options)
    print(fake.run.id, flush=True)
    parts = 12
    fake.snapshot(umap=False)
    for part in range(parts):
        for _ in range(10):
            fake.train(fake.steps // parts // 10)
            time.sleep(seconds / parts / 10)
        fake.snapshot(umap=part > 0)
    fake.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A made-up run that grows in real time.")
    parser.add_argument("runs_dir")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--probe", type=int, default=1000)
    chosen = parser.parse_args()
    play(RunStore(chosen.runs_dir), chosen.seconds, probe=chosen.probe)
