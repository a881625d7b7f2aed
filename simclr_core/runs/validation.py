"""What the files of a run folder hold, made fit to be relied on: anybody may have changed them.

Of JSON, a value that is no number where the contract (see `runs`) wants one is read as null, and
a row without a step is left out. Arrays that do not fit are a ValueError that goes on after
"expected": what should be there and what was found.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

MOST_STEPS = 2**32  # figures hold steps as uint32
MOST_CATEGORIES = 65_535  # figures hold them as uint16, and one more for what is not known
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LONGEST_FILE = 300  # letters of a file's path that a page shows
_LARGEST = 1e15  # no figure of a run comes near

_COUNTS = ("attempt", "step", "steps")
_FIGURES = ("loss", "seconds", "seconds_left", "images_per_second", "updated", "queued")
_TEXTS = ("message", "phase", "error", "hint", "slot", "device", "backend", "precision")
_SCALARS = ("kept", "preservation", "seconds", "pca_kept", "pca_preservation")


def number(value: Any) -> float | None:
    """Return a finite number, or None: files of a run may hold null, NaN or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        as_float = float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None
    return as_float if math.isfinite(as_float) else None


def figure(value: Any) -> float | None:
    """Return a number of a size that a run can have; None for anything else."""
    known = number(value)
    return known if known is not None and abs(known) < _LARGEST else None


def count(value: Any) -> int | None:
    """Return a number of steps, or of a step; None for anything else."""
    known = number(value)
    return int(known) if known is not None and 0 <= known < MOST_STEPS else None


def clean(text: str) -> str:
    """Text without halves of letters, which no page can show."""
    return text.encode(errors="replace").decode()


def one_line(text: str, most: int) -> str:
    """Return text on one line of at most `most` letters; unprintable ones are replaced."""
    line = " ".join(text.split())[:most]
    if line.isprintable():  # quick; most of the thousands of file names are
        return line
    return "".join("\ufffd" if _is_unprintable(letter) else letter for letter in line)


def file_name(path: str) -> str:
    """Return a picture's path inside its folder or zip as `probe` reads it."""
    return one_line(path, LONGEST_FILE)


def _is_unprintable(letter: str) -> bool:
    """Return whether a letter is a control, half a letter, or turns the writing direction."""
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in _DIRECTIONS


def status(raw: Mapping[str, Any]) -> dict[str, Any]:
    """status.json: counts, figures and words; what is none of these where it should be is null."""
    checks: dict[str, Callable[[Any], Any]] = dict.fromkeys(_COUNTS, count)
    checks |= dict.fromkeys(_FIGURES, figure) | dict.fromkeys(_TEXTS, _text)
    return {name: checks[name](v) if name in checks else v for name, v in raw.items()}


def rows(raw: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the rows of metrics.jsonl or snapshots.jsonl that have a step: figures, and one word."""
    return [
        {name: _text(v) if name == "knn_of" else figure(v) for name, v in row.items()}
        | {"step": step}
        for row in raw
        if (step := count(row.get("step"))) is not None
    ]


def probe(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """probe.npz: pictures, whole numbers for each of them, and perhaps their files' names.

    Raises:
        ValueError: the arrays are others.
    """
    images = raw["images"]
    square = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
    if not square or images.dtype != np.uint8 or not images.size:
        raise ValueError(f"images of shape (P, S, S, 3) in uint8, found {_form(images)}")
    whole = {"indices": _whole("indices", raw["indices"], len(images), 2**63)}
    for name, values in raw.items():
        if name == "labels" or name.startswith("factor__"):
            whole[name] = _whole(name, values, len(images), MOST_CATEGORIES)
    files = raw.get("files")
    if files is not None:
        if files.shape != (len(images),) or files.dtype.kind != "U":
            raise ValueError(f"{len(images)} names as files, found {_form(files)}")
        whole["files"] = np.array([file_name(name) for name in files.tolist()], np.str_)
    return {**raw, **whole}


def coordinates(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Check a file of coordinates: xy (P, 2) float32, and scalars that are NaN where not known.

    Raises:
        ValueError: there are no coordinates in it.
    """
    xy = raw["xy"]
    if xy.ndim != 2 or xy.shape[1] != 2 or xy.dtype.kind not in "fiu":
        raise ValueError(f"numbers of shape (P, 2) as xy, found {_form(xy)}")
    with np.errstate(over="ignore"):
        xy = xy.astype(np.float32)
    if not np.isfinite(xy).all(axis=1).any():
        raise ValueError("finite numbers as xy, found none")
    scalars = {name: _scalar(raw.get(name)) for name in _SCALARS}
    return {**raw, **scalars, "xy": xy}


def snapshot(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Check a snapshot: h and z (P, ·), h_views and z_views (P, 2, ·), as far as they are there.

    Raises:
        ValueError: one of them has another shape, or holds no numbers.
    """
    for name, ndim in (("h", 2), ("z", 2), ("h_views", 3), ("z_views", 3)):
        array = raw.get(name)
        if array is None:
            continue
        if array.ndim != ndim or array.dtype.kind not in "fiu" or not array.size:
            shape = "(P, D)" if ndim == 2 else "(P, 2, D)"
            raise ValueError(f"numbers of shape {shape} as {name}, found {_form(array)}")
    return dict(raw)


def pairs(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Check pairs of a step: views (n, 3, S, S, 3) uint8, and two similarities of each pair.

    Raises:
        ValueError: the arrays are others.
    """
    views = raw["views"]
    fits = views.ndim == 5 and views.shape[1] == 3 and views.shape[2] == views.shape[3]
    if not fits or views.shape[4] != 3 or views.dtype != np.uint8 or not views.size:
        raise ValueError(f"views of shape (n, 3, S, S, 3) in uint8, found {_form(views)}")
    known = {"views": views}
    for name in ("alike", "other"):
        values = raw[name]
        if values.shape != (len(views),) or values.dtype.kind != "f":
            raise ValueError(f"{len(views)} numbers as {name}, found {_form(values)}")
        known[name] = values.astype(np.float32)
    for name in ("step", "of"):
        value = np.asarray(raw.get(name, -1))
        known[name] = value if value.shape == () and value.dtype.kind in "iu" else np.asarray(-1)
    return known


def _whole(name: str, values: np.ndarray, length: int, limit: int) -> np.ndarray:
    """Return (P,) int64, if `values` are as many whole numbers below `limit`; -1 is not known."""
    kind = values.dtype.kind
    if values.shape == (length,) and kind in "biuf" and (kind == "b" or np.isfinite(values).all()):
        low, high = int(values.min()), int(values.max())
        if -limit <= low and high < limit and (kind != "f" or (values == values.round()).all()):
            return values.astype(np.int64)
    size = "" if limit > MOST_CATEGORIES else f" below {limit:,}"
    raise ValueError(f"{length:,} whole numbers{size} as {name}, found {_form(values)}")


def _scalar(value: np.ndarray | None) -> np.ndarray:
    """Return () float32, NaN for anything but one number."""
    if value is None or value.shape != () or value.dtype.kind not in "fiu":
        return np.array(np.nan, np.float32)
    with np.errstate(over="ignore"):
        return value.astype(np.float32)


def _form(array: np.ndarray) -> str:
    """Describe an array in a few words."""
    what = {"U": "text", "S": "text"}.get(array.dtype.kind, str(array.dtype))
    return f"{what} of shape {array.shape}"


def _text(value: Any) -> str | None:
    return clean(value) if isinstance(value, str) else None
