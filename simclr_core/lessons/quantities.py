"""What a lesson measures of a trained network, by name.

knn, knn:FACTOR         kNN accuracy of h on the label, or on a factor (k=20, T=.1)
probe:FACTOR, z:FACTOR  accuracy of a linear probe of h, of z; FACTOR "label" is the label
rank_z, rank_h          effective rank of z and h of test pictures
alignment, uniformity   of z of test pictures (Wang & Isola 2020)
hardest                 share of the softmax's weight on the hardest tenth of the negatives
loss, accuracy          of the last tenth of the steps, by the loss that was trained
least_loss, best_accuracy  the extreme of all steps
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ..data.datasets import Dataset
from ..data.labelled import labels_of
from ..measures.registry import measure
from ..measures.vectors import Vectors
from ..settings.config import RunConfig
from .small_training import Trained, view_vectors

PROBED = 3000  # training vectors of a linear probe
RANKED = 1000  # test pictures whose vectors are ranked

# Quantity -> measure and where it is measured, see `_Spaces`.
_MEASURED = {
    "knn": ("knn_accuracy", "h"),
    "probe": ("linear_probe", "h"),
    "z": ("linear_probe", "z"),
    "rank_h": ("effective_rank", "ranked_h"),
    "rank_z": ("effective_rank", "ranked_z"),
    "alignment": ("alignment", "views"),
    "uniformity": ("uniformity", "views"),
    "hardest": ("hardest_negatives", "views"),
}


def measure_quantities(
    trained: Trained, dataset: Dataset, config: RunConfig, names: Sequence[str]
) -> dict[str, float]:
    """Return quantities by name, all of test pictures unless they are of the training's steps."""
    spaces = _Spaces(trained, dataset, config)
    return {name: _one(name, trained, spaces) for name in names}


def knn(trained: Trained, dataset: Dataset, config: RunConfig) -> float:
    """Return kNN accuracy of h: all training pictures as bank, all test pictures as queries."""
    return measure_quantities(trained, dataset, config, ["knn"])["knn"]


class _Spaces:
    """Vectors of test pictures and of fixed views of some of them, each made once."""

    def __init__(self, trained: Trained, dataset: Dataset, config: RunConfig) -> None:
        self.trained, self.dataset, self.config = trained, dataset, config

    @cached_property
    def _encoded(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """h and z of training pictures, and of test pictures."""
        encode, data = self.trained.encode, self.dataset
        return encode(data.x_train), encode(data.x_test)

    @cached_property
    def _views(self) -> Vectors:
        return view_vectors(self.trained.observer, self.dataset, self.config)

    def vectors(self, space: str, target: str) -> Vectors:
        """Return vectors of a space.

        Args:
            space: "h" or "z" of test pictures with a bank of training pictures; "ranked_h" or
                "ranked_z" of the first test pictures; "views" for z of fixed views.
            target: the factor to ask for; the label if empty.
        """
        if space == "views":
            return self._views
        train, test = self._encoded
        which = int(space.endswith("z"))
        if space.startswith("ranked"):
            return Vectors(test[which][:RANKED])
        known, truth = self._target(target)
        return Vectors(
            test[which],
            targets={target: truth},
            bank=train[which],
            bank_targets={target: known},
            most_probed=PROBED,
        )

    def _target(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        if name:
            return self.dataset.factors_train[name], self.dataset.factors_test[name]
        return labels_of(self.dataset)


def _one(name: str, trained: Trained, spaces: _Spaces) -> float:
    what, _, factor = name.partition(":")
    target = "" if factor == "label" else factor
    if what in ("loss", "accuracy"):
        values = trained.losses if what == "loss" else trained.accuracies
        return float(np.mean(values[-max(len(values) // 10, 1) :]))
    if what == "least_loss":
        return float(np.min(trained.losses))
    if what == "best_accuracy":
        return float(np.max(trained.accuracies))
    if what not in _MEASURED:
        raise ValueError(f"quantity: expected one that is known, found {name!r}")
    key, space = _MEASURED[what]
    return next(iter(measure(key, spaces.vectors(space, target)).values()))
