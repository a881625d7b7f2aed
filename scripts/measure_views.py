"""Measure the views: how far from torchvision's colours, and how many a second.

    python scripts/measure_views.py [--npz cifar10.npz] [--no-speed] [--no-difference]

Prints the tables of docs/views.md. The reference is written here from torchvision's Pillow path:
ImageEnhance for brightness, contrast and saturation, a shift of the H channel in HSV for hue,
rounding and clipping to 8 bits after each of them.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import Recipes, draw_recipes
from simclr_core.views.render import planar, recipe_arrays, render_arrays
from simclr_core.views.render import render_views as render

OFF = ViewConfig(crop_p=0, flip_p=0, jitter_p=0, gray_p=0, blur_p=0)
JITTER = {"jitter_p": 1.0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
OPERATIONS = {
    "nothing": {},
    "crop and flip": {"crop_p": 1.0, "crop_min": 0.2, "flip_p": 0.5},
    "brightness": JITTER | {"brightness": 0.8},
    "contrast": JITTER | {"contrast": 0.8},
    "saturation": JITTER | {"saturation": 0.8},
    "hue": JITTER | {"hue": 0.2},
    "whole jitter": JITTER | {"brightness": 0.8, "contrast": 0.8, "saturation": 0.8, "hue": 0.2},
    "grayscale": {"gray_p": 1.0},
    "all, as trained": {"crop_p": 1.0, "crop_min": 0.2, "flip_p": 0.5, "jitter_p": 0.8}
    | {"gray_p": 0.2},
}
BLUR = {"blur_p": 1.0, "blur_max": 10.0}
SPEED = {name: OPERATIONS[name] for name in ("crop and flip", "whole jitter")} | {
    "blur": BLUR,
    "all but blur": OPERATIONS["all, as trained"],
    "all and blur": OPERATIONS["all, as trained"] | BLUR,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--npz", help="also pictures from x_train (N, H, W, 3) of this file")
    parser.add_argument("--count", type=int, default=500, help="pictures per table")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--no-difference", action="store_true")
    args = parser.parse_args()
    if not args.no_difference:
        data = {"cloudy": cloudy_pictures(args.count), "flat": flat_pictures(args.count)}
        if args.npz:
            with np.load(args.npz, allow_pickle=False) as file:
                data[Path(args.npz).stem] = file["x_train"][: args.count]
        for name, images in data.items():
            print_differences(name, images)
    if not args.no_speed:
        print_speeds()


def cloudy_pictures(count: int, size: int = 32) -> np.ndarray:
    """Natural-like pictures: smooth random fields (spectrum 1/f), colours correlated."""
    rng = np.random.default_rng(0)
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :])
    spectrum = np.fft.fft2(rng.normal(size=(count, 3, size, size))) / np.maximum(f, 1 / size)
    field = np.moveaxis(np.fft.ifft2(spectrum).real, 1, -1)  # (N, S, S, 3)
    field = field @ np.array([[1, 0.8, 0.7], [0, 0.5, 0.3], [0, 0, 0.5]])  # mostly bright or dark
    field /= field.std(axis=(1, 2, 3), keepdims=True)
    return np.clip(120 + 60 * field, 0, 255).astype(np.uint8)


def flat_pictures(count: int, size: int = 32) -> np.ndarray:
    """Drawn pictures: a disc of one colour on a ground of another."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:size, :size]
    centre, radius = rng.uniform(10, 22, (count, 2, 1, 1)), rng.uniform(5, 12, (count, 1, 1))
    inside = np.hypot(y - centre[:, 0], x - centre[:, 1]) < radius
    disc, ground = rng.integers(30, 226, (2, count, 1, 1, 3))
    return np.where(inside[..., None], disc, ground).astype(np.uint8)


def pillow_view(image: np.ndarray, recipes: Recipes, i: int, view: int) -> np.ndarray:
    """One view by Pillow on 8 bits, as torchvision does it, (S, S, 3) uint8."""
    size = image.shape[0]
    top, left, tall, wide = recipes.crop[i, view].astype(float)
    box = (size * left, size * top, size * min(left + wide, 1), size * min(top + tall, 1))
    picture = Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR, box=box)
    if recipes.flip[i, view]:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if recipes.jittered[i, view]:
        for operation in np.random.default_rng([i, view]).permutation(4):
            picture = jitter(picture, recipes, i, view, operation)
    if recipes.gray[i, view]:
        picture = picture.convert("L").convert("RGB")
    return np.asarray(picture)


