"""What happens beside the training steps: Keras callbacks that keep time, write and obey.

They share one `TrainingProgress`; each does one thing after every batch, in the order of `train`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ..model.optimizers import gradient_norm
from ..model.schedule import learning_rate_at
from ..model.simclr import Feed
from ..runs import states
from ..runs.run import Run
from ..runs.snapshots.checkpoint import model_arrays, save_checkpoint
from ..runs.snapshots.observer import Observer, Probe
from .clock import Clock, TrainingProgress, diverged, own_values
from .step_pairs import step_pairs

STATUS_EVERY = 0.4  # seconds between two writes of status.json
LOG_EVERY = 0.2  # seconds between two writes of metrics.jsonl
PAIRS_EVERY = 1.0  # seconds at least; more where the network is slow
CHECKPOINT_EVERY = 10.0  # seconds at least; more where writing one takes long
WEIGHT_BYTES = 200e6  # snapshots' weights are thinned beyond this


class MetricsLog(keras.callbacks.Callback):
    """Writes each step's own values to metrics.jsonl, a few times a second."""

    def __init__(self, run: Run, progress: TrainingProgress) -> None:
        super().__init__()
        self.run, self.progress = run, progress
        self._rows: list[dict[str, Any]] = []
        self._due = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Add a row per step; the learning rate is that of the update made in it."""
        p, training = self.progress, self.progress.config.training
        losses = own_values(logs["loss"], p.latest)
        accuracies = own_values(logs["contrastive_accuracy"], p.latest)
        for i, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True)):
            left = p.latest - 1 - i  # of this launch
            row = {
                "step": p.step - left,
                "loss": round(loss, 6),
                "contrastive_accuracy": round(accuracy, 6),
                "learning_rate": learning_rate_at(training, p.step - left - 1, p.steps),
                "images_per_second": round(training.batch_size / p.each, 1) if p.each else None,
                "seconds": round(p.seconds - left * p.each, 4),
            }
            self._rows.append(row)
        if time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        rows, self._rows = self._rows, []
        self.run.append_metrics(rows)
        self._due = time.monotonic() + LOG_EVERY


class Snapshots(keras.callbacks.Callback):
    """Encodes the probe set at chosen steps: arrays, weights, PCA coordinates and scores.

    Where several steps are launched together, at the end of the launch that a chosen step is in.
    """

    def __init__(
        self, run: Run, progress: TrainingProgress, probe: Probe, observer: Observer, clock: Clock
    ) -> None:
        super().__init__()
        self.run, self.progress, self.probe, self.observer = run, progress, probe, observer
        self.clock = clock
        self._due: set[int] | None = None
        done = run.coordinate_steps("pca")
        self._previous = run.coordinates("pca", done[-1])["xy"] if done else None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Take a snapshot if one is due at the steps just made."""
        p = self.progress
        if not p.steps:
            return
        if self._due is None:
            self._due = set(snapshot_steps(p.steps, p.config.training.snapshots))
        if not self._due.isdisjoint(range(p.step - p.latest + 1, p.step + 1)):
            self.take()

    def take(self) -> None:
        """Encode, score and write; the row in snapshots.jsonl comes last.

        Raises:
            Diverged: weights or representations are NaN or infinite.
        """
        p, run = self.progress, self.run
        if any(row.get("step") == p.step for row in run.snapshot_rows()):
            return
        snapshot = self.probe.snapshot(self.observer)
        encoded = time.perf_counter()
        weights = model_arrays(self.observer.model)
        # The weights as well: a maximum over places passes NaN over, and representations hide it.
        if not all(np.isfinite(array).all() for array in (*snapshot.values(), *weights.values())):
            raise diverged(p, "finite weights and representations, found NaN or infinity")
        run.write_weights(p.step, weights)
        run.write_snapshot(p.step, snapshot)
        coordinates = self.probe.coordinates(snapshot, self._previous)
        self._previous = coordinates["xy"]
        run.write_coordinates("pca", p.step, coordinates)
        row = {"step": p.step, "seconds": round(p.seconds, 4), **self.probe.scores(snapshot)}
        row["gradient_norm"] = gradient_norm(getattr(self.observer.model, "optimizer", None))
        run.append_scores(row)
        run.thin_weights(WEIGHT_BYTES)
        # Of encoding the last batch tells, as the first snapshot's first one includes tracing.
        encoding = self.observer.seconds_per_image * 3 * len(snapshot["h"])
        self.clock.snapshot_seconds = encoding + time.perf_counter() - encoded


