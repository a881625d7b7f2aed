"""Choose training, test and labelled pictures, from the data alone."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from . import memmaps

TEST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class SourceData:
    """Pictures and labels of a source, at one size.

    Attributes:
        x_train: (N, S, S, 3) uint8 RGB.
        y_train: (N,) int64 in 0..K-1, or None without labels.
        x_test: (M, S, S, 3) uint8, or None when the source has no test split.
        y_test: (M,) int64, or None.
        class_names: K names, () without labels.
        notes: what was done to the data, one sentence each.
        groups: (N,) the origin of each training picture, such as a person, or None if unknown;
            pictures of one group stay in one split.
        files_train: (N,) the path of each picture's file inside the source, or None.
        files_test: (M,) the same, or None.
    """

    x_train: np.ndarray
    y_train: np.ndarray | None = None
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    groups: tuple[str, ...] | None = None
    files_train: tuple[str, ...] | None = None
    files_test: tuple[str, ...] | None = None


def hash_arrays(*arrays: np.ndarray | None) -> str:
    """Return the sha256 (hex) of the shapes, types and bytes of arrays; None counts too."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            digest.update(b"none;")
            continue
        digest.update(f"{array.shape}{array.dtype.str};".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def spread_choice(labels: np.ndarray | None, total: int, count: int, seed: str) -> np.ndarray:
    """Choose positions in 0..total-1, stratified by class.

    Args:
        labels: (total,) classes, or None for a plain random choice.
        total: the number to choose from.
        count: the number to choose; if there are fewer, all are chosen.
        seed: hex digits, usually a content hash.

    Returns:
        (min(count, total),) int64 positions in ascending order.
    """
    if count >= total:
        return np.arange(total)
    rng = np.random.Generator(np.random.Philox(key=int(seed[:16], 16)))
    order = rng.permutation(total)
    if labels is not None:
        order = order[_even_order(labels[order])]
    return np.sort(order[:count]).astype(np.int64)


def _even_order(labels: np.ndarray) -> np.ndarray:
    """Return an order in which every prefix holds the classes in about their proportions.

    The j-th member of a class of n gets the place (j + 1/2) / n on a line from 0 to 1.
    """
    place = np.empty(len(labels), np.float64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.argsort(place, kind="stable")


def split_off_test(data: SourceData) -> SourceData:
    """Move a fifth of the pictures to a test split; the same pictures give the same fifth.

    With fewer than five pictures, all stay in training; so does a class of one picture. Pictures of
    one group stay together, and so do identical ones: test scores would be too good if the network
    had trained on other pictures of the same person, or on the picture itself.

    Returns:
        The data with a test split (perhaps empty), and a note on it.
    """
    total = len(data.x_train)
    copies = _copies(data.x_train)
    labels = np.zeros(total, np.int64) if data.y_train is None else data.y_train
    seed = int(hash_arrays(data.x_train, data.y_train)[:16], 16)
    chosen = _a_fifth(labels, seed, _mates(total, copies, data.groups))
    if not chosen.any():  # nearly all are copies of one picture
        copies = np.arange(total)
        chosen = _a_fifth(labels, seed, _mates(total, copies, data.groups))
    how = "" if data.y_train is None else ", class by class"
    if data.groups is not None:
        how += ", keeping together files whose names begin the same way"
    if (copies != np.arange(total)).any():
        how += ", identical pictures on one side" if how else " with identical pictures on one side"
    note = (
        f"No test split given: {int(chosen.sum()):,} of {total:,} pictures were set aside for "
        f"testing{how}, chosen by the pictures' content."
        if chosen.any()
        else "No test split given, and too few pictures to make one: nothing can be tested."
    )
    return replace(
        data,
        x_train=memmaps.take(data.x_train, np.flatnonzero(~chosen)),
        x_test=memmaps.take(data.x_train, np.flatnonzero(chosen)),
        y_train=None if data.y_train is None else data.y_train[~chosen],
        y_test=None if data.y_train is None else data.y_train[chosen],
        notes=(*data.notes, note),
        groups=None,
        files_train=picked(data.files_train, np.flatnonzero(~chosen)),
        files_test=picked(data.files_train, np.flatnonzero(chosen)),
    )


def picked(files: Sequence[str] | None, rows: np.ndarray) -> tuple[str, ...] | None:
    """Return the files of some pictures, or None if no files are known.

    Args:
        files: (N,) paths, or None.
        rows: (M,) integers in 0..N-1.
    """
    return None if files is None else tuple(files[row] for row in rows)


def _a_fifth(labels: np.ndarray, seed: int, mates: Sequence[np.ndarray]) -> np.ndarray:
    """Choose about a fifth of each class.

    Args:
        labels: (N,) int64.
        seed: of the order in which pictures are tried; the content's hash.
        mates: (N,) for each picture, the rows that are chosen with it.

    Returns:
        (N,) bool.
    """
    total = len(labels)
    chosen = np.zeros(total, bool)
    rng = np.random.Generator(np.random.Philox(key=seed))
    for label in np.unique(labels) if total >= 5 else ():
        members = rng.permutation(np.flatnonzero(labels == label))
        most = min(round(TEST_SHARE * len(members)), len(members) - 1)
        taken = 0
        for member in members:
            if not chosen[member] and taken + len(mates[member]) <= most:
                chosen[mates[member]] = True
                taken += len(mates[member])
    return chosen


def _copies(images: np.ndarray) -> np.ndarray:
    """Return (N,) the first picture with the same pixels as each.

    Args:
        images: (N, S, S, 3) uint8.
    """
    first: dict[bytes, int] = {}
    digests = (
        hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16) for image in images
    )
    return np.array([first.setdefault(d.digest(), i) for i, d in enumerate(digests)], np.int64)


def _mates(total: int, copies: np.ndarray, groups: Sequence[str] | None) -> Sequence[np.ndarray]:
    """Return, for each picture, the rows of its group and its copies, including itself.

    Args:
        total: N.
        copies: (N,) the first picture with the same pixels as each.
        groups: as in `SourceData`.
    """
    from scipy.sparse import coo_array  # late: most sets come with a test split
    from scipy.sparse.csgraph import connected_components

    links = [copies]
    if groups is not None:
        _, first, group = np.unique(np.array(groups), return_index=True, return_inverse=True)
        links.append(first[group])
    rows = np.tile(np.arange(total), len(links))
    graph = coo_array((np.ones(len(rows)), (rows, np.concatenate(links))), (total, total))
    _, part = connected_components(graph, directed=False)
    order = np.argsort(part, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(part))[:-1])
    return [members[i] for i in part]


