"""Few labels: a probe on frozen h, fine-tuning, and supervised learning from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.progress import Progress
from ..data.datasets import Dataset
from ..data.splits import labelled_rows
from ..settings.config import RunConfig, replace
from .lesson import Condition, Effect, Lesson

COUNTS = (1, 2, 5, 10, 50, 100)  # labels a class
PROBE, TUNED, SUPERVISED = "linear probe", "fine-tuned", "supervised"
FINE_STEPS = 50  # of fine-tuning
FINE_RATE = 0.25  # of the rate of pretraining: what is known already is to be kept
PRETRAIN = 0.3  # share of the work, for the progress


def run(lesson: Lesson, data: str, seed: int, tell: Progress) -> dict[str, Any]:
    """Pretrain once; then learn from 1 to 100 labels a class in three ways.

    Supervised learning gets the steps of pretraining and fine-tuning together, with the same views
    and updates. The labelled pictures of a count are among those of the next.
    """
    from ..measures.evaluation import linear_probe
    from . import pictures
    from .small_training import train

    dataset = pictures.read(lesson, data, tell)
    assert dataset.y_train is not None and dataset.y_test is not None
    config = lesson.config(Condition("pretraining"), data, dataset.kind, seed)
    trained = train(
        config, dataset, lesson.steps, lambda s, w: tell(PRETRAIN * s, f"pretraining: {w}")
    )
    h_train, h_test = trained.encode(dataset.x_train)[0], trained.encode(dataset.x_test)[0]
    rate = config.training.learning_rate * FINE_RATE
    gentle = replace(config, training=replace(config.training, learning_rate=rate))
    tuning, scratch = _Classifier(gentle, dataset), _Classifier(config, dataset)
    tuning.begin_with(trained.model.encoder.get_weights())
    curves: dict[str, list[float]] = {PROBE: [], TUNED: [], SUPERVISED: []}
    for i, count in enumerate(COUNTS):
        rows = labelled_rows(dataset.y_train, count, seed)
        known = dataset.y_train[rows]
        start, share = PRETRAIN + (1 - PRETRAIN) * i / len(COUNTS), (1 - PRETRAIN) / len(COUNTS)
        tell(start, f"{count} a class: {PROBE}")
        curves[PROBE].append(linear_probe(h_train[rows], known, h_test, dataset.y_test))
        tell(start + 0.05 * share, f"{count} a class: {TUNED}")
        curves[TUNED].append(tuning.learned(rows, FINE_STEPS))
        tell(start + 0.3 * share, f"{count} a class: {SUPERVISED}")
        curves[SUPERVISED].append(scratch.learned(rows, lesson.steps + FINE_STEPS))
    found = {
        f"{name}, {count} a class": {"accuracy": round(value, 5)}
        for name, values in curves.items()
        for count, value in zip(COUNTS, values, strict=True)
    }
    return {"conditions": found, "counts": list(COUNTS), "curves": curves}


class _Classifier:
    """A classifier that is compiled once and begins anew with every set of labelled pictures.

    Args:
        config: views, model and training.
        dataset: with labels.
    """

    def __init__(self, config: RunConfig, dataset: Dataset) -> None:
        import keras

        from ..model.simclr import compile_model
        from ..model.supervised import build_classifier
        from ..runs.snapshots.observer import Observer

        assert dataset.y_train is not None
        self.config, self.dataset = config, dataset
        classes = int(dataset.y_train.max()) + 1
        self.model = build_classifier(config.model, config.training, dataset.image_size, classes)
        self.schedule = compile_model(self.model, config.training, jit=False)
        self.observer = Observer(self.model)
        self._weights = self.model.get_weights()
        self._state = [
            np.copy(keras.ops.convert_to_numpy(v)) for v in self.model.optimizer.variables
        ]

    def begin_with(self, encoder: list[np.ndarray]) -> None:
        """Take the weights of a trained encoder as the beginning."""
        self.model.encoder.set_weights(encoder)
        self._weights = self.model.get_weights()

    def learned(self, rows: np.ndarray, steps: int) -> float:
        """Test accuracy after so many updates on the labelled pictures of these rows."""
        from ..model.supervised import LabelledFeed

        data, training = self.dataset, self.config.training
        assert data.y_train is not None and data.y_test is not None
        self.model.set_weights(self._weights)
        for variable, value in zip(self.model.optimizer.variables, self._state, strict=True):
            variable.assign(value)
        self.schedule.total.assign(steps)
        feed = LabelledFeed(
            data.x_train[rows], data.y_train[rows], self.config.views, training.batch_size,
            training.seed, end=steps,
        )  # fmt: skip
        self.model.fit(feed, verbose=0, shuffle=False)
        logits = self.observer.encode(data.x_test)[1]
        return float((logits.argmax(axis=1) == data.y_test).mean())


LESSON = Lesson(
    name="few-labels",
    title="Few labels",
    question="Two pictures of each digit have a label. Which way of learning does best?",
    answers=("Supervised from scratch", "Pretrained without labels, then labels", "No difference"),
    right=1,
    about=(
        "Written digits with 1 to 100 labels a class. Pretrained without labels on all pictures, "
        "then a linear probe or fine-tuning with the labelled ones; or supervised from scratch on "
        "the labelled ones, with the same views and as many steps as both together."
    ),
    source="Chen et al. 2020 (arXiv 2002.05709), table 7",
    published=(
        "With 1% of ImageNet's labels (about 13 a class) supervised learning reaches 48.4% (top "
        "5, ResNet-50), fine-tuned SimCLR 75.5%; with 10% of them 80.4% against 87.8%."
    ),
    shows_not=(
        "That labels are not worth having: where supervised learning wins above, it wins. On "
        "CIFAR-10 these few seconds are too short for it to show: one trial came out even up to 10 "
        "labels a class. The source fine-tunes; what was expected here is of a probe."
    ),
    data="digits",
    quantities={"accuracy": "accuracy on test pictures"},
    effects=(
        Effect("With 1 label a class the probe beats supervised learning", "accuracy",
               f"{PROBE}, 1 a class", f"{SUPERVISED}, 1 a class", 0.03),
        Effect("With 2 labels a class it still does", "accuracy",
               f"{PROBE}, 2 a class", f"{SUPERVISED}, 2 a class", 0.03),
        Effect("With 100 labels a class supervised learning beats the probe", "accuracy",
               f"{SUPERVISED}, 100 a class", f"{PROBE}, 100 a class", 0.005),
    ),
    steps=260,
    seconds=110,
    run=run,
)  # fmt: skip
