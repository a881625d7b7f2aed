"""What a worker records beside settings and scores: data, versions, hardware, speed."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from typing import Any

import numpy as np

from ..data.datasets import Dataset
from ..data.unfit import unfit
from ..machine.devices import Device
from .run import Run

PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy", "umap-learn", "streamlit")


def average_speed(run: Run) -> float | None:
    """Return the median images/s over all steps of the run; None if there are none."""
    rows = run.metrics()[0]
    speeds = sorted(row["images_per_second"] for row in rows if row.get("images_per_second"))
    return round(speeds[len(speeds) // 2], 1) if speeds else None


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """Return what config.json is to say about a data set; `record.data_of` reads it."""
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
        "unfit": unfit(dataset.x_train) if len(dataset.x_train) else "",
        "trained_classes": 0 if dataset.y_train is None else len(np.unique(dataset.y_train)),
    }


def versions() -> dict[str, str]:
    """Return the versions of what a result may depend on."""
    known = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            known[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return known


def hardware(device: Device) -> dict[str, str]:
    """Return where the run was trained, and when."""
    return {
        "device": device.name,
        "machine": platform.machine(),
        "system": platform.system(),
        "date": time.strftime("%Y-%m-%d"),
    }
