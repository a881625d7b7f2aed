"""Encoders and heads: shapes and sizes counted by hand, ranges, refusals, and that they learn."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from simclr_core.base.errors import ConfigError
from simclr_core.model.applications import SPECS
from simclr_core.model.encoder_spec import SCALES, scaled
from simclr_core.model.encoders import ENCODERS, build_encoder, check_encoder
from simclr_core.model.projection_head import build_projection_head
from simclr_core.model.simclr import Feed, build_model, compile_model
from simclr_core.settings.config import ModelConfig, TrainConfig, ViewConfig

# Function of keras.applications by the name of the encoder.
APPLICATIONS = {spec.name: spec.build.keywords["function"] for spec in SPECS}
# Length of h of every ready-made family, from the papers' last stage before the classifier.
LENGTHS = {
    "resnet50": 2048,
    "resnet101": 2048,
    "resnet50v2": 2048,
    "vgg16": 512,
    "vgg19": 512,
    "densenet121": 1024,
    "mobilenet": 1024,
    "mobilenetv2": 1280,
    "mobilenetv3small": 576,
    "efficientnetb0": 1280,
    "efficientnetv2b0": 1280,
    "xception": 2048,
    "inceptionv3": 2048,
}
FAST = ("vgg16", "densenet121", "mobilenet", "mobilenetv2", "mobilenetv3small")
BUILT = ("tiny", "resnet18", *FAST)


def noise(count: int, size: int, seed: int = 0) -> np.ndarray:
    """Pictures that differ in colour and in texture, uint8."""
    rng = np.random.default_rng(seed)
    fine = rng.integers(0, 100, (count, size, size, 3))
    return (fine + rng.integers(0, 150, (count, 1, 1, 3))).astype(np.uint8)


@pytest.fixture(
    scope="module",  # pytest runs both tests of one network before it builds the next
    params=[pytest.param(n, marks=() if n in BUILT else pytest.mark.slow) for n in ENCODERS],
)
def named(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    """Every encoder by its name, at the least size it takes (the small ones: 16 pixels)."""
    name = request.param
    keras.utils.set_random_seed(0)
    size = max(ENCODERS[name].least_size, 16)
    yield name, build_encoder(ModelConfig(encoder=name, width=8), size)
    gc.collect()  # VGG and ResNet fill the memory of small machines


def layers_of(net: Any, kind: type) -> list[Any]:
    """All layers of a kind, also of networks inside."""
    found = []
    for layer in net.layers:
        found += layers_of(layer, kind) if isinstance(layer, keras.Model) else []
        found += [layer] if isinstance(layer, kind) else []
    return found


def parameters(variables: list[Any]) -> int:
    return sum(int(np.prod(v.shape)) for v in variables)


def spread(h: np.ndarray) -> float:
    """How much outputs differ between images, beside their common part."""
    return float(np.linalg.norm(h - h.mean(axis=0)) / np.linalg.norm(h))


def test_the_table_holds_every_encoder() -> None:
    assert set(LENGTHS) == set(APPLICATIONS)
    assert ["tiny", "resnet18", "resnet50-cifar", *APPLICATIONS] == list(ENCODERS)
    assert all(hasattr(keras.applications, function) for function in APPLICATIONS.values())
    assert {spec.scale for spec in SPECS} == set(SCALES) == {"caffe", "torch", "signed", "pixels"}


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        (24, (12, 12, 6, 3)),
        (28, (14, 14, 7, 3)),
        (32, (16, 16, 8, 4)),
        (64, (32, 32, 16, 8, 4)),
        (224, (112, 112, 56, 28, 14, 7, 3)),
    ],
)
def test_tiny_pools_the_picture_down_to_a_few_places(size: int, sides: tuple[int, ...]) -> None:
    net = build_encoder(ModelConfig(encoder="tiny", width=6), size)
    channels = [6, *[12, 24, 24, 24, 24, 24][: len(sides) - 2], 48]
    shapes = [layer.output.shape[1:] for layer in layers_of(net, keras.layers.Conv2D)]
    assert shapes == [(side, side, n) for side, n in zip(sides, channels, strict=True)]
    pools = layers_of(net, keras.layers.MaxPooling2D)
    assert len(pools) == len(sides) - 2
    assert net.output_shape == (None, 48)


@pytest.mark.parametrize(("size", "sides"), [(8, (8, 4, 2, 1)), (16, (16, 8, 4, 2))])
def test_tiny_halves_small_pictures_by_strides(size: int, sides: tuple[int, ...]) -> None:
    net = build_encoder(ModelConfig(encoder="tiny", width=6), size)
    shapes = [layer.output.shape[1:] for layer in layers_of(net, keras.layers.Conv2D)]
    assert shapes == [(side, side, 6 * 2**i) for i, side in enumerate(sides)]
    assert not layers_of(net, keras.layers.MaxPooling2D)
    assert net.output_shape == (None, 48)


def test_tiny_has_the_kernels_counted_by_hand() -> None:
    """At 32 pixels 9 (3w + 2w^2 + 8w^2 + 32w^2), without biases."""
    for width in (8, 16):
        net = build_encoder(ModelConfig(encoder="tiny", width=width), 32)
        convs = layers_of(net, keras.layers.Conv2D)
        found = sum(parameters(conv.trainable_variables) for conv in convs)
        assert found == 9 * (3 * width + 42 * width**2)


def test_resnet18_has_the_parameters_of_the_papers_with_a_cifar_stem() -> None:
    """He et al.'s ResNet-18 has 11,689,512 parameters.

    Without the classifier (512 * 1000 + 1000) and with a 3x3 stem instead of 7x7
    (3 * 64 * 49 = 9,408 becomes 3 * 64 * 9 = 1,728):
    11,689,512 - 513,000 - 9,408 + 1,728 = 11,168,832.
    BatchNorm's moving means and variances: 2 * (64 + 4 * 64 + 5 * (128 + 256 + 512)) = 9,600.
    """
    net = build_encoder(ModelConfig(encoder="resnet18", width=64), 32)
    assert parameters(net.trainable_variables) == 11_168_832
    assert parameters(net.non_trainable_variables) == 9_600
    assert net.output_shape == (None, 512)


def test_resnet50_has_the_parameters_of_the_papers_with_a_cifar_stem() -> None:
    """As above: 25,557,032 - (2048 * 1000 + 1000) - 9,408 + 1,728 = 23,500,352."""
    net = build_encoder(ModelConfig(encoder="resnet50-cifar", width=64), 32)
    assert parameters(net.trainable_variables) == 23_500_352
    assert net.output_shape == (None, 2048)
    convs = layers_of(net, keras.layers.Conv2D)
    assert len(convs) == 1 + 3 * (3 + 4 + 6 + 3) + 4  # stem, bottlenecks, a projection a stage
    assert convs[0].output.shape == (None, 32, 32, 64)
    sides = [layer.output.shape[1] for layer in layers_of(net, keras.layers.Add)]
    assert sides == [32] * 3 + [16] * 4 + [8] * 6 + [4] * 3


def test_resnet18_keeps_the_size_in_its_stem_and_halves_it_three_times() -> None:
    net = build_encoder(ModelConfig(encoder="resnet18", width=8), 32)
    convs = layers_of(net, keras.layers.Conv2D)
    assert len(convs) == 1 + 4 * 2 * 2 + 3  # stem, two a block, a projection at each halving
    assert convs[0].output.shape == (None, 32, 32, 8) and convs[0].kernel_size == (3, 3)
    assert not layers_of(net, keras.layers.MaxPooling2D)
    blocks = [layer.output.shape[1:] for layer in layers_of(net, keras.layers.Add)]
    stages = [(32, 32, 8), (16, 16, 16), (8, 8, 32), (4, 4, 64)]
    assert blocks == [stage for stage in stages for _ in range(2)]


def test_representations_differ_between_pictures(named: tuple[str, Any]) -> None:
    """Also before any training and with BatchNorm at rest: nothing dies on the way."""
    name, net = named
    images = noise(6, net.input_shape[1]) / np.float32(255)
    h = np.asarray(net(images, training=False))
    length = LENGTHS.get(name, 256 if name == "resnet50-cifar" else 64)
    assert h.shape == (6, length) and h.dtype == np.float32
    assert np.isfinite(h).all()
    assert spread(h) > 1e-3
    alone = np.asarray(net(images[:1], training=False))
    np.testing.assert_allclose(alone, h[:1], rtol=1e-3, atol=1e-6)
    assert spread(np.asarray(net(images, training=True))) > 0.02


def test_batch_norm_suits_short_runs(named: tuple[str, Any]) -> None:
    name, net = named
    layers = layers_of(net, keras.layers.BatchNormalization)
    assert bool(layers) != name.startswith("vgg")  # VGG (2014) has none
    assert {(layer.momentum, layer.epsilon) for layer in layers} <= {(0.9, 1e-5)}


def test_batch_norm_inside_a_ready_made_network_obeys() -> None:
    """After one training call its moving mean is .1 of the batch's, not .01."""
    keras.utils.set_random_seed(0)
    net = build_encoder(ModelConfig(encoder="mobilenetv2"), 32)
    norm = layers_of(net, keras.layers.BatchNormalization)[0]
    images = noise(8, 32) / np.float32(255)
    inner = next(layer for layer in net.layers if isinstance(layer, keras.Model))
    before = keras.Model(inner.inputs[0], layers_of(inner, keras.layers.Conv2D)[0].output)
    first = np.asarray(before(2 * images - 1)).mean(axis=(0, 1, 2))  # "signed": [-1, 1]
    net(images, training=True)
    np.testing.assert_allclose(np.asarray(norm.moving_mean), 0.1 * first, rtol=1e-3, atol=1e-6)


