"""What a lesson measures of a trained network, by name.

knn, knn:FACTOR         kNN accuracy of h on the label, or on a factor (k=20, T=.1)
probe:FACTOR, z:FACTOR  accuracy of a linear probe of h, of z; FACTOR "label" is the label
rank_z, rank_h          effective rank of z and h of test pictures
alignment, uniformity   of z of test pictures (Wang & Isola 2020)
loss, accuracy          of the last tenth of the steps, as the training's own loss tells them
least_loss, best_accuracy  the extreme of all steps
hardest                 share of the softmax's weight on the hardest tenth of the negatives
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.datasets import Dataset
from ..loss.nt_xent import similarities
from ..measures import evaluation
from ..settings.config import RunConfig
from .small_training import Trained, answers, fixed_views

PROBED = 3000  # training vectors of a linear probe
RANKED = 1000  # test pictures whose vectors are ranked
BATCH = 64  # pictures whose views compete, for `hardest`
HARDEST = 0.1  # share of the negatives


def measure(
    found: Trained, dataset: Dataset, config: RunConfig, names: Sequence[str]
) -> dict[str, float]:
    """Quantities by name, all of test pictures unless they are of the training's own steps."""
    encoded = Encoded(found, dataset)
    return {name: _one(name, found, encoded, dataset, config) for name in names}


class Encoded:
    """h and z of training and test pictures, made once."""

    def __init__(self, found: Trained, dataset: Dataset) -> None:
        self.train = found.encode(dataset.x_train)
        self.test = found.encode(dataset.x_test)


def _one(name: str, found: Trained, encoded: Encoded, dataset: Dataset, config: RunConfig) -> float:
    what, _, factor = name.partition(":")
    factor = "" if factor == "label" else factor
    if what == "knn":
        known, truth = answers(dataset, factor)
        return evaluation.knn_accuracy(encoded.train[0], known, encoded.test[0], truth)
    if what in ("probe", "z"):
        known, truth = answers(dataset, factor)
        which = int(what == "z")
        vectors = encoded.train[which], encoded.test[which]
        return evaluation.linear_probe(vectors[0], known, vectors[1], truth, most=PROBED)
    if what in ("rank_h", "rank_z"):
        return evaluation.effective_rank(encoded.test[int(what == "rank_z")][:RANKED])
    if what in ("loss", "accuracy"):
        values = found.losses if what == "loss" else found.accuracies
        return float(np.mean(values[-max(len(values) // 10, 1) :]))
    if what == "least_loss":
        return float(np.min(found.losses))
    if what == "best_accuracy":
        return float(np.max(found.accuracies))
    z = found.encode(fixed_views(dataset, config))[1]  # (2P, d)
    if what == "alignment":
        return evaluation.alignment(z.reshape(-1, 2, z.shape[1]))
    if what == "uniformity":
        return evaluation.uniformity(z[::2])
    if what == "hardest":
        return hardest(z, config.training.temperature)
    raise ValueError(f"measure: expected one that is known, found {name!r}")


def hardest(z: np.ndarray, temperature: float, share: float = HARDEST) -> float:
    """Part of the softmax's weight over the negatives that falls on the hardest of them.

    Equation 1's gradient pushes each negative away with its softmax weight: this says how few do
    most of the work.

    Args:
        z: (2P, d) projections, partners side by side; views of `BATCH` pictures compete at a time.
        temperature: tau.
        share: of the negatives that count as the hardest.

    Returns:
        `share` (all weigh alike) to 1.
    """
    found = []
    for i in range(0, max(len(z) - 2 * BATCH + 1, 1), 2 * BATCH):  # fewer make one batch
        s = similarities(z[i : i + 2 * BATCH])  # (2N, 2N)
        view = np.arange(len(s))
        own = view[None, :] // 2 == view[:, None] // 2
        negatives = np.sort(s[~own].reshape(len(s), -1), axis=1)[:, ::-1]  # (2N, 2N-2)
        weights = np.exp((negatives - negatives[:, :1]) / temperature)
        top = max(round(share * weights.shape[1]), 1)
        found.append((weights[:, :top].sum(axis=1) / weights.sum(axis=1)).mean())
    return float(np.mean(found))
