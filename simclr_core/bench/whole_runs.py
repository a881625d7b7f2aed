"""What a whole run costs: from start to its first loss, and everything that observes it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from ..base.errors import LabError, TrainingError
from ..base.locks import is_locked, try_lock
from ..machine.devices import core_count
from ..runs import states
from ..runs.run import Run
from ..runs.store import RunStore
from ..settings.config import RunConfig, replace
from ..settings.presets import preset_config
from ..workers import handover, launch

PATIENCE = 120.0  # seconds for a run to show its first loss
_LOOK = 0.005  # seconds between two looks at a run's folder


@contextlib.contextmanager
def own_store() -> Iterator[RunStore]:
    """Yield a store for this measurement alone; its runs have ended when it closes."""
    with tempfile.TemporaryDirectory(
        prefix="simclr-lab-bench-", ignore_cleanup_errors=True
    ) as folder:
        store = RunStore(Path(folder))
        try:
            yield store
        finally:
            for run in store:
                with contextlib.suppress(Exception):
                    launch.stop(run)
            until(lambda: not any(run.alive for run in store), 30.0)
            # A run brings a mapper, which goes on drawing maps for a while.
            until(lambda: not is_locked(store.root / "mapper.lock"), PATIENCE)


@contextlib.contextmanager
def helper(store: RunStore, module: str) -> Iterator[subprocess.Popen]:
    """Hold a mapper or a spare as the server holds it.

    Raises:
        LabError: the store has one already.
    """
    process = launch.ensure_helper(store, module, keep=True)
    if process is None or process.stdin is None:
        raise LabError(f"Expected to start a {module} of this store, found one that runs already.")
    try:
        yield process
    finally:
        process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30.0)
        if process.poll() is None:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def training(device: str) -> Iterator[Run]:
    """Train a run, and keep mappers away, for as long as the block lasts."""
    with own_store() as store:
        lock = try_lock(store.root / "mapper.lock")
        try:
            config = minute(device)
            lasting = replace(config.training, seconds=3600.0, snapshots=1)
            run = launch.start(store, replace(config, training=lasting))
            until(lambda: bool(run.metrics()[0]), PATIENCE, run)
            yield run
            launch.stop(run)
            until(lambda: not run.alive, PATIENCE)
        finally:
            if lock is not None:
                os.close(lock)


def first_loss_seconds(device: str, warm: bool) -> float:
    """Measure the seconds from the launcher's call to the first row of metrics.jsonl."""
    with own_store() as store, helper(store, "mapper"):
        until(lambda: "ready" in (store.root / "mapper.log").read_text(), PATIENCE)
        with helper(store, "spare") if warm else contextlib.nullcontext():
            if warm:
                until(lambda: handover.is_ready(store), PATIENCE)
            began = time.perf_counter()
            run = launch.start(store, minute(device))
            until(lambda: bool(run.metrics()[0]), PATIENCE, run)
            seconds = time.perf_counter() - began
            launch.stop(run)
            until(lambda: not run.alive, PATIENCE, run)
    return seconds


def observation(device: str, seconds: float) -> dict[str, float]:
    """Measure what observing a run takes while it trains, as shares of the machine.

    Returns:
        `worker`: of the worker's time, all that is not a training step (snapshots, scores, logs,
        checkpoints); `mapper`: of the machine's cores, what the mapper used meanwhile; `total`.
    """
    with own_store() as store, helper(store, "mapper") as mapper:
        until(lambda: "ready" in (store.root / "mapper.log").read_text(), PATIENCE)
        config = minute(device)
        config = replace(config, training=replace(config.training, seconds=seconds))
        run = launch.start(store, config)
        until(lambda: bool(run.metrics()[0]), PATIENCE, run)
        process, began = psutil.Process(mapper.pid), time.perf_counter()
        before = sum(process.cpu_times()[:2])
        until(lambda: run.status.get("phase") == "evaluating", seconds + PATIENCE, run)
        used = sum(process.cpu_times()[:2]) - before
        share = used / ((time.perf_counter() - began) * core_count())
        worker = 1 - _stepping(run)
        launch.stop(run)
    return {"worker": worker, "mapper": share, "total": worker + share}


def _stepping(run: Run) -> float:
    """Return the share of the training seconds that went into steps, from a step's speed."""
    rows = run.metrics()[0]
    batch = run.config.training.batch_size
    steps = [batch / r["images_per_second"] for r in rows if r["images_per_second"]]
    return min(1.0, sum(steps) / (rows[-1]["seconds"] - rows[0]["seconds"]))


def minute(device: str) -> RunConfig:
    """Return the preset `minute` on a device."""
    config = preset_config("minute")
    return replace(config, training=replace(config.training, device=device))


def until(what: Callable[[], object], seconds: float, run: Run | None = None) -> None:
    """Wait for something.

    Raises:
        TrainingError: the run failed, or the time is over.
    """
    end = time.monotonic() + seconds
    while not what():
        if run is not None and run.state in (states.FAILED, states.DAMAGED, states.INTERRUPTED):
            raise TrainingError(f"The run to be measured {run.state}: {run.status.get('message')}")
        if time.monotonic() > end:
            raise TrainingError(f"Expected the run to go on within {seconds:g} s, it did not.")
        time.sleep(_LOOK)
