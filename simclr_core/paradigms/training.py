"""How each of the four ways is trained.

All use the same encoder for the same seconds, pretraining and what follows it together; they
differ in which pictures they see (all, or the labelled ones) and in what they are asked: the label,
the picture itself, or its other view.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..base.progress import Progress
from ..data.datasets import Dataset
from ..model.encoders import build_encoder
from ..model.optimizers import AdamW
from ..model.schedule import hold_steps
from ..model.simclr import Feed, build_model, compile_model
from ..model.supervised import LabelledFeed, build_classifier
from ..runs.snapshots.observer import Observer
from ..settings.config import RunConfig, replace
from ..training.fixed_time import train_for

CODE_RATE = 2e-3  # of the autoencoder's AdamW
PROBED = 10_000  # labelled pictures that the probe learns from, at most


@dataclass
class Learned:
    """What a way has learned.

    Attributes:
        predicted: (M,) classes of the test pictures.
        scores: (M, K) probabilities, or None where a way has none.
        h: (M, D) representations of the test pictures.
        steps: updates that were made.
        seconds: that they took.
    """

    predicted: np.ndarray
    scores: np.ndarray | None
    h: np.ndarray
    steps: int
    seconds: float


def pretrain(
    config: RunConfig, dataset: Dataset, seconds: float, tell: Progress
) -> tuple[list[np.ndarray], int, float]:
    """Contrastive training on all training pictures, without labels.

    Returns:
        The encoder's weights, steps and seconds.
    """
    model = build_model(config.model, config.training, dataset.image_size)
    schedule = compile_model(model, config.training, jit=False)
    feed = Feed(dataset.x_train, config.views, config.training.batch_size, config.training.seed)
    hold = hold_steps(config.training.warmup_steps)
    times = train_for(model, schedule, feed, seconds, hold, tell=tell)
    return model.encoder.get_weights(), len(times) + 1, sum(times)


def supervised(
    config: RunConfig,
    dataset: Dataset,
    rows: np.ndarray,
    classes: int,
    seconds: float,
    tell: Progress,
    weights: list[np.ndarray] | None = None,
    frozen: int = 0,
    staged: bool = False,
) -> Learned:
    """A classifier on the labelled pictures: from scratch, or fine-tuned.

    Args:
        config: views, model and training; the rate is the classifier's own.
        rows: the labelled training pictures.
        classes: K.
        seconds: of training.
        weights: of a pretrained encoder; from scratch without.
        frozen: convolutions, from the pictures on, that keep their weights.
        staged: train the classifier alone for the first half, then everything that is not frozen.
    """
    labels = _labels(dataset)[0]
    training = config.training
    model = build_classifier(config.model, training, dataset.image_size, classes)
    if weights is not None:
        model.encoder.set_weights(weights)
    feed = LabelledFeed(
        pictures(dataset, rows), labels[rows], config.views, training.batch_size, training.seed
    )
    parts = [(0.5, 10**6), (0.5, frozen)] if staged else [(1.0, frozen)]
    steps, spent, done = 0, 0.0, 0.0
    for share, kept in parts:
        freeze(model.encoder, kept)
        schedule = compile_model(model, training, jit=False)

        def _part(at: float, words: str, done: float = done, share: float = share) -> None:
            tell(done + share * at, words)

        hold = min(hold_steps(training.warmup_steps), 30)
        times = train_for(model, schedule, feed, seconds * share, hold, tell=_part)
        steps, spent, done = steps + len(times) + 1, spent + sum(times), done + share
    h, logits = Observer(model).encode(dataset.x_test)
    return Learned(logits.argmax(axis=1), _softmax(logits), h, steps, spent)


def pictures(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Training pictures of these rows; all of them as they lie, which may be on the disk."""
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
    """How many convolutions an encoder has."""
    kinds = keras.layers.Conv2D | keras.layers.DepthwiseConv2D
    return sum(isinstance(layer, kinds) for layer in _layers(encoder))


def _layers(net: Any) -> Iterator[Any]:
    """Layers in order, those inside of others included."""
    for layer in net.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            yield layer


def autoencoder(
    config: RunConfig, dataset: Dataset, seconds: float, tell: Progress
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """The encoder trained to give enough for a decoder to draw the picture again.

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
    times = train_for(model, None, feed, seconds, 20, tell=tell)
    codes = [_encoded(encoder, x) for x in (dataset.x_train, dataset.x_test)]
    return codes[0], codes[1], len(times) + 1, sum(times)


class _Pictures(Feed):
    """Pictures as they are, as input and as target."""

    def __init__(self, images: np.ndarray, batch_size: int, seed: int) -> None:
        from ..settings.config import ViewConfig

        super().__init__(images, ViewConfig(), batch_size, seed)

    def __getitem__(self, index: int) -> Any:
        """(N, S, S, 3) float32 in [0, 1], twice."""
        x = self.images[self.indices(index)].astype(np.float32) / 255.0
        return x, x


def _decoder(features: int, size: int, width: int) -> Any:
    """Draws a picture from its code: a dense layer, then three times twice the size."""
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
    """Self-supervised: a linear probe on frozen h of the labelled pictures, of at most `PROBED`.

    Args:
        classes: K.

    Returns:
        What the probe reads, and the accuracy of kNN among the labelled pictures.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from ..measures.evaluation import K, knn_predict

    labels, truth = _labels(dataset)
    model = build_model(config.model, config.training, dataset.image_size)
    model.encoder.set_weights(weights)
    observer = Observer(model)
    known, asked = observer.encode(pictures(dataset, rows))[0], observer.encode(dataset.x_test)[0]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    few_rows = np.random.default_rng(0).permutation(len(rows))[:PROBED]
    probe.fit(known[few_rows], labels[rows[few_rows]])
    few = probe.predict_proba(asked)  # classes that have labelled pictures
    scores = np.zeros((len(asked), classes))
    scores[:, probe.classes_] = few
    near = knn_predict(known, labels[rows], asked, k=min(K, len(rows)))
    found = Learned(scores.argmax(axis=1), scores, asked, 0, 0.0)
    return found, float((near == truth).mean())


def tuned(config: RunConfig, factor: float) -> RunConfig:
    """Settings of fine-tuning: another learning rate."""
    rate = config.training.learning_rate * factor
    return replace(config, training=replace(config.training, learning_rate=rate))


def _labels(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    if dataset.y_train is None or dataset.y_test is None:
        raise ValueError("expected pictures with labels, found none")
    return dataset.y_train, dataset.y_test
