"""The probe set: the training pictures by which the snapshots of all runs are compared."""

from __future__ import annotations

import numpy as np

from .datasets import Dataset
from .splits import spread_choice


def probe_indices(dataset: Dataset, count: int = 1000) -> np.ndarray:
    """Choose the probe set: the training pictures that every snapshot encodes.

    The choice depends on the data alone, so that all runs on the same data share it.

    Args:
        count: the pictures wanted; if there are fewer, all are taken.

    Returns:
        (P,) int64 rows of x_train in ascending order, stratified by class if there are labels.
    """
    return spread_choice(dataset.y_train, len(dataset.x_train), count, dataset.content_hash)
