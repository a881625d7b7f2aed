"""Views: pictures under their recipes, by matrix products alone.

    images -> recipes -> views

`draw_recipes` (see `recipes`) decides, `render_views` carries out: V X H' with one matrix
for the rows and one for the columns, and a 3x3 matrix for the colours in between. The same code
runs on NumPy, for the pages, and on `keras.ops`, inside the training step; always in float32.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .advice import warnings
from .color import color_arrays
from .recipes import (
    Recipes,
    crop_words,
    describe,
    draw_recipes,
    gray_words,
    identity_recipes,
    jitter_words,
)
from .resample import as_float32, blur_weights, resample_weights

__all__ = [
    "Recipes",
    "describe",
    "draw_recipes",
    "identity_recipes",
    "one_by_one",
    "planar",
    "recipe_arrays",
    "render_arrays",
    "render_views",
    "warnings",
]

_STAGES = {  # operation -> the fields of `Recipes` it is about, in the order of the paper
    "crop": ("crop",),
    "flip": ("flip",),
    "jitter": ("jittered", "brightness", "contrast", "saturation", "hue"),
    "grayscale": ("gray", "gray_strength"),
    "blur": ("blur_sigma",),
}


def planar(images: np.ndarray) -> np.ndarray:
    """Pictures as `render_arrays` likes them, one plane a channel; do it once a data set.

    Args:
        images: (N, H, W, 3) of any dtype.

    Returns:
        (N, 3, H, W), contiguous, same dtype.
    """
    return np.ascontiguousarray(np.moveaxis(images, -1, 1))


def recipe_arrays(
    recipes: Recipes,
    image_size: int | tuple[int, int],
    view_size: int | None = None,
    *,
    blur: bool | None = None,
) -> dict[str, np.ndarray]:
    """What of the recipes travels to the device: about 70 bytes a view.

    Args:
        recipes: of N images.
        image_size: pixels a side of the pictures, or their height and width.
        view_size: pixels a side of the views; the pictures' height if not given.
        blur: whether the key "blur" is there; by default, if any view is blurred. In a compiled
            step say `config.blur_p > 0`, so that every step has the same keys.

    Returns:
        float32 arrays: "rows" and "columns" (N, 2, 2), see `resample_weights`; "mix"
        (N, 2, 3, 3) and "lift" (N, 2, 3), which take 0..255 to 0..1, see `color_arrays`; "blur"
        (N, 2), sigma in pixels.
    """
    height, width = np.broadcast_to(image_size, 2)
    view_size = view_size or int(height)
    crop = recipes.crop.astype(float)
    middles = (crop[..., :2] + crop[..., 2:] / 2 - 0.5) * [height, width]  # (N, 2, 2), in pixels
    steps = crop[..., 2:] * [height, width] / view_size  # (N, 2, 2)
    mirror = np.where(recipes.flip, -1.0, 1.0)
    color = color_arrays(recipes)
    arrays = {
        "rows": np.stack([middles[..., 0], steps[..., 0]], axis=-1),
        "columns": np.stack([middles[..., 1], steps[..., 1] * mirror], axis=-1),
        "mix": color["mix"] / 255,
        "lift": color["lift"] / 255,
    }
    if blur or (blur is None and recipes.blur_sigma.any()):
        arrays["blur"] = recipes.blur_sigma
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def render_arrays(images: Any, arrays: dict[str, Any], size: int, xp: Any = np) -> Any:
    """Two views of every picture, the part that runs on the device.

    The order of the products is chosen for speed: the columns' product leaves the channels
    outermost, mixing them brings them innermost, and the rows' product keeps them there, so
    nothing is transposed in memory.

    Args:
        images: (N, 3, H, W) from `planar`, or (N, H, W, 3), which costs about a tenth more time;
            uint8 or float32, 0..255, wider than 3 pixels.
        arrays: from `recipe_arrays`.
        size: pixels a side of the views (S).
        xp: numpy or keras.ops.

    Returns:
        (N, 2, S, S, 3) float32 in [0, 1].
    """
    if images.shape[-1] == 3:
        images = xp.transpose(images, (0, 3, 1, 2))
    height, width = images.shape[2:]
    pictures = xp.reshape(as_float32(images, xp), (-1, 1, 3 * height, width))
    rows = resample_weights(arrays["rows"], height, size, xp)  # (N, 2, S, H)
    columns = resample_weights(arrays["columns"], width, size, xp)  # (N, 2, S, W)
    if "blur" in arrays:
        blur = blur_weights(arrays["blur"], size, xp)  # (N, 2, S, S)
        rows, columns = xp.matmul(blur, rows), xp.matmul(blur, columns)
    offset = _offset(pictures, arrays["lift"], rows, columns, xp)  # (N, 2, 1, 1)

    views = xp.matmul(pictures, xp.swapaxes(columns, -1, -2))  # (N, 2, 3H, S)
    views = xp.swapaxes(xp.reshape(views, (-1, 2, 3, height * size)), -1, -2)  # (N, 2, HS, 3)
    views = xp.reshape(xp.matmul(views, arrays["mix"]), (-1, 2, height, size * 3))
    views = xp.clip(xp.matmul(rows, views) + offset, 0.0, 1.0)  # (N, 2, S, 3S)
    return xp.reshape(views, (-1, 2, size, size, 3))


def render_views(
    images: np.ndarray, recipes: Recipes, size: int | None = None, *, backend: str = "numpy"
) -> Any:
    """Two views of every picture, as the network sees them.

    Args:
        images: (N, H, W, 3) uint8.
        recipes: of the same N images.
        size: pixels a side of the views (S); the pictures' height if not given.
        backend: "numpy" (needs nothing else) or "keras" (imports Keras; a tensor comes back).

    Returns:
        (N, 2, S, S, 3) float32 in [0, 1].

    Raises:
        ValueError: images of another shape, another number of recipes, or an unknown backend.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or len(images) != len(recipes):
        raise ValueError(
            f"render_views: expected images of shape ({len(recipes)}, height, width, 3) for "
            f"{len(recipes)} recipes, found {images.shape}."
        )
    if backend not in ("numpy", "keras"):
        raise ValueError(f"backend: expected numpy or keras, found {backend!r}.")
    xp: Any = np
    if backend == "keras":
        import keras  # here, so that the pages need no Keras

        xp = keras.ops
    size = size or images.shape[1]
    arrays: dict[str, Any] = dict(recipe_arrays(recipes, images.shape[1:3], size))
    if xp is not np:
        arrays = {name: xp.convert_to_tensor(array) for name, array in arrays.items()}
    return render_arrays(planar(images), arrays, size, xp)


