"""Folders of users: what is loaded, what is left out, and what the notes say."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simclr_core.base.errors import DataError
from simclr_core.base.paths import PROJECT
from simclr_core.data.datasets import load_dataset
from simclr_core.data.readers import archives, folders, picture_files
from simclr_core.data.readers.reading_log import ReadingLog

ROOT = PROJECT
SHARED = ROOT.parent / "shared" / "data"
RNG = np.random.default_rng(0)


@pytest.fixture
def shared() -> Path:
    if not SHARED.exists():
        pytest.skip("the development data are not beside the project")
    return SHARED


def encode(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def noise(height: int = 20, width: int = 20) -> np.ndarray:
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_folder(root: Path, names: list[str]) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(noise()))
    return root


def numbered(folder: str, count: int) -> list[str]:
    return [f"{folder}/{i}.png" for i in range(count)]


def test_class_folders_become_labels(tmp_path: Path) -> None:
    write_folder(tmp_path, numbered("dog", 10) + numbered("cat/young", 10))
    data = load_dataset(str(tmp_path))
    assert data.class_names == ("cat", "dog")
    assert data.x_train.shape == (16, 32, 32, 3) and data.x_train.dtype == np.uint8
    assert np.bincount(data.y_train).tolist() == [8, 8]
    assert np.bincount(data.y_test).tolist() == [2, 2]
    assert any("4 of 20" in note for note in data.notes)
    assert load_dataset(str(tmp_path)).content_hash == data.content_hash


def test_flat_pictures_have_no_labels(tmp_path: Path) -> None:
    write_folder(tmp_path, [f"{i}.png" for i in range(10)])
    data = load_dataset(str(tmp_path))
    assert data.y_train is None and data.y_test is None and data.class_names == ()
    assert (len(data.x_train), len(data.x_test)) == (8, 2)


@pytest.mark.parametrize("wrapper", ["", "my data/", "a/b/"])
def test_splits_are_recognised(tmp_path: Path, wrapper: str) -> None:
    names = numbered("Train/a", 4) + numbered("Train/b", 4) + numbered("val/a", 3)
    write_folder(tmp_path, [wrapper + name for name in [*names, *numbered("test/b", 2)]])
    data = load_dataset(str(tmp_path))
    assert data.class_names == ("a", "b")
    assert np.bincount(data.y_train).tolist() == [7, 4]
    assert data.y_test.tolist() == [1, 1]
    assert any("validation" in note for note in data.notes)


def test_validation_serves_as_test(tmp_path: Path) -> None:
    write_folder(tmp_path, numbered("train/a", 4) + numbered("valid/a", 3))
    assert len(load_dataset(str(tmp_path)).x_test) == 3


def test_test_folder_without_classes_is_left_out(tmp_path: Path) -> None:
    names = numbered("train/a", 5) + numbered("train/b", 5) + numbered("test", 3)
    data = load_dataset(str(write_folder(tmp_path, names)))
    assert len(data.x_train) + len(data.x_test) == 10
    assert any("test pictures were left out" in note for note in data.notes)


def test_loose_pictures_get_a_class_of_their_own(tmp_path: Path) -> None:
    data = load_dataset(
        str(write_folder(tmp_path, [*numbered("a", 3), *numbered("b", 3), "x.png"]))
    )
    assert data.class_names == (folders.LOOSE, "a", "b")


def test_broken_and_junk_files(tmp_path: Path) -> None:
    write_folder(tmp_path, numbered("a", 6))
    for name in ("a/cut.png", "a/c2.png", "a/c3.png", "a/c4.png"):
        (tmp_path / name).write_bytes(encode(noise())[:60])
    for name in ("a/Thumbs.db", "a/.hidden.png", ".DS_Store", "labels.csv"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a/scan.dcm").write_bytes(b"x")
    data = load_dataset(str(tmp_path))
    assert len(data.x_train) + len(data.x_test) == 6
    text = " ".join(data.notes)
    assert "4 left out, damaged" in text and "c2.png, c3.png, c4.png, …" in text
    assert "scan.dcm" in text and "Thumbs" not in text and "hidden" not in text


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = write_folder(tmp_path / "outside", ["secret.png"])
    inside = write_folder(tmp_path / "inside", numbered("a", 5))
    (inside / "a/link.png").symlink_to(outside / "secret.png")
    (inside / "b").symlink_to(outside)
    (inside / "a/gone.png").symlink_to(inside / "nothing")
    data = load_dataset(str(inside))
    assert len(data.x_train) + len(data.x_test) == 5 and data.class_names == ("a",)
    assert sum("link" in note for note in data.notes) == 3


@pytest.mark.parametrize(("side", "size"), [(48, 32), (49, 64), (300, 64)])
def test_usual_size(tmp_path: Path, side: int, size: int) -> None:
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(encode(noise(side, side + 5)))
    assert load_dataset(str(tmp_path)).image_size == size
    assert load_dataset(str(tmp_path), 24).image_size == 24


def test_max_images_keeps_the_classes_shares(tmp_path: Path) -> None:
    write_folder(tmp_path, numbered("a", 40) + numbered("b", 20))
    data = load_dataset(str(tmp_path), max_images=12)
    assert np.bincount(data.y_train).tolist() == [8, 4]


def test_pictures_of_one_pixel_are_refused(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(encode(noise(1, 1)))
    with pytest.raises(DataError, match="at least 4 pixels"):
        load_dataset(str(tmp_path))


def test_memory_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_BYTES", 10_000)
    with pytest.raises(DataError, match="smaller image size"):
        load_dataset(str(write_folder(tmp_path, numbered("a", 4))))


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found no files"):
        load_dataset(str(tmp_path))


# The development data


@pytest.mark.parametrize("form", ["messy", "messy.zip"])
def test_messy_pictures_end_as_the_manifest_says(shared: Path, form: str) -> None:
    with (shared / "messy_manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with archives.open_listing(shared / form) as listing:
        log = ReadingLog()
        found = folders._place(folders._candidates(listing, log), log)
        _, kept = folders._decode_all(found, 32, log, lambda share, text: None)
    loaded = {item.entry.name.removeprefix("messy/") for item in kept}
    skipped = {name for names in log.skipped.values() for name in names}
    for row in rows:
        path = row["path"]
        ends = {
            "ok": path in loaded,
            "unusual": path in loaded or Path(path).name in skipped,
            "broken": path not in loaded and Path(path).name in skipped,
            "junk": path not in loaded and Path(path).name not in skipped,
        }
        assert ends[row["kind"]], path


def test_messy_exif_files_look_like_their_reference(shared: Path) -> None:
    folder = shared / "messy" / "vehicles and ships"
    wanted = picture_files.read_picture((folder / "exif_upright_reference.jpg").read_bytes(), 60)
    for path in folder.glob("exif_orientation_*.jpg"):
        found = picture_files.read_picture(path.read_bytes(), 60)
        assert np.abs(found.pixels.astype(float) - wanted.pixels).mean() < 6, path.name


def test_bad_zips_load_or_say_why(shared: Path) -> None:
    refused = {"empty", "no_images", "not_a_zip", "truncated", "zero_bytes", "zip_inside_zip"}
    for path in sorted((shared / "bad_zips").glob("*.zip")):
        if path.stem in refused:
            with pytest.raises(DataError):
                load_dataset(str(path))
        else:
            assert len(load_dataset(str(path)).x_train) >= 4


def test_x_rays(shared: Path) -> None:
    data = load_dataset(str(shared / "chest_xray.zip"))
    assert data.class_names == ("NORMAL", "PNEUMONIA") and data.kind == "gray pictures"
    assert (len(data.x_train), len(data.x_test), data.image_size) == (960, 240, 64)


def colour_of(name: str) -> tuple[int, int, int]:
    """Return the colour by which a picture is told from all others."""
    number = sum(map(ord, name))
    return number % 256, (7 * number) % 256, len(name)


@pytest.mark.parametrize(
    "folders",
    [
        ["cat", "dog"],
        ["train/cat", "train/dog", "test/cat", "test/dog"],
        ["train/cat", "val/cat", "test/cat", "train/dog", "val/dog", "test/dog"],
    ],
)
@pytest.mark.parametrize("limit", [None, 3])
def test_each_picture_keeps_the_name_of_its_file(
    tmp_path: Path, folders: list[str], limit: int | None
) -> None:
    names = [f"{folder}/{number:03d} ü.png" for folder in folders for number in range(6)]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(np.full((20, 20, 3), colour_of(name), np.uint8)))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    data = load_dataset(str(tmp_path), max_images=limit)
    seen = []
    for images, files in ((data.x_train, data.files_train), (data.x_test, data.files_test)):
        assert files is not None and len(files) == len(images)
        for image, name in zip(images, files, strict=True):
            assert image[0, 0].tolist() == list(colour_of(name))
        seen += files
    assert sorted(seen) == sorted(names) if limit is None else set(seen) < set(names)


def test_drawn_pictures_have_no_files() -> None:
    data = load_dataset("digits", max_images=20)
    assert data.files_train is None and data.files_test is None
