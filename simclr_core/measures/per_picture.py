"""Values of each picture on the map: how alike its views are, its loss, its neighbours."""

from __future__ import annotations

import numpy as np

from ..loss import nt_xent
from ..loss.normalise import l2_normalise
from .knn import K, Neighbours, nearest


def view_similarity(views: np.ndarray) -> np.ndarray:
    """Return the cosine similarity of the two views of each picture.

    Args:
        views: (P, 2, d) projections, or representations.

    Returns:
        (P,) float32 in [-1, 1].
    """
    return np.einsum("pd,pd->p", l2_normalise(views[:, 0]), l2_normalise(views[:, 1]))


def losses(z_views: np.ndarray, temperature: float, batch: int) -> np.ndarray:
    """Return the NT-Xent loss of each picture, as if the pictures came batch by batch.

    Every picture meets as many negatives as in training: where the last batch would be smaller,
    it begins earlier, and pictures that came before keep their first value.

    Args:
        z_views: (P, 2, d) projections of two views of each picture.
        temperature: tau of the run.
        batch: pictures per batch (N) of the run; all if there are fewer.

    Returns:
        (P,) float32: the mean over both views (SimCLR, equation 1).
    """
    count = len(z_views)
    batch = max(1, min(batch, count))
    values = np.empty(count, np.float32)
    for start in range(0, count, batch):
        first = min(start, count - batch)
        rows = z_views[first : first + batch].reshape(2 * batch, -1)  # partners side by side
        per_view, _ = nt_xent.per_view_loss(rows, temperature)
        of_batch = per_view.reshape(batch, 2).mean(axis=1)  # (N,)
        values[start : start + batch] = of_batch[start - first :]
    return values


def ranked(h: np.ndarray, k: int = K, rows: np.ndarray | None = None) -> Neighbours:
    """Find the k nearest other pictures of each, the most similar one first.

    Args:
        h: (P, D) representations.
        k: neighbours; at most P - 1.
        rows: (n,) pictures whose neighbours are wanted; None: all.

    Returns:
        Indices (n, k) int64 and cosine similarities (n, k) float32. Of equally similar ones the
        first in order comes first.
    """
    if rows is None:
        which, similarity = nearest(h, k=k)
    else:
        which, similarity = _without_itself(*nearest(h, h[rows], k=k + 1), rows)
    order = np.lexsort((which, -similarity), axis=1)
    return np.take_along_axis(which, order, 1), np.take_along_axis(similarity, order, 1)


def _without_itself(which: np.ndarray, similarity: np.ndarray, rows: np.ndarray) -> Neighbours:
    """Return (n, k) of (n, k + 1) neighbours: all but the picture itself, or else the last."""
    drop = which == rows[:, None]
    absent = np.flatnonzero(~drop.any(axis=1))  # from its own neighbours: many are the same
    drop[absent, similarity[absent].argmin(axis=1)] = True
    shape = (len(rows), which.shape[1] - 1)
    return which[~drop].reshape(shape), similarity[~drop].reshape(shape)
