"""What a run records beside settings and scores, and what it forgets when it goes back."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.files import keep_lines
from ..data.datasets import Dataset
from ..machine.devices import Device
from .run import Run
from .validation import clean, count

PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy", "umap-learn", "streamlit")


@dataclass(frozen=True)
class Origin:
    """Where a fork comes from: the run's id, its step, and its name at that time."""

    run: str
    step: int
    name: str


def origin(run: Run) -> Origin | None:
    """Where a run comes from; None if it began from scratch, or nobody can tell.

    Raises:
        RunDamaged: config.json cannot be read.
    """
    found = run.record.get("forked")
    if not isinstance(found, Mapping):
        return None
    step, parent = count(found.get("step")), found.get("run")
    if step is None or not isinstance(parent, str):
        return None
    return Origin(clean(parent), step, clean(str(found.get("name") or parent)))


def average_speed(run: Run) -> float | None:
    """Median images/s over all steps of the run; None if there are none."""
    rows = run.metrics()[0]
    found = sorted(r["images_per_second"] for r in rows if r.get("images_per_second"))
    return round(found[len(found) // 2], 1) if found else None


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """What config.json says about the data."""
    return {
        "name": dataset.name,
        "class_names": list(dataset.class_names),
        "factors": {name: list(words) for name, words in dataset.factor_names.items()},
        "train": len(dataset.x_train),
        "test": len(dataset.x_test),
        "is_gray": dataset.is_gray,
        "kind": dataset.kind,
        "image_size": dataset.image_size,
        "notes": list(dataset.notes),
        "content_hash": dataset.content_hash,
    }


def versions() -> dict[str, str]:
    """Versions of what a result may depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hardware(device: Device) -> dict[str, str]:
    """Where the run was trained, and when."""
    return {
        "device": device.name,
        "machine": platform.machine(),
        "system": platform.system(),
        "date": time.strftime("%Y-%m-%d"),
    }


def drop_beyond(run: Run, step: int) -> None:
    """Forget what the logs and folders hold beyond a step (-1: everything)."""
    for name in ("metrics.jsonl", "snapshots.jsonl"):
        keep_lines(run.path / name, lambda row: _step(row) <= step)
    for file in [*run.path.glob("snapshots/*.npz"), *run.path.glob("coordinates/*.npz")]:
        digits = file.name.removeprefix("pca-").removeprefix("umap-").split(".")[0]
        if digits.isdigit() and int(digits) > step:
            file.unlink(missing_ok=True)


def _step(row: dict[str, Any]) -> float:
    """A row's step; one that has none belongs to no step that is kept."""
    step = row.get("step")
    return step if isinstance(step, int | float) else math.inf
