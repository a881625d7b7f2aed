"""The pictures of a study: loaded, checked, and which of them may show their labels."""

from __future__ import annotations

import numpy as np

from ..base.progress import Progress
from ..data.datasets import Dataset, take_test
from ..data.labelled import labels_of, load_labelled
from ..data.splits import labelled_rows
from ..settings.config import DataConfig, RunConfig, replace
from ..settings.presets import preset_config
from .study import Study

TESTED = 10_000  # test pictures at most
READING = 0.02  # share of the work, for the progress


def load_study_data(study: Study, progress: Progress) -> Dataset:
    """Load pictures with labels, the test pictures in random order.

    Pictures of a folder come class by class: the first few would be of one class.

    Args:
        study: its source and image size count.
        progress: called with the share of the work done, and words.

    Returns:
        The data set, with at most `TESTED` test pictures.

    Raises:
        DataError: the data are missing, or have fewer than two classes or no test pictures.
    """
    dataset = load_labelled(
        study.source,
        study.image_size or None,
        lambda share, words: progress(READING * share, words),
    )
    order = np.random.default_rng(0).permutation(len(dataset.x_test))[:TESTED]
    return take_test(dataset, order)


def config_of(study: Study, dataset: Dataset) -> RunConfig:
    """Return all settings: the preset `minute`, for this kind of picture."""
    config = preset_config("minute", study.source, dataset.kind)
    training = replace(config.training, seed=study.seed, precision="float32", device="cpu")
    batch = min(training.batch_size, len(dataset.x_train))
    return replace(
        config,
        data=DataConfig(source=study.source),
        training=replace(training, batch_size=batch),
    )


def rows_with_labels(dataset: Dataset, study: Study) -> np.ndarray:
    """Return the rows of the training pictures whose labels may be used."""
    labels, _ = labels_of(dataset)
    if not study.budget:
        return np.arange(len(labels))
    return labelled_rows(labels, study.budget, study.seed)


def class_counts(dataset: Dataset) -> list[int]:
    """Return how many training pictures each class has."""
    return np.bincount(labels_of(dataset)[0], minlength=len(dataset.class_names)).tolist()
