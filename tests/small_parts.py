"""The smallest data, network and run that the engine's tests need; nothing here is random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simclr_core.data.datasets import Dataset
from simclr_core.settings.config import (
    DataConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ViewConfig,
    replace,
)

SIZE = 16  # pixels per side
MODEL = ModelConfig(encoder="tiny", width=4, head_width=16, head_dim=8)
TRAINING = TrainConfig(
    batch_size=8,
    precision="float32",
    warmup_steps=0,
    temperature=0.3,
    seed=5,
    probe_size=20,
    snapshots=3,
)
VIEWS = ViewConfig()


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Pictures that differ in colour and in texture: (count, S, S, 3) uint8."""
    rng = np.random.default_rng(seed)
    fine = rng.integers(0, 100, (count, SIZE, SIZE, 3))
    return (fine + rng.integers(0, 150, (count, 1, 1, 3))).astype(np.uint8)


def tinted(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures in three tints that overlap, and which tint: (count, S, S, 3) uint8, (count,)."""
    labels = np.arange(count) % 3
    images = pictures(count, seed).astype(int)
    images[np.arange(count), :, :, labels] += 50
    return images.clip(0, 255).astype(np.uint8), labels


def dataset(train: int = 40, test: int = 12, **more: Any) -> Dataset:
    """Labelled pictures with one factor, "half"."""
    (x, y), (x_test, y_test) = tinted(train), tinted(test, seed=1)
    found: dict[str, Any] = {
        "class_names": ("red", "green", "blue"),
        "factors_train": {"half": np.arange(train) // (train // 2)},
        "factors_test": {"half": np.arange(test) // (test // 2)},
    }
    return Dataset("tinted", x, y, x_test, y_test, **{**found, **more})


def source(folder: Path, train: int = 40, test: int = 12, seed: int = 0) -> Path:
    """The same pictures in a file, without the factor."""
    (x, y), (x_test, y_test) = tinted(train, seed), tinted(test, seed + 1)
    path = folder / "tinted.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return path


def config(path: Path | str = "shapes", **training: Any) -> RunConfig:
    """Settings of a run on a file of pictures."""
    return RunConfig(
        data=DataConfig(source=str(path)),
        views=VIEWS,
        model=MODEL,
        training=replace(TRAINING, **training),
    )


def compiled(
    training: TrainConfig = TRAINING, model: ModelConfig = MODEL, eager: bool = False
) -> Any:
    """A compiled model at step 0; `eager` for a few steps, which then need no tracing."""
    from simclr_core.model.simclr import build_model, compile_model

    net = build_model(model, training, SIZE)
    compile_model(net, training, jit=False)
    net.run_eagerly = eager
    return net


def feed(training: TrainConfig = TRAINING, start: int = 0) -> Any:
    """Batches of `pictures(40)`."""
    from simclr_core.model.simclr import Feed

    return Feed(pictures(40), VIEWS, training.batch_size, training.seed, start)


def encoded(model: Any, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """h and z by the networks themselves, at rest; images float32 in [0, 1] or uint8."""
    x = images / np.float32(255) if images.dtype == np.uint8 else images
    import keras

    h = model.encoder(x, training=False)
    z = model.projection_head(h, training=False)
    return keras.ops.convert_to_numpy(h), keras.ops.convert_to_numpy(z)


def weights_of(model: Any) -> list[np.ndarray]:
    """Encoder's and head's weights."""
    return model.encoder.get_weights() + model.projection_head.get_weights()


def assert_same(a: list[np.ndarray], b: list[np.ndarray]) -> None:
    """Two lists of arrays are equal to the last bit."""
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


def differ(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    """Whether two lists of arrays differ anywhere."""
    return any(not np.array_equal(one, other) for one, other in zip(a, b, strict=True))