MODULES = {
    "resnet50v2": "resnet_v2",
    "mobilenet": "mobilenet",
    "mobilenetv2": "mobilenet_v2",
    "mobilenetv3small": "mobilenet_v3",
    "efficientnetb0": "efficientnet",
    "efficientnetv2b0": "efficientnet_v2",
    "xception": "xception",
    "inceptionv3": "inception_v3",
}


@pytest.mark.parametrize("name", MODULES)
def test_pixels_arrive_as_the_family_expects(name: str) -> None:
    """Against Keras' own `preprocess_input`, which takes 0..255."""
    images = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 3)).astype(np.float32)
    preprocess = getattr(keras.applications, MODULES[name]).preprocess_input
    expected = preprocess(255 * images)
    found = np.asarray(scaled(images, ENCODERS[name].scale, "float32"))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", [n for n in APPLICATIONS if n not in MODULES])
def test_families_of_centred_pixels_get_centred_pixels(name: str) -> None:
    """ImageNet's mean and deviation are not ours: about 0 and about 1 is what matters."""
    steps = np.linspace(0, 1, 101, dtype=np.float32)
    pixels = np.asarray(scaled(steps, ENCODERS[name].scale, "float32"))
    assert abs(pixels.mean()) < 1e-5 and 0.5 < pixels.std() < 2


