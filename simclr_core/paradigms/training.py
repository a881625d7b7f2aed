"""How each of the four ways is trained.

All train the same encoder for the same seconds, pretraining included; they differ in which pictures
they see (all, or the labelled ones) and in what they predict: the label, the picture itself, or its
other view.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..base.progress import Progress
from ..data.datasets import Dataset
from ..data.labelled import labels_of
from ..measures.linear_probes import fitted_probe
from ..measures.registry import measure
from ..measures.vectors import Vectors
from ..model.encoders import build_encoder
from ..model.optimizers import AdamW
from ..model.schedule import hold_steps
from ..model.simclr import Feed, build_model, compile_model
from ..model.supervised import LabelledFeed, build_classifier
from ..runs.snapshots.observer import Observer
from ..settings.config import RunConfig, ViewConfig, replace
from ..training.fixed_time import train_for

CODE_RATE = 2e-3  # of the autoencoder's AdamW


@dataclass
class Learned:
    """The result of one way to learn.

    Attributes:
        predicted: (M,) classes of the test pictures.
        scores: (M, K) probabilities, or None where a way has none.
        h: (M, D) representations of the test pictures.
        steps: updates made.
        seconds: of these updates.
    """

    predicted: np.ndarray
    scores: np.ndarray | None
    h: np.ndarray
    steps: int
    seconds: float


def pretrain(
    config: RunConfig, dataset: Dataset, seconds: float, progress: Progress
) -> tuple[list[np.ndarray], int, float]:
    """Train contrastively on all training pictures, without labels.

    Returns:
        The encoder's weights, steps and seconds.
    """
    model = build_model(config.model, config.training, dataset.image_size)
    schedule = compile_model(model, config.training, jit=False)
    feed = Feed(dataset.x_train, config.views, config.training.batch_size, config.training.seed)
    hold = hold_steps(config.training.warmup_steps)
    times = train_for(model, feed, schedule=schedule, seconds=seconds, hold=hold, progress=progress)
    return model.encoder.get_weights(), len(times) + 1, sum(times)


def supervised(
    config: RunConfig,
    dataset: Dataset,
    rows: np.ndarray,
    classes: int,
    seconds: float,
    progress: Progress,
    weights: list[np.ndarray] | None = None,
    frozen: int = 0,
    staged: bool = False,
) -> Learned:
    """Train a classifier on the labelled pictures: from scratch, or by fine-tuning.

    Args:
        config: views, model and training; the learning rate is the classifier's.
        rows: the labelled training pictures.
        classes: K.
        seconds: of training.
        weights: of a pretrained encoder; None trains from scratch.
        frozen: convolutions, from the pictures on, that keep their weights.
        staged: train the classifier alone for the first half, then everything that is not frozen.
    """
    labels, _ = labels_of(dataset)
    training = config.training
    model = build_classifier(config.model, training, dataset.image_size, classes)
    if weights is not None:
        model.encoder.set_weights(weights)
    feed = LabelledFeed(
        pictures(dataset, rows), labels[rows], config.views, training.batch_size, training.seed
    )
    stages = [(0.5, 10**6), (0.5, frozen)] if staged else [(1.0, frozen)]
    steps, spent, done = 0, 0.0, 0.0
    for share, kept in stages:
        freeze(model.encoder, kept)
        schedule = compile_model(model, training, jit=False)

        def _report(at: float, words: str, done: float = done, share: float = share) -> None:
            progress(done + share * at, words)

        hold = min(hold_steps(training.warmup_steps), 30)
        times = train_for(
            model, feed, schedule=schedule, seconds=seconds * share, hold=hold, progress=_report
        )
        steps, spent, done = steps + len(times) + 1, spent + sum(times), done + share
    h, logits = Observer(model).encode(dataset.x_test)
    return Learned(logits.argmax(axis=1), _softmax(logits), h, steps, spent)


def pictures(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the training pictures of these rows; all of them as they are, perhaps on the disk."""
    return dataset.x_train if len(rows) == len(dataset.x_train) else dataset.x_train[rows]


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def freeze(encoder: Any, count: int) -> int:
    """Keep the weights of the first `count` convolutions, and of what normalises them.

    Returns:
        How many convolutions are frozen now.
    """
    seen = 0
    for layer in _layers(encoder):
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            seen += 1
        layer.trainable = seen > count
    return min(seen, count)


