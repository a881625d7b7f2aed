"""How much memory training takes, before anything is built; and the batch that would fit.

    what is kept of every view for the gradient + weights, gradient and moments + the framework

Keras is not needed: the pages ask as well. What layers give is counted from the networks' plans
(see `EncoderSpec.cost`); a test compares it with the networks themselves. The factor in front was
measured: see `KEPT`.
"""

from __future__ import annotations

from ..base.errors import MemoryShort
from ..settings.config import RunConfig, replace
from .encoder_spec import EncoderSpec
from .encoders import ENCODERS

FRAMEWORK = 750e6  # bytes of a worker before it has a network, measured with TensorFlow
KEPT = 1.6  # bytes used at the peak over bytes that all layers give; measured 0.8 to 2
LEAST_KEPT = 0.8  # the smallest that was measured: below it nothing trained
STATES = 5  # copies of the weights: themselves, gradient, two moments, one in passing
WIDTH = 4  # bytes a value

# A guess for a name that is not known, which is refused later.
_UNKNOWN = EncoderSpec(
    "", lambda x, width, dtype: x, lambda width, size: (1000 * size**2, 40e6), lambda width: 2048
)


def needed(config: RunConfig, size: int, kept: float = KEPT) -> float:
    """Return the bytes that training takes at its peak, the pictures themselves left out.

    Args:
        config: encoder, head and batch size count.
        size: S, pixels per side of the views.
        kept: bytes used over bytes that all layers give.
    """
    model, views = config.model, 2 * config.training.batch_size
    spec = ENCODERS.get(model.encoder.lower(), _UNKNOWN)
    (values, weights), length = spec.cost(model.width, size), spec.features(model.width)
    for i in range(model.head_layers):
        units = model.head_dim if i == model.head_layers - 1 else model.head_width
        values, weights, length = values + 3 * units, weights + length * units, units
    pictures = 4 * 3 * size**2  # a view in float32 and what rendering it takes
    each = kept * values + pictures
    return FRAMEWORK + WIDTH * (views * each + STATES * weights + 4 * views**2)


def check(config: RunConfig, size: int, room: float) -> None:
    """Refuse a run that cannot fit, before the system ends it or others.

    Args:
        room: bytes for the whole process.

    Raises:
        MemoryShort: even the least estimate is more than that.
    """
    least = needed(config, size, LEAST_KEPT)
    if least > room:
        raise MemoryShort(
            f"Expected at least {least / 1e9:.1f} GB of memory for batches of "
            f"{config.training.batch_size} pictures of {size} pixels, found {room / 1e9:.1f} GB; "
            f"{advice(config, size, room)}."
        )


def exhausted(config: RunConfig, size: int, room: float) -> str:
    """Return what to do now that memory ran out although `check` let the run begin.

    Args:
        room: bytes for the whole process, as far as known.
    """
    batch = config.training.batch_size
    half = replace(config, training=replace(config.training, batch_size=max(batch // 2, 2)))
    smaller = fitting_batch(half, size, room) if batch > 2 else 0
    hint = f"start again with a batch size of {smaller}" if smaller else "choose smaller pictures"
    return (
        f"Expected enough memory for batches of {batch} pictures of {size} pixels, found too "
        f"little; {hint}, or choose a smaller encoder."
    )


def fitting_batch(config: RunConfig, size: int, available: float) -> int:
    """Return the largest power of two that fits as a batch size, 0 if none does.

    Args:
        available: bytes for the whole process.
    """
    batch = 1 << (config.training.batch_size.bit_length() - 1)
    while batch >= 2:
        training = replace(config.training, batch_size=batch)
        if needed(replace(config, training=training), size) <= available:
            return batch
        batch //= 2
    return 0


def advice(config: RunConfig, size: int, available: float) -> str:
    """Return what to do if there is too little memory, as the end of a sentence."""
    batch = fitting_batch(config, size, available)
    if 2 <= batch < config.training.batch_size:
        return f"a batch size of {batch} would fit"
    if batch:
        return "close other programs, or halve the batch size"
    return "choose smaller pictures or a smaller encoder"
