"""The pictures of a lesson, its own or others, checked before anything is trained."""

from __future__ import annotations

import numpy as np

from ..base.errors import DataError
from ..base.progress import Progress
from ..data.datasets import Dataset, take_test
from ..data.labelled import load_labelled
from .lesson import Condition, Lesson


def load_lesson_data(lesson: Lesson, source: str, progress: Progress, least: int = 0) -> Dataset:
    """Load pictures on which a lesson can be run.

    Args:
        lesson: what is asked of the pictures.
        source: as for `load_dataset`.
        progress: called with the share of the work done, and words.
        least: training pictures needed beside the largest batch of its conditions.

    Returns:
        The data set. Test pictures that are sorted by class are shuffled, as some quantities are
        measured on the first of them.

    Raises:
        DataError: pictures, labels, or properties that the lesson asks for are missing.
    """
    dataset = load_labelled(
        source,
        None,
        lambda _, words: progress(0.0, words),
        ", or run the lesson on its own pictures",
    )
    wanted = {
        name.partition(":")[2] for e in lesson.effects for name in (e.quantity, e.other) if name
    }
    unknown = sorted(wanted - {"", "label", *dataset.factors_train})
    if unknown:
        raise DataError(
            f"Expected pictures whose {', '.join(unknown)} is known, as in {lesson.data!r}, "
            f"found {source}, where it is not; run the lesson on its own pictures."
        )
    sizes = [
        lesson.config(condition, source, dataset.kind, 0).training.batch_size
        for condition in lesson.conditions or (Condition("all"),)
    ]
    most = max(least, *sizes)
    if len(dataset.x_train) < most:
        raise DataError(
            f"Expected at least {most:,} training pictures, found {len(dataset.x_train):,} in "
            f"{source}; bring more, or run the lesson on its own pictures."
        )
    return _shuffled(dataset)


def _shuffled(dataset: Dataset) -> Dataset:
    labels = dataset.y_test
    if labels is None or (np.diff(labels) < 0).any():
        return dataset
    return take_test(dataset, np.random.default_rng(0).permutation(len(labels)))
