"""Pictures that may not fit into memory: the same values from memory and from disk."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from simclr_core.base.errors import DataError
from simclr_core.data import memmaps
from simclr_core.data.datasets import Dataset, load_dataset
from simclr_core.machine import memory
from simclr_core.measures import knn
from simclr_core.model.simclr import Feed
from simclr_core.settings.config import ViewConfig

rng = np.random.default_rng(3)
PICTURES = rng.integers(0, 256, (60, 16, 16, 3), np.uint8)
LABELS = np.arange(60) % 3


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMCLR_LAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that hardly anything fits into memory."""
    monkeypatch.setattr(memory, "available", lambda: 1000.0)
    monkeypatch.setattr(memmaps, "BLOCK", 5000)  # several blocks, the last one shorter


def same(a: Dataset, b: Dataset) -> None:
    np.testing.assert_array_equal(a.x_train, b.x_train)
    np.testing.assert_array_equal(a.x_test, b.x_test)
    np.testing.assert_array_equal(a.y_train, b.y_train)
    np.testing.assert_array_equal(a.y_test, b.y_test)
    assert a.content_hash == b.content_hash
    assert (a.kind, a.is_gray, a.class_names) == (b.kind, b.is_gray, b.class_names)


def folder(root: Path) -> Path:
    for i, picture in enumerate(PICTURES):
        path = root / "pictures" / str(LABELS[i]) / f"{i:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture)
    return root / "pictures"


def plain(root: Path) -> Path:
    np.savez(root / "a.npz", x_train=PICTURES, y_train=LABELS)
    return root / "a.npz"


def packed(root: Path) -> Path:
    np.savez_compressed(root / "b.npz", x_train=PICTURES, y_train=LABELS)
    return root / "b.npz"


def split_in_three(root: Path) -> Path:
    parts = {"train": slice(30), "val": slice(30, 45), "test": slice(45, 60)}
    arrays: dict[str, Any] = {}
    for name, part in parts.items():
        arrays |= {f"x_{name}": PICTURES[part], f"y_{name}": LABELS[part]}
    np.savez(root / "c.npz", **arrays)
    return root / "c.npz"


def columns_first(root: Path) -> Path:
    """Save floats in Fortran order, channels first, so that everything must be converted."""
    planes = np.asfortranarray(np.moveaxis(PICTURES, -1, 1) / np.float32(255))
    np.savez(root / "d.npz", x_train=planes, y_train=LABELS)
    return root / "d.npz"


@pytest.mark.parametrize("make", [folder, plain, packed, split_in_three, columns_first])
@pytest.mark.parametrize("most", [None, 12])
def test_pictures_are_the_same_from_memory_and_from_the_disk(
    make: Callable[[Path], Path], most: int | None, tmp_path: Path, request: Any
) -> None:
    source = make(tmp_path)
    resident = load_dataset(str(source), 16, max_images=most)
    request.getfixturevalue("no_memory")
    mapped = load_dataset(str(source), 16, max_images=most)
    assert not memmaps.is_mapped(resident.x_train)
    assert memmaps.is_mapped(mapped.x_train)
    same(resident, mapped)
    assert [note for note in mapped.notes if "read from the disk" in note]
    assert not [note for note in resident.notes if "read from the disk" in note]


def test_a_plain_file_is_mapped_in_place(tmp_path: Path, no_memory: None) -> None:
    """Bytes of the right size in an uncompressed .npz need no copy."""
    np.savez(tmp_path / "own.npz", x_train=PICTURES, y_train=LABELS, x_test=PICTURES, y_test=LABELS)
    dataset = load_dataset(str(tmp_path / "own.npz"))
    assert isinstance(dataset.x_train, np.memmap)
    assert Path(str(dataset.x_train.filename)) == tmp_path / "own.npz"
    assert not dataset.x_train.flags.writeable


