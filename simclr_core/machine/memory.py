"""How much memory training takes, before anything is built; and the batch that would fit.

    what is kept of every view for the gradient + weights, gradient and moments + the framework

Keras is not needed: the pages ask as well. What layers give is counted from the networks' plans;
a test compares it with the networks themselves. The factor in front was measured: see `KEPT`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

from ..base.errors import MemoryShort
from ..settings.config import ModelConfig, RunConfig, replace

FRAMEWORK = 750e6  # bytes of a worker before it has a network, measured with TensorFlow
KEPT = 1.6  # bytes used at the peak over bytes that all layers give; measured 0.8 to 2
LEAST_KEPT = 0.8  # the smallest that was measured: below it nothing trained
STATES = 5  # copies of the weights: themselves, gradient, two moments, one in passing
WIDTH = 4  # bytes a value

# keras.applications: values that all layers give, a pixel of the picture; and weights.
_FAMILIES: dict[str, tuple[float, float]] = {
    "resnet50": (740, 23.6e6),
    "resnet101": (1115, 42.7e6),
    "resnet50v2": (630, 23.6e6),
    "vgg16": (304, 14.7e6),
    "vgg19": (330, 20.0e6),
    "densenet121": (996, 7.0e6),
    "mobilenet": (337, 3.2e6),
    "mobilenetv2": (436, 2.3e6),
    "mobilenetv3small": (108, 0.94e6),
    "efficientnetb0": (505, 4.0e6),
    "efficientnetv2b0": (324, 5.9e6),
    "xception": (689, 20.9e6),
    "inceptionv3": (334, 21.8e6),
}


def needed(config: RunConfig, size: int, kept: float = KEPT) -> float:
    """Bytes that a training process takes at its peak, the pictures themselves left out.

    Args:
        config: encoder, head and batch size count.
        size: S, pixels a side of the views.
        kept: bytes used over bytes that all layers give.
    """
    values, weights = _encoder(config.model, size)
    model, views = config.model, 2 * config.training.batch_size
    length = _length(model)
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
    """What to tell when memory ran out although `check` let the run begin.

    Args:
        room: bytes for the whole process, as far as it is known.
    """
    batch = config.training.batch_size
    half = replace(config, training=replace(config.training, batch_size=max(batch // 2, 2)))
    smaller = fitting_batch(half, size, room) if batch > 2 else 0
    hint = f"start anew with a batch size of {smaller}" if smaller else "choose smaller pictures"
    return (
        f"Expected enough memory for batches of {batch} pictures of {size} pixels, found too "
        f"little; {hint}, or choose a smaller encoder."
    )


def fitting_batch(config: RunConfig, size: int, available: float) -> int:
    """The largest power of two as a batch size that fits, 0 if none does.

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
    """What to do where memory does not suffice, as the end of a sentence."""
    batch = fitting_batch(config, size, available)
    if 2 <= batch < config.training.batch_size:
        return f"a batch size of {batch} would fit"
    if batch:
        return "close other programs, or halve the batch size"
    return "choose smaller pictures or a smaller encoder"


def available() -> float:
    """Bytes that a new process of this machine, or of this container, could take now."""
    free = float(psutil.virtual_memory().available)
    for folder, limit, used, cached in _groups():
        most, taken = _number(folder / limit), _number(folder / used)
        if most is not None and taken is not None:
            free = min(free, max(most - taken + _row(folder / "memory.stat", cached), 0.0))
    return free


SYSTEM = Path("/")  # where the kernel's files are

# Of a control group's memory, by version: where groups are, the files of its limit and of what is
# used, and the row of its statistics that tells how much of that are copies of files, which the
# system gives up at once.
_VERSIONS = {
    "0": ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    "memory": (
        "sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
}


def _groups() -> Iterator[tuple[Path, str, str, str]]:
    """Folders of the control groups that this process is in, up to the outermost, and their files.

    Inside of a container the outermost one that can be seen is the container's own.
    """
    for key, (root, *files) in _VERSIONS.items():
        top = SYSTEM / root
        own = top / _own_group(key).lstrip("/")
        for folder in (own, *own.parents):
            if folder.is_relative_to(top):
                yield folder, *files  # type: ignore[misc]


def _own_group(key: str) -> str:
    """This process's group, from lines of number, controllers and path; "/" if not known."""
    try:
        lines = (SYSTEM / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return "/"
    for number, controllers, path in (line.split(":", 2) for line in lines if line.count(":") > 1):
        if (key == number == "0" and not controllers) or key in controllers.split(","):
            return path
    return "/"


def _row(path: Path, name: str) -> float:
    """A number out of lines of a name and a number; 0 if it is not there."""
    try:
        rows = dict(line.split(" ", 1) for line in path.read_text().splitlines())
        return float(rows.get(name, 0.0))
    except (OSError, ValueError):
        return 0.0


def _number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):  # no container, or "max": no limit
        return None


def _encoder(model: ModelConfig, size: int) -> tuple[float, float]:
    """Values that all layers of the encoder give for one view, and its weights."""
    name = model.encoder.lower()
    if name == "tiny":
        return _tiny(model.width, size)
    if name == "resnet18":
        return _resnet(model.width, size, (2, 2, 2, 2), narrow=False)
    if name == "resnet50-cifar":
        return _resnet(model.width, size, (3, 4, 6, 3), narrow=True)
    values, weights = _FAMILIES.get(name, (1000, 40e6))
    return values * size**2, weights


def _length(model: ModelConfig) -> int:
    """Of h, about: that of keras.applications lies between 512 and 2,048."""
    lengths = {"tiny": 8, "resnet18": 8, "resnet50-cifar": 32}
    name = model.encoder.lower()
    return lengths[name] * model.width if name in lengths else 2048


def _tiny(width: int, size: int) -> tuple[float, float]:
    """As `encoders._tiny` builds it: convolution, maxima, BatchNorm and ReLU, stage by stage."""
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


def _resnet(width: int, size: int, blocks: tuple[int, ...], narrow: bool) -> tuple[float, float]:
    """As `encoders._resnet` builds it, of basic blocks or of narrow ones (bottlenecks)."""
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
