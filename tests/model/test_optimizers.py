"""Muon: its step against the singular value decomposition, and what it leaves to AdamW."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from keras.ops import convert_to_numpy as home

from simclr_core.base.errors import ConfigError
from simclr_core.model.encoders import build_encoder
from simclr_core.model.optimizers import NORMS, Muon, build_optimizer, gradient_norm
from simclr_core.model.projection_head import build_projection_head
from simclr_core.settings.config import ModelConfig, TrainConfig, replace

rng = np.random.default_rng(0)
PLAIN = TrainConfig(optimizer="muon", weight_decay=0.0)


def stepped(shape: tuple[int, ...], gradients: list[np.ndarray], optimizer: Any) -> np.ndarray:
    """How far a variable has moved after steps along some gradients."""
    variable = keras.Variable(np.zeros(shape, np.float32))
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient)])
    return home(variable)


@pytest.mark.parametrize("shape", [(3, 3, 8, 20), (1, 1, 40, 8), (24, 16), (16, 24)])
def test_every_direction_of_a_matrix_gets_a_step_of_about_one_length(
    shape: tuple[int, ...],
) -> None:
    """The step is U V' of the momentum's U S V', but for singular values of 0.68 to 1.13.

    That is what five Newton-Schulz iterations leave of 1 (Jordan et al. 2024); the step is
    scaled by rate * 0.2 * sqrt(the longer side) (Liu et al. 2025, section 2.2).
    """
    gradients = [rng.normal(size=shape).astype(np.float32) for _ in range(2)]
    moved = [stepped(shape, gradients[: n + 1], build_optimizer(PLAIN, 0.02)) for n in range(2)]
    step = (moved[1] - moved[0]).reshape(-1, shape[-1])
    momentum = 0.95 * gradients[0] + gradients[1]
    ahead = (gradients[1] + 0.95 * momentum).reshape(-1, shape[-1])  # Nesterov's
    u, _, v = np.linalg.svd(ahead, full_matrices=False)
    lengths = u.T @ step @ v.T / -(0.02 * 0.2 * np.sqrt(max(ahead.shape)))
    diagonal = np.diag(lengths)
    np.testing.assert_allclose(lengths - np.diag(diagonal), 0, atol=2e-3)
    assert diagonal.min() > 0.65 and diagonal.max() < 1.2


@pytest.mark.parametrize(
    "shape",
    [
        (7,),  # a vector
        (3, 3, 3, 8),  # the layer that reads the pixels
        (3, 3, 8, 1),  # a kernel for each channel, as MobileNet has them
    ],
)
def test_the_rest_is_left_to_adamw(shape: tuple[int, ...]) -> None:
    gradients = [rng.normal(size=shape).astype(np.float32) for _ in range(3)]
    adamw = keras.optimizers.AdamW(0.02, weight_decay=0.0)
    expected = stepped(shape, gradients, adamw)
    np.testing.assert_allclose(
        stepped(shape, gradients, build_optimizer(PLAIN, 0.02)), expected, atol=1e-6
    )


def test_of_a_network_muon_moves_the_hidden_kernels() -> None:
    encoder = build_encoder(ModelConfig(width=4), 32)
    head = build_projection_head(ModelConfig(), encoder.output_shape[-1])
    variables = encoder.trainable_variables + head.trainable_variables
    kernels = [v for v in variables if v.name == "kernel"]
    muon = Muon()
    moved = [not muon._should_use_adamw(v) for v in kernels]
    assert moved == [False] + [True] * (len(kernels) - 1)
    assert all(muon._should_use_adamw(v) for v in variables if v.name != "kernel")


def test_momentum_is_of_sgd_alone() -> None:
    """The setting says so; Muon keeps that of its authors."""
    assert build_optimizer(replace(PLAIN, momentum=0.5), 0.02).momentum == 0.95
    assert build_optimizer(replace(PLAIN, optimizer="sgd", momentum=0.5), 0.02).momentum == 0.5


def test_an_unknown_one_is_refused() -> None:
    config = TrainConfig()
    object.__setattr__(config, "optimizer", "lars")
    with pytest.raises(ConfigError, match="expected muon, adamw or sgd, found 'lars'"):
        build_optimizer(config, 0.1)


@pytest.mark.parametrize("name", ["muon", "adamw", "sgd"])
def test_the_length_of_the_gradient_is_the_median_over_the_last_ones(name: str) -> None:
    """Of gradients (3, 4) * n the length is 5n; of the last 32 of 40, 9 to 40, the median 24.5."""
    optimizer = build_optimizer(replace(PLAIN, optimizer=name), 1e-3)
    variables = [keras.Variable(np.zeros((1, 1), np.float32)) for _ in range(2)]
    optimizer.build(variables)
    assert gradient_norm(optimizer) is None
    optimizer.watch()
    assert gradient_norm(optimizer) is None
    for n in range(1, NORMS + 9):
        parts = [np.full((1, 1), part * n, np.float32) for part in (3, 4)]
        optimizer.apply([ops.convert_to_tensor(part) for part in parts])
        if n == 3:
            assert gradient_norm(optimizer) == pytest.approx(10.0)
    assert gradient_norm(optimizer) == pytest.approx(5 * 24.5)


def test_the_length_of_the_gradient_is_the_way_that_plain_descent_goes(tmp_path: Any) -> None:
    """Without momentum and decay the weights move by rate times the gradient."""
    from simclr_core.model.backend import bring_home
    from small_parts import TRAINING, compiled, feed

    training = replace(
        TRAINING, optimizer="sgd", momentum=0.0, weight_decay=0.0, learning_rate=0.01
    )
    model = compiled(training)
    before = [home(v).copy() for v in model.trainable_variables]
    model.train_on_batch(feed(training)[0][0])
    bring_home(model)
    way = [home(v) - b for v, b in zip(model.trainable_variables, before, strict=True)]
    moved = np.sqrt(sum((part.astype(np.float64) ** 2).sum() for part in way))
    assert gradient_norm(model.optimizer) == pytest.approx(moved / 0.01, rel=1e-4)


def test_the_length_of_the_gradient_is_known_under_a_loss_scale() -> None:
    from small_parts import TRAINING, compiled, feed

    model = compiled(replace(TRAINING, precision="float16"), eager=True)
    assert gradient_norm(model.optimizer) is None
    assert gradient_norm(None) is None
    model.train_on_batch(feed()[0][0])
    found = gradient_norm(model.optimizer)
    assert found is None or 0 < found < 1e3  # unscaled, or left out where it overflowed
