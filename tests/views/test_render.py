"""Rendering against Pillow, SciPy and plain loops; NumPy against keras.ops on its backends."""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from simclr_core.base.paths import PROJECT
from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import Recipes, draw_recipes, identity_recipes
from simclr_core.views.render import one_by_one, planar, recipe_arrays, render_arrays, render_views
from simclr_core.views.resample import blur_weights, resample_weights

ALL_ON = ViewConfig(crop_min=0.1, jitter_p=0.9, gray_p=0.3, blur_p=0.5, blur_max=10.0)
NO_COLOR = ViewConfig(crop_min=0.08, crop_ratio=2.0, jitter_p=0, gray_p=0)


def noise(count: int, height: int, width: int | None = None, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, height, width or height, 3), dtype=np.uint8)


def draw(config: ViewConfig, count: int, size: int = 32, seed: int = 1) -> Recipes:
    return draw_recipes(config, count, seed, 0, image_size=size)


def pillow_view(image: np.ndarray, recipes: Recipes, i: int, view: int, size: int) -> np.ndarray:
    """Crop, resize and flip by Pillow in mode F, on 0..255."""
    height, width = image.shape[:2]
    top, left, tall, wide = recipes.crop[i, view].astype(float)
    right, bottom = min(left + wide, 1) * width, min(top + tall, 1) * height
    planes = [
        Image.fromarray(image[..., c].astype(np.float32)).resize(
            (size, size), Image.Resampling.BILINEAR, box=(left * width, top * height, right, bottom)
        )
        for c in range(3)
    ]
    out = np.stack([np.asarray(plane) for plane in planes], axis=-1)
    return out[:, ::-1] if recipes.flip[i, view] else out


@pytest.mark.parametrize(
    ("height", "width", "size", "tolerance"),
    [
        (32, 32, 32, 1e-3),
        (32, 32, 96, 1e-3),
        (28, 28, 32, 1e-3),
        (96, 96, 32, 2e-3),
        (45, 70, 33, 2e-3),
        (224, 224, 224, 1e-2),
        (224, 224, 24, 5e-3),
    ],
)
def test_crop_and_flip_are_pillows(height: int, width: int, size: int, tolerance: float) -> None:
    """The tolerance is on 0..255 for noise, the worst case; float32 knows pixel 200 to 1e-5."""
    images, recipes = noise(6, height, width), draw(NO_COLOR, 6, size)
    assert recipes.flip.any() and not recipes.flip.all()
    views = render_views(images, recipes, size) * 255
    for i in range(6):
        for view in range(2):
            oracle = pillow_view(images[i], recipes, i, view, size)
            assert np.abs(views[i, view] - oracle).max() < tolerance


def test_nothing_done_gives_the_picture_itself() -> None:
    images = noise(3, 32)
    views = render_views(images, identity_recipes(3))
    expected = np.repeat(images[:, None] / np.float32(255), 2, axis=1)
    np.testing.assert_allclose(views, expected, atol=1e-6)


def test_flip_mirrors_left_and_right() -> None:
    images = noise(2, 16)
    recipes = dataclasses.replace(identity_recipes(2), flip=np.array([[True, False]] * 2))
    views = render_views(images, recipes)
    np.testing.assert_allclose(views[:, 0], images[:, :, ::-1] / 255, atol=1e-6)
    np.testing.assert_allclose(views[:, 1], images / 255, atol=1e-6)


def test_weights_sum_to_one() -> None:
    line = np.array([[[-13.0, 0.4], [9.5, -0.9]], [[0.0, 3.0], [0.0, 1.0]]], np.float32)
    weights = resample_weights(line, 32, 10)
    assert weights.shape == (2, 2, 10, 32)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    assert weights.min() >= 0


@pytest.mark.parametrize(("size", "sigmas"), [(32, (0.0, 2.8)), (96, (0.5, 8.0)), (8, (0.1, 0.7))])
def test_blur_is_scipys(size: int, sigmas: tuple[float, float]) -> None:
    images = noise(1, size)
    sigma = np.array([sigmas], np.float32)
    recipes = dataclasses.replace(identity_recipes(1), blur_sigma=sigma)
    views = render_views(images, recipes)
    for view, s in enumerate(sigmas):
        oracle = ndimage.gaussian_filter(
            images[0] / 255.0, (s, s, 0), mode="reflect", truncate=10.0
        )
        np.testing.assert_allclose(views[0, view], oracle, atol=2e-6)


def test_blur_keeps_the_mean() -> None:
    weights = blur_weights(np.array([[0.0, 2.7]], np.float32), 32)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(weights.sum(-2), 1, atol=1e-6)


def test_range_shape_and_type() -> None:
    strong = dataclasses.replace(ALL_ON, color_strength=2.0)
    views = render_views(noise(16, 20), draw(strong, 16, 24), 24)
    assert views.shape == (16, 2, 24, 24, 3)
    assert views.dtype == np.float32
    assert views.min() == 0 and views.max() == 1


def test_a_view_does_not_depend_on_its_batch() -> None:
    images, recipes = noise(9, 32), draw(ALL_ON, 9)
    together = render_views(images, recipes)
    for i in (0, 5, 8):
        np.testing.assert_allclose(
            render_views(images[i : i + 1], recipes[i])[0], together[i], atol=1e-6
        )


def test_channels_last_pictures_give_the_same() -> None:
    images, recipes = noise(4, 12, 20), draw(ALL_ON, 4, 16)
    arrays = recipe_arrays(recipes, (12, 20), 16)
    np.testing.assert_array_equal(
        render_arrays(images, arrays, 16), render_arrays(planar(images), arrays, 16)
    )