LARGEST_GROUP = 0.1  # of all pictures; if one is larger, names do not show the origin


def groups_by_name(names: Sequence[str]) -> tuple[str, ...] | None:
    """Group pictures by the first part of their file names.

    "person12_virus_3" and "person12_virus_4" belong to person12, "IM-0115-0001" to IM-0115. A part
    without a number is no group: "cat_1" and "cat_2" are two pictures.

    Args:
        names: file names without folder and ending.

    Returns:
        (N,) the group of each picture, or None if no two pictures share a group, or if one group
        is so large that the names must mean something else.
    """
    groups = [_first_part(name) or f"{i} {name}" for i, name in enumerate(names)]
    largest = max(Counter(groups).values(), default=0)
    return tuple(groups) if 1 < largest <= max(LARGEST_GROUP * len(groups), 2) else None


def _first_part(name: str) -> str:
    first, _, _ = name.partition("_")
    if first == name:
        first = name.rpartition("-")[0]
    return first if re.search(r"\d", first) else ""


def labelled_rows(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Choose `count` pictures of each class, or all if a class has fewer.

    A larger count includes the pictures of every smaller count.

    Args:
        labels: (N,) int64 classes.
        count: pictures per class.
        seed: of the choice.

    Returns:
        (M,) rows in ascending order.
    """
    order = np.random.default_rng([seed, 77]).permutation(len(labels))
    picked = [order[labels[order] == c][:count] for c in np.unique(labels)]
    return np.sort(np.concatenate(picked))


def cap(data: SourceData, count: int) -> SourceData:
    """Return at most `count` training and `count` test pictures, stratified by class."""
    total = len(data.x_train)
    if data.x_test is not None and len(data.x_test) > count:
        keep = spread_choice(data.y_test, len(data.x_test), count, "0")
        data = replace(
            data,
            x_test=memmaps.take(data.x_test, keep),
            y_test=None if data.y_test is None else data.y_test[keep],
            files_test=picked(data.files_test, keep),
        )
    if total <= count:
        return data
    keep = spread_choice(data.y_train, total, count, "0")
    note = f"Training uses {len(keep):,} of {total:,} pictures (limit {count:,})."
    return replace(
        data,
        x_train=memmaps.take(data.x_train, keep),
        y_train=None if data.y_train is None else data.y_train[keep],
        files_train=picked(data.files_train, keep),
        notes=(*data.notes, note),
    )
