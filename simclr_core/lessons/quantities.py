"""What a lesson measures of a trained network, by name.

knn, knn:FACTOR         kNN accuracy of h on the label, or on a factor (k=20, T=.1)
probe:FACTOR, z:FACTOR  accuracy of a linear probe of h, of z; FACTOR "label" is the label
rank_z, rank_h          effective rank of z and h of test pictures
alignment, uniformity   of z of test pictures (Wang & Isola 2020)
hardest                 share of the softmax's weight on the hardest tenth of the negatives
hardest@CONDITION       the same at this condition's temperature, on the network of another one
loss, accuracy          of the last tenth of the steps, by the loss that was trained
least_loss, best_accuracy  the extreme of all steps
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..data.datasets import Dataset
from ..data.labelled import labels_of
from ..measures.hardest_negatives import BATCH, hardest_share
from ..measures.registry import measure
from ..measures.vectors import Vectors, small_pixels
from ..settings.config import RunConfig
from .lesson import Condition, Lesson
from .small_training import Trained, untrained, view_vectors

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


def measure_on_others(
    lesson: Lesson, views: Mapping[str, Vectors], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Measure each condition's temperature on the network of one of them.

    Args:
        views: condition -> z of fixed views, with that condition's temperature.
        names: quantities; those without "@" are left out.

    Returns:
        condition -> quantity -> value.
    """
    found: dict[str, dict[str, float]] = {condition.name: {} for condition in lesson.conditions}
    for name in names:
        what, _, on = name.partition("@")
        for condition, own in views.items() if on else ():
            vectors = replace(views[on], temperature=own.temperature)
            found[condition][name] = measure(_MEASURED[what][0], vectors)[""]
    return found


def fitting(lesson: Lesson, dataset: Dataset) -> list[str]:
    """Return the lesson's quantities that can be measured: only drawn pictures have factors."""
    known = ("", "label", *dataset.factors_train)
    return [name for name in lesson.measured if name.partition(":")[2] in known]


def references(
    lesson: Lesson, dataset: Dataset, source: str, seed: int
) -> dict[str, dict[str, float]]:
    """Measure what the first condition of a lesson has to beat (see `measure_references`).

    Args:
        dataset, source: the pictures, and where they are from.
        seed: of the untrained network.
    """
    first = lesson.conditions[0] if lesson.conditions else Condition("all")
    config = lesson.config(first, source, dataset.kind, seed)
    return measure_references(config, dataset, fitting(lesson, dataset))


def measure_references(
    config: RunConfig, dataset: Dataset, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Measure what a trained network has to beat: itself untrained, raw pixels, and chance.

    Args:
        config: of the training; its seed gives the untrained network.
        names: quantities; those without such a thing are left out.

    Returns:
        quantity -> "untrained", "pixels", "chance" or "all alike" -> value.
    """
    spaces = _Spaces(untrained(config, dataset), dataset, config)
    found: dict[str, dict[str, float]] = {}
    for name in names:
        what, _, factor = name.partition(":")
        target = "" if factor == "label" else factor
        row = found.setdefault(name, {})
        if what in _MEASURED and what != "hardest":
            row["untrained"] = _one(name, spaces.trained, spaces)
        if what in ("knn", "probe"):
            key = _MEASURED[what][0]
            row["pixels"] = next(iter(measure(key, spaces.vectors("pixels", target)).values()))
        if what in ("knn", "probe", "z"):
            row["chance"] = 1 / spaces.categories(target)
        if what == "accuracy":
            row["chance"] = 1 / (2 * config.training.batch_size - 1)
        if what.partition("@")[0] == "hardest":
            row["all alike"] = hardest_share(np.ones((BATCH, 2, 1)), 1.0)
    return {
        name: {key: round(value, 5) for key, value in row.items()}
        for name, row in found.items()
        if row
    }


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
    def _pixels(self) -> tuple[np.ndarray, np.ndarray]:
        """Training pictures and test pictures as plain vectors."""
        return small_pixels(self.dataset.x_train), small_pixels(self.dataset.x_test)

    @cached_property
    def _views(self) -> Vectors:
        return view_vectors(self.trained.observer, self.dataset, self.config)

    def vectors(self, space: str, target: str) -> Vectors:
        """Return vectors of a space.

        Args:
            space: "h", "z" or "pixels" of test pictures with a bank of training pictures;
                "ranked_h" or "ranked_z" of the first test pictures; "views" for z of fixed views.
            target: the factor to ask for; the label if empty.
        """
        if space == "views":
            return self._views
        which = int(space.endswith("z"))
        if space.startswith("ranked"):
            return Vectors(self._encoded[1][which][:RANKED])
        bank, x = self._pixels if space == "pixels" else (half[which] for half in self._encoded)
        known, truth = self._target(target)
        return Vectors(
            x,
            targets={target: truth},
            bank=bank,
            bank_targets={target: known},
            pixels=space == "pixels",
            most_probed=PROBED,
        )

    def categories(self, target: str) -> int:
        """Return how many categories a factor has, or the label if empty."""
        return int(max(part.max() for part in self._target(target))) + 1

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
