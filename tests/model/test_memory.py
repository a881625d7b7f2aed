"""Memory before a run: counted as the networks are built, and refused before the system ends it."""

from __future__ import annotations

import math
from typing import Any

import keras
import pytest

from simclr_core.model import memory
from simclr_core.model.encoders import ENCODERS, build_encoder
from simclr_core.settings.config import ModelConfig, RunConfig, TrainConfig


def given(net: Any) -> int:
    """Values that all layers give for a picture."""
    total = 0
    for layer in net.layers:
        if isinstance(layer, keras.Model):
            total += given(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            total += math.prod(layer.output.shape[1:])
    return total


def run(batch: int = 64, **model: Any) -> RunConfig:
    return RunConfig(model=ModelConfig(**model), training=TrainConfig(batch_size=batch))


@pytest.mark.parametrize(
    ("encoder", "width", "size"),
    [
        *(("tiny", w, s) for w, s in ((16, 32), (32, 64), (32, 16), (16, 224), (8, 25))),
        *(("resnet18", w, s) for w, s in ((64, 32), (16, 224), (8, 33))),
        *(("resnet50-cifar", w, s) for w, s in ((64, 32), (32, 33))),
    ],
)
def test_the_count_is_that_of_the_network(encoder: str, width: int, size: int) -> None:
    net = build_encoder(ModelConfig(encoder=encoder, width=width), size)
    values, weights = ENCODERS[encoder].cost(width, size)
    assert values == pytest.approx(given(net), rel=0.02)
    assert weights == pytest.approx(net.count_params(), rel=0.03)


@pytest.mark.parametrize("name", ["tiny", "resnet18", "resnet50-cifar"])
def test_the_length_of_h_is_that_of_the_network(name: str) -> None:
    net = build_encoder(ModelConfig(encoder=name, width=8), 32)
    assert ENCODERS[name].features(8) == net.output_shape[-1]


@pytest.mark.parametrize(("name", "size"), [("mobilenetv2", 64), ("vgg16", 32)])
def test_families_are_counted_by_the_pixel(name: str, size: int) -> None:
    net = build_encoder(ModelConfig(encoder=name), size)
    values, weights = ENCODERS[name].cost(64, size)
    assert values == pytest.approx(given(net), rel=0.1)
    assert weights == pytest.approx(net.count_params(), rel=0.02)


def test_memory_grows_with_the_batch_and_a_fitting_one_is_found() -> None:
    config = run(batch=100, encoder="resnet18", width=64)
    whole = memory.needed(config, 64)
    assert whole > memory.needed(run(batch=50, encoder="resnet18", width=64), 64)
    assert memory.fitting_batch(config, 64, math.inf) == 64
    room = memory.needed(run(batch=16, encoder="resnet18", width=64), 64)
    assert memory.fitting_batch(config, 64, room) == 16
    assert memory.fitting_batch(config, 64, 1e6) == 0
    assert memory.advice(config, 64, room) == "a batch size of 16 would fit"
    assert "smaller encoder" in memory.advice(config, 64, 1e6)
