"""What must not grow: the cost of a step with the size of the data and with the run's length."""

from __future__ import annotations

import mmap
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import psutil

from ..base.paths import cache_dir
from ..model.simclr import Feed
from ..runs import states
from ..settings.config import replace
from ..settings.presets import preset_config
from ..workers import launch
from .rounds import Figure
from .steps import Trainer, trainer
from .whole_runs import PATIENCE, minute, own_store, until

COUNTS = (1_000, 10_000, 50_000, 200_000)  # pictures
MAPPED = "200,000 on the disk"
SIZE = 32  # pixels per side
_BLOCK = 10_000  # pictures written at once


def by_data_size(
    jit: bool, rounds: int, budget: float, counts: tuple[int, ...] = COUNTS
) -> tuple[dict[str, Figure], float]:
    """Measure images per second of the preset `minute` over sets of pictures of several sizes.

    Args:
        jit: compile with XLA.
        rounds: every set has a turn in each.
        budget: seconds of a turn.
        counts: pictures of each set; the last one is also read from the disk, where before every
            turn the system's copies of the file are given up.

    Returns:
        Figures by number of pictures, the last one by `MAPPED`; and the share of the mapped
        pictures' bytes that really came from the disk while they were measured.
    """
    config = preset_config("minute")
    training = replace(config.training, precision="float32")
    made = trainer(config.model, training, SIZE, jit)
    speeds: dict[str, list[float]] = {name: [] for name in [*map("{:,}".format, counts), MAPPED]}
    noise = np.random.default_rng(0).integers(0, 256, (counts[-1], SIZE, SIZE, 3), np.uint8)
    with _file(noise) as path:
        mapped = np.memmap(path, np.uint8, "r", shape=noise.shape)
        sets = {f"{count:,}": noise[:count] for count in counts} | {MAPPED: mapped}
        seen, read = 0, 0.0
        steps = {name: 0 for name in sets}
        for turn in range(rounds + 1):  # the first one warms up
            for name, images in sets.items():
                feed = Feed(images, config.views, made.batch, 0)
                if name == MAPPED:
                    _give_up(mapped, path)
                before = _bytes_read()
                step = partial(_step, made, feed)
                count, seconds = _turn(step, steps[name], budget)
                steps[name] += count
                if turn:
                    speeds[name].append(count * made.batch / seconds)
                if turn and name == MAPPED:
                    seen += count * made.batch * noise[0].nbytes
                    read += _bytes_read() - before
    return {name: Figure(tuple(values)) for name, values in speeds.items()}, read / max(seen, 1)


def by_length(device: str, seconds: float = 600.0) -> dict[str, float]:
    """Measure a whole run of the preset `minute` over a longer time.

    Args:
        device: id.
        seconds: of training.

    Returns:
        `step`: a step's median time in the last tenth over that in the second tenth (the first
        one calibrates); `memory`: bytes that the worker has grown by between the same times;
        `steps`: how many it made.
    """
    with own_store() as store:
        config = minute(device)
        run = launch.start(
            store, replace(config, training=replace(config.training, seconds=seconds))
        )
        until(lambda: bool(run.metrics()[0]), PATIENCE, run)
        worker = psutil.Process(int(run.status["pid"]))
        sizes: list[tuple[float, int]] = []

        def _ended() -> bool:
            if run.status.get("phase") == "evaluating" or run.state in states.ENDED:
                return True
            sizes.append((time.monotonic(), worker.memory_info().rss))
            time.sleep(0.5)
            return False

        until(_ended, seconds + PATIENCE, run)
        rows = run.metrics()[0]
        launch.stop(run)
    ratio = _growth([1 / r["images_per_second"] for r in rows if r["images_per_second"]])
    memory = [float(size) for _, size in sizes]
    tenth = max(len(memory) // 10, 1)
    grown = statistics.median(memory[-tenth:]) - statistics.median(memory[tenth : 2 * tenth])
    return {"step": ratio, "memory": grown, "steps": float(len(rows))}


def _growth(times: list[float]) -> float:
    """Return the median of the last tenth over that of the second."""
    tenth = max(len(times) // 10, 1)
    return statistics.median(times[-tenth:]) / statistics.median(times[tenth : 2 * tenth])


def _step(made: Trainer, feed: Feed, index: int) -> object:
    return made.model.train_on_batch(*feed[index])


def _turn(step: Callable[[int], object], first: int, budget: float) -> tuple[int, float]:
    """Make steps for some seconds: how many, and the seconds."""
    count, began = 0, time.perf_counter()
    while not count or time.perf_counter() - began < budget:
        step(first + count)
        count += 1
    return count, time.perf_counter() - began


@contextmanager
def _file(noise: np.ndarray) -> Iterator[Path]:
    """Write the pictures to a file beside the cache of data sets, gone with the block."""
    cache_dir().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix="bench-") as folder:
        path = Path(folder) / "noise"
        with path.open("wb") as file:
            for start in range(0, len(noise), _BLOCK):
                file.write(noise[start : start + _BLOCK].tobytes())
            file.flush()
            os.fsync(file.fileno())
        yield path


def _give_up(mapped: np.memmap, path: Path) -> None:
    """Let the system forget what it has read of a file, as far as it lets itself be told."""
    inner = getattr(mapped, "_mmap", None)
    if inner is not None and hasattr(mmap, "MADV_DONTNEED"):
        inner.madvise(mmap.MADV_DONTNEED)
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _bytes_read() -> float:
    """Return bytes that the disk gave this process so far; 0 where the system does not tell."""
    counters = getattr(psutil.Process(), "io_counters", None)
    try:
        return float(counters().read_bytes) if counters else 0.0
    except (psutil.Error, OSError):
        return 0.0
