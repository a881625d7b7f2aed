"""Render pictures under their recipes, by matrix products alone.

    images -> recipes -> views

A view is V X H', with one matrix for the rows, one for the columns, and a 3x3 matrix for the
colours in between. The same code runs on NumPy, for the pages, and on `keras.ops`, inside the
training step; always in float32.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .color import color_arrays
from .recipes import Recipes, crop_words, gray_words, identity_recipes, jitter_words
from .resample import as_float32, blur_weights, resample_weights

_STAGES = {  # operation -> its fields of `Recipes`, in the order of the paper
    "crop": ("crop",),
    "flip": ("flip",),
    "jitter": ("jittered", "brightness", "contrast", "saturation", "hue"),
    "grayscale": ("gray", "gray_strength"),
    "blur": ("blur_sigma",),
}


def planar(images: np.ndarray) -> np.ndarray:
    """Return pictures as one plane per channel, which `render_arrays` is fastest with.

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
    """Return the part of the recipes that the device needs, about 70 bytes per view.

    Args:
        recipes: of N images.
        image_size: pixels per side of the pictures, or their height and width.
        view_size: pixels per side of the views (S); None takes the pictures' height.
        blur: whether to include the key "blur"; None includes it if any view is blurred. A
            compiled step passes `config.blur_p > 0`, so that every step has the same keys.

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
    """Render two views of every picture: the part that runs on the device.

    The order of the products is chosen for speed: the columns' product leaves the channels
    outermost, mixing the colours brings them innermost, and the rows' product keeps them there.
    So nothing is transposed in memory.

    Args:
        images: (N, 3, H, W) from `planar`, or (N, H, W, 3), which takes about a tenth longer;
            uint8 or float32 in 0..255, wider than 3 pixels.
        arrays: from `recipe_arrays`.
        size: pixels per side of the views (S).
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
    """Render two views of every picture, as the network sees them.

    Args:
        images: (N, H, W, 3) uint8.
        recipes: of the same N images.
        size: pixels per side of the views (S); None takes the pictures' height.
        backend: "numpy", which needs nothing else, or "keras", which imports Keras.

    Returns:
        (N, 2, S, S, 3) float32 in [0, 1]; a tensor with "keras".

    Raises:
        ValueError: if images have another shape or recipes another number, or the backend is
            unknown.
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
        import keras  # here, so that pages need no Keras

        xp = keras.ops
    size = size or images.shape[1]
    arrays: dict[str, Any] = dict(recipe_arrays(recipes, images.shape[1:3], size))
    if xp is not np:
        arrays = {name: xp.convert_to_tensor(array) for name, array in arrays.items()}
    return render_arrays(planar(images), arrays, size, xp)


def one_by_one(
    image: np.ndarray, recipes: Recipes, i: int, view: int, size: int | None = None
) -> list[tuple[str, str, np.ndarray]]:
    """Return how one view is made, operation by operation: crop, flip, jitter, grayscale, blur.

    Args:
        image: (H, W, 3) uint8, the picture.
        recipes: recipes of N images.
        i, view: which of the recipes, 0 to N - 1, and which of its views, 0 or 1.
        size: pixels per side (S); None takes the picture's height.

    Returns:
        Per operation its name, what it did in words, and the picture so far, (S, S, 3) float32 in
        [0, 1]. The last picture is the rendered view.
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
    """Return what contrast adds to every value of a view, from the mean of the rendered crop.

    The mean of V X H' is mean(V) X mean(H)', so it is known before the view is rendered.
    """
    height, width = rows.shape[-1], columns.shape[-1]
    weights = lift[..., None] * xp.mean(rows, axis=-2)[..., None, :]  # (N, 2, 3, H)
    stacked = xp.reshape(pictures, (-1, 3 * height, width))
    lines = xp.matmul(xp.reshape(weights, (-1, 2, 3 * height)), stacked)  # (N, 2, W)
    return xp.sum(lines * xp.mean(columns, axis=-2), axis=-1)[..., None, None]  # (N, 2, 1, 1)
