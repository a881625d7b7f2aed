"""Which pictures Views shows, and their names."""

from __future__ import annotations

import numpy as np

from pages.shell.link import change, linked_number
from simclr_core.data.datasets import Dataset

LAST_SKIPPED = 10**9  # pictures that can be skipped; then they begin again


def chosen_pictures(dataset: Dataset, count: int) -> np.ndarray:
    """Return indices of pictures, in an order that mixes classes and is always the same.

    Args:
        dataset: whose training pictures are shown.
        count: how many, after those that were skipped.
    """
    total = len(dataset.x_train)
    order = np.random.default_rng(0).permutation(total)
    return order[(_skipped() + np.arange(min(count, total))) % total]


def picture_name(dataset: Dataset, i: int) -> str:
    """Return the file of a training picture, or its number, with its class if it has one."""
    label = ""
    if dataset.y_train is not None and dataset.class_names:
        label = f", {dataset.class_names[int(dataset.y_train[i])]}"
    return f"{dataset.files_train[i] if dataset.files_train else f'picture {i}'}{label}"


def skip_pictures(count: int) -> None:
    """Show the pictures after those that are shown now."""
    change(skip=str((_skipped() + count) % LAST_SKIPPED))


def _skipped() -> int:
    """Return how many pictures were skipped, as the URL says."""
    skipped = linked_number("skip") or 0
    return skipped if skipped <= LAST_SKIPPED else 0
