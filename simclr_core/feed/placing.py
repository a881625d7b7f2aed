"""Where a picture that a map was not made from belongs: between its nearest pictures in h."""

from __future__ import annotations

import numpy as np

from ..measures.knn import nearest
from ..runs.run import Run
from ..runs.snapshots import cache


def nearest_pictures(
    run: Run, step: int, h: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures of a run's map that are most similar to others, the nearest first.

    assets/js/map/placed.js makes a place on the map out of them.

    Args:
        run: whose map it is.
        step: of the snapshot whose weights gave h.
        h: (N, D) representations of other pictures.
        count: neighbours K; at most as many as the map has pictures.

    Returns:
        Indices (N, K) int64 and cosines (N, K) float32.

    Raises:
        LabError: the snapshot cannot be read.
        ValueError: h is of another network.
    """
    bank = cache.vectors(run, step)  # (P, D)
    if h.ndim != 2 or h.shape[1:] != bank.shape[1:]:
        raise ValueError(f"expected representations like {bank.shape}, found {h.shape}")
    which, similarity = nearest(bank, h, count)
    order = np.argsort(-similarity, axis=1, kind="stable")
    return np.take_along_axis(which, order, 1), np.take_along_axis(similarity, order, 1)


def newest_mapped_step(run: Run) -> int | None:
    """Return the newest step that has weights and a snapshot; None if there is none."""
    return max(set(run.weight_steps()) & set(run.snapshot_steps()), default=None)
