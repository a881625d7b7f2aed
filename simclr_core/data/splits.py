"""Which pictures train and which test: choices that depend on the data alone."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from . import memmaps as large

TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Parts:
    """Pictures and labels as a source holds them, brought to one size.

    Attributes:
        x_train: (N, S, S, 3) uint8 RGB.
        y_train: (N,) int64 in 0..K-1, or None without labels.
        x_test: (M, S, S, 3) uint8, or None when the source has no test split.
        y_test: (M,) int64, or None.
        class_names: K names, () without labels.
        notes: one sentence each.
        groups: (N,) what each training picture comes from, such as a person, or None where that
            is not known: pictures of one group are not torn apart.
    """

    x_train: np.ndarray
    y_train: np.ndarray | None = None
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    groups: tuple[str, ...] | None = None


def hash_arrays(*arrays: np.ndarray | None) -> str:
    """sha256 (hex) over the shapes, types and bytes of arrays; None counts too."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            digest.update(b"none;")
            continue
        digest.update(f"{array.shape}{array.dtype.str};".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def spread_choice(labels: np.ndarray | None, total: int, count: int, seed: str) -> np.ndarray:
    """Choose positions among `total`, each class in proportion to its size.

    Args:
        labels: (total,) classes, or None for a plain choice.
        total: number of things to choose from.
        count: number to choose; all when there are fewer.
        seed: hex digits, usually a content hash.

    Returns:
        (min(count, total),) int64 positions in rising order.
    """
    if count >= total:
        return np.arange(total)
    rng = np.random.Generator(np.random.Philox(key=int(seed[:16], 16)))
    order = rng.permutation(total)
    if labels is not None:
        order = order[_even_order(labels[order])]
    return np.sort(order[:count]).astype(np.int64)


def _even_order(labels: np.ndarray) -> np.ndarray:
    """An order whose every beginning holds the classes in about their shares.

    The j-th member of a class of n gets the place (j + 1/2) / n on a line from 0 to 1.
    """
    place = np.empty(len(labels), np.float64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.argsort(place, kind="stable")


def split_off_test(parts: Parts) -> Parts:
    """Make a fifth of the pictures the test split, the same fifth for the same pictures.

    Fewer than five pictures all stay in training. A class of one picture stays there too.
    Pictures of one group are all in training or all in the test split: a score on pictures of
    persons that the network knows already would be too good.
    """
    total = len(parts.x_train)
    chosen = np.zeros(total, bool)
    labels = np.zeros(total, np.int64) if parts.y_train is None else parts.y_train
    seed = int(hash_arrays(parts.x_train, parts.y_train)[:16], 16)
    rng = np.random.Generator(np.random.Philox(key=seed))
    mates = _mates(parts.groups, total)
    for label in np.unique(labels) if total >= 5 else ():
        members = rng.permutation(np.flatnonzero(labels == label))
        most = min(round(TEST_SHARE * len(members)), len(members) - 1)
        taken = 0
        for member in members:
            if not chosen[member] and taken + len(mates[member]) <= most:
                chosen[mates[member]] = True
                taken += len(mates[member])
    by_class = "" if parts.y_train is None else ", class by class"
    if parts.groups is not None:
        by_class += ", those whose file names begin alike together"
    note = (
        f"No test split given: {int(chosen.sum()):,} of {total:,} pictures were set aside for "
        f"testing{by_class}, chosen by the pictures' content."
        if chosen.any()
        else "No test split given, and too few pictures to set some aside: nothing can be tested."
    )
    return replace(
        parts,
        x_train=large.take(parts.x_train, np.flatnonzero(~chosen)),
        x_test=large.take(parts.x_train, np.flatnonzero(chosen)),
        y_train=None if parts.y_train is None else parts.y_train[~chosen],
        y_test=None if parts.y_train is None else parts.y_train[chosen],
        notes=(*parts.notes, note),
        groups=None,
    )


def _mates(groups: Sequence[str] | None, total: int) -> Sequence[np.ndarray]:
    """For each picture, the rows of all pictures of its group, its own among them."""
    if groups is None:
        return [np.array([row]) for row in range(total)]
    _, group = np.unique(np.array(groups), return_inverse=True)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    return [members[i] for i in group]


LARGEST_GROUP = 0.1  # of all pictures: more, and names do not tell what pictures come from


def groups_by_name(names: Sequence[str]) -> tuple[str, ...] | None:
    """What pictures come from, told by the first part of their file names.

    "person12_virus_3" and "person12_virus_4" belong to person12, "IM-0115-0001" to IM-0115. What
    has no number is no such part: "cat_1" and "cat_2" are two pictures.

    Args:
        names: without folder and ending.

    Returns:
        A group a picture; None where no two pictures share one, or one group is so large that
        names tell something else.
    """
    found = [_first_part(name) or f"{i} {name}" for i, name in enumerate(names)]
    largest = max(Counter(found).values(), default=0)
    return tuple(found) if 1 < largest <= max(LARGEST_GROUP * len(found), 2) else None


def _first_part(name: str) -> str:
    first, _, _ = name.partition("_")
    if first == name:
        first = name.rpartition("-")[0]
    return first if re.search(r"\d", first) else ""


def labelled_rows(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of `count` pictures of each class, or all of a class that has fewer.

    Those of a smaller count are among those of a larger one.
    """
    order = np.random.default_rng([seed, 77]).permutation(len(labels))
    picked = [order[labels[order] == c][:count] for c in np.unique(labels)]
    return np.sort(np.concatenate(picked))


def cap(parts: Parts, count: int) -> Parts:
    """Keep at most `count` training and at most `count` test pictures, class by class."""
    x_train, y_train = _cap_part(parts.x_train, parts.y_train, count)
    x_test, y_test = parts.x_test, parts.y_test
    if x_test is not None:
        x_test, y_test = _cap_part(x_test, y_test, count)
    if len(x_train) == len(parts.x_train):
        return replace(parts, x_test=x_test, y_test=y_test)
    note = f"At most {count:,} pictures were asked for: {len(x_train):,} of those there train."
    return replace(
        parts,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        notes=(*parts.notes, note),
    )


def _cap_part(
    x: np.ndarray, y: np.ndarray | None, count: int
) -> tuple[np.ndarray, np.ndarray | None]:
    keep = spread_choice(y, len(x), count, "0")
    if len(keep) == len(x):
        return x, y
    return large.take(x, keep), None if y is None else y[keep]
