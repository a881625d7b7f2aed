"""A run's snapshots as the app needs them: read once, kept while there is room.

A map asks for the same arrays again and again, at every step and for every
browser. Arrays are read-only, as all askers share them.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

from ...base.errors import RunDamaged, RunError
from ...base.files import read_npz
from ...measures import knn, per_picture
from ..run import Run

MOST_BYTES = 64_000_000  # of the snapshots that are kept, and of what is computed from them
MANY = 5_000  # pictures above which neighbours are looked for only where they are asked for
NEIGHBOURS = knn.K  # of each picture; a label's vote asks as many


def arrays(run: Run, step: int) -> dict[str, np.ndarray]:
    """h (P,D), z (P,d), h_views (P,2,D), z_views (P,2,d), float32, as far as they are there.

    Raises:
        RunDamaged: the file is missing or cannot be read, or holds no h of finite numbers.
    """
    return _read_once(run, step, "arrays", lambda: _read(run, step))


def neighbours(run: Run, step: int, of: str = "h") -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest other pictures of each: see `per_picture.ranked`.

    Args:
        of: "h" or "z".
    """

    def make() -> tuple[np.ndarray, np.ndarray]:
        """Read the file of a large set, or look for the neighbours."""
        path = run.neighbours_path(step)
        if of == "h" and path.exists():
            found = read_npz(path, "which", "similarity")
            return found["which"], found["similarity"]
        return per_picture.ranked(vectors(run, step, of), NEIGHBOURS)

    return _derive_once(run, step, of, make)


def neighbours_of(
    run: Run, step: int, rows: np.ndarray, of: str = "h"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest other pictures of some, without looking for those of all where there are
    many.

    Args:
        rows: (n,) indices.
        of: "h" or "z".

    Returns:
        Indices and similarities (n, k), as `neighbours`.
    """
    h = vectors(run, step, of)
    if len(h) <= MANY or _knows_all(run, step, of):
        which, similarity = neighbours(run, step, of)
        return which[rows], similarity[rows]
    if len(rows) == 1:
        return per_picture.ranked(h, NEIGHBOURS, rows)
    key = f"{of} of {hash(rows.tobytes())}"
    return _derive_once(run, step, key, lambda: per_picture.ranked(h, NEIGHBOURS, rows))


def _knows_all(run: Run, step: int, of: str) -> bool:
    """Return whether neighbours of all pictures are there already."""
    if of == "h" and run.neighbours_path(step).exists():
        return True
    with _derive_once.cache_lock:
        return _key(run, step, of) in _derive_once.cache


def vectors(run: Run, step: int, of: str = "h") -> np.ndarray:
    """h (P, D) or z (P, d) of a step.

    Raises:
        RunDamaged: the snapshot does not hold it.
    """
    return _wanted(run, step, of)


def values(run: Run, step: int, name: str) -> np.ndarray:
    """Return a number for each picture at a step.

    Args:
        name: "loss", or "views" for the similarity of its two views (both in z).

    Returns:
        (P,) float32.

    Raises:
        RunDamaged: the snapshot holds no projections of views.
        ValueError: another name.
    """
    if name not in ("loss", "views"):
        raise ValueError(f"expected loss or views, found {name!r}")

    def make() -> np.ndarray:
        """Compute (P,) from the projections of the views."""
        z_views = _wanted(run, step, "z_views")
        if name == "views":
            return per_picture.view_similarity(z_views)
        training = run.config.training
        return per_picture.losses(z_views, training.temperature, training.batch_size)

    return _derive_once(run, step, name, make)


def check_count(run: Run, vectors: int, pictures: int) -> None:
    """Refuse a snapshot that is of other pictures than the probe set.

    Raises:
        RunDamaged: the numbers differ.
    """
    if vectors != pictures:
        raise RunDamaged(
            f"Run {run.id}: expected a snapshot of {pictures:,} pictures, found one of "
            f"{vectors:,}; restore its files from a copy, or delete the run."
        )


def predicted(run: Run, step: int, labels: np.ndarray) -> np.ndarray:
    """Return the label that each picture's neighbours vote for, itself left out; -1 where unknown.

    Args:
        labels: (P,) int; those below 0 are not known and do not vote.
    """
    known = np.flatnonzero(labels >= 0)
    if len(known) < 2:
        return np.full(len(labels), -1)

    def make() -> np.ndarray:
        """Count (P,) votes among the pictures whose label is known."""
        h = vectors(run, step)
        check_count(run, len(h), len(labels))
        if len(known) == len(labels):  # the neighbours that are known anyway
            return knn.vote(neighbours(run, step), labels)
        found = np.full(len(labels), -1)
        found[known] = knn.knn_predict(h[known], labels[known])
        return found

    return _derive_once(run, step, f"predicted {hash(labels.tobytes())}", make)


def predicted_of(run: Run, step: int, labels: np.ndarray, index: int) -> int:
    """Return `predicted` of one picture, without asking for all where there are many."""
    if len(labels) <= MANY or (labels < 0).any() or _knows_all(run, step, "h"):
        return int(predicted(run, step, labels)[index])
    return int(knn.vote(neighbours_of(run, step, np.array([index])), labels)[0])


def _wanted(run: Run, step: int, name: str) -> np.ndarray:
    array = arrays(run, step).get(name)
    if array is None:
        raise RunDamaged(f"Run {run.id}: expected {name} in the snapshot of step {step}.")
    return array


def _read(run: Run, step: int) -> dict[str, np.ndarray]:
    snapshot = {name: np.asarray(a, np.float32) for name, a in run.snapshot(step).items()}
    if "h" not in snapshot or not all(np.isfinite(array).all() for array in snapshot.values()):
        raise RunDamaged(
            f"Run {run.id}: expected finite representations in the snapshot of step {step}, "
            "found others; choose another step."
        )
    for array in snapshot.values():
        array.flags.writeable = False
    return snapshot


def _key(run: Run, step: int, what: str, make: object = None) -> tuple[Any, ...]:
    """Return the key of what is computed from a step; it changes with the file."""
    stamp = _stamp(run.snapshot_path(step), run)
    return (str(run.path), step, what, stamp)


def _stamp(path: Path, run: Run) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError as error:
        raise RunError(f"Run {run.id} has no snapshot at this step; choose another.") from error
    return stat.st_mtime_ns, stat.st_size


def _size(value: Any) -> int:
    """Return the bytes of arrays, however they are held together."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    parts = value.values() if isinstance(value, dict) else value
    return sum(_size(part) for part in parts)


def _once() -> Any:
    """Return a function that makes a value of a step once, however many ask, and keeps it."""
    keep = cached(LRUCache(MOST_BYTES, getsizeof=_size), key=_key, condition=threading.Condition())
    return keep(lambda run, step, what, make: make())


# Apart: a large snapshot must not drive out what it took seconds to derive from it.
_read_once, _derive_once = _once(), _once()