class Checkpoints(keras.callbacks.Callback):
    """Writes the checkpoint now and then, so that a crash costs seconds."""

    def __init__(self, run: Run, progress: TrainingProgress) -> None:
        super().__init__()
        self.run, self.progress = run, progress
        self._due = time.monotonic() + CHECKPOINT_EVERY

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write if it is time."""
        if time.monotonic() >= self._due:
            self.save()

    def save(self) -> None:
        """Write the checkpoint; at most a twentieth of the time goes into writing."""
        p, began = self.progress, time.monotonic()
        save_checkpoint(self.run.checkpoint_path, self.model, p.step, p.steps, p.seconds)
        took = time.monotonic() - began
        self._due = time.monotonic() + max(CHECKPOINT_EVERY, 20 * took)


class StepPairs(keras.callbacks.Callback):
    """Writes what the network makes of some pairs of the newest step, once a second."""

    def __init__(
        self, run: Run, progress: TrainingProgress, feed: Feed, observer: Observer
    ) -> None:
        super().__init__()
        self.run, self.progress, self.feed, self.observer = run, progress, feed, observer
        self._due = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write if it is time; not while the pace is measured."""
        if self.progress.steps and time.monotonic() >= self._due:
            self.save()

    def save(self) -> None:
        """Write the pairs; at most a fiftieth of the time goes into them."""
        if not self.progress.step:
            return
        began = time.monotonic()
        self.run.write_pairs(step_pairs(self.observer, self.feed, self.progress.step - 1))
        now = time.monotonic()
        self._due = now + max(PAIRS_EVERY, 50 * (now - began))


class StopOnRequest(keras.callbacks.Callback):
    """Ends the training within one batch when a pause or a stop was asked for."""

    def __init__(self, progress: TrainingProgress, asked: Callable[[], str | None]) -> None:
        super().__init__()
        self.progress, self.asked = progress, asked

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look for a request."""
        request = self.asked()
        if request:
            self.progress.ended = request
            self.model.stop_training = True


class StatusLine(keras.callbacks.Callback):
    """Keeps status.json fresh."""

    def __init__(self, run: Run, progress: TrainingProgress) -> None:
        super().__init__()
        self.run, self.progress = run, progress
        self._due = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write if it is time."""
        if time.monotonic() >= self._due:
            self.run.write_status(**status_of(self.progress))
            self._due = time.monotonic() + STATUS_EVERY


def status_of(progress: TrainingProgress) -> dict[str, Any]:
    """Return the part of status.json that changes while training."""
    p = progress
    left = None
    if p.steps and p.step:
        left = round(max(p.steps - p.step, 0) * p.seconds / max(p.step, 1), 1)
    return {
        "state": states.RUNNING,
        "phase": "training" if p.steps else states.PACING,
        "step": p.step,
        "steps": p.steps,
        "loss": p.loss,
        "seconds": round(p.seconds, 3),
        "seconds_left": left,
        "images_per_second": p.images_per_second and round(p.images_per_second, 1),
    }


def snapshot_steps(steps: int, count: int) -> list[int]:
    """Return steps at which the probe set is encoded: 0, then denser at first, and the last one.

    Args:
        steps: of the run.
        count: snapshots after that of step 0.

    Returns:
        Ascending steps; fewer than count + 1 in very short runs.
    """
    shares = (np.arange(count + 1) / count) ** 1.5  # pictures change most at the beginning
    return sorted({round(float(share) * steps) for share in shares})
