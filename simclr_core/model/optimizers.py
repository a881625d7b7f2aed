"""Optimisers of the settings: AdamW and SGD as Keras has them, Muon for convolutions as well.

In short runs Muon learned most per second (docs/encoders.md): it gives every direction of a weight
matrix a step of the same length, where AdamW gives every single weight one.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from ..base.errors import ConfigError
from ..settings.config import TrainConfig

PIXELS = 3  # channels of a picture: what reads them is no hidden layer


NORMS = 32  # gradients whose lengths are kept
_NONE = -1.0  # in the place of one that has not been seen yet


class Watched:
    """Keeps how long the last gradients were; put before an optimiser of Keras.

    They lie in a variable of the optimiser, as that is what all backends carry from step to step.
    """

    _norms: Any = None

    def watch(self) -> None:
        """Begin to keep them, once the optimiser is built."""
        nothing = keras.initializers.Constant(_NONE)
        self._norms = self.add_variable((NORMS,), nothing, name="gradient_norms")  # type: ignore[attr-defined]

    def apply(self, grads: Any, trainable_variables: Any = None) -> Any:
        """Apply gradients as any optimiser does."""
        if self._norms is not None:
            squares = [ops.sum(ops.square(ops.cast(g, "float32"))) for g in grads if g is not None]
            norm = ops.reshape(ops.sqrt(sum(squares[1:], squares[0])), (1,))
            self._norms.assign(ops.concatenate([self._norms[1:], norm]))
        return super().apply(grads, trainable_variables)  # type: ignore[misc]

    def gradient_norm(self) -> float | None:
        """Median length of the last gradients, over all weights together; None before the first.

        On JAX, what the model has learned is to be brought home first (`backend.bring_home`).
        """
        if self._norms is None:
            return None
        norms = keras.ops.convert_to_numpy(self._norms)
        norms = norms[np.isfinite(norms) & (norms >= 0)]
        return float(np.median(norms)) if len(norms) else None


def gradient_norm(optimizer: Any) -> float | None:
    """Return an optimiser's `gradient_norm`, also inside a loss scale; None if it has none."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner.gradient_norm() if isinstance(inner, Watched) else None


class AdamW(Watched, keras.optimizers.AdamW):
    """AdamW (Loshchilov & Hutter 2019) as Keras has it."""


class SGD(Watched, keras.optimizers.SGD):
    """SGD with momentum as Keras has it; its weight decay is decoupled."""


class Muon(Watched, keras.optimizers.Muon):
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
    """Build the optimiser of a run; weight decay leaves biases and BatchNorm alone.

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
        optimizer = AdamW(rate, weight_decay=decay)
    elif config.optimizer == "sgd":
        optimizer = SGD(rate, momentum=config.momentum, weight_decay=decay or None)
    else:
        raise ConfigError(f"optimizer: expected muon, adamw or sgd, found {config.optimizer!r}.")
    if decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
