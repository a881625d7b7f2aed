"""Which points are near to which: in h, on its map, and how far the two agree."""

from __future__ import annotations

import numpy as np

from ..loss.normalise import l2_normalise

METRICS = ("cosine", "euclidean")
SAMPLE = 2000  # points at most that the quality of a map is measured on
ALIKE = 1e-6  # spread over size under which float32 rows differ by rounding alone


def preservation(h: np.ndarray, xy: np.ndarray, k: int = 15, metric: str = "cosine") -> float:
    """Return trustworthiness: how few strangers the map put among neighbours.

    Args:
        h: representations (P, D).
        xy: coordinates (P, 2).
        k: size of a neighbourhood; at most under half of the points is used.
        metric: of neighbours in h, one of `METRICS`.

    Returns:
        0 to 1, by scikit-learn on at most 2,000 points (a fixed sample); about .5 for a random
        map. NaN for fewer than 4 points or points that are all alike.

    Source: Venna and Kaski 2001.
    """
    # scikit-learn is imported late, so that the app can import this module and stay light.
    from sklearn.manifold import trustworthiness

    rows, xy = rows_of(checked(h), metric), matching(xy, len(h))
    if rows is None or len(rows) < 4:
        return float("nan")
    sample = fixed_sample(len(rows))
    k = min(k, (len(sample) - 1) // 2)
    return float(trustworthiness(rows[sample], xy[sample], n_neighbors=k))


def neighbours_kept(h: np.ndarray, xy: np.ndarray, k: int = 15, metric: str = "cosine") -> float:
    """Return the mean share of the k nearest neighbours in h that are the k nearest on the map.

    This is what "keeps 40% of true neighbourhoods" says; by chance it is k / (P - 1).

    Args:
        h: representations (P, D).
        xy: coordinates (P, 2).
        k: size of a neighbourhood; at most under half of the points is used.
        metric: of neighbours in h, one of `METRICS`.

    Returns:
        0 to 1, of at most 2,000 points (a fixed sample) among all. NaN for fewer than 4 points
        or points that are all alike.
    """
    rows, xy = rows_of(checked(h), metric), matching(xy, len(h))
    if rows is None or len(rows) < 4:
        return float("nan")
    sample = fixed_sample(len(rows))
    k = min(k, (len(rows) - 1) // 2)
    true, _ = neighbour_graph(rows, k + 1, "euclidean", sample)  # column 0 is the point itself
    return kept_on_map(true[:, 1:], xy, sample, k)


def kept_on_map(
    true: np.ndarray, xy: np.ndarray, chosen: np.ndarray | None = None, k: int = 15
) -> float:
    """Return `neighbours_kept` of some points whose neighbours in h are known already.

    Args:
        true: (n, >=k) neighbours in h of those chosen, nearest first, as `per_picture.ranked`
            gives them.
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


def neighbour_graph(
    rows: np.ndarray, k: int, metric: str, of: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest rows of each row, the row itself first.

    Args:
        rows: (P, D) float32, as `rows_of` gives them.
        k: neighbours, the row itself included.
        metric: in which the distances are returned, one of `METRICS`.
        of: (n,) rows whose neighbours are wanted; None: all.

    Returns:
        Indices (n, k) int64 and distances (n, k) float32.
    """
    of = np.arange(len(rows)) if of is None else of
    squares = (rows**2).sum(1)  # (P,)
    indices = np.empty((len(of), k), np.int64)
    distances = np.empty((len(of), k), np.float32)
    for begin in range(0, len(of), 1024):  # blocks bound the memory
        block = of[begin : begin + 1024]
        far = squares[block, None] + squares[None] - 2 * rows[block] @ rows.T  # (block, P)
        far = np.maximum(far, 0)
        far[np.arange(len(block)), block] = -1  # before its duplicates
        part = np.argpartition(far, k - 1, axis=1)[:, :k]
        near = np.take_along_axis(far, part, 1)
        order = np.argsort(near, axis=1, kind="stable")
        indices[begin : begin + len(block)] = np.take_along_axis(part, order, 1)
        near = np.maximum(np.take_along_axis(near, order, 1), 0)
        distances[begin : begin + len(block)] = near / 2 if metric == "cosine" else np.sqrt(near)
    return indices, distances


def rows_of(h: np.ndarray, metric: str) -> np.ndarray | None:
    """Return centred rows whose Euclidean order is that of `metric`; None if all are alike.

    Half the squared distance of unit rows is their cosine distance. Centring first keeps the
    differences exact in float32 when a run has nearly collapsed.
    """
    if metric == "cosine":
        h = l2_normalise(h, dtype="float64")
    if not spread(h):
        return None
    return (h - h.mean(0)).astype(np.float32)  # (P, D)


def spread(points: np.ndarray) -> bool:
    """Return whether points differ by more than rounding."""
    if not len(points):
        return False
    return bool(np.linalg.norm(points - points.mean(0)) > ALIKE * np.linalg.norm(points))


def checked(h: np.ndarray) -> np.ndarray:
    """Return h as (P, D) float64.

    Raises:
        ValueError: it is not a matrix of finite numbers.
    """
    h = np.asarray(h, np.float64)
    if h.ndim != 2:
        raise ValueError(f"expected representations of shape (P, D), found {h.shape}")
    bad = int((~np.isfinite(h)).any(1).sum())
    if bad:
        raise ValueError(
            f"expected finite numbers, found NaN or infinity in {bad} of {len(h)} representations; "
            "the training that made them diverged"
        )
    return h


def matching(xy: np.ndarray, points: int) -> np.ndarray:
    """Return coordinates as float64.

    Raises:
        ValueError: there are not as many as points.
    """
    xy = np.asarray(xy, np.float64)
    if xy.shape != (points, 2):
        raise ValueError(f"expected coordinates of shape ({points}, 2), found {xy.shape}")
    return xy


def fixed_sample(points: int) -> np.ndarray:
    """Return the indices of all points, or of a fixed sample of them."""
    if points <= SAMPLE:
        return np.arange(points)
    return np.sort(np.random.default_rng(0).choice(points, SAMPLE, replace=False))
