"""Learning with labels: batches with their labels, and a classifier that learns."""

from __future__ import annotations

import numpy as np
import pytest

from simclr_core.model.simclr import compile_model
from simclr_core.model.supervised import LabelledFeed, build_classifier
from simclr_core.runs.snapshots.observer import Observer
from simclr_core.settings.config import ViewConfig, replace
from small_parts import MODEL, TRAINING

OFF = ViewConfig(crop_p=0.0, flip_p=0.0, jitter_p=0.0, gray_p=0.0)


def two_colours(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Reddish and bluish pictures, (N, 16, 16, 3), and which they are."""
    labels = np.arange(count) % 2
    images = np.random.default_rng(0).integers(0, 60, (count, 16, 16, 3), dtype=np.uint8)
    images[labels == 0, ..., 0] += 150
    images[labels == 1, ..., 2] += 150
    return images, labels


def test_labels_go_with_their_pictures() -> None:
    images = np.arange(20, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    feed = LabelledFeed(images, np.arange(20) * 3, OFF, 8, seed=1)
    for step in range(5):
        (batch,) = feed[step]
        assert np.array_equal(batch["images"][:, 0, 0, 0].astype(int) * 3, batch["labels"])


def test_fewer_pictures_than_a_batch_are_taken_several_times() -> None:
    images, labels = two_colours(3)
    feed = LabelledFeed(images, labels, OFF, 8, seed=0)
    (batch,) = feed[0]
    assert batch["images"].shape[0] == 8 and set(batch["labels"]) <= {0, 1}
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for image, label in zip(batch["images"], batch["labels"], strict=True):
        assert known[image.tobytes()] == label


def test_a_classifier_learns_and_tells_logits() -> None:
    images, labels = two_colours(64)
    training = replace(TRAINING, batch_size=16, learning_rate=0.01, optimizer="adamw")
    model = build_classifier(MODEL, training, 16, 2)
    compile_model(model, training, jit=False).total.assign(40)
    feed = LabelledFeed(images, labels, OFF, 16, seed=0, end=40)
    model.fit(feed, verbose=0, shuffle=False)
    asked, truth = two_colours(40)
    logits = Observer(model).encode(asked)[1]
    assert logits.shape == (40, 2) and (logits.argmax(axis=1) == truth).mean() > 0.95
    (batch,) = feed[0]
    loss = float(model.compute_loss(batch, y_pred=np.zeros((32, 2), np.float32)))
    assert loss == pytest.approx(np.log(2), abs=1e-6)  # guessing among two
