"""Data sets: pictures of one size with labels and factors, whatever they came from.

`load_dataset` takes a built-in name, an .npz file, a zip or a folder. Nothing here imports
TensorFlow, Keras or scikit-learn.
"""

from __future__ import annotations

import difflib
import functools
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..base.errors import DataError
from ..base.paths import expanded
from ..base.progress import Progress
from . import builtin
from . import memmaps as large
from .builtin import BUILT_IN, prepare
from .readers import npz
from .readers.folders import read_pictures
from .splits import Parts, cap, hash_arrays, split_off_test, spread_choice

__all__ = [
    "BUILT_IN",
    "Dataset",
    "check_fit",
    "describe_source",
    "load_dataset",
    "prepare",
    "probe_indices",
]

MIN_IMAGE_SIZE, MAX_IMAGE_SIZE = 8, 224
LABELS = {
    "shapes": "Shapes (drawn, 8 classes)",
    "patterns": "Patterns (drawn, 8 motifs)",
    "digits": "Digits (handwritten, 10 classes)",
    "cifar10": "CIFAR-10 (photographs, 10 classes)",
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures of one size, split into train and test, with what is known about them.

    Attributes:
        name: built-in name, or name of the file or folder.
        x_train: (N, S, S, 3) uint8 RGB.
        y_train: (N,) int64 in 0..K-1, None without labels.
        x_test: (M, S, S, 3) uint8; M may be 0.
        y_test: (M,) int64, None without labels.
        class_names: K names, () without labels.
        factors_train: factor -> (N,) int64 category; {} unless the pictures are drawn.
        factors_test: factor -> (M,) int64.
        factor_names: factor -> names of its categories.
        is_gray: the three channels are equal everywhere.
        kind: "drawn", "patterns", "characters", "photographs" or "gray pictures"; views start
            from it.
        notes: what was done to the data, a sentence each.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray | None
    x_test: np.ndarray
    y_test: np.ndarray | None
    class_names: tuple[str, ...] = ()
    factors_train: dict[str, np.ndarray] = field(default_factory=dict)
    factors_test: dict[str, np.ndarray] = field(default_factory=dict)
    factor_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_gray: bool = False
    kind: str = "photographs"
    notes: tuple[str, ...] = ()

    @functools.cached_property
    def content_hash(self) -> str:
        """sha256 (hex) over pictures and labels of both splits."""
        return hash_arrays(self.x_train, self.y_train, self.x_test, self.y_test)

    @property
    def image_size(self) -> int:
        """Side S of the pictures in pixels."""
        return int(self.x_train.shape[1])


def need_two_classes(dataset: Dataset, source: str) -> None:
    """Refuse pictures of one class.

    Raises:
        DataError: fewer than two classes have training pictures.
    """
    if dataset.y_train is not None and len(np.unique(dataset.y_train)) < 2:
        raise DataError(
            f"Expected pictures of at least two classes, found one in {source}; with one there is "
            "nothing to tell apart."
        )


def take_test(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """The same training pictures, and these of the test pictures in this order.

    Args:
        rows: positions of test pictures.
    """
    labels = dataset.y_test
    return replace(
        dataset,
        x_test=dataset.x_test[rows],
        y_test=None if labels is None else labels[rows],
        factors_test={name: values[rows] for name, values in dataset.factors_test.items()},
    )


def load_dataset(
    source: str,
    image_size: int | None = None,
    *,
    max_images: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load a data set.

    Args:
        source: "shapes", "patterns", "digits", "cifar10", or the path of an .npz, a .zip or a
            folder.
        image_size: side S in pixels, 8 to 224; None (or 0) lets the data choose.
        max_images: training pictures at most, and as many test pictures, class by class; None
            (or 0) takes all.
        progress: called with a share of 1 and a sentence.

    Returns:
        The data set. Without a test split, a fifth of the pictures becomes one, chosen by their
        content, and a note says so.

    Raises:
        DataError: the data are missing, unreadable or unfit; the text says what to do.
    """
    tell = progress or (lambda share, text: None)
    _check_arguments(image_size, max_images)
    if source in builtin.DRAWN:
        return _load_drawn(source, image_size or builtin.SHAPES_SIZE, max_images, tell)
    if source in BUILT_IN:
        path = builtin.ensure_cached(source, tell)
        size = image_size or (builtin.DIGITS_SIZE if source == "digits" else None)
        parts = npz.read_npz(path, size, tell)
        if source == "digits":
            note = "The 500 test digits come from other writers than the training ones."
            parts = replace(parts, notes=(*parts.notes, note))
        return _finish(source, parts, max_images, "characters" if source == "digits" else "")
    path = expanded(source)
    if not source.strip() or not _exists(path):  # an empty path would mean the working folder
        raise DataError(_not_found(source))
    if path.is_file() and path.suffix.lower() == ".npz":
        parts = npz.read_npz(path, image_size or None, tell)
    elif path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip"):
        # Read a quarter more than asked for: a fifth may become the test split.
        limit = -(-max_images * 5 // 4) if max_images else None
        parts = read_pictures(path, image_size or None, limit, tell)
    else:
        raise DataError(
            f"Expected a folder, a .zip or an .npz file, found {path.name}; "
            "put the pictures into one of these."
        )
    return _finish(path.resolve().name or "pictures", parts, max_images)


def describe_source(source: str) -> str:
    """A short name of a source for menus."""
    return LABELS.get(source) or Path(source).name or source


def check_fit(dataset: Dataset, batch_size: int) -> None:
    """Refuse a data set with fewer training pictures than a batch.

    Args:
        batch_size: images a step (N).

    Raises:
        DataError: too few; the text names a batch size that fits, if there is one.
    """
    count = len(dataset.x_train)
    if count >= max(batch_size, 2):
        return
    needed = f"Expected at least {max(batch_size, 2):,} training pictures for a batch"
    advice = f"choose a batch size of at most {count}, or " if count >= 2 else ""
    raise DataError(f"{needed}, found {count:,} in {dataset.name}; {advice}bring more pictures.")


def probe_indices(dataset: Dataset, count: int = 1000) -> np.ndarray:
    """The training pictures that every snapshot encodes: the same for all runs on these data.

    Args:
        count: pictures wanted; all of them when there are fewer.

    Returns:
        (P,) int64 rows of x_train in rising order, classes in proportion where there are labels.
    """
    return spread_choice(dataset.y_train, len(dataset.x_train), count, dataset.content_hash)


def _check_arguments(image_size: int | None, max_images: int | None) -> None:
    if image_size and not MIN_IMAGE_SIZE <= image_size <= MAX_IMAGE_SIZE:
        raise DataError(
            f"Expected an image size of {MIN_IMAGE_SIZE} to {MAX_IMAGE_SIZE} pixels, found "
            f"{image_size}; choose one in between."
        )
    if max_images is not None and max_images < 0:
        raise DataError(f"Expected a number of pictures of at least 1, found {max_images}.")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long or with a null byte
        return False


def _not_found(source: str) -> str:
    near = difflib.get_close_matches(source.lower(), BUILT_IN, 1)
    advice = f"did you mean {near[0]}?" if near else "check the path."
    return (
        f"Expected {', '.join(BUILT_IN)} or the path of a folder, a .zip or an .npz file; "
        f"found nothing at {source[:200]!r}: {advice}"
    )


def _load_drawn(source: str, image_size: int, max_images: int | None, tell: Progress) -> Dataset:
    drawn, arrays = builtin.DRAWN[source], builtin.draw_built_in(source, image_size, tell)
    for split in ("train", "test") if max_images else ():
        label = arrays[f"factor_{split}__{drawn.label}"]
        rows = spread_choice(label, len(label), max_images or 0, "0")
        arrays |= {name: value[rows] for name, value in arrays.items() if split in name}
    factors = {
        split: {name: arrays[f"factor_{split}__{name}"] for name in drawn.factor_names}
        for split in ("train", "test")
    }
    return Dataset(
        name=source,
        x_train=arrays["x_train"],
        y_train=factors["train"][drawn.label],
        x_test=arrays["x_test"],
        y_test=factors["test"][drawn.label],
        class_names=drawn.factor_names[drawn.label],
        factors_train=factors["train"],
        factors_test=factors["test"],
        factor_names=dict(drawn.factor_names),
        kind=drawn.kind,
    )


def _finish(name: str, parts: Parts, max_images: int | None, kind: str = "") -> Dataset:
    """Add what is missing (a test split, a cap) and look at the pictures' kind."""
    if parts.x_test is None:
        parts = split_off_test(parts)
    if max_images:
        parts = cap(parts, max_images)
    notes = parts.notes
    if large.is_mapped(parts.x_train):
        size = f"{parts.x_train.nbytes / 1e9:,.1f} GB"
        notes = (*notes, f"These are {size} of pictures: they are read from the disk as needed.")
    x_test = parts.x_test if parts.x_test is not None else parts.x_train[:0]
    is_gray = _is_gray(parts.x_train) and _is_gray(x_test)
    return Dataset(
        name=name,
        x_train=parts.x_train,
        y_train=parts.y_train,
        x_test=x_test,
        y_test=parts.y_test,
        class_names=parts.class_names,
        is_gray=is_gray,
        kind=kind or ("gray pictures" if is_gray else "photographs"),
        notes=notes,
    )


def _is_gray(images: np.ndarray) -> bool:
    """Whether red, green and blue are equal; a look at the first pictures usually settles it."""
    for part in (slice(32), *large.blocks(images)):
        red, green, blue = (images[part][..., channel] for channel in range(3))
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return False
    return True


if __name__ == "__main__":
    sys.exit(builtin.main(sys.argv[1:]))
