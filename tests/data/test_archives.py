"""Zips of users: read member by member, within limits, without trusting names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simclr_core.base.errors import DataError
from simclr_core.data.datasets import load_dataset
from simclr_core.data.readers import archives

RNG = np.random.default_rng(0)


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


def write_zip(path: Path, members: dict[str, bytes], **options: object) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def numbered(folder: str, count: int) -> list[str]:
    return [f"{folder}/{i}.png" for i in range(count)]


def png_members(names: list[str]) -> dict[str, bytes]:
    return {name: encode(noise()) for name in names}


def test_zip_equals_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "folder", numbered("a", 5) + numbered("b", 5))
    files = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.png"))}
    archive = write_zip(tmp_path / "pictures.zip", {f"wrap/{k}": v for k, v in files.items()})
    assert load_dataset(str(archive)).content_hash == load_dataset(str(folder)).content_hash


def test_climbing_names_are_left_out(tmp_path: Path) -> None:
    names = [*numbered("a", 5), "../out.png", "/root.png", "a/../../up.png", "C:\\w.png"]
    data = load_dataset(str(write_zip(tmp_path / "x.zip", png_members(names))))
    assert len(data.x_train) + len(data.x_test) == 5
    assert any("4 left out, names that point out" in note for note in data.notes)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.zip"]


def test_backslashes_and_unmarked_utf8(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", png_members(numbered("tier\\", 2)))
    assert load_dataset(str(path)).class_names == ("tier",)
    mangled = "Röntgen".encode().decode("cp437")
    member = zipfile.ZipInfo("x")
    member.filename, member.flag_bits = f"{mangled}/1.png", 0
    assert archives._member_parts(member) == ("Röntgen", "1.png")


def limited(tmp_path: Path, members: dict[str, bytes]) -> str:
    path = write_zip(tmp_path / "x.zip", {**png_members(numbered("a", 5)), **members})
    return " ".join(load_dataset(str(path)).notes)


def test_bombs_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "200 times" in limited(tmp_path, {"a/bomb.bmp": bytes(3 * 2**20)})
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 2**20)
    assert "larger than 1 MB" in limited(tmp_path, {"a/large.bmp": RNG.bytes(2**20 + 1)})


def test_what_is_unpacked_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path / "x.zip", png_members(numbered("a", 5)))
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 2_000)
    with pytest.raises(DataError, match="GB of pictures in an archive"):
        load_dataset(str(path))
    monkeypatch.setattr(archives, "MAX_FILES", 4)
    with pytest.raises(DataError, match="at most 4 files"):
        load_dataset(str(path))
    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 100)
    with pytest.raises(DataError, match="files, found more"):
        load_dataset(str(path))


def test_locked_members_and_inner_zips(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", png_members([*numbered("a", 5), "a/locked.png"]))
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.rfind(mark) + offset] |= 1  # the last member claims to be encrypted
    path.write_bytes(bytes(raw))
    assert any("protected by a password: locked.png" in n for n in load_dataset(str(path)).notes)
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.write(path, "inner.zip")
    with pytest.raises(DataError, match="not opened"):
        load_dataset(str(tmp_path / "y.zip"))


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b"no zip", lambda b: b[: len(b) // 2], lambda b: b[-30:]]
)
def test_damaged_archives(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = write_zip(tmp_path / "x.zip", png_members(numbered("a", 5)))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="Expected a zip archive"):
        load_dataset(str(path))
