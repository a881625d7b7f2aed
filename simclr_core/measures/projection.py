"""From representations to a map: PCA at once, UMAP that moves instead of jumping.

    h (P, D) -> coordinates (P, 2) -> how many true neighbourhoods the map kept

Importing this module needs NumPy alone; UMAP, numba, scikit-learn and SciPy are imported when they
are used first. numba's default threading layer ends a process that two threads enter, so call
`umap_layout` from one thread of a process only.
"""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from types import ModuleType

import numpy as np

from .neighbours import (
    ALIKE,
    METRICS,
    checked,
    matching,
    neighbour_graph,
    neighbours_kept,
    preservation,
    rows_of,
    spread,
)

__all__ = ["neighbours_kept", "pca", "preservation", "procrustes", "umap_layout", "warm_up"]

NEIGHBORS, MIN_DIST, METRIC = 15, 0.1, "cosine"  # the defaults of every stored layout
FIRST_EPOCHS = 300  # from PCA; 500 keep no more and take longer
NEXT_EPOCHS = 60  # from the layout before, which is nearly right already
SIZE = 5.0  # of a first layout: root mean square distance of its points from their middle
NEXT_RATE = 0.25  # of UMAP's learning rate: half the motion of 1, and no neighbourhoods lost


def pca(h: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """Return coordinates along the two directions of largest variance.

    Args:
        h: representations (P, D), any real dtype.
        previous: coordinates (P, 2) of the same points; axes and signs are chosen to be nearest
            to them, as both are arbitrary.

    Returns:
        Coordinates (P, 2) float32, centred. An axis along which the points do not differ is 0.

    Raises:
        ValueError: h is not a matrix of finite numbers, or `previous` has other points.
    """
    # Imported late, so that importing this module needs NumPy alone.
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    h = checked(h)
    centred = h - h.mean(0) if len(h) else h  # (P, D)
    wide = centred.shape[1] > centred.shape[0]
    with threadpool_limits(1):  # beside a run in training, two threads took fifty times as long
        gram = centred @ centred.T if wide else centred.T @ centred  # the smaller of the two
        values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1][:2], vectors[:, ::-1][:, :2]
    scales = np.sqrt(np.maximum(values, 0))  # singular values of `centred`
    axes = vectors * scales if wide else centred @ vectors  # (P, up to 2)
    axes = axes * (scales > ALIKE * np.linalg.norm(h))
    xy = np.zeros((len(h), 2))
    xy[:, : axes.shape[1]] = axes
    return (_fixed_signs(xy) if previous is None else _like(xy, previous)).astype(np.float32)


def procrustes(xy: np.ndarray, reference: np.ndarray, scale: bool = False) -> np.ndarray:
    """Rotate, reflect and move points onto others, as near as least squares can.

    Args:
        xy: points (P, 2).
        reference: where each of them should be, (P, 2).
        scale: also enlarge or shrink. Least squares shrink what fits badly, so a chain of
            layouts, each scaled onto the one before, would fade away: leave it off there.

    Returns:
        The moved points (P, 2), float32.

    Raises:
        ValueError: the shapes differ.

    Source: Schönemann 1966, the orthogonal Procrustes problem.
    """
    xy, reference = np.asarray(xy, np.float64), matching(reference, len(xy))
    if not len(xy):
        return xy.astype(np.float32)
    centred, goal = xy - xy.mean(0), reference - reference.mean(0)
    from scipy.linalg import orthogonal_procrustes  # late: importing this needs NumPy alone

    turn, overlap = orthogonal_procrustes(centred, goal)  # (2, 2)
    size = (centred**2).sum()
    factor = overlap / size if scale and size > 0 else 1.0
    return (factor * centred @ turn + reference.mean(0)).astype(np.float32)


