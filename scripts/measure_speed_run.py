"""Wall-clock seconds to 90% by neighbours on CIFAR-10, on a GPU.

    KERAS_BACKEND=jax python scripts/measure_speed_run.py --data cifar10_full_jpeg.npz \
        --seconds 480 --record speed-run.json

Trains ResNet-18 (the CIFAR stem of the paper's appendix B.9) with the engine, without labels, on
the 50,000 training pictures. The clock starts before the framework is imported and covers
compiling, training and the observations. Every few epochs h of all training pictures is the bank
in which the 10 nearest (cosine) vote for each of the 10,000 test pictures, with equal votes.
Test labels choose nothing: settings are fixed before, and the run goes on to its end.

The data: x_train, y_train, x_test, y_test, or the same pictures as JPEG files end to end
(jpeg_train, offsets_train, ...); JPEG is lossy, so say so beside the score.
"""

from __future__ import annotations

import time

BEGAN = time.monotonic()

import argparse  # noqa: E402
import itertools  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import cv2  # noqa: E402
import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.machine.devices import find_device  # noqa: E402
from simclr_core.model.backend import bring_home, prepare, start_framework  # noqa: E402
from simclr_core.settings import config  # noqa: E402
from simclr_core.settings.config import ModelConfig, TrainConfig, ViewConfig  # noqa: E402

K, GOAL = 10, 0.9
QUERIES, FORWARD = 250, 1000  # pictures scored at once, and encoded at once
FROM_SHARE = 0.4  # of the run: before that nobody looks
PACE_STEPS = 30


