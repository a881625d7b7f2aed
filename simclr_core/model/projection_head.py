"""The projection head g: a small network from h to z, on which the loss is computed."""

from __future__ import annotations

from typing import Any

from ..settings.config import ModelConfig
from .encoder_spec import BATCH_NORM


def build_projection_head(config: ModelConfig, features: int, dtype: Any = "float32") -> Any:
    """Build the projection head g: `head_layers` dense layers, BatchNorm and ReLU between them.

    Args:
        config: `head_layers` (0 = identity, 1 = linear, 2 = the paper's), `head_width`,
            `head_dim`.
        features: D, length of h.
        dtype: a Keras dtype policy.

    Returns:
        keras.Model: h (N, D) -> z (N, d) float32.
    """
    import keras  # late, as everywhere in this room

    x = inputs = keras.Input((features,), name="h")
    for i in range(config.head_layers):
        last = i == config.head_layers - 1
        units = config.head_dim if last else config.head_width
        x = keras.layers.Dense(units, use_bias=last, dtype=dtype, name=f"dense_{i + 1}")(x)
        if not last:
            x = keras.layers.BatchNormalization(**BATCH_NORM, dtype=dtype)(x)
            x = keras.layers.Activation("relu", dtype=dtype)(x)
    z = keras.layers.Activation("linear", dtype="float32", name="projection")(x)  # (N, d)
    return keras.Model(inputs, z, name="projection_head")
