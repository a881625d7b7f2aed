"""Data sets by name: sources, sizes, the probe set, and forbidden imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simclr_core.base.errors import DataError
from simclr_core.base.paths import PROJECT
from simclr_core.data import builtin
from simclr_core.data.builtin import prepare
from simclr_core.data.datasets import Dataset, check_fit, describe_source, load_dataset
from simclr_core.data.probe_set import probe_indices

ROOT = PROJECT
SHARED = ROOT.parent / "shared" / "data"
RNG = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMCLR_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def noise(count: int, *shape: int) -> np.ndarray:
    return RNG.integers(0, 256, (count, *shape), dtype=np.uint8)


def save(tmp_path: Path, **arrays: np.ndarray) -> str:
    path = tmp_path / "data.npz"
    np.savez_compressed(path, **arrays)
    return str(path)


def unsplit(count: int, classes: int = 2) -> Dataset:
    labels = np.arange(count) % classes
    x = noise(count, 8, 8, 3)
    return Dataset("x", x, labels, x[:0], labels[:0])


@pytest.mark.parametrize("size", [1, 7, 225, -4])
def test_image_size_out_of_range(size: int) -> None:
    with pytest.raises(DataError, match="8 to 224"):
        load_dataset("shapes", size)


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="did you mean shapes"):
        load_dataset("shape")
    for source in ("", str(tmp_path / "no.npz"), "x" * 5000, "a\0b"):
        with pytest.raises(DataError, match="Expected"):
            load_dataset(source)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"found notes.txt"):
        load_dataset(str(tmp_path / "notes.txt"))


# Sizes, caps, fit, probe


def test_sizes(tmp_path: Path) -> None:
    for side, own in ((8, 16), (28, 28), (64, 64), (100, 64)):
        source = save(tmp_path, images=noise(6, side, side, 3))
        assert load_dataset(source).image_size == own
        assert load_dataset(source, 24).x_train.shape[1:] == (24, 24, 3)


def test_max_images(tmp_path: Path) -> None:
    images, labels = noise(100, 16, 16), np.repeat([0, 1], [75, 25])
    data = load_dataset(save(tmp_path, images=images, labels=labels), max_images=20)
    assert np.bincount(data.y_train).tolist() == [15, 5] and len(data.x_test) == 20


def test_check_fit() -> None:
    check_fit(unsplit(32), 32)
    with pytest.raises(DataError, match=r"at least 64 training pictures.*found 32.*at most 32"):
        check_fit(unsplit(32), 64)
    with pytest.raises(DataError, match=r"at least 2 .*found 1 in x; use more"):
        check_fit(unsplit(1), 1)


def test_probe_indices() -> None:
    data = unsplit(3000, classes=3)
    chosen = probe_indices(data, 300)
    assert chosen.dtype == np.int64 and np.array_equal(chosen, np.unique(chosen))
    assert np.bincount(data.y_train[chosen]).tolist() == [100, 100, 100]
    assert np.array_equal(chosen, probe_indices(data, 300))
    changed = Dataset("x", data.x_train ^ 1, data.y_train, data.x_test, data.y_test)
    assert not np.array_equal(chosen, probe_indices(changed, 300))
    assert np.array_equal(probe_indices(unsplit(50)), np.arange(50))


# Built-in sets


def test_digits_are_made_elsewhere_and_cached(cache: Path) -> None:
    from sklearn.datasets import load_digits

    shares: list[float] = []
    data = load_dataset("digits", 8, progress=lambda share, text: shares.append(share))
    assert shares and (cache / "digits.npz").exists()
    oracle = load_digits()
    wanted = np.rint(oracle.images * 255 / 16)
    assert np.array_equal(data.x_train[..., 0], wanted[:1297])
    assert np.array_equal(data.x_test[..., 0], wanted[1297:])
    assert np.array_equal(data.y_test, oracle.target[1297:])
    assert data.kind == "characters" and load_dataset("digits").image_size == 16


@pytest.mark.heavy
def test_damaged_cache_of_shapes_is_drawn_again(cache: Path) -> None:
    path = prepare("shapes")
    path.write_bytes(b"damaged")
    assert len(load_dataset("shapes", max_images=80).x_train) == 80


def test_shapes_without_room_for_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIMCLR_LAB_CACHE", str(tmp_path / "file"))
    data = load_dataset("shapes", 8)
    assert data.x_train.shape == (6000, 8, 8, 3)
    with pytest.raises(DataError, match="SIMCLR_LAB_CACHE"):
        load_dataset("digits")


def test_cifar10_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    def load_data() -> None:
        raise Exception("URL fetch failure on https://x: None -- no route to host")

    fake = types.SimpleNamespace(cifar10=types.SimpleNamespace(load_data=load_data))
    monkeypatch.setitem(sys.modules, "keras", types.SimpleNamespace(datasets=fake))
    with pytest.raises(DataError, match=r"no route to host.*x_train, y_train.*cifar10.npz"):
        prepare("cifar10")


def test_cifar10_from_a_file_put_in_the_cache(cache: Path) -> None:
    cache.mkdir()
    x, y = noise(40, 32, 32, 3), np.arange(40) % 10
    np.savez(cache / "cifar10.npz", x_train=x, y_train=y[:, None], x_test=x[:10], y_test=y[:10])
    data = load_dataset("cifar10")
    assert np.array_equal(data.x_train, x) and data.name == "cifar10"


@pytest.mark.heavy
def test_prepare_prints_json_lines() -> None:
    command = [sys.executable, "-m", "simclr_core.data.builtin", "prepare"]
    done = subprocess.run([*command, "shapes"], cwd=ROOT, capture_output=True, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and rows[-1]["fraction"] == 1.0 and len(rows) >= 2
    done = subprocess.run([*command, "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Expected one of" in json.loads(done.stdout)["error"]


def test_menu_names() -> None:
    assert describe_source("shapes").startswith("Shapes")
    assert describe_source("/some/where/pictures.zip") == "pictures.zip"
    assert set(builtin.BUILT_IN) == {"shapes", "patterns", "digits", "cifar10"}


@pytest.mark.heavy
def test_no_heavy_import(tmp_path: Path) -> None:
    source = save(tmp_path, images=noise(10, 16, 16))
    folder = tmp_path / "folder"
    folder.mkdir()
    from PIL import Image

    Image.fromarray(noise(16, 16, 3)).save(folder / "a.png")
    code = (
        "import sys\n"
        "from simclr_core.data.datasets import load_dataset\n"
        "from simclr_core.data.probe_set import probe_indices\n"
        f"for source in ('shapes', 'digits', {source!r}, {str(folder)!r}):\n"
        "    probe_indices(load_dataset(source))\n"
        "heavy = {'tensorflow', 'keras', 'umap', 'numba', 'sklearn', 'PIL', 'streamlit'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# The development data


@pytest.fixture
def shared() -> Path:
    if not SHARED.exists():
        pytest.skip("the development data are not beside the project")
    return SHARED


def test_shared_arrays(shared: Path) -> None:
    data = load_dataset(str(shared / "pneumoniamnist.npz"))
    assert (data.x_train.shape, data.x_test.shape) == ((5232, 28, 28, 3), (624, 28, 28, 3))
    photos = load_dataset(str(shared / "cifar10.npz"), max_images=1000)
    assert np.bincount(photos.y_train).tolist() == [100] * 10
    assert photos.class_names[0] == "airplane" and photos.kind == "photographs"
    with pytest.raises(DataError, match="jpeg_train"):
        load_dataset(str(shared / "cifar10_full_jpeg.npz"))