# One step of these takes seconds to compile; the others wait for `make test-slow`.
TRAINED = [
    pytest.param(name, marks=() if name in ("tiny", "resnet18", "mobilenet") else pytest.mark.slow)
    for name in ENCODERS
    if name not in ("resnet101", "vgg19")  # resnet50 and vgg16 with more of the same blocks
]


@pytest.mark.parametrize("name", TRAINED)
def test_twenty_steps_lower_the_loss(name: str) -> None:
    """On one batch whose views stay the same, so that the loss has no noise.

    Without BatchNorm (VGG) a rate of .001 ends where all projections are alike.
    """
    size = max(ENCODERS[name].least_size, 16)
    training = TrainConfig(
        batch_size=8,
        precision="float32",
        optimizer="muon" if name == "tiny" else "adamw",  # as presets take them
        learning_rate=1e-4 if name.startswith("vgg") else 1e-3,
        warmup_steps=5,
        temperature=0.5,
    )
    model = build_model(ModelConfig(encoder=name, width=8, head_dim=16), training, size)
    compile_model(model, training, jit=False)
    batch = Feed(noise(8, size, seed=1), ViewConfig(), 8, 0)[0][0]
    losses = [model.train_on_batch(batch, return_dict=True)["loss"] for _ in range(20)]
    assert np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < losses[0] - 0.3
    gc.collect()


def sentence_of(error: pytest.ExceptionInfo[ConfigError]) -> str:
    """The text of an error, which is one sentence for a person."""
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and ". " not in text
    assert "expect" in text and "found" in text and ";" in text
    return text


