"""Turn labels of any type into 0..K-1, and the splits of a source into train and test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..base.errors import DataError
from ..base.paths import safe_name
from . import memmaps
from .splits import SourceData

LARGEST = 2.0**53  # for float labels; above it, neighbouring integers are the same number


def combine_splits(
    splits: list[str],
    images: list[np.ndarray],
    labels: list[np.ndarray | None],
    class_names: np.ndarray | None,
    files: list[tuple[str, ...]] | None = None,
) -> SourceData:
    """Combine a source's splits into train and test.

    Args:
        splits: name of each split: the first is the training split under any name, then "val"
            or "test". An empty split is ignored.
        images: per split (N, S, S, 3) uint8.
        labels: per split (N,), (N, 1) or one-hot (N, K), numbers or text; or None.
        class_names: names of the classes 0..K-1, or None.
        files: per split (N,) the path of each picture's file, or None if there are no files.

    Returns:
        The pictures with numbered labels. A validation split joins train, or is the test split
        if there is no other.

    Raises:
        DataError: the labels do not fit the pictures, or there are no training pictures.
    """
    if not len(images[0]):
        raise DataError("Expected training pictures, found none; save at least one batch of them.")
    notes: list[str] = []
    flat = [
        None if label is None else _flat(label, len(x), split)
        for split, x, label in zip(splits, images, labels, strict=True)
    ]
    notes += [
        f"The {split} split is empty and was ignored."
        for split, x in zip(splits, images, strict=True)
        if not len(x)
    ]
    filled = [place for place, x in enumerate(images) if len(x)]
    splits, images = [splits[place] for place in filled], [images[place] for place in filled]
    flat = [flat[place] for place in filled]
    of_files = dict(zip(splits, (files[place] for place in filled), strict=True)) if files else {}
    given = [y for y in flat if y is not None]
    if given and len(given) < len(flat):
        notes.append("Labels were left out because some splits have none.")
    names: tuple[str, ...] = ()
    numbers: list[np.ndarray | None] = [None] * len(flat)
    if len(given) == len(flat):
        mapped, names, remarks = _to_numbers(given, class_names)
        numbers = list(mapped)
        notes += remarks
    return _join(splits, images, numbers, names, notes, of_files)


def _flat(labels: np.ndarray, count: int, split: str) -> np.ndarray:
    """Return one label per picture: (N,) integers or text."""
    if labels.ndim == 2 and labels.shape[1] > 1 and _is_one_hot(labels):
        labels = labels.argmax(axis=1)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,):
        raise DataError(
            f"Expected one label for each of the {count:,} {split} pictures, found labels of "
            f"shape {labels.shape}; save as many labels as pictures, or leave the labels out."
        )
    if labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels == labels.round()).all():
        labels = _whole(labels, split)
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind not in "biuU":
        raise DataError(
            f"Expected whole numbers or text as labels, found {labels.dtype} in the {split} "
            "labels; save class numbers or class names."
        )
    return labels


def _whole(labels: np.ndarray, split: str) -> np.ndarray:
    """Return floats without a fraction as int64."""
    beyond = labels[np.abs(labels) >= LARGEST]
    if len(beyond):
        raise DataError(
            f"Expected class numbers below {LARGEST:g} as labels, found {beyond[0]:g} in the "
            f"{split} labels; save class numbers such as 0, 1, 2, or class names."
        )
    return labels.astype(np.int64)


def _is_one_hot(labels: np.ndarray) -> bool:
    if labels.dtype.kind not in "biuf":
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _to_numbers(
    labels: list[np.ndarray], class_names: np.ndarray | None
) -> tuple[list[np.ndarray], tuple[str, ...], list[str]]:
    """Return labels as int64 in 0..K-1, the names of the K classes, and notes."""
    values, inverse = np.unique(np.concatenate(labels), return_inverse=True)
    ends = np.cumsum([len(part) for part in labels])[:-1]
    given = _read_names(class_names)
    if given and values.dtype.kind in "biu" and min(values) >= 0 and max(values) < len(given):
        return [part.astype(np.int64) for part in labels], given, []
    notes = []
    if class_names is not None:
        notes.append(
            f"class_names was left out: its {len(given)} names do not fit labels from "
            f"{safe_name(str(values[0]))} to {safe_name(str(values[-1]))}."
        )
    if len(values) == 1:
        notes.append("All pictures have the same label: scores by label mean nothing.")
    names = tuple(safe_name(str(value)) for value in values)
    return [part.astype(np.int64) for part in np.split(inverse, ends)], names, notes


def _read_names(class_names: np.ndarray | None) -> tuple[str, ...]:
    if class_names is None or class_names.ndim != 1 or class_names.dtype.kind not in "USiu":
        return ()
    if class_names.dtype.kind == "S":
        class_names = np.char.decode(class_names, "utf-8", "replace")
    return tuple(safe_name(str(name)) for name in class_names)


def _join(
    splits: list[str],
    images: list[np.ndarray],
    labels: list[np.ndarray | None],
    names: tuple[str, ...],
    notes: list[str],
    files: dict[str, tuple[str, ...]],
) -> SourceData:
    """Combine up to three splits; validation joins train if there is a test split."""
    x, y = dict(zip(splits, images, strict=True)), dict(zip(splits, labels, strict=True))
    first = splits[0]
    test = next((name for name in ("test", "val") if name in x), None)
    if test == "test" and "val" in x:
        notes.append(
            f"The validation split ({len(x['val']):,} pictures) joined the training split."
        )
        y_first, y_val = y[first], y["val"]
        x[first] = memmaps.join([x[first], x["val"]])
        if files:
            files[first] += files["val"]
        if y_first is not None and y_val is not None:
            y[first] = np.concatenate([y_first, y_val])
    elif test == "val":
        notes.append("The validation split serves as the test split.")
    joined = SourceData(
        x[first], y[first], None, None, names, tuple(notes), files_train=files.get(first)
    )
    if test is None:
        return joined
    return replace(joined, x_test=x[test], y_test=y[test], files_test=files.get(test))
