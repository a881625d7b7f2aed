"""Speed of a training step and of its parts, in this process.

recipes -> views -> encoder, head, loss, update
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from ..model.encoder_spec import BATCH_NORM
from ..model.projection_head import build_projection_head
from ..model.simclr import Feed, SimCLR, build_model, compile_model
from ..settings.config import ModelConfig, TrainConfig, ViewConfig, replace
from ..settings.presets import preset_config
from ..views.recipes import draw_recipes
from ..views.render import planar, recipe_arrays, render_arrays
from .rounds import Figure, seconds_each

REFERENCE_WIDTH, REFERENCE_BATCH = 16, 128
SIZES = {32: 256, 64: 128, 96: 64, 224: 16}  # pixels per side -> pictures a call
OFF = ViewConfig(crop_p=0.0, flip_p=0.0, jitter_p=0.0, gray_p=0.0)
# One operation after another, then all that a run at 32 px uses, then blur as well.
OPERATIONS: dict[str, ViewConfig] = {
    "none": OFF,
    "crop and flip": replace(OFF, crop_p=1.0, flip_p=0.5),
    "jitter and grayscale": replace(OFF, jitter_p=0.8, gray_p=0.2),
    "blur": replace(OFF, blur_p=0.5),
    "all but blur": ViewConfig(),
    "all": ViewConfig(blur_p=0.5),
}


def reference_encoder(size: int, width: int) -> Any:
    """Four strided convolutions, the encoder that every speed is compared with: it never changes.

    `tiny` was this network before it kept maxima (docs/encoders.md).

    Args:
        size: S, pixels per side.
        width: channels of the first convolution.

    Returns:
        keras.Model: (N, S, S, 3) in [0, 1] -> h (N, 8 * width).
    """
    from keras import layers

    x = inputs = keras.Input((size, size, 3))
    x = layers.Rescaling(2.0, offset=-1.0)(x)
    for i in range(4):
        stride = 2 if i or size >= 24 else 1
        x = layers.Conv2D(
            width * 2**i,
            3,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
        )(x)
        x = layers.BatchNormalization(**BATCH_NORM)(x)
        x = layers.Activation("relu")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x), name="encoder")


class BareSimCLR(SimCLR):
    """The same network and update without views and without NT-Xent: what nobody can save."""

    def views(self, inputs: dict[str, Any]) -> Any:
        """Return views that are there already, (2N, S, S, 3) float32."""
        return inputs["views"]

    def loss_and_accuracy(self, inputs: Any, z: Any) -> tuple[Any, Any]:
        """Return the mean square of z: something to follow down."""
        return ops.mean(ops.square(z)), 0.0


@dataclass(frozen=True)
class Trainer:
    """A compiled model, and its next step as something to be called."""

    model: SimCLR
    step: Callable[[], object]
    batch: int


def bare_trainer(jit: bool, precision: str = "float32") -> Trainer:
    """Build the reference encoder on views that lie ready."""
    training = training_of(REFERENCE_BATCH, precision)
    model = reference_model(BareSimCLR, training)
    compile_model(model, training, jit)
    views = np.random.default_rng(0).random((2 * training.batch_size, 32, 32, 3), np.float32)
    ready = {"views": ops.convert_to_tensor(views)}
    return Trainer(model, lambda: model.train_on_batch(ready), training.batch_size)


def reference_trainer(jit: bool, precision: str = "float32") -> Trainer:
    """Build the reference encoder in a full step: recipes, views, network, NT-Xent, update."""
    training = training_of(REFERENCE_BATCH, precision)
    model = reference_model(SimCLR, training)
    return _full(model, training, ViewConfig(), 32, jit)


def trainer(model: ModelConfig, training: TrainConfig, size: int, jit: bool) -> Trainer:
    """Build a full step with the settings of a run; the precision is a real one."""
    views = preset_config("minute").views
    return _full(build_model(model, training, size), training, views, size, jit)


def views_call(config: ViewConfig, size: int, count: int) -> Callable[[], object]:
    """Build the call that draws recipes and renders views, compiled as in the step."""
    pictures = ops.convert_to_tensor(planar(_pictures(count, size)))
    render = compiled(lambda images, arrays: render_arrays(images, arrays, size, xp=ops))
    steps = iter(range(10**9))

    def call() -> object:
        recipes = draw_recipes(config, count, 0, next(steps), image_size=size)
        views = render(pictures, recipe_arrays(recipes, size, blur=config.blur_p > 0))
        return finished(views)

    return call


def measure_steps(jit: bool, rounds: int, budget: float) -> dict[str, Figure]:
    """Measure images per second of the bare step, of the full step and of the preset `minute`.

    `views`: views per second inside the full step, computed from what it takes beyond the bare one.
    That counts NT-Xent and what feeds the step as well: rendering itself is faster.
    """
    config = preset_config("minute")
    training = replace(config.training, precision="float32")
    makers = {
        "encoder": bare_trainer(jit),
        "train": reference_trainer(jit),
        "preset": trainer(config.model, training, 32, jit),
    }
    figures = seconds_each({name: t.step for name, t in makers.items()}, rounds, budget)
    times = zip(figures["train"].values, figures["encoder"].values, strict=True)
    beyond = [max(full - bare, 1e-9) for full, bare in times]
    speeds = {
        name: Figure(tuple(makers[name].batch / s for s in figure.values))
        for name, figure in figures.items()
    }
    return speeds | {"views": Figure(tuple(2 * REFERENCE_BATCH / s for s in beyond))}


def measure_views(
    rounds: int, budget: float, sizes: tuple[int, ...] = tuple(SIZES)
) -> dict[str, dict[str, Figure]]:
    """Measure views per second by operation and image size, the sizes as words."""
    figures: dict[str, dict[str, Figure]] = {}
    for size in sizes:
        count = SIZES[size]
        calls = {name: views_call(config, size, count) for name, config in OPERATIONS.items()}
        for name, figure in seconds_each(calls, rounds, budget).items():
            speed = Figure(tuple(2 * count / s for s in figure.values))
            figures.setdefault(name, {})[str(size)] = speed
    return figures


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as the backend compiles it for a training step."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(function)
    return lambda images, arrays: function(
        images, {name: ops.convert_to_tensor(array) for name, array in arrays.items()}
    )


def finished(tensor: Any) -> Any:
    """Wait for a tensor until it has been computed (JAX comes back before that), and return it."""
    return tensor.block_until_ready() if hasattr(tensor, "block_until_ready") else tensor


def _full(model: SimCLR, training: TrainConfig, views: ViewConfig, size: int, jit: bool) -> Trainer:
    compile_model(model, training, jit)
    count = training.batch_size
    feed = Feed(_pictures(8 * count, size), views, count, 0)
    steps = iter(range(10**9))
    return Trainer(model, lambda: model.train_on_batch(*feed[next(steps)]), count)


def reference_model(kind: type[SimCLR], training: TrainConfig) -> SimCLR:
    """Build the reference encoder with a head, as a model of a kind; its weights never change.

    Args:
        kind: `SimCLR` or a subclass with the same arguments.
        training: the temperature counts.
    """
    keras.utils.set_random_seed(0)
    encoder = reference_encoder(32, REFERENCE_WIDTH)
    head = build_projection_head(ModelConfig(), encoder.output_shape[-1])
    return kind(encoder, head, training.temperature, 32)


def training_of(batch: int, precision: str = "float32") -> TrainConfig:
    """Return the reference's settings of training: a batch size and a real precision."""
    return TrainConfig(batch_size=batch, precision=precision, optimizer="adamw", learning_rate=2e-3)


def _pictures(count: int, size: int) -> np.ndarray:
    """Noise: what a picture shows makes no difference to the time it takes."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
