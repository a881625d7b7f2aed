"""Base encoders f (image -> representation h) and projection heads g (h -> projection z).

SimCLR's section 2.1: any network may be the encoder; the loss sees z, and h is kept. Every model
takes images (N, S, S, 3) float32 in [0, 1] and gives vectors (N, D) float32.
"""

from __future__ import annotations

from typing import Any

from ..base.errors import ConfigError
from ..settings.config import ModelConfig

# Keras' BatchNorm defaults (momentum .99, epsilon 1e-3) lag behind in short runs.
BATCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}

# keras.applications by family: the function's name, least image size, and whether the network
# expects pixels in 0..255 (it rescales them inside) or the range of `preprocess_input`.
APPLICATIONS: dict[str, tuple[str, int, str]] = {
    "resnet50": ("ResNet50", 32, "caffe"),
    "resnet101": ("ResNet101", 32, "caffe"),
    "resnet50v2": ("ResNet50V2", 32, "signed"),
    "vgg16": ("VGG16", 32, "caffe"),
    "vgg19": ("VGG19", 32, "caffe"),
    "densenet121": ("DenseNet121", 32, "torch"),
    "mobilenet": ("MobileNet", 32, "signed"),
    "mobilenetv2": ("MobileNetV2", 32, "signed"),
    "mobilenetv3small": ("MobileNetV3Small", 32, "pixels"),
    "efficientnetb0": ("EfficientNetB0", 32, "pixels"),
    "efficientnetv2b0": ("EfficientNetV2B0", 32, "pixels"),
    "xception": ("Xception", 71, "signed"),
    "inceptionv3": ("InceptionV3", 75, "signed"),
}
ENCODERS = ("tiny", "resnet18", "resnet50-cifar", *APPLICATIONS)


def check_encoder(config: ModelConfig, image_size: int) -> None:
    """Refuse an encoder that is not known or wants larger images.

    Raises:
        ConfigError: with what to choose instead.
    """
    name = config.encoder.lower()
    if name not in ENCODERS:
        raise ConfigError(
            f"encoder: expected one of {', '.join(ENCODERS)}, found {config.encoder!r}; "
            "choose one of these."
        )
    least = APPLICATIONS[name][1] if name in APPLICATIONS else 8
    if image_size < least:
        raise ConfigError(
            f"encoder: {name} expects images of at least {least} pixels, found {image_size}; "
            f"set image_size to {least} or more, or choose tiny."
        )


def build_encoder(config: ModelConfig, image_size: int, dtype: Any = "float32") -> Any:
    """The base encoder f.

    Args:
        config: `encoder` and `width`.
        image_size: S, pixels a side.
        dtype: a Keras dtype policy, such as "float32" or "mixed_bfloat16".

    Returns:
        keras.Model: (N, S, S, 3) in [0, 1] -> h (N, D) float32.

    Raises:
        ConfigError: the encoder is not known or wants larger images.
    """
    check_encoder(config, image_size)
    import keras

    name = config.encoder.lower()
    inputs = keras.Input((image_size, image_size, 3), name="image")
    if name == "tiny":
        x = _tiny(inputs, config.width, dtype)
    elif name == "resnet18":
        x = _resnet(inputs, config.width, (2, 2, 2, 2), _basic, dtype)
    elif name == "resnet50-cifar":
        x = _resnet(inputs, config.width, (3, 4, 6, 3), _bottleneck, dtype)
    else:
        x = _application(inputs, name, dtype)
    h = keras.layers.Activation("linear", dtype="float32", name="representation")(x)  # (N, D)
    return keras.Model(inputs, h, name="encoder")


def build_projection_head(config: ModelConfig, features: int, dtype: Any = "float32") -> Any:
    """The projection head g: `head_layers` dense layers, BatchNorm and ReLU between them.

    Args:
        config: `head_layers` (0 = identity, 1 = linear, 2 = the paper's), `head_width`,
            `head_dim`.
        features: D, length of h.
        dtype: a Keras dtype policy.

    Returns:
        keras.Model: h (N, D) -> z (N, d) float32.
    """
    import keras

    x = inputs = keras.Input((features,), name="h")
    for i in range(config.head_layers):
        last = i == config.head_layers - 1
        units = config.head_dim if last else config.head_width
        x = keras.layers.Dense(units, use_bias=last, dtype=dtype, name=f"dense_{i + 1}")(x)
        if not last:
            x = keras.layers.BatchNormalization(**BATCH_NORM, dtype=dtype)(x)
            x = keras.layers.Activation("relu", dtype=dtype)(x)
    z = keras.layers.Activation("linear", dtype="float32", name="projection")(x)  # (N, d)
    return keras.Model(inputs, z, name="projection_head")


def _conv(
    x: Any,
    filters: int,
    size: int,
    stride: int,
    dtype: Any,
    *,
    relu: bool = True,
    pool: bool = False,
) -> Any:
    """Convolution, the maxima of 2x2 places if asked for, BatchNorm and ReLU."""
    from keras import layers

    x = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        dtype=dtype,
    )(x)
    x = layers.MaxPooling2D(2, dtype=dtype)(x) if pool else x
    x = layers.BatchNormalization(**BATCH_NORM, dtype=dtype)(x)
    return layers.Activation("relu", dtype=dtype)(x) if relu else x


