"""The probe set: the training pictures by which the snapshots of all runs are compared."""

from __future__ import annotations

import numpy as np

from .datasets import Dataset
from .splits import picked, spread_choice


def probe_indices(dataset: Dataset, count: int = 1000) -> np.ndarray:
    """Choose the probe set: the training pictures that every snapshot encodes.

    The choice depends on the data alone, so that all runs on the same data share it.

    Args:
        count: the pictures wanted; if there are fewer, all are taken.

    Returns:
        (P,) int64 rows of x_train in ascending order, stratified by class if there are labels.
    """
    return spread_choice(dataset.y_train, len(dataset.x_train), count, dataset.content_hash)


def probe_arrays(dataset: Dataset, indices: np.ndarray) -> dict[str, np.ndarray]:
    """Return what probe.npz holds of some training pictures.

    Args:
        indices: (P,) int64 rows of x_train.

    Returns:
        images (P, S, S, 3) uint8 and indices; labels, factor__<name> and files (text), as far as
        they are known.
    """
    arrays = {"images": dataset.x_train[indices], "indices": indices}
    if dataset.y_train is not None:
        arrays["labels"] = dataset.y_train[indices]
    arrays |= {f"factor__{name}": v[indices] for name, v in dataset.factors_train.items()}
    files = picked(dataset.files_train, indices)
    return arrays if files is None else {**arrays, "files": np.array(files, np.str_)}