def jitter(
    picture: Image.Image, recipes: Recipes, i: int, view: int, operation: int
) -> Image.Image:
    """One of the four operations of torchvision's ColorJitter."""
    if operation == 3:
        hue, saturation, value = picture.convert("HSV").split()
        shift = int(recipes.hue[i, view] * 255) % 256
        turned = (np.asarray(hue).astype(int) + shift).astype(np.uint8)  # wraps, as 8 bits do
        channels = (Image.fromarray(turned), saturation, value)
        return Image.merge("HSV", channels).convert("RGB")
    kind = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)[operation]
    factor = (recipes.brightness, recipes.contrast, recipes.saturation)[operation][i, view]
    return kind(picture).enhance(float(factor))


def print_differences(name: str, images: np.ndarray) -> None:
    """Table: absolute difference to Pillow's views, on 0..255, by operation."""
    print(f"\nDifference to Pillow, `{name}`, {len(images)} pictures, on 0..255\n")
    print("| operation | mean | median | 95% | 99% | two views of one picture |")
    print("| --- | --: | --: | --: | --: | --: |")
    for operation, change in OPERATIONS.items():
        config = dataclasses.replace(OFF, **change)
        recipes = draw_recipes(config, len(images), 0, 0, image_size=images.shape[1])
        views = render(images, recipes) * 255
        pillow = [
            [pillow_view(image, recipes, i, view) for view in range(2)]
            for i, image in enumerate(images)
        ]
        error = np.abs(views - np.array(pillow, np.float32))
        values = (error.mean(), *np.quantile(error, (0.5, 0.95, 0.99)))
        apart = np.abs(views[:, 0] - views[:, 1]).mean()
        print(f"| {operation} | " + " | ".join(f"{v:.2f}" for v in values) + f" | {apart:.1f} |")


def print_speeds() -> None:
    """Table: views per second by operation, size and backend."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(f"\nViews per second, {os.cpu_count()} cores, best of three short rounds\n")
    sizes = ((32, 256), (64, 128), (96, 64), (224, 16))
    heads = [f"{kind} {size} px" for kind in ("NumPy", "Keras") for size, _ in sizes]
    print("| operations | " + " | ".join(heads) + " |")
    print("| --- |" + " --: |" * len(heads))
    for name, change in SPEED.items():
        config = dataclasses.replace(OFF, **change)
        speeds = [
            2 * count / seconds(step)
            for make in (numpy_step, keras_step)
            for size, count in sizes
            for step in (make(config, size, count),)
        ]
        print(f"| {name} | " + " | ".join(f"{speed:,.0f}" for speed in speeds) + " |", flush=True)
    draw = seconds(lambda: recipe_arrays(draw_recipes(OFF, 256, 0, 0, image_size=32), 32))
    print(f"\nOf these, drawing 256 recipes and their arrays takes {draw * 1e3:.2f} ms.")


def numpy_step(config: ViewConfig, size: int, count: int) -> Callable[[], object]:
    images, steps = batch(size, count), iter(range(10**9))
    return lambda: render(images, draw_recipes(config, count, 0, next(steps), image_size=size))


def keras_step(config: ViewConfig, size: int, count: int) -> Callable[[], object]:
    """A compiled step on TensorFlow: recipes drawn and sent, views rendered."""
    import tensorflow as tf
    from keras import ops

    pictures, steps = tf.constant(planar(batch(size, count))), iter(range(10**9))
    compiled = tf.function(
        lambda images, arrays: render_arrays(images, arrays, size, ops), jit_compile=False
    )

    def step() -> object:
        recipes = draw_recipes(config, count, 0, next(steps), image_size=size)
        return compiled(pictures, recipe_arrays(recipes, size, blur=config.blur_p > 0))

    return step


def batch(size: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def seconds(step: Callable[[], object], rounds: int = 3, budget: float = 0.25) -> float:
    """Time of a step: the best of a few short rounds' medians, so that others disturb it less."""
    for _ in range(3):
        step()
    medians = []
    for _ in range(rounds):
        times, end = [], time.perf_counter() + budget
        while (begin := time.perf_counter()) < end:
            step()
            times.append(time.perf_counter() - begin)
        medians.append(np.median(times))
    return float(min(medians))


if __name__ == "__main__":
    main()
