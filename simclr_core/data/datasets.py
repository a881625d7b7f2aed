"""Load a data set: a built-in name, an .npz file, a zip or a folder.

Nothing here imports TensorFlow, Keras or scikit-learn.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..base.errors import DataError
from ..base.paths import expanded
from ..base.progress import Progress, no_progress
from . import builtin, memmaps
from .readers import npz
from .readers.folders import read_pictures
from .splits import SourceData, cap, hash_arrays, picked, split_off_test, spread_choice
from .unfit import ADVICE, WORDS, unfit

MIN_IMAGE_SIZE, MAX_IMAGE_SIZE = 8, 224
LABELS = {
    "shapes": "Shapes (drawn, 8 classes)",
    "patterns": "Patterns (drawn, 8 motifs)",
    "digits": "Digits (handwritten, 10 classes)",
    "cifar10": "CIFAR-10 (photographs, 10 classes)",
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures of one size in a train and a test split, with labels and factors.

    Attributes:
        name: the built-in name, or the name of the file or folder.
        x_train: (N, S, S, 3) uint8 RGB.
        y_train: (N,) int64 in 0..K-1, None without labels.
        x_test: (M, S, S, 3) uint8; M may be 0.
        y_test: (M,) int64, None without labels.
        class_names: K names, () without labels.
        factors_train: factor -> (N,) int64 category; {} unless the pictures are drawn.
        factors_test: factor -> (M,) int64.
        factor_names: factor -> names of its categories.
        is_gray: the three channels are equal everywhere.
        kind: "drawn", "patterns", "characters", "photographs" or "gray pictures"; it decides
            the default views.
        notes: what was done to the data, one sentence each.
        files_train: (N,) the path of each picture's file inside the folder or zip, or None.
        files_test: (M,) the same, or None.
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
    files_train: tuple[str, ...] | None = None
    files_test: tuple[str, ...] | None = None

    @functools.cached_property
    def content_hash(self) -> str:
        """The sha256 (hex) of the pictures and labels of both splits."""
        return hash_arrays(self.x_train, self.y_train, self.x_test, self.y_test)

    @functools.cached_property
    def problems(self) -> tuple[str, ...]:
        """Sentences about what makes the training pictures unfit to learn from, and what to do."""
        found = unfit(self.x_train) if len(self.x_train) else ""
        return (WORDS[found], ADVICE[found]) if found else ()

    @property
    def image_size(self) -> int:
        """The side S of the pictures in pixels."""
        return int(self.x_train.shape[1])


def need_two_classes(dataset: Dataset, source: str) -> None:
    """Refuse a data set whose training pictures all have one class.

    Args:
        source: what to call the data in the message.

    Raises:
        DataError: fewer than two classes have training pictures.
    """
    if dataset.y_train is not None and len(np.unique(dataset.y_train)) < 2:
        raise DataError(
            f"Expected pictures of at least two classes, found one in {source}; choose pictures of "
            "several classes."
        )


def take_test(dataset: Dataset, rows: np.ndarray) -> Dataset:
    """Return the data set with only some of its test pictures.

    Args:
        rows: (M,) positions of test pictures, in the order wanted.
    """
    labels = dataset.y_test
    return replace(
        dataset,
        x_test=dataset.x_test[rows],
        y_test=None if labels is None else labels[rows],
        factors_test={name: values[rows] for name, values in dataset.factors_test.items()},
        files_test=picked(dataset.files_test, rows),
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
        image_size: side S in pixels, 8 to 224; None (or 0) uses a size that suits the data.
        max_images: the most training pictures, and the most test pictures, taken class by
            class; None (or 0) takes all.
        progress: called with the share done and a sentence.

    Returns:
        The data set. If there is no test split, a fifth of the pictures becomes one, chosen by
        content, and a note says so.

    Raises:
        DataError: the data are missing, unreadable or unsuitable; the message says what to do.
    """
    progress = progress or no_progress
    _check_arguments(image_size, max_images)
    if source in builtin.DRAWN:
        return _load_drawn(source, image_size or builtin.SHAPES_SIZE, max_images, progress)
    if source in builtin.BUILT_IN:
        path = builtin.ensure_cached(source, progress)
        size = image_size or (builtin.DIGITS_SIZE if source == "digits" else None)
        data = npz.read_npz(path, size, progress)
        if source == "digits":
            note = "The 500 test digits were written by other people than the training digits."
            data = replace(data, notes=(*data.notes, note))
        return _finish(source, data, max_images, "characters" if source == "digits" else "")
    path = expanded(source)
    if not source.strip() or not _exists(path):  # an empty path is the working folder
        raise DataError(_not_found(source))
    if path.is_file() and path.suffix.lower() == ".npz":
        data = npz.read_npz(path, image_size or None, progress)
    elif path.is_dir() or (path.is_file() and path.suffix.lower() == ".zip"):
        # Read a quarter more than wanted: a fifth may become the test split.
        limit = -(-max_images * 5 // 4) if max_images else None
        data = read_pictures(path, image_size or None, limit, progress)
    else:
        raise DataError(
            f"Expected a folder, a .zip or an .npz file, found {path.name}; "
            "put the pictures into one of these formats."
        )
    return _finish(path.resolve().name or "pictures", data, max_images)


def describe_source(source: str) -> str:
    """Return a short name of a source for menus."""
    return LABELS.get(source) or Path(source).name or source


def check_fit(dataset: Dataset, batch_size: int) -> None:
    """Refuse a data set that has fewer training pictures than a batch.

    Args:
        batch_size: pictures per step (N).

    Raises:
        DataError: there are too few; the message names a batch size that fits, if one does.
    """
    count = len(dataset.x_train)
    if count >= max(batch_size, 2):
        return
    needed = f"Expected at least {max(batch_size, 2):,} training pictures for a batch"
    advice = f"choose a batch size of at most {count}, or " if count >= 2 else ""
    raise DataError(f"{needed}, found {count:,} in {dataset.name}; {advice}use more pictures.")


def _check_arguments(image_size: int | None, max_images: int | None) -> None:
    if image_size and not MIN_IMAGE_SIZE <= image_size <= MAX_IMAGE_SIZE:
        raise DataError(
            f"Expected an image size of {MIN_IMAGE_SIZE} to {MAX_IMAGE_SIZE} pixels, found "
            f"{image_size}; choose a size in this range."
        )
    if max_images is not None and max_images < 0:
        raise DataError(f"Expected a number of pictures of at least 1, found {max_images}.")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # the name is too long or contains a null byte
        return False


def _not_found(source: str) -> str:
    near = difflib.get_close_matches(source.lower(), builtin.BUILT_IN, 1)
    advice = f"did you mean {near[0]}?" if near else "check the path."
    return (
        f"Expected {', '.join(builtin.BUILT_IN)} or the path of a folder, a .zip or an .npz file; "
        f"found nothing at {source[:200]!r}: {advice}"
    )


def _load_drawn(
    source: str, image_size: int, max_images: int | None, progress: Progress
) -> Dataset:
    drawn, arrays = builtin.DRAWN[source], builtin.draw_built_in(source, image_size, progress)
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


def _finish(name: str, data: SourceData, max_images: int | None, kind: str = "") -> Dataset:
    """Make a test split if there is none, cap the number of pictures, and find their kind."""
    if data.x_test is None:
        data = split_off_test(data)
    if max_images:
        data = cap(data, max_images)
    notes = data.notes
    if memmaps.is_mapped(data.x_train):
        size = f"{data.x_train.nbytes / 1e9:,.1f} GB"
        notes = (*notes, f"The pictures take {size}: they are read from the disk as needed.")
    x_test = data.x_test if data.x_test is not None else data.x_train[:0]
    is_gray = _is_gray(data.x_train) and _is_gray(x_test)
    return Dataset(
        name=name,
        x_train=data.x_train,
        y_train=data.y_train,
        x_test=x_test,
        y_test=data.y_test,
        class_names=data.class_names,
        is_gray=is_gray,
        kind=kind or ("gray pictures" if is_gray else "photographs"),
        notes=notes,
        files_train=data.files_train,
        files_test=data.files_test,
    )


def _is_gray(images: np.ndarray) -> bool:
    """Return whether all pictures are gray; colour usually shows in the first 32."""
    for part in (slice(32), *memmaps.blocks(images)):
        red, green, blue = (images[part][..., channel] for channel in range(3))
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return False
    return True