def main() -> None:
    """Train, look now and then, and print an object a look."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seconds", type=float, default=600.0, help="all in all")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--optimizer", default="muon")
    parser.add_argument("--rate", type=float, default=0.02)
    parser.add_argument("--decay", type=float, default=1e-4)
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--crop-min", type=float, default=0.2)
    parser.add_argument("--looks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path)
    args = parser.parse_args()
    device = find_device(args.device)
    prepare(device)
    start_framework()
    found = SpeedRun(args, device).run()
    if args.record:
        args.record.write_text(json.dumps(found, indent=1) + "\n")


class SpeedRun:
    """One training with its looks."""

    def __init__(self, args: argparse.Namespace, device: Any) -> None:
        self.args, self.device = args, device
        self.data = pictures(args.data)
        self.looks: list[dict[str, Any]] = []
        self.model_config = config.replace(
            ModelConfig(), encoder="resnet18", width=args.width, head_width=512, head_dim=128
        )
        self.training = config.replace(
            TrainConfig(),
            batch_size=args.batch,
            temperature=args.temperature,
            optimizer=args.optimizer,
            learning_rate=args.rate,
            weight_decay=args.decay,
            warmup_steps=200,
            precision=device.fast,
            seed=args.seed,
        )
        self.views = config.replace(
            ViewConfig(), crop_min=args.crop_min, gray_p=0.2, color_strength=0.5
        )

    def run(self) -> dict[str, Any]:
        """Train until the seconds are over."""
        import keras

        from simclr_core.model.simclr import Feed
        from simclr_core.runs.snapshots.observer import Observer
        from simclr_core.training.engine import build_engine

        jit = self.device.id != "cpu"
        engine = build_engine(self.model_config, self.training, 32, jit)
        model = engine.model
        self.observer = Observer(model, jit, FORWARD)
        x = self.data["x_train"]
        per_epoch = len(x) // self.args.batch
        engine.schedule.total.assign(1e9)  # the rate is held until the pace is known
        self.look(model, 0)  # compiles what looking takes
        times: list[float] = []
        model.fit(
            Feed(x, self.views, self.args.batch, self.args.seed, end=PACE_STEPS),
            callbacks=[noted(lambda batch, loss: times.append(self.clock()))],
            verbose=0,
            shuffle=False,
        )
        bring_home(model)
        each = float(np.median(np.diff(times[PACE_STEPS // 2 :])))
        looking = self.looks[0]["looking"]
        left = self.args.seconds - self.clock() - self.args.looks * looking
        steps = PACE_STEPS + max(int(left / each), 1)
        engine.schedule.total.assign(steps)
        self.say(pace=each, steps=steps, epochs=steps / per_epoch, compiled=times[0])
        due = np.linspace(FROM_SHARE, 1.0, self.args.looks)
        due_steps = sorted({round(float(share) * steps) for share in due})
        done = PACE_STEPS
        for stop in due_steps:
            losses: list[float] = []
            feed = Feed(x, self.views, self.args.batch, self.args.seed, start=done, end=stop)
            keep = noted(lambda batch, loss, losses=losses: losses.append(loss))
            model.fit(feed, callbacks=[keep], verbose=0, shuffle=False)
            bring_home(model)
            done = stop
            self.look(model, done, loss=round(losses[-1], 4))
        reached = next((k["seconds"] for k in self.looks if k["knn"] >= GOAL), None)
        return {
            "device": self.device.name,
            "backend": keras.backend.backend(),
            "settings": {k: str(v) for k, v in vars(self.args).items() if k != "record"},
            "epochs": round(steps / per_epoch, 1),
            "images_per_second": round(self.args.batch / each, 1),
            "seconds_to_goal": reached,
            "looks": self.looks,
        }

    def clock(self) -> float:
        """Seconds since this script began."""
        return time.monotonic() - BEGAN

    def look(self, model: Any, step: int, **more: Any) -> None:
        """Score h now."""
        began = time.monotonic()
        bank, _ = self.observer.encode(self.data["x_train"])
        asked, _ = self.observer.encode(self.data["x_test"])
        knn = neighbours_score(bank, self.data["y_train"], asked, self.data["y_test"])
        looking = round(time.monotonic() - began, 2)
        self.looks.append(
            {"step": step, "seconds": round(self.clock(), 1), "knn": knn, "looking": looking}
        )
        self.say(**self.looks[-1], **more)

    def say(self, **what: Any) -> None:
        """A line of JSON."""
        print(json.dumps(what), flush=True)


def neighbours_score(
    bank: np.ndarray, labels: np.ndarray, asked: np.ndarray, truth: np.ndarray, k: int = K
) -> float:
    """Share of test pictures whose k most similar (cosine) training pictures vote right.

    Every vote counts the same; of classes with as many votes the one with the smaller number wins.
    """
    bank = bank / np.linalg.norm(bank, axis=1, keepdims=True).clip(1e-12)
    asked = asked / np.linalg.norm(asked, axis=1, keepdims=True).clip(1e-12)
    classes = int(labels.max()) + 1

    def score(part: slice) -> int:
        alike = asked[part] @ bank.T  # (Q, N)
        near = np.argpartition(-alike, k, axis=1)[:, :k]
        votes = np.stack([np.bincount(labels[row], minlength=classes) for row in near])
        return int((votes.argmax(axis=1) == truth[part]).sum())

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [slice(i, i + QUERIES) for i in range(0, len(asked), QUERIES)]
        return sum(pool.map(score, parts)) / len(asked)


def pictures(path: str) -> dict[str, np.ndarray]:
    """x_train, y_train, x_test, y_test from arrays or from JPEG files end to end."""
    with np.load(path) as file:
        if "x_train" in file:
            return {k: file[k] for k in ("x_train", "y_train", "x_test", "y_test")}
        found = {f"y_{s}": file[f"y_{s}"].astype(np.int64) for s in ("train", "test")}
        for split in ("train", "test"):
            data, offsets = file[f"jpeg_{split}"], file[f"offsets_{split}"]
            pieces = [data[a:b] for a, b in itertools.pairwise(offsets)]
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                found[f"x_{split}"] = np.stack(list(pool.map(decoded, pieces)))
        return found


def decoded(piece: np.ndarray) -> np.ndarray:
    """A JPEG file's pixels, (S, S, 3) uint8 RGB."""
    return cv2.cvtColor(cv2.imdecode(piece, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def noted(what: Callable[[int, float], None]) -> Any:
    """A callback that is told of every step and its loss, once that is at home."""
    import keras

    def after(batch: int, logs: Any) -> None:
        what(batch, float(np.ravel(logs["loss"])[-1]))

    return keras.callbacks.LambdaCallback(on_train_batch_end=after)


if __name__ == "__main__":
    main()
