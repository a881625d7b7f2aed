"""Arrays of users: layouts, number types, and unusable files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from simclr_core.base.errors import DataError
from simclr_core.data.datasets import load_dataset
from simclr_core.data.readers import npz

RNG = np.random.default_rng(1)


def noise(count: int, *shape: int) -> np.ndarray:
    return RNG.integers(0, 256, (count, *shape), dtype=np.uint8)


def save(tmp_path: Path, **arrays: np.ndarray) -> str:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, **arrays)
    return str(path)


def test_four_arrays_come_back_as_they_are(tmp_path: Path) -> None:
    x, y = noise(20, 32, 32, 3), np.arange(20) % 3
    names = np.array(["ant", "bee", "cow"])
    source = save(tmp_path, x_train=x, y_train=y, x_test=x[:6], y_test=y[:6], class_names=names)
    data = load_dataset(source)
    assert np.array_equal(data.x_train, x) and np.array_equal(data.x_test, x[:6])
    assert np.array_equal(data.y_train, y) and data.y_train.dtype == np.int64
    assert data.class_names == ("ant", "bee", "cow")
    assert (data.name, data.kind, data.notes) == ("data.npz", "photographs", ())


def test_medmnist_validation_joins_train(tmp_path: Path) -> None:
    arrays = {}
    for split, count in (("train", 10), ("val", 4), ("test", 6)):
        arrays[f"{split}_images"] = noise(count, 28, 28)
        arrays[f"{split}_labels"] = (np.arange(count) % 2).astype(np.uint8)[:, None]
    data = load_dataset(save(tmp_path, **arrays))
    assert data.x_train.shape == (14, 28, 28, 3) and data.x_test.shape == (6, 28, 28, 3)
    assert np.array_equal(data.x_train[10:, ..., 2], arrays["val_images"])
    assert data.y_train.shape == (14,) and data.is_gray and data.kind == "gray pictures"


def test_images_without_split_or_labels(tmp_path: Path) -> None:
    images = noise(50, 16, 16, 3)
    data = load_dataset(save(tmp_path, images=images))
    assert (len(data.x_train), len(data.x_test)) == (40, 10)
    assert data.y_train is None and data.class_names == ()
    both = {x.tobytes() for x in np.concatenate([data.x_train, data.x_test])}
    assert both == {x.tobytes() for x in images}


def test_split_is_by_class_and_by_content(tmp_path: Path) -> None:
    images, labels = noise(60, 16, 16, 3), np.repeat([0, 1], [40, 20])
    data = load_dataset(save(tmp_path, images=images, labels=labels))
    assert np.bincount(data.y_train).tolist() == [32, 16]
    assert np.bincount(data.y_test).tolist() == [8, 4]
    again = load_dataset(save(tmp_path, IMAGES=images, LABELS=labels))
    assert again.content_hash == data.content_hash
    other = load_dataset(save(tmp_path, images=images ^ 1, labels=labels))
    assert other.content_hash != data.content_hash


def test_channels_first_alpha_and_shape(tmp_path: Path) -> None:
    images = noise(6, 3, 16, 20)
    data = load_dataset(save(tmp_path, x_train=images, x_test=images))
    assert np.array_equal(data.x_train, images[..., 2:18].transpose(0, 2, 3, 1))
    clear = np.zeros((6, 16, 16, 4), np.uint8)
    assert load_dataset(save(tmp_path, images=clear)).x_train.min() == 255


@pytest.mark.parametrize(
    ("dtype", "top"), [("float32", 1.0), ("float64", 255.0), ("uint16", 4095), ("bool", 1)]
)
def test_number_types(tmp_path: Path, dtype: str, top: float) -> None:
    pixels = noise(6, 16, 16, 3)
    pixels[0, 0, 0] = 255
    given = (pixels >= 128) if dtype == "bool" else (pixels * (top / 255)).astype(dtype)
    wanted = given * 255.0 if dtype == "bool" else pixels
    data = load_dataset(save(tmp_path, x_train=given, x_test=given))
    assert np.abs(data.x_train.astype(float) - wanted).max() <= 1
    assert any("scaled to 0..255" in note for note in data.notes)


@pytest.mark.parametrize(
    ("train", "test"),
    [("uint8", "float64"), ("float32", "uint8"), ("uint8", "bool"), ("uint16", "float32")],
)
def test_splits_of_other_number_types_keep_their_own_scale(
    tmp_path: Path, train: str, test: str
) -> None:
    tops = {"uint8": 255, "uint16": 65535, "float32": 1, "float64": 1, "bool": 1}
    pixels = np.where(noise(6, 16, 16, 3) < 128, 0, 255)
    given = [(pixels // 255 * tops[dtype]).astype(dtype) for dtype in (train, test)]
    data = load_dataset(save(tmp_path, x_train=given[0], x_test=given[1]))
    assert np.array_equal(data.x_train, pixels) and np.array_equal(data.x_test, pixels)
    (note,) = data.notes
    assert f"{train} up to {tops[train]} in x_train" in note
    assert f"{test} up to {tops[test]} in x_test: each was scaled" in note


def test_floats_tell_their_scale_by_split_and_deep_whole_numbers_together(tmp_path: Path) -> None:
    bright = np.full((6, 16, 16, 3), 255.0)
    data = load_dataset(save(tmp_path, x_train=bright, x_test=bright / 255))
    assert data.x_train.min() == data.x_test.min() == 255 and "separately" in data.notes[0]
    deep = np.full((6, 16, 16, 3), 65535, np.uint16)
    data = load_dataset(save(tmp_path, x_train=deep, x_test=deep // 257))
    assert (data.x_train.min(), data.x_test.max()) == (255, 1)
    assert data.notes == ("Pixels were uint16 up to 65535 and were scaled to 0..255.",)


@pytest.mark.parametrize("labels", [{}, {"y_test": np.zeros(0)}, {"y_test": np.zeros(0, "U1")}])
def test_an_empty_test_split_counts_as_none(tmp_path: Path, labels: dict[str, np.ndarray]) -> None:
    x, y = noise(200, 16, 16, 3), np.arange(200) % 4
    empty = np.zeros((0, 16, 16, 3), np.float32)
    data = load_dataset(save(tmp_path, x_train=x, y_train=y, x_test=empty, **labels))
    assert (len(data.x_train), len(data.x_test)) == (160, 40)
    assert np.bincount(data.y_test).tolist() == [10] * 4
    assert data.class_names == ("0", "1", "2", "3")
    assert data.notes[0] == "The test split is empty and was ignored."
    assert data.notes[1].startswith("No test split given: 40 of 200")


def test_a_validation_split_takes_the_place_of_an_empty_test_split(tmp_path: Path) -> None:
    arrays = {
        "x_train": noise(20, 16, 16, 3), "y_train": np.arange(20) % 2,
        "x_val": noise(6, 16, 16, 3), "y_val": np.arange(6) % 2,
        "x_test": noise(0, 16, 16, 3),
    }  # fmt: skip
    data = load_dataset(save(tmp_path, **arrays))
    assert np.array_equal(data.x_test, arrays["x_val"])
    assert data.y_test.tolist() == [0, 1] * 3 and len(data.notes) == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0, 300.0])
def test_pixels_that_are_no_pixels(tmp_path: Path, bad: float) -> None:
    pixels = RNG.random((6, 16, 16))
    pixels[3, 2, 1] = bad
    with pytest.raises(DataError, match=r"Expected pixels of 0..255"):
        load_dataset(save(tmp_path, images=pixels))


# Files that cannot be used


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (open, (str(tmp_path / "sprung"), "w"))  # type: ignore[return-value]

    trap = np.array([Trap()] * 4, dtype=object)
    for arrays in ({"images": trap}, {"images": noise(4, 16, 16), "labels": trap}):
        path = tmp_path / "trap.npz"
        np.savez(path, **arrays, allow_pickle=True)
        with pytest.raises(DataError, match="Python objects"):
            load_dataset(str(path))
    assert not (tmp_path / "sprung").exists()


def header_only(path: Path, shape: tuple[int, ...], filler: int = 0) -> str:
    """Write an .npz whose header declares `shape` of uint8."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", buffer.getvalue() + bytes(filler))
    return str(path)


