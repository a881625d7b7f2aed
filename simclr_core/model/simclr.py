"""SimCLR as a Keras model: images and recipes in, projections out, NT-Xent as its loss.

It is an ordinary `keras.Model`: a notebook may call `compile` and `fit` on it with any feed that
gives what `Feed` gives. Only Keras 3's own operations are used, so that every backend can run it.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from ..base.errors import ConfigError
from ..data import memmaps
from ..loss.nt_xent import loss_and_accuracy
from ..settings.config import ModelConfig, TrainConfig, ViewConfig
from ..views.recipes import draw_recipes
from ..views.render import recipe_arrays, render_arrays
from .backend import jit_compile
from .encoders import build_encoder
from .optimizers import build_optimizer
from .projection_head import build_projection_head
from .schedule import WarmupCosine

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}

LAUNCH_SECONDS, MOST_LAUNCHED = 0.05, 32  # of steps that are launched together
AHEAD = 16  # steps whose pictures are asked for ahead, where they lie on the disk


class StepValue(keras.metrics.Metric):
    """A metric that shows the steps' own values (Keras' logs are means over the epoch).

    Attributes:
        steps: of one launch, whose values it shows.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self.steps = 1
        self.values = self.add_variable((MOST_LAUNCHED,), initializer="zeros", name="values")

    def update_state(self, value: Any, sample_weight: Any = None) -> None:
        """Keep `value`, a scalar, in place of the oldest."""
        latest = ops.reshape(ops.cast(value, "float32"), (1,))
        self.values.assign(ops.concatenate([self.values[1:], latest]))

    def result(self) -> Any:
        """Return the last value, a scalar; (steps,) values where a launch has several steps."""
        return self.values[-1] if self.steps == 1 else self.values[-self.steps :]


class SimCLR(keras.Model):
    """Encoder f and projection head g trained with NT-Xent (SimCLR, figure 2, algorithm 1).

    Args:
        encoder: (N, S, S, 3) in [0, 1] -> h (N, D).
        projection_head: h (N, D) -> z (N, d).
        temperature: tau of the loss.
        view_size: S, pixels per side of a view.
    """

    def __init__(
        self, encoder: Any, projection_head: Any, temperature: float, view_size: int
    ) -> None:
        super().__init__(name="simclr", dtype="float32")
        self.encoder = encoder
        self.projection_head = projection_head
        self.temperature = temperature
        self.view_size = view_size
        self.step_loss = StepValue("loss")
        self.step_accuracy = StepValue("contrastive_accuracy")

    def compile(self, *args: Any, steps_per_execution: int = 1, **kwargs: Any) -> None:
        """Compile as any Keras model does. Of several steps a launch, logs have every value."""
        self.step_loss.steps = self.step_accuracy.steps = steps_per_execution
        super().compile(*args, steps_per_execution=steps_per_execution, **kwargs)

    def views(self, inputs: dict[str, Any]) -> Any:
        """Render both views of every image of a batch: (2N, S, S, 3), partners side by side."""
        images = inputs["images"]  # (N, H, W, 3) uint8
        arrays = {k: ops.convert_to_tensor(v) for k, v in inputs.items() if k != "images"}
        views = render_arrays(images, arrays, self.view_size, xp=ops)  # (N, 2, S, S, 3)
        views = ops.stop_gradient(views)  # nothing before the encoder learns
        return ops.reshape(views, (-1, self.view_size, self.view_size, 3))  # (2N, S, S, 3)

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Project both views together, in one forward pass, and return z (2N, d)."""
        h = self.encoder(self.views(inputs), training=training)  # (2N, D)
        return self.projection_head(h, training=training)  # (2N, d)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Compute the loss of the batch in float32; keep loss and accuracy as the step's own."""
        loss, accuracy = self.loss_and_accuracy(x, y_pred)
        self.step_loss.update_state(loss)
        self.step_accuracy.update_state(accuracy)
        return loss

    def loss_and_accuracy(self, inputs: Any, z: Any) -> tuple[Any, Any]:
        """NT-Xent and contrastive accuracy; what learns by another loss overrides this alone.

        Args:
            inputs: of the batch, as `Feed` gives them.
            z: (2N, d) projections, partners side by side.

        Returns:
            Two scalars, float32.
        """
        return loss_and_accuracy(z, self.temperature, xp=ops)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Return the step's own loss and contrastive accuracy."""
        return {m.name: m.result() for m in (self.step_loss, self.step_accuracy)}


