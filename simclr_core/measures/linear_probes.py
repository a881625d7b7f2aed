"""Linear probes: how well a plain classifier reads a property from frozen vectors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .vectors import Values, Vectors, flat

PROBED = 10_000  # vectors that a linear probe learns from at most
PIXEL_AXES = 256  # principal components that a probe of pixels reads


def probe_accuracies(vectors: Vectors) -> Values:
    """Yield the accuracy of a linear probe of every target; nothing without a bank.

    A target with the same categories as one before has that one's accuracy.
    """
    if vectors.bank is None:
        return
    axes = PIXEL_AXES if vectors.pixels else None
    probed: list[tuple[np.ndarray, float]] = []
    for name, truth in vectors.targets.items():
        labels = vectors.bank_targets[name]
        accuracy = next((a for known, a in probed if np.array_equal(known, labels)), None)
        if accuracy is None:
            known, usable = truth >= 0, labels >= 0
            accuracy = linear_probe(
                vectors.bank[usable], labels[usable], vectors.x[known], truth[known],
                vectors.most_probed, axes,
            )  # fmt: skip
            probed.append((labels, accuracy))
        yield name, accuracy


def linear_probe(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    most: int = PROBED,
    axes: int | None = None,
) -> float:
    """Return the test accuracy of a logistic regression on frozen vectors (SimCLR, section 3.1).

    Args:
        train, test: (N, ...), (M, ...) vectors.
        train_labels, test_labels: (N,), (M,) int.
        most, axes: as for `fitted_probe`.

    Returns:
        Accuracy in [0, 1]; NaN if fewer than two classes have training vectors.
    """
    if len(np.unique(train_labels)) < 2 or not len(test):
        return float("nan")
    probe = fitted_probe(train, train_labels, most, axes)
    return float(probe.score(flat(np.asarray(test, np.float32)), test_labels))


def fitted_probe(
    train: np.ndarray, labels: np.ndarray, most: int = PROBED, axes: int | None = None
) -> Any:
    """Fit a logistic regression to vectors, standardised by the training vectors.

    Args:
        train: (N, ...) vectors.
        labels: (N,) int, of at least two classes.
        most: training vectors at most; the first of a fixed permutation are taken.
        axes: instead of standardising, keep this many principal components as they are. For
            pixels: standardising would blow up the noise of corners in which nothing happens.

    Returns:
        A fitted scikit-learn pipeline, which takes (M, D) float32.
    """
    # scikit-learn is imported late, so that the app can import this module and stay light.
    from sklearn.decomposition import PCA
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chosen = probed_rows(len(train), most)
    x = flat(np.asarray(train[chosen], np.float32))  # (n, D)
    scaling: Any = PCA(min(axes, *x.shape), random_state=0) if axes else StandardScaler()
    probe = make_pipeline(scaling, LogisticRegression(C=1.0 if axes else 0.1, max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 300 steps are enough for a score
        return probe.fit(x, labels[chosen])


def probed_rows(count: int, most: int = PROBED) -> np.ndarray:
    """Return which of `count` training vectors a probe learns from: the first of a fixed order."""
    return np.random.default_rng(0).permutation(count)[:most]