@pytest.mark.parametrize("name", ["resnet1", "tinny", "", "../weights.keras"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        build_encoder(ModelConfig(encoder=name), 32)
    text = sentence_of(error)
    assert repr(name) in text and "tiny" in text and "resnet50" in text


@pytest.mark.parametrize(
    ("name", "least"), [("tiny", 8), ("resnet18", 8), ("vgg16", 32), ("xception", 71)]
)
def test_images_too_small_are_refused(name: str, least: int) -> None:
    with pytest.raises(ConfigError) as error:
        build_encoder(ModelConfig(encoder=name), least - 1)
    text = sentence_of(error)
    assert name in text and f"at least {least}" in text and f"found {least - 1}" in text
    check_encoder(ModelConfig(encoder=name), least)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_keras_wants_no_larger_images_than_the_table_says(name: str) -> None:
    """Keras refuses a size under its own least before it builds a layer."""
    least = ENCODERS[name].least_size
    build = getattr(keras.applications, APPLICATIONS[name])
    with pytest.raises(ValueError, match="at least"):
        build(include_top=False, weights=None, input_shape=(least - 1, least - 1, 3))


def test_letter_case_does_not_matter() -> None:
    assert build_encoder(ModelConfig(encoder="Tiny", width=4), 16).output_shape == (None, 32)


@pytest.mark.parametrize("name", ["tiny", "mobilenet"])
def test_half_precision_stays_inside(name: str) -> None:
    before = keras.config.dtype_policy().name
    net = build_encoder(ModelConfig(encoder=name, width=4), 32, "mixed_bfloat16")
    conv = layers_of(net, keras.layers.Conv2D)[0]
    assert (conv.compute_dtype, conv.variable_dtype) == ("bfloat16", "float32")
    h = net(noise(2, 32) / np.float32(255), training=False)
    assert np.asarray(h).dtype == np.float32
    assert keras.config.dtype_policy().name == before


def test_the_dtype_policy_is_put_back_when_building_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**options: Any) -> None:
        raise RuntimeError("no memory")

    before = keras.config.dtype_policy().name
    monkeypatch.setattr(keras.applications, "MobileNet", fail)
    with pytest.raises(RuntimeError, match="no memory"):
        build_encoder(ModelConfig(encoder="mobilenet"), 32, "mixed_bfloat16")
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize(
    ("depth", "length", "count"),
    [
        (0, 10, 0),
        (1, 5, 10 * 5 + 5),  # with a bias: nothing follows
        (2, 5, 10 * 7 + 2 * 7 + 7 * 5 + 5),  # BatchNorm's shift stands for the hidden bias
        (3, 5, 10 * 7 + 2 * 7 + 7 * 7 + 2 * 7 + 7 * 5 + 5),
    ],
)
def test_depth_and_width_of_the_head(depth: int, length: int, count: int) -> None:
    config = ModelConfig(head_layers=depth, head_width=7, head_dim=5)
    head = build_projection_head(config, 10)
    assert head.input_shape == (None, 10) and head.output_shape == (None, length)
    assert parameters(head.trainable_variables) == count
    norms = layers_of(head, keras.layers.BatchNormalization)
    assert len(norms) == max(depth - 1, 0)
    assert all((norm.momentum, norm.epsilon) == (0.9, 1e-5) for norm in norms)


def test_no_head_is_the_identity() -> None:
    h = np.random.default_rng(0).normal(size=(4, 10)).astype(np.float32)
    head = build_projection_head(ModelConfig(head_layers=0), 10)
    np.testing.assert_array_equal(np.asarray(head(h)), h)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_head_is_dense_batch_norm_relu(depth: int) -> None:
    """Against NumPy: linear, then for each further layer normalise, cut at 0, linear."""
    head = build_projection_head(ModelConfig(head_layers=depth, head_width=7, head_dim=5), 10)
    rng = np.random.default_rng(depth)
    head.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in head.get_weights()])
    x = h = rng.normal(size=(6, 10))
    weights = iter(head.get_weights())
    for _ in range(depth - 1):
        kernel, gamma, beta, mean, variance = (next(weights) for _ in range(5))
        x = gamma * (x @ kernel - mean) / np.sqrt(variance + 1e-5) + beta
        assert (x < 0).any()
        x = np.maximum(x, 0)
    kernel, bias = weights
    found = np.asarray(head(h.astype(np.float32), training=False))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, x @ kernel + bias, rtol=1e-4, atol=1e-4)


def test_a_head_in_half_precision_gives_float32() -> None:
    head = build_projection_head(ModelConfig(), 10, "mixed_bfloat16")
    assert np.asarray(head(np.ones((2, 10), np.float32))).dtype == np.float32
