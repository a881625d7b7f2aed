"""One training of a lesson: a number of steps in this process, without a run folder."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops

from ..base.progress import Progress
from ..data.datasets import Dataset
from ..measures import evaluation
from ..model.encoders import build_encoder, build_projection_head
from ..model.simclr import Feed, SimCLR, compile_model
from ..runs.snapshots.observer import Observer
from ..settings.config import RunConfig
from ..views.recipes import probe_recipes
from ..views.render import render_views
from .objectives import OBJECTIVES

TRACED = 12  # looks at alignment and uniformity during a training, where a lesson wants them
TRACE_PICTURES = 256


class Objected(SimCLR):
    """SimCLR with a loss of one's choice, a key of `OBJECTIVES`."""

    objective: str = "nt-xent"

    def loss_and_accuracy(self, inputs: Any, z: Any) -> tuple[Any, Any]:
        """The chosen loss of projections z (2N, d), and its accuracy: scalars, float32."""
        return OBJECTIVES[self.objective](z, self.temperature, xp=ops)


@dataclass
class Trained:
    """A network after its training, and what was seen on the way.

    Attributes:
        losses, accuracies: of every step, as its own loss tells them.
        trace: rows of (step, alignment, uniformity) of z, in [0, 4] and from 0 down.
        seconds: of the steps, compiling left out.
    """

    model: Any
    observer: Observer
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    trace: list[tuple[int, float, float]] = field(default_factory=list)
    seconds: float = 0.0

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h (N, D) and z (N, d) of pictures (N, S, S, 3)."""
        return self.observer.encode(images)


def train(
    config: RunConfig,
    dataset: Dataset,
    steps: int,
    tell: Progress,
    objective: str = "nt-xent",
    traced: bool = False,
) -> Trained:
    """Train an encoder; the same arguments give the same weights on one machine.

    Args:
        config: views, model and training; the precision is a real one.
        dataset: its training pictures are learned from, without labels.
        steps: updates.
        tell: is given the share of the steps done, and words.
        objective: a key of `OBJECTIVES`.
        traced: look at alignment and uniformity of z now and then.
    """
    training = config.training
    keras.utils.set_random_seed(training.seed)
    encoder = build_encoder(config.model, dataset.image_size)
    head = build_projection_head(config.model, encoder.output_shape[-1])
    model = Objected(encoder, head, training.temperature, dataset.image_size)
    model.objective = objective
    schedule = compile_model(model, training, jit=False)
    schedule.total.assign(steps)
    found = Trained(model, Observer(model))
    feed = Feed(dataset.x_train, config.views, training.batch_size, training.seed, end=steps)
    watch = _Watch(found, steps, tell, fixed_views(dataset, config) if traced else None)
    model.fit(feed, callbacks=[watch], verbose=0, shuffle=False)
    return found


class _Watch(keras.callbacks.Callback):
    """Keeps losses, tells progress, and looks at z now and then."""

    def __init__(
        self, found: Trained, steps: int, tell: Progress, pairs: np.ndarray | None
    ) -> None:
        super().__init__()
        self.found, self.steps, self.tell, self.pairs = found, steps, tell, pairs
        self.due = set(np.linspace(0, steps, TRACED + 1).round().astype(int)[1:].tolist())
        self._began = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After every step."""
        if batch == 0:  # the first step compiles
            self._began = time.perf_counter()
        self.found.seconds = time.perf_counter() - self._began
        self.found.losses.append(float(np.ravel(logs["loss"])[-1]))
        self.found.accuracies.append(float(np.ravel(logs["contrastive_accuracy"])[-1]))
        step = batch + 1
        if step % 20 == 0 or step == self.steps:
            self.tell(step / self.steps, f"step {step:,} of {self.steps:,}")
        if self.pairs is not None and step in self.due:
            z = self.found.observer.encode(self.pairs)[1].reshape(-1, 2, _length(self.found))
            self.found.trace.append((step, evaluation.alignment(z), evaluation.uniformity(z[:, 0])))


def _length(found: Trained) -> int:
    return int(found.model.projection_head.output_shape[-1])


def fixed_views(dataset: Dataset, config: RunConfig) -> np.ndarray:
    """Fixed views of fixed test pictures: (2P, S, S, 3) float32."""
    images = dataset.x_test[:TRACE_PICTURES]
    recipes = probe_recipes(config.views, len(images), dataset.image_size)
    size = dataset.image_size
    return render_views(images, recipes).reshape(-1, size, size, 3)


def knn(found: Trained, dataset: Dataset, target: str = "") -> float:
    """kNN accuracy of h: all training pictures as bank, all test pictures as queries.

    Args:
        target: a factor; the label if empty.
    """
    bank, queries = found.encode(dataset.x_train)[0], found.encode(dataset.x_test)[0]
    known, truth = answers(dataset, target)
    return evaluation.knn_accuracy(bank, known, queries, truth)


def answers(dataset: Dataset, target: str = "") -> tuple[np.ndarray, np.ndarray]:
    """(N,) and (M,) labels, or categories of a factor, of training and test pictures."""
    if target:
        return dataset.factors_train[target], dataset.factors_test[target]
    if dataset.y_train is None or dataset.y_test is None:
        raise ValueError("expected pictures with labels, found none")
    return dataset.y_train, dataset.y_test
