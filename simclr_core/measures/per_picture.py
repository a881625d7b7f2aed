"""What a snapshot says of each picture on the map: arrays in, arrays out.

Nothing here knows runs; h and z are of the probe set, and of two fixed views of each picture.
"""

from __future__ import annotations

import numpy as np

from ..loss import nt_xent as loss
from .evaluation import K, l2_normalise, nearest


def view_similarity(views: np.ndarray) -> np.ndarray:
    """Cosine similarity of the two views of each picture.

    Args:
        views: (P, 2, d) projections, or representations.

    Returns:
        (P,) float32 in [-1, 1].
    """
    return np.einsum("pd,pd->p", l2_normalise(views[:, 0]), l2_normalise(views[:, 1]))


def losses(z_views: np.ndarray, temperature: float, batch: int) -> np.ndarray:
    """The NT-Xent loss of each picture, as if the pictures came in batches one after another.

    Every picture meets as many negatives as in training: where the last batch would be smaller,
    it begins earlier, and pictures that came before keep their first value.

    Args:
        z_views: (P, 2, d) projections of two views of each picture.
        temperature: tau of the run.
        batch: pictures a batch (N) of the run; all if there are fewer.

    Returns:
        (P,) float32: the mean over both views (SimCLR, equation 1).
    """
    count = len(z_views)
    batch = max(1, min(batch, count))
    found = np.empty(count, np.float32)
    for start in range(0, count, batch):
        first = min(start, count - batch)
        rows = z_views[first : first + batch].reshape(2 * batch, -1)  # partners side by side
        lost, _ = loss.per_view_loss(rows, temperature)
        found[start : start + batch] = lost.reshape(batch, 2).mean(axis=1)[start - first :]
    return found


def ranked(
    h: np.ndarray, k: int = K, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other pictures of each, the most similar one first.

    Args:
        h: (P, D) representations.
        k: neighbours; at most P - 1.
        rows: (n,) pictures that are asked for; None: all.

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


def _without_itself(
    which: np.ndarray, similarity: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours (n, k) of (n, k + 1): without the picture itself, or else without the last."""
    drop = which == rows[:, None]
    lost = np.flatnonzero(~drop.any(axis=1))  # among many that are all the same
    drop[lost, similarity[lost].argmin(axis=1)] = True
    shape = (len(rows), which.shape[1] - 1)
    return which[~drop].reshape(shape), similarity[~drop].reshape(shape)


def kept_of(
    true: np.ndarray, xy: np.ndarray, chosen: np.ndarray | None = None, k: int = 15
) -> float:
    """Of the k nearest neighbours in h, the mean share that is among the k nearest on the map.

    The same figure as `neighbours.neighbours_kept` with cosine distance, for some of the points.

    Args:
        true: (n, >=k) neighbours in h of those chosen, nearest first, as `ranked` gives them.
        xy: (P, 2) coordinates.
        chosen: (n,) indices of the points that count; None: all.
        k: size of a neighbourhood; at most under half of the points is used.

    Returns:
        0 to 1; NaN for fewer than 4 points on the map, or none chosen.
    """
    points = len(xy)
    chosen = np.arange(points) if chosen is None else chosen
    k = min(k, (points - 1) // 2, true.shape[1])
    if points < 4 or not len(chosen) or k < 1:
        return float("nan")
    xy = xy.astype(np.float64) - xy.mean(axis=0)  # (P, 2)
    squares = (xy**2).sum(axis=1)  # (P,)
    kept, block = 0, max(1, 4_000_000 // points)  # blocks bound the memory
    for start in range(0, len(chosen), block):
        rows = chosen[start : start + block]
        far = squares[rows, None] + squares[None] - 2 * xy[rows] @ xy.T  # (b, P)
        far[np.arange(len(rows)), rows] = np.inf
        shown = np.argpartition(far, k - 1, axis=1)[:, :k]  # (b, k)
        kept += (true[start : start + block, :k, None] == shown[:, None, :]).sum()
    return float(kept / (k * len(chosen)))