def test_members_with_extras_are_found(tmp_path: Path, no_memory: None) -> None:
    """The local header may hold other extras than the directory."""
    np.save(tmp_path / "x.npy", PICTURES)
    path = tmp_path / "extras.npz"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("images.npy")
        info.extra = b"\xfe\xca\x04\x00abcd"
        archive.writestr(info, (tmp_path / "x.npy").read_bytes())
    dataset = load_dataset(str(path))
    both = np.concatenate([dataset.x_train, dataset.x_test])
    assert sorted(map(bytes, both)) == sorted(map(bytes, PICTURES))


def test_nothing_is_left_on_the_disk(tmp_path: Path, no_memory: None) -> None:
    found = memmaps.take(PICTURES, np.arange(59, -1, -1))
    np.testing.assert_array_equal(found, PICTURES[::-1])
    assert list((tmp_path / "cache").iterdir()) == []  # a file without a name
    found[0] = 7
    assert (found[0] == 7).all()


def test_a_disk_without_room_is_reported(monkeypatch: pytest.MonkeyPatch, no_memory: None) -> None:
    usage = shutil.disk_usage("/")._replace(free=20_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DataError, match=r"Expected .* GB of free disk .* SIMCLR_LAB_CACHE"):
        memmaps.allocate(PICTURES.shape)


def test_a_disk_that_refuses_is_reported(monkeypatch: pytest.MonkeyPatch, no_memory: None) -> None:
    def refuse(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(DataError, match="free some space"):
        memmaps.allocate(PICTURES.shape)


def test_joined_arrays_follow_each_other(no_memory: None) -> None:
    found = memmaps.join([PICTURES[:7], PICTURES[7:7], PICTURES[7:]])
    assert memmaps.is_mapped(found)
    np.testing.assert_array_equal(found, PICTURES)


def test_batches_are_the_same_and_asked_for_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_memory: None
) -> None:
    mapped = load_dataset(str(plain(tmp_path))).x_train
    asked: list[int] = []
    real = memmaps.prefetch

    def ask(array: np.ndarray, rows: Any) -> None:
        asked.extend(map(int, rows))
        real(array, rows)

    monkeypatch.setattr(memmaps, "prefetch", ask)
    feed = Feed(mapped, ViewConfig(), 8, 0)
    twin = Feed(np.array(mapped), ViewConfig(), 8, 0)
    seen: list[int] = []
    for step in range(12):  # over two ends of an epoch
        batch, other = feed[step][0], twin[step][0]
        assert all(np.array_equal(batch[name], other[name]) for name in other)
        seen.extend(twin.indices(step))
        assert asked[: len(seen)] == seen  # before or while they are needed, each once
    assert len(asked) > len(seen)


def test_rows_of_a_slice_are_found_in_the_map(tmp_path: Path, no_memory: None) -> None:
    whole = memmaps.take(PICTURES, np.arange(60))
    found = memmaps._mapping(whole[10:])
    assert found is not None
    assert found[1] == 10 * PICTURES[0].nbytes
    memmaps.prefetch(whole[10:], [0, 49])  # the last one as well
    assert memmaps._mapping(PICTURES) is None
    memmaps.prefetch(PICTURES, [0])  # nothing to ask


@pytest.mark.parametrize("own", [True, False])
def test_neighbours_do_not_depend_on_the_blocks(own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = rng.normal(size=(50, 6)).astype(np.float32)
    queries = None if own else rng.normal(size=(23, 6)).astype(np.float32)
    whole = knn.nearest(bank, queries, 7)
    monkeypatch.setattr(knn, "BLOCK", 6 * 11)  # eleven vectors at once
    blocked = knn.nearest(bank, queries, 7)
    for (a, s), (b, t) in zip(zip(*whole, strict=True), zip(*blocked, strict=True), strict=True):
        assert set(a) == set(b)
        np.testing.assert_allclose(s[np.argsort(a)], t[np.argsort(b)], atol=1e-6)


def test_few_vectors_have_few_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knn, "BLOCK", 6 * 2)
    found, similarity = knn.nearest(np.eye(3, 6, dtype=np.float32), None, 7)
    assert found.shape == (3, 2)
    assert [set(row) for row in found] == [{1, 2}, {0, 2}, {0, 1}]
    assert (similarity == 0).all()
