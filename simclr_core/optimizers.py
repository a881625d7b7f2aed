"""Optimisers of the settings: AdamW and SGD as Keras has them, Muon for convolutions as well.

In short runs Muon learned most a second (docs/encoders.md): it gives every direction of a weight
matrix a step of the same length, where AdamW gives every single weight one.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from .config import TrainConfig
from .errors import ConfigError

PIXELS = 3  # channels of a picture: what reads them is no hidden layer


class Muon(keras.optimizers.Muon):
    """Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) for convolutions too.

    A kernel (h, w, C, F) is updated as the matrix (h * w * C, F), as the authors do; Keras' own
    class leaves such kernels to AdamW. Vectors, the layer that reads the pixels and kernels of one
    output a channel are updated by AdamW here as well. Steps are scaled as in Liu et al. 2025
    (arXiv 2502.16982), so that learning rates are of AdamW's size.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        shape = variable.shape
        return (
            len(shape) not in (2, 4) or shape[-1] == 1 or (len(shape) == 4 and shape[2] == PIXELS)
        )

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, ops.add(gradient, m * (self.momentum - 1)))
        ahead = ops.add(gradient, self.momentum * m) if self.nesterov else m
        matrix = ops.reshape(ahead, (-1, ahead.shape[-1]))
        update = self.lr_adjust(self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, lr * ops.reshape(update, variable.shape))


def build_optimizer(config: TrainConfig, rate: Any) -> Any:
    """The optimiser of a run; weight decay leaves biases and BatchNorm alone.

    Args:
        config: optimizer, weight decay and momentum count.
        rate: a learning-rate schedule.

    Raises:
        ConfigError: the optimiser is not known.
    """
    decay = config.weight_decay
    optimizer: Any
    if config.optimizer == "muon":
        optimizer = Muon(rate, weight_decay=decay, adam_weight_decay=decay)
    elif config.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(rate, weight_decay=decay)
    elif config.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum=config.momentum, weight_decay=decay or None)
    else:
        raise ConfigError(f"optimizer: expected muon, adamw or sgd, found {config.optimizer!r}.")
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
