"""Which numbers a run computes with: float32, or bfloat16 where that is faster.

On a processor this depends on its instructions, on the network and on the library's kernels, so
it is measured: a few steps of each, once for a machine and a shape of step, and remembered.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..base.errors import LabError
from ..base.files import read_json, write_json
from ..base.paths import cache_dir
from ..machine.devices import Device, core_count, cpu_has_bfloat16
from ..settings.config import RunConfig, replace

PRECISIONS = ("float32", "bfloat16")
WORTH = 0.97  # bfloat16 is taken if its step takes less than this share of float32's
_WARM, _STEPS, _ROUNDS = 2, 3, 3  # steps before measuring, steps per turn, turns of each
_MEMORY = "precision.json"


def choose(wanted: str, device: Device, config: RunConfig, size: int) -> str:
    """Choose the precision of a run.

    Args:
        wanted: auto, or the one that is asked for.
        device: where the run trains.
        config: encoder, head and batch size count.
        size: S, pixels per side of the views.

    Returns:
        float32, bfloat16 or float16. The framework is imported only where it has to be measured.
    """
    if wanted != "auto":
        return wanted
    if device.id != "cpu":
        return device.fast
    if not cpu_has_bfloat16():
        return "float32"
    key, known = _key(config, size), _remembered()
    if known.get(key) not in PRECISIONS:
        known[key] = faster(config, size)
        with contextlib.suppress(LabError, OSError):  # measured again next time
            cache_dir().mkdir(parents=True, exist_ok=True)
            write_json(cache_dir() / _MEMORY, known)
    return known[key]


def faster(config: RunConfig, size: int, clock: Callable[[], float] = time.perf_counter) -> str:
    """Measure which precision makes a step of a run faster on this processor.

    Args:
        config: as for `choose`.
        size: S, pixels per side of the views.
        clock: tells seconds.
    """
    steps = {name: step_of(config, size, name) for name in PRECISIONS}
    times: dict[str, list[float]] = {name: [] for name in PRECISIONS}
    for step in steps.values():
        for _ in range(_WARM):
            step()
    for _ in range(_ROUNDS):
        for name, step in steps.items():
            began = clock()
            for _ in range(_STEPS):
                step()
            times[name].append(clock() - began)
    medians = {name: statistics.median(values) for name, values in times.items()}
    return "bfloat16" if medians["bfloat16"] < WORTH * medians["float32"] else "float32"


def step_of(config: RunConfig, size: int, precision: str) -> Callable[[], object]:
    """Build a step of a run on noise: what a picture shows makes no difference to the time."""
    from ..model.simclr import Feed
    from .engine import build_engine

    training = replace(config.training, precision=precision)
    model = build_engine(config.model, training, size, jit=False).model
    count = training.batch_size
    noise = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)
    batch = Feed(noise, config.views, count, 0)[0]
    return lambda: model.train_on_batch(*batch)


def _remembered() -> dict[str, str]:
    try:
        return read_json(cache_dir() / _MEMORY) or {}
    except LabError:
        return {}


def _key(config: RunConfig, size: int) -> str:
    """Return what decides which precision is faster."""
    backends = [p for p in ("keras", "tensorflow", "jax", "torch") if _version(p)]
    what = (
        processor(),
        core_count(),
        [(p, _version(p)) for p in backends],
        dataclasses.asdict(config.model),
        config.training.batch_size,
        config.views.blur_p > 0,
        size,
    )
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


@functools.cache
def processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    with contextlib.suppress(OSError):
        rows = Path("/proc/cpuinfo").read_text().splitlines()
        if names := [row.partition(":")[2].strip() for row in rows if row.startswith("model name")]:
            return names[0]
    return platform.processor() or platform.machine()


@functools.cache
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