def test_blur_travels_only_when_there_is_some() -> None:
    assert "blur" not in recipe_arrays(draw(NO_COLOR, 4), 32)
    assert "blur" in recipe_arrays(draw(NO_COLOR, 4), 32, blur=True)
    arrays = recipe_arrays(draw(ALL_ON, 256), 32)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}
    assert sum(array.nbytes for array in arrays.values()) <= 256 * 2 * 72


@pytest.mark.parametrize("size", [24, 40])
def test_keras_equals_numpy(size: int) -> None:
    images, recipes = noise(12, 32), draw(ALL_ON, 12, size)
    views = np.asarray(render_views(images, recipes, size, backend="keras"))
    assert views.dtype == np.float32
    np.testing.assert_allclose(views, render_views(images, recipes, size), atol=1e-5)


def test_compiled_with_any_batch_equals_numpy() -> None:
    tf = pytest.importorskip("tensorflow")
    import keras

    @tf.function(jit_compile=False, reduce_retracing=True)
    def render(pictures, arrays):
        return render_arrays(pictures, arrays, 32, keras.ops)

    for count in (3, 5, 7):  # the second shape makes the batch dimension unknown
        images, recipes = noise(count, 32), draw(ALL_ON, count)
        views = render(tf.constant(planar(images)), recipe_arrays(recipes, 32, blur=True))
        np.testing.assert_allclose(views, render_views(images, recipes), atol=1e-5)


def test_stays_float32_under_mixed_precision() -> None:
    import keras

    class Views(keras.layers.Layer):
        def call(self, inputs: dict) -> object:
            arrays = {name: value for name, value in inputs.items() if name != "images"}
            return render_arrays(inputs["images"], arrays, 32, keras.ops)

    images, recipes = noise(6, 32), draw(ALL_ON, 6)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        plain = render_views(images, recipes, backend="keras")
        inside = Views(autocast=False)({"images": planar(images), **recipe_arrays(recipes, 32)})
    finally:
        keras.config.set_dtype_policy(policy)
    for views in (plain, inside):
        assert keras.backend.standardize_dtype(views.dtype) == "float32"
        np.testing.assert_allclose(np.asarray(views), render_views(images, recipes), atol=1e-5)


@pytest.fixture(params=["jax", "torch"])
def other_backend(request: pytest.FixtureRequest) -> str:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


def test_other_backends_equal_numpy(other_backend: str) -> None:
    code = (
        "import keras, numpy as np, test_render as t\n"
        "images, recipes = t.noise(6, 32), t.draw(t.ALL_ON, 6)\n"
        "views = t.render_views(images, recipes, backend='keras')\n"
        "views = keras.ops.convert_to_numpy(views)\n"
        f"assert keras.backend.backend() == '{other_backend}' and views.dtype == np.float32\n"
        "np.testing.assert_allclose(views, t.render_views(images, recipes), atol=1e-5)\n"
    )
    here = os.path.dirname(__file__)
    paths = os.pathsep.join([here, os.path.dirname(here), *filter(None, sys.path)])
    environment = os.environ | {"KERAS_BACKEND": other_backend, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_importing_and_rendering_need_no_keras() -> None:
    code = (
        "import sys, numpy as np\n"
        "from simclr_core.settings.config import ViewConfig\n"
        "from simclr_core.views.advice import warnings\n"
        "from simclr_core.views.recipes import draw_recipes\n"
        "from simclr_core.views.render import render_views\n"
        "render_views(np.zeros((2, 8, 8, 3), np.uint8),"
        " draw_recipes(ViewConfig(), 2, 0, 0, image_size=8))\n"
        "warnings(ViewConfig(), 32)\n"
        "print(sorted({'keras', 'tensorflow', 'scipy', 'streamlit'} & set(sys.modules)))\n"
    )
    root = PROJECT
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_one_by_one_ends_with_the_view() -> None:
    image = noise(1, 40)[0]
    recipes = draw(dataclasses.replace(ALL_ON, flip_p=1.0, blur_p=1.0, gray_p=1.0), 3)
    steps = one_by_one(image, recipes, 2, 1, 32)
    assert [name for name, _, _ in steps] == ["crop", "flip", "jitter", "grayscale", "blur"]
    pictures = [picture for _, _, picture in steps]
    whole = render_views(np.stack([image] * 3), recipes, 32)[2, 1]
    np.testing.assert_allclose(pictures[-1], whole, atol=1e-6)
    np.testing.assert_allclose(pictures[1], pictures[0][:, ::-1], atol=1e-5)
    oracle = pillow_view(image, dataclasses.replace(recipes, flip=~recipes.flip), 2, 1, 32) / 255
    np.testing.assert_allclose(pictures[0], oracle, atol=1e-5)
    for before, after in itertools.pairwise(pictures):
        assert np.abs(before - after).max() > 0.01
    assert all(words for _, words, _ in steps)


def test_one_by_one_says_what_was_not_done() -> None:
    steps = one_by_one(noise(1, 16)[0], identity_recipes(1), 0, 0)
    assert [words for _, words, _ in steps] == [
        "the whole picture",
        "not flipped",
        "colours as they are",
        "not gray",
        "not blurred",
    ]


@pytest.mark.parametrize("shape", [(2, 8, 8), (2, 8, 8, 1), (3, 8, 8, 3)])
def test_wrong_pictures_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected images of shape"):
        render_views(np.zeros(shape, np.uint8), identity_recipes(2))


def test_unknown_backend_is_refused() -> None:
    with pytest.raises(ValueError, match="expected numpy or keras"):
        render_views(noise(1, 8), identity_recipes(1), backend="cupy")
