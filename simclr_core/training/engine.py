"""What a run needs beside its data: the network, its optimiser, and what observes them.

`build_engine` makes them when a run starts. `WarmEngine` makes them before anybody asks, and
traces the step and the observation; a run with the same shape of step then starts at once, from
the very weights that a new engine would have.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..model.schedule import WarmupCosine
from ..model.simclr import Feed, SimCLR, build_model, compile_model
from ..runs.snapshots.observer import Observer
from ..settings.config import ModelConfig, RunConfig, TrainConfig

# What a traced step does not depend on. All other settings of the training are part of it.
_FREE = ("seconds", "epochs", "steps", "seed", "device", "snapshots", "probe_size")
_TRACED_STEPS = 2  # the second shows that the first was traced for good
_PICTURES = 2  # batches of made-up pictures to trace with


@dataclass(frozen=True)
class Engine:
    """A network ready for `fit`, its schedule (whose `total` is to be set) and its observer."""

    model: SimCLR
    schedule: WarmupCosine
    observer: Observer


def build_engine(model: ModelConfig, training: TrainConfig, size: int, jit: bool) -> Engine:
    """Build an untrained engine whose weights depend on the seed alone.

    Args:
        model, training: settings; the precision is a real one, not auto.
        size: S, pixels per side of the views.
        jit: compile with XLA.

    Raises:
        ConfigError: the encoder is not known or wants larger images.
    """
    built = build_model(model, training, size)
    schedule = compile_model(built, training, jit)
    return Engine(built, schedule, Observer(built, jit))


class WarmEngine:
    """An engine that has made its first step before there is a run.

    Args:
        config: settings of the run that is expected; the precision is a real one.
        size: S, pixels per side of the views.
        jit: compile with XLA.
    """

    def __init__(self, config: RunConfig, size: int, jit: bool = False) -> None:
        self._key = _key(config, size, jit)
        self._engine: Engine | None = build_engine(config.model, config.training, size, jit)
        model = self._engine.model
        self._seed = config.training.seed
        self._weights = model.get_weights()
        self._state = [
            np.copy(keras.ops.convert_to_numpy(variable)) for variable in model.optimizer.variables
        ]
        batch = config.training.batch_size
        images = np.zeros((_PICTURES * batch, size, size, 3), np.uint8)
        images[:] = np.arange(len(images), dtype=np.uint8)[:, None, None, None]
        self._engine.schedule.total.assign(_TRACED_STEPS)
        feed = Feed(images, config.views, batch, config.training.seed)
        model.fit(feed, callbacks=[_Few()], verbose=0, shuffle=False)
        self._engine.observer.encode(images[:1])

    def take(self, config: RunConfig, size: int, jit: bool = False) -> Engine | None:
        """Return the engine as a new one would be, once, if its step is the one that a run wants.

        Args:
            config: of the run, its precision a real one.
            size: S, pixels per side of the run's views.
            jit: compile with XLA.

        Returns:
            None if it was traced for another step, or given away already.
        """
        if self._engine is None or self._key != _key(config, size, jit):
            return None
        engine, self._engine = self._engine, None
        if config.training.seed != self._seed:
            self._weights = build_model(config.model, config.training, size).get_weights()
        engine.model.set_weights(self._weights)
        for variable, value in zip(engine.model.optimizer.variables, self._state, strict=True):
            variable.assign(value)
        return engine


class _Few(keras.callbacks.Callback):
    """Ends a training after its first steps."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop at the last of them."""
        if batch + 1 >= _TRACED_STEPS:
            self.model.stop_training = True


def _key(config: RunConfig, size: int, jit: bool) -> tuple[Any, ...]:
    """Return what two runs have in common that can make the same traced step."""
    training = dataclasses.asdict(config.training)
    fixed = tuple(value for name, value in training.items() if name not in _FREE)
    return config.model, fixed, size, jit, config.views.blur_p > 0
