"""The pictures of a study: read, checked, and which of them may show their labels."""

from __future__ import annotations

import numpy as np

from ..base.errors import DataError
from ..base.progress import Progress
from ..data.datasets import Dataset, load_dataset, need_two_classes, take_test
from ..data.splits import labelled_rows
from ..settings.config import DataConfig, RunConfig, replace
from ..settings.presets import preset_config
from .study import Study

TESTED = 10_000  # test pictures at most
READING = 0.02  # share of the work, for the progress


def read(study: Study, tell: Progress) -> Dataset:
    """Pictures with labels, the test pictures in an order by chance.

    Pictures of a folder lie class by class: the first few would be of one class.

    Args:
        tell: is given the share of the work done, and words.

    Returns:
        The data set, with at most `TESTED` test pictures.

    Raises:
        DataError: the data are missing, or have fewer than two classes or no test pictures.
    """
    dataset = load_dataset(
        study.source,
        study.image_size or None,
        progress=lambda share, words: tell(READING * share, f"reading pictures: {words}"),
    )
    _check(dataset, study)
    order = np.random.default_rng(0).permutation(len(dataset.x_test))[:TESTED]
    return take_test(dataset, order)


def config_of(study: Study, dataset: Dataset) -> RunConfig:
    """All settings: the preset `minute`, for this kind of picture."""
    config = preset_config("minute", study.source, dataset.kind)
    training = replace(config.training, seed=study.seed, precision="float32", device="cpu")
    batch = min(training.batch_size, len(dataset.x_train))
    return replace(
        config,
        data=DataConfig(source=study.source),
        training=replace(training, batch_size=batch),
    )


def labelled(dataset: Dataset, study: Study) -> np.ndarray:
    """Rows of the training pictures whose labels may be used."""
    assert dataset.y_train is not None
    if not study.budget:
        return np.arange(len(dataset.y_train))
    return labelled_rows(dataset.y_train, study.budget, study.seed)


def counts(dataset: Dataset) -> list[int]:
    """Training pictures of each class."""
    assert dataset.y_train is not None
    return np.bincount(dataset.y_train, minlength=len(dataset.class_names)).tolist()


def _check(dataset: Dataset, study: Study) -> None:
    if dataset.y_train is None or dataset.y_test is None:
        raise DataError(
            f"Expected pictures with labels, found none in {study.source}; put the pictures of "
            "each class into a folder of its own."
        )
    if not len(dataset.x_test):
        raise DataError(
            f"Expected pictures to test on, found too few in {study.source} to set some aside; "
            "bring more of each class."
        )
    need_two_classes(dataset, study.source)
