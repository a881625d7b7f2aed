"""The built-in data sets: made once, then read from a cache.

Making some of them needs scikit-learn or Keras, which must not enter the Streamlit process. A
separate process makes these: `python -m simclr_core.data.builtin prepare NAME` prints its progress
as JSON lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np

from ..base.errors import DataError, LabError
from ..base.files import read_npz, write_npz
from ..base.paths import PROJECT, cache_dir
from ..base.progress import Progress, no_progress
from . import patterns, shapes
from .drawing import SPLITS, Drawing

BUILT_IN = ("shapes", "patterns", "digits", "cifar10")
SHAPES_SIZE = 32
DIGITS_TEST = 500  # the last ones: written by other people than the training digits
DIGITS_SIZE = 16  # 8 x 8 has too few pixels to crop
CIFAR_BYTES = 170_498_071  # size of the archive that Keras downloads
CIFAR_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
NETWORK_TIMEOUT = 30.0  # seconds without a response

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class DrawnSet:
    """A data set that is drawn by a function.

    Attributes:
        draw: (count, seed, image_size) -> the pictures and their factors.
        factor_names: factor -> names of its categories.
        label: the factor that serves as the label.
        hash: sha256 of the content at 32 px. It is part of the cache file's name, so that a
            changed drawing gets a new file.
        kind: as in `Dataset.kind`.
    """

    draw: Callable[[int, int, int], Drawing]
    factor_names: dict[str, tuple[str, ...]]
    label: str
    hash: str
    kind: str


DRAWN = {
    "shapes": DrawnSet(
        shapes.draw_shapes, shapes.FACTOR_NAMES, "shape", shapes.SHAPES_HASH, "drawn"
    ),
    "patterns": DrawnSet(
        patterns.draw_patterns, patterns.FACTOR_NAMES, "motif", patterns.PATTERNS_HASH, "patterns"
    ),
}


def cache_path(source: str, image_size: int = SHAPES_SIZE) -> Path:
    """Return the cache file of a built-in set; drawn sets have one per size and version."""
    if source in DRAWN:
        return cache_dir() / f"{source}-{image_size}-{DRAWN[source].hash[:8]}.npz"
    return cache_dir() / f"{source}.npz"


def draw_built_in(source: str, image_size: int, progress: Progress) -> Arrays:
    """Return a drawn set from the cache, or draw it now (2 to 5 s at 32 px).

    Args:
        source: a key of `DRAWN`.
        image_size: side S in pixels.
        progress: called with the share done and a sentence.

    Returns:
        x_train, x_test (N, S, S, 3) uint8 and, per factor, factor_train__NAME and
        factor_test__NAME (N,) int64.
    """
    path, drawn = cache_path(source, image_size), DRAWN[source]
    with contextlib.suppress(LabError):  # not there yet, or damaged: draw it again
        return read_npz(path)
    arrays: Arrays = {}
    for split, (count, seed) in SPLITS.items():
        progress(0.8 if arrays else 0.0, f"Drawing {count:,} {split} pictures.")
        drawing = drawn.draw(count, seed, image_size)
        arrays[f"x_{split}"] = drawing.images
        for name, values in drawing.factors.items():
            arrays[f"factor_{split}__{name}"] = values
    with contextlib.suppress(OSError, LabError):  # no space for a cache: draw it every time
        _store(path, arrays)
    return arrays


def prepare(source: str, progress: Progress | None = None) -> Path:
    """Make or download a built-in set in this process, unless it is in the cache.

    Args:
        source: one of `BUILT_IN`.
        progress: called with the share done and a sentence.

    Returns:
        The cache file.

    Raises:
        DataError: the name is unknown, there is no network, or the cache cannot be written.
    """
    if source not in BUILT_IN:
        raise DataError(f"Expected one of {', '.join(BUILT_IN)}, found {source!r}.")
    progress = progress or no_progress
    path = cache_path(source)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_suffix(".lock")):
            if path.exists():
                return path
            if source in DRAWN:
                draw_built_in(source, SHAPES_SIZE, progress)
            else:
                _store(path, _make_digits() if source == "digits" else _fetch_cifar10(progress))
    except OSError as error:
        raise DataError(
            f"Expected to write the data set to {path.parent}, but could not "
            f"({error.strerror or error}); free some space, or set SIMCLR_LAB_CACHE to another "
            "folder."
        ) from error
    return path


def ensure_cached(source: str, progress: Progress) -> Path:
    """Return the cache file of a built-in set; a separate process makes a missing one.

    Raises:
        DataError: it could not be made; the message says why.
    """
    path = cache_path(source)
    if path.exists():
        return path
    command = [sys.executable, "-m", "simclr_core.data.builtin", "prepare", source]
    maker = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    failure = ""
    with maker:
        for line in maker.stdout or ():
            with contextlib.suppress(ValueError, KeyError):
                row = json.loads(line)
                if "error" in row:
                    failure = str(row["error"])
                else:
                    progress(float(row["fraction"]), str(row["text"]))
    if failure or not path.exists():
        raise DataError(failure or _not_made(source, maker.returncode))
    return path


def main(arguments: list[str]) -> int:
    """Run `prepare NAME`: print JSON lines with fraction and text, at the end a path or an error.

    Returns:
        The exit code: 0 if done, 2 on an error.
    """
    if len(arguments) != 2 or arguments[0] != "prepare":
        print(json.dumps({"error": f"Expected: prepare {'|'.join(BUILT_IN)}."}))
        return 2
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Keras prints its own progress
            path = prepare(arguments[1], _print_progress)
    except LabError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return 2
    print(json.dumps({"fraction": 1.0, "text": "Done.", "path": str(path)}), flush=True)
    return 0


def _print_progress(share: float, text: str) -> None:
    row = json.dumps({"fraction": round(share, 4), "text": text})
    print(row, file=sys.__stdout__, flush=True)


def _not_made(source: str, code: int) -> str:
    return (
        f"Expected to make the data set {source}, but the process ended with code {code}; "
        f"run python -m simclr_core.data.builtin prepare {source} to see why."
    )


def _store(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_npz(path, arrays)


def _make_digits() -> Arrays:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)  # (1797, 8, 8), was 0..16
    labels = digits.target.astype(np.int64)
    split = len(images) - DIGITS_TEST
    return {
        "x_train": images[:split],
        "y_train": labels[:split],
        "x_test": images[split:],
        "y_test": labels[split:],
        "class_names": np.array([str(digit) for digit in range(10)]),
    }


def _fetch_cifar10(progress: Progress) -> Arrays:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    progress(0.0, "Starting Keras to download CIFAR-10.")
    import keras

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_TIMEOUT)
    try:
        with _watch_download(progress):
            (x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
    except Exception as error:  # Keras turns network errors into bare Exceptions
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else repr(error)
        raise DataError(
            f"Expected to download CIFAR-10 (170 MB), but could not ({reason}). "
            "Connect this computer to the internet and try again, or put an .npz file with "
            f"x_train, y_train, x_test and y_test at {cache_path('cifar10')}."
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    progress(0.95, "Storing CIFAR-10.")
    return {
        "x_train": np.asarray(x_train, np.uint8),
        "y_train": np.asarray(y_train, np.int64)[:, 0],
        "x_test": np.asarray(x_test, np.uint8),
        "y_test": np.asarray(y_test, np.int64)[:, 0],
        "class_names": np.array(CIFAR_CLASSES),
    }


@contextlib.contextmanager
def _watch_download(progress: Progress) -> Iterator[None]:
    """Report the size of the file that Keras is downloading, twice per second."""
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets"
    done = threading.Event()

    def _watch() -> None:
        while not done.wait(0.5):
            with contextlib.suppress(OSError):
                sizes = [p.stat().st_size for p in folder.glob("cifar-10*") if p.is_file()]
                share = min(max(sizes, default=0) / CIFAR_BYTES, 1.0)
                progress(0.05 + 0.85 * share, f"CIFAR-10: {share:.0%} of 170 MB downloaded.")

    watcher = threading.Thread(target=_watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
