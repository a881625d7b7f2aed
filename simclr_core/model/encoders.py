"""Base encoders f: image -> representation h, by name.

SimCLR's section 2.1: any network may be the encoder; the loss sees z, and h is kept. Every encoder
takes images (N, S, S, 3) float32 in [0, 1] and gives vectors (N, D) float32. To add one, describe
it by an `EncoderSpec`.
"""

from __future__ import annotations

from typing import Any

from ..base.errors import ConfigError
from ..settings.config import ModelConfig
from . import applications, convolutional
from .encoder_spec import EncoderSpec, scaled

ENCODERS: dict[str, EncoderSpec] = {
    spec.name: spec for spec in (*convolutional.SPECS, *applications.SPECS)
}


def check_encoder(config: ModelConfig, image_size: int) -> EncoderSpec:
    """Return the encoder's spec, or refuse one that is not known or wants larger images.

    Raises:
        ConfigError: with what to choose instead.
    """
    name = config.encoder.lower()
    if name not in ENCODERS:
        raise ConfigError(
            f"encoder: expected one of {', '.join(ENCODERS)}, found {config.encoder!r}; "
            "choose one of these."
        )
    spec = ENCODERS[name]
    if image_size < spec.least_size:
        raise ConfigError(
            f"encoder: {name} expects images of at least {spec.least_size} pixels, found "
            f"{image_size}; set image_size to {spec.least_size} or more, or choose tiny."
        )
    return spec


def build_encoder(config: ModelConfig, image_size: int, dtype: Any = "float32") -> Any:
    """Build the base encoder f.

    Args:
        config: `encoder` and `width`.
        image_size: S, pixels per side.
        dtype: a Keras dtype policy, such as "float32" or "mixed_bfloat16".

    Returns:
        keras.Model: (N, S, S, 3) in [0, 1] -> h (N, D) float32.

    Raises:
        ConfigError: the encoder is not known or wants larger images.
    """
    spec = check_encoder(config, image_size)
    import keras  # late: pages check encoders without Keras

    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = scaled(inputs, spec.scale, spec.scale_dtype or dtype)
    x = spec.build(x, config.width, dtype)  # (N, D)
    h = keras.layers.Activation("linear", dtype="float32", name="representation")(x)
    return keras.Model(inputs, h, name="encoder")