def test_headers_are_checked_before_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the array was unpacked")

    monkeypatch.setattr(np.lib.format, "read_array", refuse)
    with pytest.raises(DataError, match="at most 64 GB"):
        load_dataset(header_only(tmp_path / "large.npz", (10**9, 32, 32, 3)))
    with pytest.raises(DataError, match="damaged"):
        load_dataset(header_only(tmp_path / "short.npz", (1000, 32, 32, 3), filler=100))
    with pytest.raises(DataError, match=r"found \(-3, 16, 16\): the header is damaged"):
        load_dataset(header_only(tmp_path / "negative.npz", (-3, 16, 16), filler=768))
    monkeypatch.setattr(npz, "MAX_ARRAY_BYTES", 2**20)
    with pytest.raises(DataError, match="GB per array"):
        load_dataset(header_only(tmp_path / "bomb.npz", (2000, 32, 32), filler=2000 * 1024))


@pytest.mark.parametrize("cut", [0, 10, 500, 1_000])
def test_damaged_files(tmp_path: Path, cut: int) -> None:
    path = Path(save(tmp_path, images=noise(10, 16, 16)))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"Expected an .npz file"):
        load_dataset(str(path))


def test_flipped_bits(tmp_path: Path) -> None:
    path = Path(save(tmp_path, images=noise(10, 16, 16)))
    raw = bytearray(path.read_bytes())
    raw[400] ^= 0xFF
    path.write_bytes(bytes(raw))
    with pytest.raises(DataError, match="damaged"):
        load_dataset(str(path))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"pictures": np.zeros((4, 8, 8))}, "found pictures"),
        ({"images": np.zeros(4)}, "array of shape"),
        ({"images": np.zeros((4, 16, 16, 7), np.uint8)}, "array of shape"),
        ({"images": np.zeros((4, 1, 1), np.uint8)}, "at least 4 pixels"),
        ({"images": np.zeros((0, 16, 16), np.uint8)}, "found none"),
        ({"images": np.array(["a"] * 4).reshape(4, 1, 1)}, "at least 4 pixels"),
        ({"images": np.full((4, 8, 8), "a")}, "pixels of type"),
    ],
)
def test_arrays_that_are_no_pictures(
    tmp_path: Path, arrays: dict[str, np.ndarray], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        load_dataset(save(tmp_path, **arrays))
