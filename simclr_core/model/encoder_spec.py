"""What every encoder says about itself, before it is built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Keras' BatchNorm defaults (momentum .99, epsilon 1e-3) lag behind in short runs.
BATCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}

# Factor and offset that bring images in [0, 1] to the range a network was designed for.
SCALES = {
    "pixels": (255.0, 0.0),  # rescaled inside the network
    "signed": (2.0, -1.0),
    # These styles subtract ImageNet's mean; centred and of unit scale is what matters for networks
    # that start from random weights.
    "caffe": (4.0, -2.0),
    "torch": (4.0, -2.0),
}


@dataclass(frozen=True)
class EncoderSpec:
    """An encoder by its name.

    Attributes:
        name: in settings, on the command line and in the app.
        build: takes scaled images (N, S, S, 3), the width and a dtype policy, and gives (N, D).
        cost: takes the width and S, and gives the values of all layers for one view, and the
            weights. Memory is estimated from these before anything is built.
        features: takes the width and gives the length D of h, or the largest it may have.
        least_size: pixels per side that it takes, at least.
        scale: of its input, a key of `SCALES`.
        scale_dtype: in which the input is scaled; empty for the dtype policy of the network.
    """

    name: str
    build: Callable[[Any, int, Any], Any]
    cost: Callable[[int, int], tuple[float, float]]
    features: Callable[[int], int]
    least_size: int = 8
    scale: str = "signed"
    scale_dtype: str = ""


def scaled(x: Any, scale: str, dtype: Any) -> Any:
    """Bring images in [0, 1] to the range that a network was designed for.

    Args:
        x: (N, S, S, 3) in [0, 1].
        scale: a key of `SCALES`.
        dtype: a Keras dtype policy.
    """
    from keras import layers  # late: pages read the specs without Keras

    factor, offset = SCALES[scale]
    return layers.Rescaling(factor, offset=offset, dtype=dtype)(x)
