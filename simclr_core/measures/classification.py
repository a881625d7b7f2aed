"""How good predictions are: report, confusion matrix, and scores for unbalanced classes."""

from __future__ import annotations

from typing import Any

import numpy as np

UNEVEN = 1.5  # times as many pictures


def report(
    truth: np.ndarray, predicted: np.ndarray, classes: int, scores: np.ndarray | None = None
) -> dict[str, Any]:
    """Return the figures of a classifier on test pictures.

    Args:
        truth, predicted: (M,) int in 0..K-1.
        classes: K.
        scores: (M, K) probabilities; None leaves AUC out.

    Returns:
        accuracy, balanced_accuracy (mean recall of the classes that occur), auc (one class against
        the others, mean over the classes; of two classes that of the second), precision, recall,
        f1 and support by class, and confusion (K, K): rows are the true classes.
    """
    from sklearn import metrics  # late: the app imports this module and stays light

    labels = np.arange(classes)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0.0
    )
    present = support > 0
    return {
        "accuracy": float((truth == predicted).mean()),
        "balanced_accuracy": float(recall[present].mean()) if present.any() else float("nan"),
        "auc": None if scores is None else auc(truth, scores),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.astype(int).tolist(),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
    }


def auc(truth: np.ndarray, scores: np.ndarray) -> float | None:
    """Return the area under the curve of true over false alarms.

    Args:
        truth: (M,) int in 0..K-1.
        scores: (M, K) probabilities.

    Returns:
        0 to 1, the mean over the classes; None where a class does not occur.
    """
    from sklearn.metrics import roc_auc_score  # late, as above

    classes = scores.shape[1]
    if len(np.unique(truth)) < max(classes, 2) or not np.isfinite(scores).all():
        return None
    if classes == 2:
        return float(roc_auc_score(truth, scores[:, 1] - scores[:, 0]))
    each = [roc_auc_score(truth == c, scores[:, c]) for c in range(classes)]
    return float(np.mean(each))


def matched(clusters: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the class of each cluster: the matching for which most pictures are right.

    Args:
        clusters: (N,) int in 0..C-1.
        labels: (N,) int in 0..K-1.
        classes: K.

    Returns:
        (C,) int64; with more clusters than classes, the others take their most frequent class.
    """
    from scipy.optimize import linear_sum_assignment  # late, as above

    count = max(int(clusters.max(initial=0)) + 1, classes)
    table = np.zeros((count, classes), np.int64)
    np.add.at(table, (clusters, labels), 1)
    names = table.argmax(axis=1)
    rows, columns = linear_sum_assignment(-table)
    names[rows] = columns
    return names.astype(np.int64)


def balanced(counts: np.ndarray) -> bool:
    """Return whether accuracy is fair: no class has `UNEVEN` times as many pictures as another."""
    counts = counts[counts > 0]
    return len(counts) < 2 or counts.max() < UNEVEN * counts.min()
