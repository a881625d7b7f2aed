"""Which points are near to which: in h, in a picture of it, and how far the two agree."""

from __future__ import annotations

import numpy as np

METRICS = ("cosine", "euclidean")
SAMPLE = 2000  # points at most that the quality of a picture is measured on
ALIKE = 1e-6  # spread over size under which float32 rows differ by rounding alone


def preservation(h: np.ndarray, xy: np.ndarray, k: int = 15, metric: str = "cosine") -> float:
    """Trustworthiness: how few strangers the picture put among neighbours.

    Args:
        h: representations (P, D).
        xy: coordinates (P, 2).
        k: size of a neighbourhood; at most under half of the points is used.

    Returns:
        0 to 1, by scikit-learn on at most 2,000 points (a fixed sample); about .5 for a picture
        by chance. NaN for fewer than 4 points or points that are all alike.

    Source: Venna and Kaski 2001.
    """
    from sklearn.manifold import trustworthiness

    rows, xy = rows_of(checked(h), metric), matching(xy, len(h))
    if rows is None or len(rows) < 4:
        return float("nan")
    sample = fixed_sample(len(rows))
    k = min(k, (len(sample) - 1) // 2)
    return float(trustworthiness(rows[sample], xy[sample], n_neighbors=k))


def neighbours_kept(h: np.ndarray, xy: np.ndarray, k: int = 15, metric: str = "cosine") -> float:
    """Of the k nearest neighbours in h, the mean share that is among the k nearest in the picture.

    This is what "keeps 40% of true neighbourhoods" says; by chance it is k / (P - 1).

    Args:
        h: representations (P, D).
        xy: coordinates (P, 2).
        k: size of a neighbourhood; at most under half of the points is used.

    Returns:
        0 to 1, of at most 2,000 points (a fixed sample) among all. NaN for fewer than 4 points
        or points that are all alike.
    """
    rows, xy = rows_of(checked(h), metric), matching(xy, len(h))
    if rows is None or len(rows) < 4:
        return float("nan")
    k = min(k, (len(rows) - 1) // 2)
    sample = fixed_sample(len(rows))
    true, _ = nearest(rows, k + 1, "euclidean", sample)  # column 0 is the point itself
    shown, _ = nearest((xy - xy.mean(0)).astype(np.float32), k + 1, "euclidean", sample)
    common = (true[:, 1:, None] == shown[:, None, 1:]).any(2)  # (sample, k)
    return float(common.mean())


def nearest(
    rows: np.ndarray, k: int, metric: str, of: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest rows of each row, itself first: indices and distances, (P, k)."""
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
    """Centred rows whose Euclidean order is that of `metric`; None if they are all alike.

    Half the squared distance of unit rows is their cosine distance. Centring first keeps the
    differences exact in float32 when a run has nearly collapsed.
    """
    if metric == "cosine":
        norms = np.linalg.norm(h, axis=1, keepdims=True)
        h = h / np.where(norms > 0, norms, 1)
    if not spread(h):
        return None
    return (h - h.mean(0)).astype(np.float32)  # (P, D)


def spread(points: np.ndarray) -> bool:
    """Whether points differ by more than rounding."""
    if not len(points):
        return False
    return bool(np.linalg.norm(points - points.mean(0)) > ALIKE * np.linalg.norm(points))


def checked(h: np.ndarray) -> np.ndarray:
    """h as (P, D) float64, if it is a matrix of finite numbers."""
    h = np.asarray(h, np.float64)
    if h.ndim != 2:
        raise ValueError(f"expected representations of shape (P, D), found {h.shape}")
    bad = int((~np.isfinite(h)).any(1).sum())
    if bad:
        raise ValueError(
            f"expected finite numbers, found NaN or infinity in {bad} of {len(h)} representations; "
            "the training that made them went wrong"
        )
    return h


def matching(xy: np.ndarray, points: int) -> np.ndarray:
    """Coordinates as float64, if there are as many as points."""
    xy = np.asarray(xy, np.float64)
    if xy.shape != (points, 2):
        raise ValueError(f"expected coordinates of shape ({points}, 2), found {xy.shape}")
    return xy


def fixed_sample(points: int) -> np.ndarray:
    """Indices of all points, or of a fixed sample of them."""
    if points <= SAMPLE:
        return np.arange(points)
    return np.sort(np.random.default_rng(0).choice(points, SAMPLE, replace=False))
