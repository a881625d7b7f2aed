"""Pictures with labels, for what cannot do without them."""

from __future__ import annotations

import numpy as np

from ..base.errors import DataError
from ..base.progress import Progress
from .datasets import Dataset, load_dataset, need_two_classes


def load_labelled(
    source: str, image_size: int | None, progress: Progress, otherwise: str = ""
) -> Dataset:
    """Load pictures with labels of at least two classes, and some to test on.

    Args:
        source, image_size: as for `load_dataset`.
        progress: called with the share that is read, and words.
        otherwise: what else can be done, as the end of a sentence.

    Raises:
        DataError: the data are missing, or have fewer than two classes or no test pictures.
    """
    dataset = load_dataset(
        source,
        image_size,
        progress=lambda share, words: progress(share, f"reading pictures: {words}"),
    )
    if dataset.y_train is None or dataset.y_test is None:
        raise DataError(
            f"Expected pictures with labels, found none in {source}; put the pictures of each "
            f"class into a folder of its own{otherwise}."
        )
    if not len(dataset.x_test):
        raise DataError(
            f"Expected pictures to test on, found too few in {source} to set some aside; bring "
            f"more of each class{otherwise}."
        )
    need_two_classes(dataset, source)
    return dataset


def labels_of(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of training and test pictures, (N,) and (M,) int.

    Raises:
        DataError: the pictures have no labels.
    """
    if dataset.y_train is None or dataset.y_test is None:
        raise DataError(
            f"Expected pictures with labels, found none in {dataset.name}; put the pictures of "
            "each class into a folder of its own."
        )
    return dataset.y_train, dataset.y_test
