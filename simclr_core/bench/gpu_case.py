"""Speed and memory of one encoder in one precision, as a run trains it; a process of its own.

    python -m simclr_core.bench.gpu_case '{"encoder": "resnet18", "batches": [512, 1024]}'

Prints a line of JSON for every figure as soon as it is there, so that what ends it early loses
nothing. The peak of memory only grows within a process: batches come in ascending order.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..machine.devices import find_device
from ..model.backend import bring_home, prepare, start_framework
from ..settings.config import ModelConfig, TrainConfig, ViewConfig, replace

SIZE = 32  # pixels per side
WIDTHS = {"tiny": 16, "resnet18": 64, "resnet50-cifar": 64}
MATRIX = {"cpu": 1024, "gpu": 8192}  # rows of the square product that tells the ceiling
TIMED = 10  # steps that tell the pace


def main(text: str) -> None:
    """Measure what the JSON object asks for: encoder, precision, batches, device, seconds."""
    wanted = json.loads(text)
    device = find_device(wanted.get("device", "auto"))
    prepare(device)
    start_framework()
    from ..model.simclr import SimCLR
    from .steps import BareSimCLR

    jit = device.id != "cpu"
    encoder, precision = wanted["encoder"], wanted.get("precision", "bfloat16")
    seconds = wanted.get("seconds", 3.0)
    given = {"encoder": encoder, "precision": precision}
    ceiling = products_per_second(precision, MATRIX["gpu" if jit else "cpu"])
    for batch in wanted["batches"]:
        full = images_per_second(SimCLR, encoder, precision, batch, jit, seconds)
        line = given | {"batch": batch, "images_per_second": round(full["speed"], 1)}
        line |= {"first_step_seconds": round(full["first"], 2), "together": full["together"]}
        line["peak_bytes"] = peak_bytes()
        work = 2 * 3 * products(full["encoder"])  # of two views, forward and twice that backward
        line["gigaflop_per_image"] = round(work / 1e9, 3)
        line["share_of_peak"] = round(work * full["speed"] / ceiling, 4)
        line["ceiling_teraflops"] = round(ceiling / 1e12, 1)
        print(json.dumps(line), flush=True)
        if batch == wanted.get("bare"):
            bare = images_per_second(BareSimCLR, encoder, precision, batch, jit, seconds)
            speed = round(bare["speed"], 1)
            print(json.dumps(given | {"batch": batch, "bare_images_per_second": speed}), flush=True)


def images_per_second(
    kind: Any, encoder: str, precision: str, batch: int, jit: bool, seconds: float
) -> dict[str, Any]:
    """Train on noise through Keras' `fit`, steps launched together as in a run.

    Args:
        kind: `SimCLR`, or `BareSimCLR` with views that lie ready on the device.
        encoder, precision: as in the settings.
        batch: N.
        jit: compile with XLA.
        seconds: of steps that are timed.

    Returns:
        speed (images/s), first (seconds until the first step was done, compiling included),
        together (steps a launch), encoder (the network).
    """
    from ..model.encoders import build_encoder
    from ..model.projection_head import build_projection_head
    from ..model.simclr import POLICIES, compile_model, launch_together, steps_per_launch

    model_config = replace(ModelConfig(), encoder=encoder, width=WIDTHS.get(encoder, 16))
    training = TrainConfig(batch_size=batch, precision=precision, optimizer="sgd", weight_decay=0.0)
    training = replace(training, learning_rate=0.01)
    policy = POLICIES[precision]
    network = build_encoder(model_config, SIZE, policy)
    head = build_projection_head(model_config, network.output_shape[-1], policy)
    model = kind(network, head, training.temperature, SIZE)
    schedule = compile_model(model, training, jit)
    schedule.total.assign(10**6)
    feed = _feed(kind is not model_class(), batch)
    watch = _watch(lambda times: len(times) > TIMED)
    began = time.perf_counter()
    model.fit(feed, callbacks=[watch], verbose=0, shuffle=False)
    first = watch.times[0] - began
    pace = statistics.median(np.diff(watch.times))
    together = steps_per_launch(pace) if jit and _loops() else 1
    if together > 1:
        bring_home(model)
        launch_together(model, together)
    watch = _watch(lambda times: len(times) > 5 and times[-1] - times[2] > seconds)
    model.fit(feed, callbacks=[watch], verbose=0, shuffle=False)
    each = np.median(np.diff(watch.times[2:])) / together
    return {"speed": batch / each, "first": first, "together": together, "encoder": network}


def model_class() -> Any:
    """Import `SimCLR`, once the framework is up, and return it."""
    from ..model.simclr import SimCLR

    return SimCLR


def products(network: Any) -> float:
    """Floating-point operations of convolutions and dense layers, forward, for one picture.

    Two for every multiplication with its addition. Layers inside layers count; what is done place
    by place (BatchNorm, ReLU) does not.
    """
    import keras

    total = 0.0
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            total += products(layer)
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            total += 2.0 * np.prod(layer.output.shape[1:]) * np.prod(layer.kernel.shape[:2])
        elif isinstance(layer, keras.layers.Conv2D):
            total += 2.0 * np.prod(layer.output.shape[1:]) * np.prod(layer.kernel.shape[:3])
        elif isinstance(layer, keras.layers.Dense):
            total += 2.0 * np.prod(layer.kernel.shape)
    return float(total)


def products_per_second(precision: str, rows: int) -> float:
    """Measure the operations per second of a square matrix product here: the backend's ceiling.

    Args:
        precision: of the factors; float32 products use what the backend uses for them (TF32).
        rows: of the square matrices.
    """
    import keras
    from keras import ops

    from .steps import compiled, finished

    dtype = "float32" if precision == "float32" else precision
    noise = np.random.default_rng(0).standard_normal((rows, rows), np.float32)
    a = ops.cast(ops.convert_to_tensor(noise), dtype)
    multiply = compiled(lambda x, y: ops.matmul(x, y["y"]))
    wait = finished
    if keras.config.backend() != "jax":  # a sum has to come home

        def wait(tensor: Any) -> Any:
            return float(ops.convert_to_numpy(ops.cast(tensor[0, 0], "float32")))

    def _calls(count: int) -> float:
        began = time.perf_counter()
        out = a
        for _ in range(count):
            out = multiply(a, {"y": a})
        wait(out)
        return time.perf_counter() - began

    _calls(3)
    return 2.0 * rows**3 * 10 / min(_calls(10) for _ in range(3))


def peak_bytes() -> int | None:
    """Return the most memory of the device that this process has used; None where nobody counts."""
    import keras

    backend = keras.config.backend()
    if backend == "jax":
        import jax

        statistics = jax.devices()[0].memory_stats() or {}
        return statistics.get("peak_bytes_in_use")
    if backend == "tensorflow":
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
        return None
    import torch  # type: ignore[import-not-found]

    return int(torch.cuda.max_memory_allocated()) if torch.cuda.is_available() else None


def _loops() -> bool:
    """Return whether steps can be launched together on this backend."""
    import keras

    return keras.config.backend() != "torch"


def _feed(bare: bool, batch: int) -> Any:
    from keras import ops

    from ..model.simclr import Feed

    noise = np.random.default_rng(0).integers(0, 256, (8 * batch, SIZE, SIZE, 3), np.uint8)
    if not bare:
        return Feed(noise, ViewConfig(), batch, 0, end=10**6)
    views = noise[: 2 * batch].astype(np.float32) / 255.0
    ready = {"views": ops.convert_to_tensor(views)}

    class Ready(Feed):
        """The same views again and again."""

        def __getitem__(self, index: int) -> tuple[dict[str, Any]]:
            return (ready,)

    return Ready(noise, ViewConfig(), batch, 0, end=10**6)


def _watch(enough: Callable[[list[float]], bool]) -> Any:
    """Return a callback that notes when launches end, and ends the `fit`."""
    import keras

    class Watch(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.times: list[float] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            np.asarray(logs["loss"])
            self.times.append(time.perf_counter())
            self.model.stop_training = enough(self.times)

    return Watch()


if __name__ == "__main__":
    main(sys.argv[1])