def convolutions(encoder: Any) -> int:
    """Return how many convolutions an encoder has."""
    kinds = keras.layers.Conv2D | keras.layers.DepthwiseConv2D
    return sum(isinstance(layer, kinds) for layer in _layers(encoder))


def _layers(net: Any) -> Iterator[Any]:
    """Yield layers in order, those inside other layers included."""
    for layer in net.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def autoencoder(
    config: RunConfig, dataset: Dataset, seconds: float, progress: Progress
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Train an encoder so that a decoder can draw the picture again from its code.

    Returns:
        Codes (N, D) and (M, D) of training and test pictures, steps and seconds.
    """
    size, training = dataset.image_size, config.training
    keras.utils.set_random_seed(training.seed)
    encoder = build_encoder(config.model, size)
    picture = _decoder(encoder.output_shape[-1], size, config.model.width)
    model = keras.Model(encoder.input, picture(encoder.output))
    model.compile(optimizer=AdamW(CODE_RATE), loss="mse")
    feed = _Pictures(dataset.x_train, training.batch_size, training.seed)
    times = train_for(model, feed, seconds=seconds, hold=20, progress=progress)
    codes = [_encoded(encoder, x) for x in (dataset.x_train, dataset.x_test)]
    return codes[0], codes[1], len(times) + 1, sum(times)


class _Pictures(Feed):
    """Pictures as they are, as input and as target."""

    def __init__(self, images: np.ndarray, batch_size: int, seed: int) -> None:
        super().__init__(images, ViewConfig(), batch_size, seed)

    def __getitem__(self, index: int) -> Any:
        """Return (N, S, S, 3) float32 in [0, 1], twice."""
        x = self.images[self.indices(index)].astype(np.float32) / 255.0
        return x, x


def _decoder(features: int, size: int, width: int) -> Any:
    """Build a decoder from code to picture: a dense layer, then twice the size three times."""
    from keras import layers

    least = -(-size // 8)
    x = inputs = keras.Input((features,))
    x = layers.Dense(least * least * 4 * width, activation="relu")(x)
    x = layers.Reshape((least, least, 4 * width))(x)
    for filters in (2 * width, width, width):
        x = layers.UpSampling2D(2)(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(3, 3, padding="same", activation="sigmoid")(x)
    over = 8 * least - size
    x = layers.Cropping2D(((0, over), (0, over)))(x) if over else x
    return keras.Model(inputs, x, name="decoder")


def _encoded(encoder: Any, images: np.ndarray, batch: int = 256) -> np.ndarray:
    parts = []
    for i in range(0, len(images), batch):
        x = np.zeros((batch, *images.shape[1:]), np.float32)
        part = images[i : i + batch].astype(np.float32) / 255.0
        x[: len(part)] = part
        parts.append(np.asarray(encoder.predict_on_batch(x))[: len(part)])
    return np.concatenate(parts)


def frozen_encoder(
    config: RunConfig,
    dataset: Dataset,
    rows: np.ndarray,
    classes: int,
    weights: list[np.ndarray],
) -> tuple[Learned, float]:
    """Fit a linear probe on frozen h of the labelled pictures, of at most
    10,000 of them.

    Args:
        classes: K.

    Returns:
        What the probe reads, and the accuracy of kNN among the labelled pictures.
    """
    labels, truth = labels_of(dataset)
    model = build_model(config.model, config.training, dataset.image_size)
    model.encoder.set_weights(weights)
    observer = Observer(model)
    known, asked = observer.encode(pictures(dataset, rows))[0], observer.encode(dataset.x_test)[0]
    probe = fitted_probe(known, labels[rows])
    scores = np.zeros((len(asked), classes))
    scores[:, probe.classes_] = probe.predict_proba(asked)  # of classes with labelled pictures
    near = measure(
        "knn_accuracy",
        Vectors(asked, targets={"": truth}, bank=known, bank_targets={"": labels[rows]}),
    )
    return Learned(scores.argmax(axis=1), scores, asked, 0, 0.0), near[""]


def tuned(config: RunConfig, factor: float) -> RunConfig:
    """Return the settings of fine-tuning: another learning rate."""
    rate = config.training.learning_rate * factor
    return replace(config, training=replace(config.training, learning_rate=rate))
