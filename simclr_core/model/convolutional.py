"""Encoders of this app: small convolutions for processors, and ResNets with SimCLR's CIFAR stem.

Beside each builder is the count of what it builds, from which memory is estimated.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .encoder_spec import BATCH_NORM, EncoderSpec


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
    """Apply a convolution, the maxima of 2x2 places if wanted, BatchNorm and ReLU."""
    from keras import layers  # late: pages read the specs without Keras

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


def tiny(x: Any, width: int, dtype: Any) -> Any:
    """Build convolutions that processors run fast, for pictures of few pixels. h has 8 * width.

    A strided stem, then convolutions at full width of the map whose maxima are kept: at equal
    seconds this learned more than strides alone (docs/encoders.md). Maxima come before BatchNorm
    and ReLU, which then work on a quarter of the places. Pictures under 24 pixels have no places
    to spare for a strided stem, and fewer stages: there strides alone learned as much.
    """
    from keras import layers

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


def resnet(x: Any, width: int, dtype: Any, blocks: tuple[int, ...], block: Any) -> Any:
    """Build a ResNet (He et al. 2016) with SimCLR's CIFAR stem: 3x3 convolution, no pooling (B.9).

    Args:
        blocks: of each stage; every stage but the first begins by halving the map.
        block: `basic` (ResNet-18) or `bottleneck` (ResNet-50).
    """
    from keras import layers

    x = _conv(x, width, 3, 1, dtype)  # (N, S, S, w)
    for stage, count in enumerate(blocks):
        for i in range(count):
            x = block(x, width * 2**stage, 2 if stage and not i else 1, dtype)
    return layers.GlobalAveragePooling2D(dtype=dtype)(x)  # (N, 8 * w), bottlenecks (N, 32 * w)


def basic(x: Any, filters: int, stride: int, dtype: Any) -> Any:
    """Build two 3x3 convolutions beside the identity."""
    beside = _shortcut(x, filters, stride, dtype)
    y = _conv(x, filters, 3, stride, dtype)
    y = _conv(y, filters, 3, 1, dtype, relu=False)
    return _sum(beside, y, dtype)


def bottleneck(x: Any, filters: int, stride: int, dtype: Any) -> Any:
    """Build convolutions of 1x1, 3x3 and 1x1 beside the identity; the last one has 4 * filters.

    The 3x3 one has the stride, as in most implementations since the paper.
    """
    beside = _shortcut(x, 4 * filters, stride, dtype)
    y = _conv(x, filters, 1, 1, dtype)
    y = _conv(y, filters, 3, stride, dtype)
    y = _conv(y, 4 * filters, 1, 1, dtype, relu=False)
    return _sum(beside, y, dtype)


def _shortcut(x: Any, filters: int, stride: int, dtype: Any) -> Any:
    """Return the identity, or a 1x1 projection where the block changes the shape."""
    if stride == 1 and x.shape[-1] == filters:
        return x
    return _conv(x, filters, 1, stride, dtype, relu=False)


def _sum(beside: Any, y: Any, dtype: Any) -> Any:
    from keras import layers

    return layers.Activation("relu", dtype=dtype)(layers.Add(dtype=dtype)([beside, y]))


def tiny_cost(width: int, size: int) -> tuple[float, float]:
    """Count values and weights of `tiny`: convolution, maxima, BatchNorm, ReLU, by stage."""
    values, weights, channels, side = 3.0 * size**2, 0.0, 3, size
    if size < 24:
        plan = [(width * 2**i, 2 if i else 1, False) for i in range(4)]
    else:
        plan, left, filters = [(width, 2, False)], -(-size // 2), width
        while left > 5:
            filters = min(2 * filters, 4 * width)
            plan, left = [*plan, (filters, 1, True)], left // 2
        plan = [*plan, (8 * width, 1, False)]
    for filters, stride, pool in plan:
        side = -(-side // stride)
        weights += 9 * channels * filters
        values += filters * side**2
        if pool:
            side //= 2
            values += filters * side**2
        values += 2 * filters * side**2
        channels = filters
    return values, weights


def resnet_cost(
    width: int, size: int, blocks: tuple[int, ...], narrow: bool
) -> tuple[float, float]:
    """Count values and weights of `resnet`, of basic blocks or of narrow ones (bottlenecks)."""
    values, weights = 3.0 * size**2 + 3 * width * size**2, 27.0 * width
    side, channels = size, width
    for stage, count in enumerate(blocks):
        filters = width * 2**stage
        out = 4 * filters if narrow else filters
        for block in range(count):
            stride = 2 if stage and not block else 1
            before, side = side, -(-side // stride)
            if narrow:
                values += 3 * filters * before**2 + (3 * filters + 4 * out) * side**2
                weights += channels * filters + 9 * filters**2 + filters * out
            else:
                values += 7 * out * side**2
                weights += 9 * channels * out + 9 * out**2
            if stride != 1 or channels != out:
                values += 2 * out * side**2
                weights += channels * out
            channels = out
    return values, weights


_RESNET18, _RESNET50 = (2, 2, 2, 2), (3, 4, 6, 3)  # blocks by stage
SPECS = (
    EncoderSpec("tiny", tiny, tiny_cost, lambda width: 8 * width),
    EncoderSpec(
        "resnet18",
        partial(resnet, blocks=_RESNET18, block=basic),
        partial(resnet_cost, blocks=_RESNET18, narrow=False),
        lambda width: 8 * width,
    ),
    EncoderSpec(
        "resnet50-cifar",
        partial(resnet, blocks=_RESNET50, block=bottleneck),
        partial(resnet_cost, blocks=_RESNET50, narrow=True),
        lambda width: 32 * width,
    ),
)
