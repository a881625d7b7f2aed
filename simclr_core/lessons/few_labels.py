"""Few labels: a probe on frozen h, fine-tuning, and supervised learning from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.progress import Progress
from ..data.datasets import Dataset
from ..data.labelled import labels_of
from ..data.splits import labelled_rows
from ..settings.config import RunConfig, replace
from .lesson import Condition, Lesson

COUNTS = (1, 2, 5, 10, 50, 100)  # labels per class
PROBE, TUNED, SUPERVISED = "linear probe", "fine-tuned", "supervised"
UNTRAINED, PIXELS = "untrained", "pixels"  # what the same probe reads from these
FINE_STEPS = 50  # of fine-tuning; from the probe's weights, 150 do about as well
FINE_RATE = 0.25  # of the rate of pretraining: to keep what is known already
PRETRAIN = 0.3  # share of the work, for the progress
CONSTANTS = {  # what results depend on
    "counts": COUNTS,
    "fine-tuning": (FINE_STEPS, FINE_RATE, "from the probe"),
}

Probes = dict[str, tuple[np.ndarray, np.ndarray]]  # name -> vectors to learn from, and to test on


def run(lesson: Lesson, data: str, seed: int, progress: Progress) -> dict[str, Any]:
    """Pretrain once; then learn from 1 to 100 labels per class in three ways.

    Fine-tuning starts from the encoder and from the probe's own weights. Supervised learning gets
    the steps of pretraining and fine-tuning together, with the same views and updates. The labelled
    pictures of a count are among those of the next.
    """
    # What imports Keras is imported late: pages read the lesson without it.
    from ..measures.linear_probes import PIXEL_AXES, fitted_probe
    from ..measures.vectors import small_pixels
    from .lesson_data import load_lesson_data
    from .small_training import train, untrained

    dataset = load_lesson_data(lesson, data, progress)
    labels, truth = labels_of(dataset)
    config = lesson.config(Condition("pretraining"), data, dataset.kind, seed)
    before = untrained(config, dataset)
    probes: Probes = {
        UNTRAINED: (before.encode(dataset.x_train)[0], before.encode(dataset.x_test)[0]),
        PIXELS: (small_pixels(dataset.x_train), small_pixels(dataset.x_test)),
    }
    trained = train(
        config, dataset, lesson.steps, lambda s, w: progress(PRETRAIN * s, f"pretraining: {w}")
    )
    h_train, h_test = trained.encode(dataset.x_train)[0], trained.encode(dataset.x_test)[0]
    rate = config.training.learning_rate * FINE_RATE
    gentle = replace(config, training=replace(config.training, learning_rate=rate))
    tuning, scratch = _Classifier(gentle, dataset), _Classifier(config, dataset)
    curves: dict[str, list[float]] = {PROBE: [], TUNED: [], SUPERVISED: []}
    beaten: dict[str, list[float]] = {name: [] for name in probes}
    share = (1 - PRETRAIN) / len(COUNTS)
    for i, count in enumerate(COUNTS):
        rows = labelled_rows(labels, count, seed)
        start = PRETRAIN + share * i
        progress(start, f"{count} per class: {PROBE}")
        probe = fitted_probe(h_train[rows], labels[rows])
        curves[PROBE].append(float(probe.score(h_test, truth)))
        for name, (bank, x) in probes.items():
            axes = PIXEL_AXES if name == PIXELS else None
            rival = fitted_probe(bank[rows], labels[rows], axes=axes)
            beaten[name].append(float(rival.score(x, truth)))
        progress(start + 0.05 * share, f"{count} per class: {TUNED}")
        start_of_head = layer_weights(probe, int(labels.max()) + 1)
        tuning.start_from(trained.model.encoder.get_weights(), start_of_head)
        curves[TUNED].append(tuning.accuracy_after(rows, FINE_STEPS))
        progress(start + 0.3 * share, f"{count} per class: {SUPERVISED}")
        curves[SUPERVISED].append(scratch.accuracy_after(rows, lesson.steps + FINE_STEPS))
    conditions = {
        f"{name}, {count} per class": {"accuracy": round(value, 5)}
        for name, values in (curves | beaten).items()
        for count, value in zip(COUNTS, values, strict=True)
    }
    chance = {"accuracy": {"chance": round(1 / (int(labels.max()) + 1), 5)}}
    return {
        "conditions": conditions, "references": chance,
        "counts": list(COUNTS), "curves": curves, "reference_curves": beaten,
    }  # fmt: skip


def layer_weights(probe: Any, classes: int) -> list[np.ndarray]:
    """Return the weights of a dense layer that gives a probe's logits: (D, K) and (K,) float32.

    Args:
        probe: a fitted pipeline of a `StandardScaler` and a `LogisticRegression`.
        classes: K; those that the probe has not seen have logits of 0.
    """
    scaling, regression = probe[0], probe[-1]
    # Of two classes only the second has a logit.
    seen = regression.classes_ if len(regression.coef_) > 1 else regression.classes_[1:]
    kernel, bias = np.zeros((regression.coef_.shape[1], classes)), np.zeros(classes)
    kernel[:, seen] = (regression.coef_ / scaling.scale_).T
    bias[seen] = regression.intercept_ - scaling.mean_ @ kernel[:, seen]
    return [kernel.astype(np.float32), bias.astype(np.float32)]


class _Classifier:
    """A classifier that is compiled once and starts again with every set of labelled pictures.

    Args:
        config: views, model and training.
        dataset: with labels.
    """

    def __init__(self, config: RunConfig, dataset: Dataset) -> None:
        import keras

        from ..model.simclr import compile_model
        from ..model.supervised import build_classifier
        from ..runs.snapshots.observer import Observer

        self.config, self.dataset = config, dataset
        self.labels, self.truth = labels_of(dataset)
        classes = int(self.labels.max()) + 1
        self.model = build_classifier(config.model, config.training, dataset.image_size, classes)
        self.schedule = compile_model(self.model, config.training, jit=False)
        self.observer = Observer(self.model)
        self._weights = self.model.get_weights()
        self._state = [
            np.copy(keras.ops.convert_to_numpy(v)) for v in self.model.optimizer.variables
        ]

    def start_from(self, encoder: list[np.ndarray], logits: list[np.ndarray]) -> None:
        """Start the next training from the weights of a trained encoder and of its classifier."""
        self.model.encoder.set_weights(encoder)
        self.model.projection_head.set_weights(logits)
        self._weights = self.model.get_weights()

    def accuracy_after(self, rows: np.ndarray, steps: int) -> float:
        """Train on the labelled pictures of these rows, and return the test accuracy."""
        from ..model.supervised import LabelledFeed
        from ..training.fixed_time import train_for

        training = self.config.training
        self.model.set_weights(self._weights)
        for variable, value in zip(self.model.optimizer.variables, self._state, strict=True):
            variable.assign(value)
        feed = LabelledFeed(
            self.dataset.x_train[rows], self.labels[rows], self.config.views, training.batch_size,
            training.seed, end=steps,
        )  # fmt: skip
        train_for(self.model, feed, schedule=self.schedule, steps=steps)
        logits = self.observer.encode(self.dataset.x_test)[1]
        return float((logits.argmax(axis=1) == self.truth).mean())