class Feed(keras.utils.PyDataset):
    """Batches as functions of (seed, step): any step can be drawn again at any time.

    Args:
        images: (N, H, W, 3) uint8.
        views: how views are drawn.
        batch_size: images per step, at most N.
        seed: of the order of images and of the recipes.
        start: the first step, 0 for a new run.
        view_size: S.
        end: the step before which it ends; None if it does not.

    Raises:
        ValueError: fewer images than a batch.
    """

    def __init__(
        self,
        images: np.ndarray,
        views: ViewConfig,
        batch_size: int,
        seed: int,
        start: int = 0,
        view_size: int | None = None,
        end: int | None = None,
    ) -> None:
        super().__init__()
        if not 1 <= batch_size <= len(images):
            raise ValueError(
                f"Feed: expected at least {max(batch_size, 1)} images and a batch of at least 1, "
                f"found {len(images)} images and a batch of {batch_size}."
            )
        self.images, self.config, self.batch_size, self.seed = images, views, batch_size, seed
        self.start, self.view_size = start, view_size or images.shape[1]
        self.end = end
        self._epoch: tuple[int, np.ndarray] = (-1, np.empty(0, np.int64))
        self._mapped = memmaps.is_mapped(images)
        self._asked = start  # steps before this one have been asked for ahead
        if self._mapped:
            memmaps.read_anywhere(images)

    @property
    def num_batches(self) -> int | None:
        """Steps from start to end; None without an end."""
        return None if self.end is None else self.end - self.start

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray]]:
        """Return the batch of step `start + index`: images (N,H,W,3) uint8 and their recipes."""
        step = self.start + index
        if self._mapped:
            self._ask_ahead(step)
        recipes = draw_recipes(
            self.config, self.batch_size, self.seed, step, image_size=self.view_size
        )
        arrays = recipe_arrays(
            recipes, self.images.shape[1:3], self.view_size, blur=self.config.blur_p > 0
        )
        return ({"images": self.images[self.indices(step)], **arrays},)

    def _ask_ahead(self, step: int) -> None:
        """Have the pictures of the next steps brought from the disk while this one is made."""
        self._asked = max(self._asked, step)
        while self._asked <= step + AHEAD:
            memmaps.prefetch(self.images, self.indices(self._asked))
            self._asked += 1

    def indices(self, step: int) -> np.ndarray:
        """Return which images step `step` sees: (batch_size,) int64.

        Every epoch is a new permutation; what does not fill a batch waits for another epoch.
        """
        per_epoch = len(self.images) // self.batch_size
        epoch, within = divmod(step, per_epoch)
        if self._epoch[0] != epoch:
            key = np.array([self.seed, (1 << 63) + epoch], np.uint64)  # apart from recipes' keys
            draw = np.random.Generator(np.random.Philox(key=key))
            self._epoch = (epoch, draw.permutation(len(self.images)))
        return self._epoch[1][within * self.batch_size : (within + 1) * self.batch_size]


def launch_together(model: SimCLR, steps: int) -> None:
    """Have `fit` make several steps a launch from now on; what was learned stays.

    Args:
        model: compiled, and at home (see `backend.bring_home`).
        steps: of one launch.
    """
    model.compile(
        optimizer=model.optimizer, jit_compile=model.jit_compile, steps_per_execution=steps
    )


def steps_per_launch(seconds: float) -> int:
    """Choose how many steps to launch together, so that a GPU need not wait for the processor.

    Pauses and snapshots wait for the end of a launch: several steps take 0.05 seconds at most.

    Args:
        seconds: that a step takes.

    Returns:
        A power of two, 1 to 32.
    """
    count = min(max(LAUNCH_SECONDS / max(seconds, 1e-6), 1.0), float(MOST_LAUNCHED))
    return 1 << int(math.log2(count))


def build_model(config: ModelConfig, training: TrainConfig, image_size: int) -> SimCLR:
    """Build an untrained model whose weights depend on the seed alone.

    Raises:
        ConfigError: the encoder is not known, or wants larger images; the precision is still auto.
    """
    if training.precision not in POLICIES:
        raise ConfigError(
            f"precision: expected {', '.join(POLICIES)} to build a network, found "
            f"{training.precision!r}; choose one of these."
        )
    policy = POLICIES[training.precision]
    keras.utils.set_random_seed(training.seed)
    encoder = build_encoder(config, image_size, policy)
    head = build_projection_head(config, encoder.output_shape[-1], policy)
    return SimCLR(encoder, head, training.temperature, image_size)


def compile_model(model: SimCLR, config: TrainConfig, jit: bool) -> WarmupCosine:
    """Give the model its optimiser; weight decay leaves biases and BatchNorm alone.

    Returns:
        The schedule, whose `total` is to be set once the number of steps is known.
    """
    schedule = WarmupCosine(config.learning_rate, config.warmup_steps)
    optimizer = build_optimizer(config, schedule)
    optimizer.build(model.trainable_variables)
    schedule.bind(optimizer)
    optimizer.watch()
    if config.precision == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer, jit_compile=jit_compile(jit))
    return schedule
