"""One training of a lesson: a number of steps in this process, without a run folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import ops

from ..base.progress import Progress
from ..data.datasets import Dataset
from ..measures.registry import measure
from ..measures.vectors import Vectors
from ..model.encoders import build_encoder
from ..model.projection_head import build_projection_head
from ..model.simclr import Feed, SimCLR, compile_model
from ..runs.snapshots.observer import Observer
from ..settings.config import RunConfig
from ..training.fixed_time import train_for
from ..views.recipes import probe_recipes
from ..views.render import render_views
from .objectives import OBJECTIVES

TRACED = 12  # times that alignment and uniformity are measured during a training, if wanted
TRACE_PICTURES = 256


class ObjectiveSimCLR(SimCLR):
    """SimCLR with another loss, a key of `OBJECTIVES`."""

    objective: str = "nt-xent"

    def loss_and_accuracy(self, inputs: Any, z: Any) -> tuple[Any, Any]:
        """Return the chosen loss of projections z (2N, d), and its accuracy: float32 scalars."""
        return OBJECTIVES[self.objective](z, self.temperature, xp=ops)


@dataclass
class Trained:
    """A network after its training, and what was measured on the way.

    Attributes:
        losses, accuracies: of every step, by the loss that was trained.
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
        """Return h (N, D) and z (N, d) of pictures (N, S, S, 3)."""
        return self.observer.encode(images)


def train(
    config: RunConfig,
    dataset: Dataset,
    steps: int,
    progress: Progress,
    objective: str = "nt-xent",
    traced: bool = False,
) -> Trained:
    """Train an encoder; the same arguments give the same weights on one machine.

    Args:
        config: views, model and training; the precision is a real one.
        dataset: its training pictures are learned from, without labels.
        steps: updates.
        progress: called with the share of the steps done, and words.
        objective: a key of `OBJECTIVES`.
        traced: whether to measure alignment and uniformity of z on the way.
    """
    training = config.training
    trained = untrained(config, dataset)
    model = trained.model
    model.objective = objective
    schedule = compile_model(model, training, jit=False)
    due = set(np.linspace(0, steps, TRACED + 1).round().astype(int)[1:].tolist()) if traced else ()

    def _keep(step: int, logs: dict[str, Any]) -> None:
        trained.losses.append(float(np.ravel(logs["loss"])[-1]))
        trained.accuracies.append(float(np.ravel(logs["contrastive_accuracy"])[-1]))
        if step in due:
            vectors = view_vectors(trained.observer, dataset, config)
            figures = [measure(name, vectors)[""] for name in ("alignment", "uniformity")]
            trained.trace.append((step, figures[0], figures[1]))

    feed = Feed(dataset.x_train, config.views, training.batch_size, training.seed, end=steps)
    times = train_for(
        model, feed, schedule=schedule, steps=steps, progress=progress, on_batch=_keep
    )
    trained.seconds = sum(times)
    return trained


def untrained(config: RunConfig, dataset: Dataset) -> Trained:
    """Build the network of a training before its first step.

    Args:
        config: model and training; the precision is a real one.
        dataset: whose pictures it takes.
    """
    keras.utils.set_random_seed(config.training.seed)
    encoder = build_encoder(config.model, dataset.image_size)
    head = build_projection_head(config.model, encoder.output_shape[-1])
    model = ObjectiveSimCLR(encoder, head, config.training.temperature, dataset.image_size)
    return Trained(model, Observer(model))


def view_vectors(observer: Observer, dataset: Dataset, config: RunConfig) -> Vectors:
    """Return z of two fixed views of fixed test pictures; `x` are those of the first views."""
    images = dataset.x_test[:TRACE_PICTURES]
    recipes = probe_recipes(config.views, len(images), dataset.image_size)
    size = dataset.image_size
    rendered = render_views(images, recipes).reshape(-1, size, size, 3)  # (2P, S, S, 3)
    z = observer.encode(rendered)[1]
    views = z.reshape(len(images), 2, -1)  # (P, 2, d)
    return Vectors(views[:, 0], views=views, temperature=config.training.temperature)