def _tiny(x: Any, width: int, dtype: Any) -> Any:
    """Convolutions that processors run fast, for pictures of few pixels. h has 8 * width.

    A strided stem, then convolutions at full width of the map whose maxima are kept: at equal
    seconds this learned more than strides alone (docs/encoders.md). Maxima come before BatchNorm
    and ReLU, which then work on a quarter of the places. Pictures under 24 pixels have no places
    to spare for a strided stem and fewer steps to go: there strides alone learned as much.
    """
    from keras import layers

    x = layers.Rescaling(2.0, offset=-1.0, dtype=dtype)(x)  # (N, S, S, 3) in [-1, 1]
    if x.shape[1] < 24:
        for i in range(4):
            x = _conv(x, width * 2**i, 3, 2 if i else 1, dtype)  # (N, S/2^i, S/2^i, 2^i w)
        return layers.GlobalAveragePooling2D(dtype=dtype)(x)  # (N, 8 * width)
    x = _conv(x, width, 3, 2, dtype)  # (N, S/2, S/2, w)
    filters = width
    while x.shape[1] > 5:
        filters = min(2 * filters, 4 * width)
        x = _conv(x, filters, 3, 1, dtype, pool=True)  # (N, s/2, s/2, 2w), then 4w, 4w, ...
    x = _conv(x, 8 * width, 3, 1, dtype)  # (N, s, s, 8w), s of 3 to 5
    return layers.GlobalAveragePooling2D(dtype=dtype)(x)  # (N, 8 * width)


def _resnet(x: Any, width: int, blocks: tuple[int, ...], block: Any, dtype: Any) -> Any:
    """A ResNet (He et al. 2016) with SimCLR's CIFAR stem: 3x3 convolution, no pooling (B.9).

    Args:
        blocks: of each stage; every stage but the first begins by halving the map.
        block: `_basic` (ResNet-18) or `_bottleneck` (ResNet-50).
    """
    from keras import layers

    x = layers.Rescaling(2.0, offset=-1.0, dtype=dtype)(x)
    x = _conv(x, width, 3, 1, dtype)  # (N, S, S, w)
    for stage, count in enumerate(blocks):
        for i in range(count):
            x = block(x, width * 2**stage, 2 if stage and not i else 1, dtype)
    return layers.GlobalAveragePooling2D(dtype=dtype)(x)  # (N, 8 * w), bottlenecks (N, 32 * w)


def _basic(x: Any, filters: int, stride: int, dtype: Any) -> Any:
    """Two 3x3 convolutions beside the identity."""
    beside = _shortcut(x, filters, stride, dtype)
    y = _conv(x, filters, 3, stride, dtype)
    y = _conv(y, filters, 3, 1, dtype, relu=False)
    return _sum(beside, y, dtype)


def _bottleneck(x: Any, filters: int, stride: int, dtype: Any) -> Any:
    """Convolutions of 1x1, 3x3 and 1x1, the last to four times the channels, beside the identity.

    The 3x3 one has the stride, as in most implementations since the paper.
    """
    beside = _shortcut(x, 4 * filters, stride, dtype)
    y = _conv(x, filters, 1, 1, dtype)
    y = _conv(y, filters, 3, stride, dtype)
    y = _conv(y, 4 * filters, 1, 1, dtype, relu=False)
    return _sum(beside, y, dtype)


def _shortcut(x: Any, filters: int, stride: int, dtype: Any) -> Any:
    """The identity, or a 1x1 projection where the block changes the shape."""
    if stride == 1 and x.shape[-1] == filters:
        return x
    return _conv(x, filters, 1, stride, dtype, relu=False)


def _sum(beside: Any, y: Any, dtype: Any) -> Any:
    from keras import layers

    return layers.Activation("relu", dtype=dtype)(layers.Add(dtype=dtype)([beside, y]))


def _application(inputs: Any, name: str, dtype: Any) -> Any:
    """A keras.applications network without its top, never with downloaded weights.

    These builders take the global dtype policy, which is put back afterwards.
    """
    import keras

    function, _, scale = APPLICATIONS[name]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        build = getattr(keras.applications, function)
        shape = tuple(inputs.shape[1:])
        net = build(include_top=False, weights=None, input_shape=shape, pooling="avg")
        _set_batch_norm(net)
        return net(_scaled(inputs, scale))
    finally:
        keras.config.set_dtype_policy(before)


def _scaled(x: Any, scale: str) -> Any:
    """Images in [0, 1] brought to the range that a family of networks was designed for."""
    from keras import layers

    if scale == "pixels":  # rescaled inside the network
        return layers.Rescaling(255.0, dtype="float32")(x)
    if scale == "signed":
        return layers.Rescaling(2.0, offset=-1.0, dtype="float32")(x)
    # caffe and torch styles subtract ImageNet's mean; centred and of unit scale is what matters
    # for networks that start from random weights.
    return layers.Rescaling(4.0, offset=-2.0, dtype="float32")(x)


def _set_batch_norm(net: Any) -> None:
    """Give every BatchNorm inside a ready-made network the momentum that short runs need."""
    import keras

    for layer in net.layers:
        if isinstance(layer, keras.Model):
            _set_batch_norm(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum, layer.epsilon = BATCH_NORM["momentum"], BATCH_NORM["epsilon"]
