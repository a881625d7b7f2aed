"""Ready-made encoders: the networks of keras.applications, without their top, untrained."""

from __future__ import annotations

from functools import partial
from typing import Any

from .encoder_spec import BATCH_NORM, EncoderSpec

LONGEST = 2048  # h of these networks has 512 to 2,048 numbers


def application(x: Any, width: int, dtype: Any, function: str) -> Any:
    """Build a network of keras.applications, never with downloaded weights.

    These builders take the global dtype policy, which is put back afterwards.

    Args:
        x: (N, S, S, 3), scaled.
        width: not used: these networks have one.
        dtype: a Keras dtype policy.
        function: a name in keras.applications.
    """
    import keras  # late: pages read the specs without Keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        build = getattr(keras.applications, function)
        shape = tuple(x.shape[1:])
        net = build(include_top=False, weights=None, input_shape=shape, pooling="avg")
        _set_batch_norm(net)
        return net(x)
    finally:
        keras.config.set_dtype_policy(before)


def _set_batch_norm(net: Any) -> None:
    """Give every BatchNorm inside a ready-made network the momentum that short runs need."""
    import keras  # late, as above

    for layer in net.layers:
        if isinstance(layer, keras.Model):
            _set_batch_norm(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum, layer.epsilon = BATCH_NORM["momentum"], BATCH_NORM["epsilon"]


def _cost(width: int, size: int, a_pixel: float, weights: float) -> tuple[float, float]:
    """Return values of all layers for one view, and weights; both were counted once."""
    return a_pixel * size**2, weights


def _spec(
    name: str, function: str, a_pixel: float, weights: float, scale: str, least: int = 32
) -> EncoderSpec:
    """Describe a network.

    Args:
        name: of the encoder.
        function: a name in keras.applications.
        a_pixel: values that all layers give per pixel of the picture.
        weights: of the network.
        scale: of its input, a key of `SCALES`.
        least: pixels per side that it takes.
    """
    return EncoderSpec(
        name,
        partial(application, function=function),
        partial(_cost, a_pixel=a_pixel, weights=weights),
        lambda width: LONGEST,
        least,
        scale,
        "float32",
    )


SPECS = (
    _spec("resnet50", "ResNet50", 740, 23.6e6, "caffe"),
    _spec("resnet101", "ResNet101", 1115, 42.7e6, "caffe"),
    _spec("resnet50v2", "ResNet50V2", 630, 23.6e6, "signed"),
    _spec("vgg16", "VGG16", 304, 14.7e6, "caffe"),
    _spec("vgg19", "VGG19", 330, 20.0e6, "caffe"),
    _spec("densenet121", "DenseNet121", 996, 7.0e6, "torch"),
    _spec("mobilenet", "MobileNet", 337, 3.2e6, "signed"),
    _spec("mobilenetv2", "MobileNetV2", 436, 2.3e6, "signed"),
    _spec("mobilenetv3small", "MobileNetV3Small", 108, 0.94e6, "pixels"),
    _spec("efficientnetb0", "EfficientNetB0", 505, 4.0e6, "pixels"),
    _spec("efficientnetv2b0", "EfficientNetV2B0", 324, 5.9e6, "pixels"),
    _spec("xception", "Xception", 689, 20.9e6, "signed", 71),
    _spec("inceptionv3", "InceptionV3", 334, 21.8e6, "signed", 75),
)
