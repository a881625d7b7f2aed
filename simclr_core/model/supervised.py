"""Learning with labels: an encoder under a linear classifier, through the same views and updates.

What SimCLR is compared with: supervised training from scratch, and fine-tuning of an encoder that
was trained without labels (SimCLR, sections 3.1, 4.2 and appendix B.5).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from ..settings.config import ModelConfig, TrainConfig, ViewConfig
from .encoders import build_encoder
from .simclr import POLICIES, Feed, SimCLR


class Classifier(SimCLR):
    """SimCLR with a linear classifier in place of the head, and cross-entropy as its loss.

    Both views of a picture are shown with the picture's label. "Contrastive accuracy" stands for
    the share of views that are classified right.
    """

    def loss_and_accuracy(self, inputs: Any, z: Any) -> tuple[Any, Any]:
        """Mean cross-entropy over all views, and the share that is classified right.

        Args:
            inputs: with labels (N,) int.
            z: (2N, K) logits, partners side by side.
        """
        labels = ops.repeat(ops.convert_to_tensor(inputs["labels"]), 2)  # (2N,)
        loss = keras.losses.sparse_categorical_crossentropy(labels, z, from_logits=True)
        right = ops.equal(ops.cast(labels, "int32"), ops.cast(ops.argmax(z, axis=1), "int32"))
        return ops.mean(loss), ops.mean(ops.cast(right, "float32"))


class LabelledFeed(Feed):
    """Batches with their labels.

    Args:
        labels: (N,) int, of the images.
        Others as `Feed`; fewer images than a batch are taken several times.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        views: ViewConfig,
        batch_size: int,
        seed: int,
        start: int = 0,
        end: int | None = None,
    ) -> None:
        if len(images) < batch_size:
            times = -(-batch_size // max(len(images), 1))
            images, labels = np.concatenate([images] * times), np.concatenate([labels] * times)
        super().__init__(images, views, batch_size, seed, start=start, end=end)
        self.labels = np.asarray(labels, np.int32)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray]]:
        """Return what `Feed` does, and labels (N,) int32."""
        batch = super().__getitem__(index)[0]
        return (batch | {"labels": self.labels[self.indices(self.start + index)]},)


def build_classifier(
    model: ModelConfig, training: TrainConfig, image_size: int, classes: int, encoder: Any = None
) -> Classifier:
    """Build a classifier on an encoder, ready to be compiled.

    Args:
        model, training: the encoder's settings; precision a real one, seed of the weights.
        image_size: S, pixels per side.
        classes: K.
        encoder: one that is trained already; a new one if not given.

    Returns:
        A model whose `projection_head` gives logits (2N, K).
    """
    policy = POLICIES[training.precision]
    keras.utils.set_random_seed(training.seed)
    encoder = build_encoder(model, image_size, policy) if encoder is None else encoder
    h = keras.Input(encoder.output_shape[1:], name="h")
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(h)
    head = keras.Model(h, logits, name="classifier")
    return Classifier(encoder, head, training.temperature, image_size)
