"""Labels of any type become 0..K-1 with names, or are refused with a message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simclr_core.base.errors import DataError
from simclr_core.data.datasets import load_dataset

RNG = np.random.default_rng(1)


def noise(count: int, *shape: int) -> np.ndarray:
    return RNG.integers(0, 256, (count, *shape), dtype=np.uint8)


def save(tmp_path: Path, **arrays: np.ndarray) -> str:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, **arrays)
    return str(path)


@pytest.mark.parametrize(
    ("labels", "numbers", "names"),
    [
        ([7, 3, 7, 9], [1, 0, 1, 2], ("3", "7", "9")),
        (["b", "a", "b", "a"], [1, 0, 1, 0], ("a", "b")),
        ([b"b", b"a", b"b", b"a"], [1, 0, 1, 0], ("a", "b")),
        ([1.0, 0.0, 1.0, 1.0], [1, 0, 1, 1], ("0", "1")),
        ([[0, 1], [1, 0], [1, 0], [0, 1]], [1, 0, 0, 1], ("0", "1")),
        ([-1, 5, -1, 5], [0, 1, 0, 1], ("-1", "5")),
    ],
)
def test_labels_are_mapped(
    tmp_path: Path, labels: list[object], numbers: list[int], names: tuple[str, ...]
) -> None:
    x, y = noise(4, 16, 16, 3), np.array(labels)
    data = load_dataset(save(tmp_path, x_train=x, y_train=y, x_test=x, y_test=y))
    assert data.y_train.tolist() == numbers and data.y_test.tolist() == numbers
    assert data.class_names == names


@pytest.mark.parametrize(
    "labels", [np.zeros(3), np.zeros((4, 3)), np.full(4, np.nan), np.full(4, 0.5)]
)
def test_labels_that_do_not_fit(tmp_path: Path, labels: np.ndarray) -> None:
    with pytest.raises(DataError, match="labels"):
        load_dataset(save(tmp_path, images=noise(4, 16, 16), labels=labels))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("large", [1e300, -1e300, 2.0**63])
def test_float_labels_that_are_no_class_numbers_are_refused(tmp_path: Path, large: float) -> None:
    labels = np.array([0, 1, 2, large])
    with pytest.raises(DataError, match=r"Expected class numbers below .* found -?[19][\d.]*e"):
        load_dataset(save(tmp_path, images=noise(4, 16, 16), labels=labels))


def test_labels_of_one_split_only_are_left_out(tmp_path: Path) -> None:
    x = noise(4, 16, 16)
    data = load_dataset(save(tmp_path, x_train=x, y_train=np.arange(4), x_test=x))
    assert data.y_train is None and data.y_test is None
    assert any("left out" in note for note in data.notes)


def test_class_names_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    arrays = {"images": noise(10, 16, 16), "labels": np.arange(10) % 5}
    data = load_dataset(save(tmp_path, **arrays, class_names=np.array(["only", "two"])))
    assert data.class_names == ("0", "1", "2", "3", "4")
    assert any("class_names" in note for note in data.notes)


def test_one_class_is_noted(tmp_path: Path) -> None:
    data = load_dataset(save(tmp_path, images=noise(10, 16, 16), labels=np.zeros(10)))
    assert data.class_names == ("0",) and any("the same label" in n for n in data.notes)
