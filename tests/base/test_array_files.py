"""Arrays come back as they were; damaged files are refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from simclr_core.base.errors import RunDamaged
from simclr_core.base.files import (
    read_npz,
    write_npz,
)

# Arrays


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    arrays = {
        "encoder/0001": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array(True),
        "c": np.zeros((0, 4), np.uint8),
        "d": np.array([np.nan, np.inf], np.float16),
        "e": np.array(["a", "bcd"]),
    }
    write_npz(tmp_path / "a.npz", arrays)
    found = read_npz(tmp_path / "a.npz")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


def test_objects_are_not_written(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", {"old": np.arange(3)})
    for bad in (np.array([{}, None], object), np.zeros(2, [("a", object)])):
        with pytest.raises(TypeError, match="x: expected a plain array"):
            write_npz(tmp_path / "a.npz", {"good": np.arange(2), "x": bad})
    assert list(read_npz(tmp_path / "a.npz")) == ["old"] and os.listdir(tmp_path) == ["a.npz"]


def test_pickles_are_not_read(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return open, (str(tmp_path / "sprung"), "w")

    np.savez(tmp_path / "a.npz", x=np.array([Trap()], object), allow_pickle=True)
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Trap()))
    for name in ("a.npz", "b.npz"):
        with pytest.raises(RunDamaged, match=name):
            read_npz(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def damaged(path: Path, content: bytes) -> bool:
    """Return whether a file of arrays is refused; any other error is a bug."""
    path.write_bytes(content)
    try:
        read_npz(path)
    except RunDamaged as error:
        assert path.name in str(error) and "\n" not in str(error)
        return True
    return False


def test_every_cut_of_a_file_of_arrays_is_damaged(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", {"x": np.arange(40), "y": np.ones(3)})
    whole = (tmp_path / "a.npz").read_bytes()
    for cut in range(len(whole)):
        assert damaged(tmp_path / "b.npz", whole[:cut])
    assert not damaged(tmp_path / "b.npz", whole)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_no_flipped_byte_makes_other_numbers(tmp_path: Path, method: int) -> None:
    x = np.arange(40)
    buffer = io.BytesIO()
    (np.savez if method == zipfile.ZIP_STORED else np.savez_compressed)(buffer, x=x)
    whole = bytearray(buffer.getvalue())
    refused = 0
    for i in range(len(whole)):
        for flip in (0x01, 0xFF):
            whole[i] ^= flip
            if damaged(tmp_path / "b.npz", bytes(whole)):
                refused += 1
            else:  # a date, or the name of the array
                assert all(
                    np.array_equal(array, x) for array in read_npz(tmp_path / "b.npz").values()
                )
            whole[i] ^= flip
    assert refused > 2 * 8 * len(x) * (method == zipfile.ZIP_STORED)  # every byte of the array


def test_other_files_are_no_arrays(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    for content in (b"", b"text", b"PK\x03\x04", buffer.getvalue(), b"\x00" * 1000):
        assert damaged(tmp_path / "b.npz", content)
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("x.npy", b"no array")
    with pytest.raises(RunDamaged):
        read_npz(tmp_path / "c.npz")
    with pytest.raises(RunDamaged, match=r"d\.npz .*but it is missing"):
        read_npz(tmp_path / "d.npz")
    (tmp_path / "e.npz").mkdir()
    with pytest.raises(RunDamaged, match=r"e\.npz"):
        read_npz(tmp_path / "e.npz")


def test_a_header_that_promises_too_much_is_damaged(tmp_path: Path) -> None:
    for shape in ((2**40,), (2**62, 2**62), (-5,), (10**30,)):
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f8", "fortran_order": False, "shape": shape}
        )
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("x.npy", header.getvalue() + bytes(64))
        with pytest.raises(RunDamaged):
            read_npz(tmp_path / "a.npz")
