"""Training with views from Keras' augmentation layers, beside training with ours.

    python scripts/measure_keras_layers.py [--rounds 7]

Both train the reference encoder of `simclr_core.bench` with batches of 128 pictures of 32 pixels,
the same head, loss and optimiser, in one process and by turns; only the views differ. Keras has
no random resized crop: a random zoom and a random translation stand for it, then mirroring,
colour jitter and grayscale as in the paper. The layers run inside the compiled step, as ours do.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.bench.rounds import Figure, seconds_each  # noqa: E402
from simclr_core.machine.devices import find_device  # noqa: E402
from simclr_core.model.backend import prepare, start_framework  # noqa: E402


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    device = find_device(args.device)
    prepare(device)
    start_framework()
    from simclr_core.bench import steps

    jit = device.id != "cpu"
    ours, layers = steps.reference_trainer(jit), layers_trainer(jit)
    found = seconds_each({"ours": ours.step, "Keras layers": layers.step}, args.rounds, 2.0)
    speeds = {
        name: Figure(tuple(ours.batch / seconds for seconds in figure.values))
        for name, figure in found.items()
    }
    print("| views | images/s | spread |\n| --- | --: | --: |")
    for name, figure in speeds.items():
        print(f"| {name} | {figure.median:,.0f} | {figure.spread:.0%} |")
    ratio = speeds["ours"].per(speeds["Keras layers"])
    print(
        f"\nours over Keras layers: {ratio.median:.2f} (rounds {min(ratio.values):.2f} to "
        f"{max(ratio.values):.2f}), {device.name}"
    )


def layers_trainer(jit: bool) -> Any:
    """The reference encoder with Keras' layers for views."""
    import keras
    from keras import ops

    from simclr_core.bench import steps
    from simclr_core.model.simclr import SimCLR, compile_model

    class LayeredSimCLR(SimCLR):
        """Pictures, each twice, through layers that change every picture in its own way."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.augment = keras.Sequential(
                [
                    keras.layers.RandomZoom((-0.25, 0.0), fill_mode="reflect"),
                    keras.layers.RandomTranslation(0.1, 0.1, fill_mode="reflect"),
                    keras.layers.RandomFlip("horizontal"),
                    keras.layers.RandomColorJitter(
                        value_range=(0, 1),
                        brightness_factor=0.8,
                        contrast_factor=0.8,
                        saturation_factor=(0.1, 0.9),
                        hue_factor=0.2,
                    ),
                    keras.layers.RandomGrayscale(0.2),
                ]
            )

        def views(self, inputs: dict[str, Any]) -> Any:
            """(2N, S, S, 3), partners side by side."""
            images = ops.cast(inputs["images"], "float32") / 255.0
            return ops.stop_gradient(self.augment(ops.repeat(images, 2, axis=0), training=True))

    training = steps.training_of(steps.REFERENCE_BATCH)
    model = steps.reference_model(LayeredSimCLR, training)
    compile_model(model, training, jit)
    batch = training.batch_size
    pictures = np.random.default_rng(0).integers(0, 256, (8 * batch, 32, 32, 3), dtype=np.uint8)
    at = iter(range(10**9))

    def step() -> object:
        begin = batch * (next(at) % 8)
        return model.train_on_batch({"images": pictures[begin : begin + batch]})

    return steps.Trainer(step, batch)


if __name__ == "__main__":
    main()
