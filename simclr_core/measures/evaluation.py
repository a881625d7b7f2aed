"""How good representations are: kNN, linear probe, alignment, uniformity, effective rank.

Every function takes NumPy arrays and knows nothing of runs. scikit-learn is imported where it is
needed, so that the app can import this module and stay light.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

K, T = 20, 0.1  # neighbours and temperature of the weighted vote
BLOCK = 64_000_000  # numbers of vectors that are compared at once: 256 MB
PROBED = 10_000  # vectors that a linear probe learns from at most
PIXEL_AXES = 256  # principal components that a probe of pixels reads


def l2_normalise(x: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; a row of zeros stays.

    Args:
        x: (N, ...) numbers; each entry along the first axis is one vector.

    Returns:
        (N, D) float32.
    """
    x = np.asarray(x, np.float32)
    x = x.reshape(len(x), math.prod(x.shape[1:]))  # (N, D); N may be 0
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def nearest(
    bank: np.ndarray, queries: np.ndarray | None = None, k: int = K, block: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """The k most similar vectors by cosine, in no order.

    Args:
        bank: (B, D) vectors.
        queries: (Q, D); None lets every bank vector be asked in turn, without itself.
        k: neighbours; at most the size of the bank.
        block: queries at a time, at most.

    Returns:
        Indices into the bank (Q, k) int64, and their similarities (Q, k) float32.
    """
    alone = queries is None
    asked = bank if queries is None else queries
    fitting = max(1, BLOCK // max(math.prod(bank.shape[1:]), 1))  # vectors a block
    block = min(block, fitting)
    k = max(1, min(k, len(bank) - alone))
    found = np.zeros((len(asked), k), np.int64)
    similarity = np.full((len(asked), k), -np.inf, np.float32)
    for first in range(0, len(bank), fitting):
        part = l2_normalise(bank[first : first + fitting])  # (b, D)
        for start in range(0, len(asked), block):
            rows = slice(start, min(start + block, len(asked)))
            s = l2_normalise(asked[rows]) @ part.T  # (q, b)
            if alone:
                own = np.arange(rows.start, rows.stop) - first
                inside = np.flatnonzero((own >= 0) & (own < len(part)))
                s[inside, own[inside]] = -np.inf
            _keep_best(found[rows], similarity[rows], s, first)
    return found, similarity


def _keep_best(found: np.ndarray, similarity: np.ndarray, s: np.ndarray, first: int) -> None:
    """Let better neighbours replace those found so far, in place.

    Args:
        found, similarity: (q, k) of some queries.
        s: (q, b) their similarities to the vectors of the bank from `first` on.
    """
    k = found.shape[1]
    best = np.argpartition(-s, min(k, s.shape[1]) - 1, axis=1)[:, :k]
    both = np.concatenate([similarity, np.take_along_axis(s, best, axis=1)], axis=1)
    which = np.concatenate([found, first + best], axis=1)
    kept = np.argpartition(-both, k - 1, axis=1)[:, :k]
    found[:] = np.take_along_axis(which, kept, axis=1)
    similarity[:] = np.take_along_axis(both, kept, axis=1)


def vote(
    neighbours: tuple[np.ndarray, np.ndarray], labels: np.ndarray, temperature: float = T
) -> np.ndarray:
    """Weighted vote of neighbours (Wu et al. 2018, section 3.4).

    Args:
        neighbours: as `nearest` gives them.
        labels: (B,) int, 0..C-1, of the bank.
        temperature: a neighbour at cosine similarity s votes with weight exp(s / temperature).

    Returns:
        (Q,) int64 predicted labels.
    """
    found, top = neighbours  # (Q, k) each
    weight = np.exp((top - top.max(axis=1, keepdims=True)) / temperature)  # (Q, k)
    votes = np.zeros((len(found), int(labels.max()) + 1))
    np.add.at(votes, (np.arange(len(found))[:, None], labels[found]), weight)
    return votes.argmax(axis=1)


def knn_predict(
    bank: np.ndarray,
    labels: np.ndarray,
    queries: np.ndarray | None = None,
    k: int = K,
    temperature: float = T,
) -> np.ndarray:
    """Labels that the k most similar vectors vote for; see `nearest` and `vote`.

    Returns:
        (Q,) int64 predicted labels.
    """
    return vote(nearest(bank, queries, k), labels, temperature)


def knn_accuracy(
    bank: np.ndarray,
    bank_labels: np.ndarray,
    queries: np.ndarray | None = None,
    query_labels: np.ndarray | None = None,
    k: int = K,
    temperature: float = T,
) -> float:
    """Share of queries whose neighbours vote for their label, in [0, 1].

    Args: as `knn_predict`; without queries the bank is asked, each vector without itself.
    """
    truth = bank_labels if query_labels is None else query_labels
    return float((knn_predict(bank, bank_labels, queries, k, temperature) == truth).mean())


def linear_probe(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    most: int = PROBED,
    axes: int | None = None,
) -> float:
    """Test accuracy of a logistic regression on frozen vectors (SimCLR, section 3.1).

    Args:
        train, test: (N, D), (M, D); standardised by the training vectors.
        train_labels, test_labels: (N,), (M,) int.
        most: training vectors at most; the first of a fixed permutation are taken.
        axes: instead of standardising, keep this many principal components as they are. For
            pixels: standardising would blow up the noise of corners in which nothing happens.

    Returns:
        Accuracy in [0, 1]; NaN if fewer than two classes have training vectors.
    """
    if len(np.unique(train_labels)) < 2 or not len(test):
        return float("nan")
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chosen = probed(len(train), most)
    x = np.asarray(train[chosen], np.float32).reshape(len(chosen), -1)  # (n, D)
    if axes:
        first: Any = PCA(min(axes, *x.shape), random_state=0)
    else:
        first = StandardScaler()
    probe = make_pipeline(first, LogisticRegression(C=1.0 if axes else 0.1, max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 steps are enough for a score
        probe.fit(x, train_labels[chosen])
    flat = np.asarray(test, np.float32).reshape(len(test), -1)  # (M, D)
    return float(probe.score(flat, test_labels))


def probed(count: int, most: int = PROBED) -> np.ndarray:
    """Which of `count` training vectors a linear probe learns from: the first of a fixed order."""
    return np.random.default_rng(0).permutation(count)[:most]


def small_pixels(images: np.ndarray, most: int = 32) -> np.ndarray:
    """Pixels as vectors, area-averaged to at most `most` a side: (N, D) float32 in [0, 1]."""
    size = images.shape[1]
    step = -(-size // most)
    cut = size // step * step
    x = images[:, :cut, :cut].astype(np.float32) / 255.0
    x = x.reshape(len(x), cut // step, step, cut // step, step, 3).mean(axis=(2, 4))
    return x.reshape(len(x), -1)


def label_name(labels: np.ndarray, factors: Mapping[str, np.ndarray]) -> str:
    """The factor that the labels are (of drawn pictures), else "label".

    Args:
        labels: (N,) int.
        factors: (N,) int each, by name.
    """
    same = (name for name, values in factors.items() if np.array_equal(values, labels))
    return next(same, "label")


def alignment(views: np.ndarray) -> float:
    """Mean squared distance of positive pairs on the unit sphere (Wang & Isola 2020, eq. 3).

    Args:
        views: (P, 2, d) vectors of the two views of each image.

    Returns:
        0 (partners alike) to 4.
    """
    a, b = l2_normalise(views[:, 0]), l2_normalise(views[:, 1])  # (P, d) each
    return float(((a - b) ** 2).sum(axis=1).mean())


def uniformity(x: np.ndarray, t: float = 2.0) -> float:
    """Log of the mean Gaussian potential over all pairs (Wang & Isola 2020, eq. 4).

    Args:
        x: (P, d) vectors, scaled to the unit sphere here.

    Returns:
        0 (all alike) downwards; about -2t when spread evenly in many dimensions.
    """
    u = l2_normalise(x)  # (P, d)
    square = np.maximum(2 - 2 * (u @ u.T), 0)[np.triu_indices(len(u), 1)]
    return float(np.log(np.exp(-t * square).mean())) if len(square) else float("nan")


def effective_rank(x: np.ndarray) -> float:
    """exp of the entropy of the singular values of centred vectors (Roy & Vetterli 2007).

    Args:
        x: (P, D).

    Returns:
        1 (all on one line) to min(P - 1, D); 0 if all vectors are alike.
    """
    x = np.asarray(x, np.float64)
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    if not len(s) or s.sum() <= 1e-6 * max(np.abs(x).max(), 1e-12) * len(x):
        return 0.0
    p = s / s.sum()
    return float(np.exp(-(p[p > 0] * np.log(p[p > 0])).sum()))
