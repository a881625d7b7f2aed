"""The pictures of a lesson, its own or others, checked before anything is trained."""

from __future__ import annotations

import numpy as np

from ..base.errors import DataError
from ..base.progress import Progress
from ..data.datasets import Dataset, load_dataset, need_two_classes, take_test
from .lesson import Condition, Lesson


def read(lesson: Lesson, source: str, tell: Progress, least: int = 0) -> Dataset:
    """Pictures on which a lesson can be run.

    Args:
        source: as for `load_dataset`.
        tell: is given the share of the work done, and words.
        least: training pictures at least, beside those of the largest batch of its conditions.

    Returns:
        The data set. Test pictures that lie class by class are put into an order by chance, as
        some quantities are of the first of them.

    Raises:
        DataError: pictures, labels, or properties that the lesson asks for are missing.
    """
    dataset = load_dataset(
        source, progress=lambda _, words: tell(0.0, f"reading pictures: {words}")
    )
    if dataset.y_train is None or dataset.y_test is None or not len(dataset.x_test):
        raise DataError(
            f"Expected pictures with labels, and some to test on, found none in {source}; put the "
            "pictures of each class into a folder of its own, or run the lesson on its own."
        )
    need_two_classes(dataset, source)
    wanted = {
        name.partition(":")[2] for e in lesson.effects for name in (e.quantity, e.other) if name
    }
    unknown = sorted(wanted - {"", "label", *dataset.factors_train})
    if unknown:
        raise DataError(
            f"Expected pictures of which {', '.join(unknown)} is known, as of {lesson.data!r}, "
            f"found {source}, of which it is not; run the lesson on its own pictures."
        )
    sizes = [
        lesson.config(condition, source, dataset.kind, 0).training.batch_size
        for condition in lesson.conditions or (Condition("all"),)
    ]
    most = max(least, *sizes)
    if len(dataset.x_train) < most:
        raise DataError(
            f"Expected at least {most:,} training pictures, found {len(dataset.x_train):,} in "
            f"{source}; bring more, or run the lesson on its own."
        )
    return _mixed(dataset)


def _mixed(dataset: Dataset) -> Dataset:
    labels = dataset.y_test
    if labels is None or (np.diff(labels) < 0).any():
        return dataset
    return take_test(dataset, np.random.default_rng(0).permutation(len(labels)))