def umap_layout(
    h: np.ndarray,
    *,
    neighbors: int = NEIGHBORS,
    min_dist: float = MIN_DIST,
    metric: str = METRIC,
    previous: np.ndarray | None = None,
    reference: np.ndarray | None = None,
    epochs: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Lay out with UMAP, starting from the layout before, and turn the result back onto it.

    Neighbours are exact (matrix products), which is several times faster here than UMAP's own
    search among a few thousand points, and spares half of what numba would have to compile.

    Args:
        h: representations (P, D).
        neighbors: size of a neighbourhood, the point included; at most P is used.
        min_dist: how near to each other points may lie, in units of the layout.
        metric: "cosine" or "euclidean".
        previous: coordinates (P, 2) of the same points; None starts from PCA.
        reference: coordinates (P, 2) to turn a first layout onto, such as another map of the same
            points; None takes the PCA that it starts from. Not used with `previous`.
        epochs: passes over the neighbour graph; None takes 300 from PCA, 60 from `previous`.
        seed: equal input and seed give an equal layout.

    Returns:
        Coordinates (P, 2) float32, as large as `previous`, since axes have no units. Points that
        are all alike (collapse) come out as one point.

    Raises:
        ValueError: a bad argument, or numbers that are not finite.
    """
    h = checked(h)
    if metric not in METRICS:
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, found {metric!r}")
    if neighbors < 2 or not 0 <= min_dist <= 1:
        raise ValueError(
            "expected neighbors of at least 2 and min_dist from 0 to 1, "
            f"found {neighbors} and {min_dist}"
        )
    rows = rows_of(h, metric)
    if rows is None:
        return np.zeros((len(h), 2), np.float32)
    if previous is not None and not spread(matching(previous, len(h))):
        previous = None  # a collapsed layout holds nothing to start from
    first = previous is None
    start = pca(rows) if previous is None else np.asarray(previous, np.float32)
    target = reference if first and reference is not None else start
    if len(h) < 4:
        return procrustes(pca(rows), target)
    xy = _fit(
        rows,
        neighbour_graph(rows, min(neighbors, len(h)), metric),
        _square(_jittered(start, seed)),
        min_dist=min_dist,
        n_epochs=epochs or (FIRST_EPOCHS if first else NEXT_EPOCHS),
        learning_rate=1.0 if first else NEXT_RATE,
        random_state=seed,
    )
    return procrustes(xy * (SIZE if first else _size(start)) / _size(xy), target)


def warm_up(points: int = 1000, dim: int = 64) -> float:
    """Import UMAP and compile what a layout needs, or read it from numba's cache on the disk.

    Returns:
        Seconds taken.
    """
    started = time.perf_counter()
    h = np.random.default_rng(0).normal(size=(points, dim)).astype(np.float32)
    xy = umap_layout(h, epochs=2)
    umap_layout(h, previous=xy, epochs=2)
    preservation(h, xy)
    return time.perf_counter() - started


def _fit(
    rows: np.ndarray,
    known: tuple[np.ndarray, np.ndarray],
    start: np.ndarray,
    **settings: float,
) -> np.ndarray:
    umap = _umap()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on n_jobs, the missing search index, tiny data
        return umap.UMAP(
            n_neighbors=known[0].shape[1],
            metric="euclidean",  # not used: the neighbours are given
            precomputed_knn=(*known, None),
            init=start,
            n_jobs=1,
            **settings,
        ).fit_transform(rows)


def _umap() -> ModuleType:
    """Import umap without TensorFlow, its compiled functions cached on the disk."""
    if "umap" in sys.modules:
        return sys.modules["umap"]
    hidden = "tensorflow" not in sys.modules
    if hidden:
        sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        import umap
        import umap.layouts
        import umap.umap_
    finally:
        if hidden:
            del sys.modules["tensorflow"]
    for function in (
        umap.umap_.smooth_knn_dist,
        umap.umap_.compute_membership_strengths,
        umap.layouts._nb_optimize_layout_euclidean_single_epoch,
    ):
        with contextlib.suppress(AttributeError, RuntimeError):  # only speed is lost
            function.enable_caching()
    return umap


def _jittered(xy: np.ndarray, seed: int) -> np.ndarray:
    """Move points by a ten-thousandth of their extent: no two coincide, no axis is empty."""
    noise = np.random.default_rng(seed).normal(size=xy.shape)
    return xy + 1e-4 * np.ptp(xy, axis=0).max() * noise


def _size(xy: np.ndarray) -> float:
    """Root mean square distance of points from their middle."""
    return float(np.sqrt(((xy - xy.mean(0)) ** 2).sum(1).mean()))


def _square(xy: np.ndarray) -> np.ndarray:
    """Turn points until they are as wide as they are high.

    UMAP stretches each axis of an initial layout to 0..10; of a square this keeps the shape.
    Width minus height changes sign within a quarter turn, so halving finds the angle.
    """

    def turned(angle: float) -> np.ndarray:
        cos, sin = np.cos(angle), np.sin(angle)
        return xy @ np.array([[cos, -sin], [sin, cos]])

    def excess(angle: float) -> float:
        width, height = np.ptp(turned(angle), axis=0)
        return float(width - height)

    low, high, sign = 0.0, np.pi / 2, np.sign(excess(0.0))
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if np.sign(excess(middle)) == sign else (low, middle)
    return turned((low + high) / 2).astype(np.float32)


def _fixed_signs(xy: np.ndarray) -> np.ndarray:
    """Flip axes whose largest coordinate is negative, so that a map is the same everywhere."""
    if not len(xy):
        return xy
    largest = xy[np.abs(xy).argmax(0), [0, 1]]
    return xy * np.where(largest < 0, -1.0, 1.0)


def _like(xy: np.ndarray, previous: np.ndarray) -> np.ndarray:
    """Swap and mirror axes so that the points lie nearest to `previous`."""
    previous = matching(previous, len(xy))
    overlap = xy.T @ (previous - previous.mean(0)) if len(xy) else np.zeros((2, 2))
    kept, swapped = np.abs(np.diag(overlap)).sum(), np.abs(np.diag(overlap[::-1])).sum()
    if swapped > kept:
        xy, overlap = xy[:, ::-1], overlap[::-1]
    return xy * np.where(np.diag(overlap) < 0, -1.0, 1.0)