def one_by_one(
    image: np.ndarray, recipes: Recipes, i: int, view: int, size: int | None = None
) -> list[tuple[str, str, np.ndarray]]:
    """One view as its operations come together: crop, flip, jitter, grayscale, blur.

    Args:
        image: (H, W, 3) uint8, the picture.
        recipes: its recipe is at `i`, `view`.
        size: pixels a side (S); the picture's height if not given.

    Returns:
        Five times (operation, what it did in words, picture so far (S, S, 3) float32 in [0, 1]).
        The last picture is the rendered view.
    """
    drawn, so_far, stages = recipes[i], identity_recipes(1), []
    for fields in _STAGES.values():
        so_far = dataclasses.replace(so_far, **{name: getattr(drawn, name) for name in fields})
        stages.append(so_far)
    pictures = [render_views(image[None], stage, size)[0, view] for stage in stages]
    words = (
        crop_words(recipes, i, view),
        "flipped" if recipes.flip[i, view] else "not flipped",
        ", ".join(jitter_words(stages[2], 0, view)) or "colours as they are",
        gray_words(recipes, i, view) if recipes.gray_strength[i, view] else "not gray",
        f"sigma {s:.2g} px" if (s := recipes.blur_sigma[i, view]) else "not blurred",
    )
    return list(zip(_STAGES, words, pictures, strict=True))


def _offset(pictures: Any, lift: Any, rows: Any, columns: Any, xp: Any) -> Any:
    """What contrast adds to every value of a view: the mean of the rendered crop, lifted.

    The mean of V X H' is mean(V) X mean(H)', so it is known before the view is.
    """
    height, width = rows.shape[-1], columns.shape[-1]
    weights = lift[..., None] * xp.mean(rows, axis=-2)[..., None, :]  # (N, 2, 3, H)
    stacked = xp.reshape(pictures, (-1, 3 * height, width))
    lines = xp.matmul(xp.reshape(weights, (-1, 2, 3 * height)), stacked)  # (N, 2, W)
    return xp.sum(lines * xp.mean(columns, axis=-2), axis=-1)[..., None, None]  # (N, 2, 1, 1)
