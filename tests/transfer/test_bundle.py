"""A run folder as one zip, and files that people hand over."""

from __future__ import annotations

import errno
import io
import os
import re
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from simclr_core.base.errors import DataError, LabError
from simclr_core.data import uploads
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer import bundle
from simclr_core.settings.presets import preset_config
from small_disk import read_only


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = RunStore(tmp_path / "runs").create(preset_config("minute"), "Round things, 2nd try")
    made.write_status(state="finished")
    (made.path / "snapshots" / "00000000.npz").write_bytes(bytes(range(256)) * 9000)
    return made


def unzip(run: Run) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(bundle.chunks(run)))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_file_travels_as_it_is(run: Run) -> None:
    (run.path / ".config.json.half").write_text("{")
    files = {f"{run.id}/{p.relative_to(run.path)}": p for p in run.path.rglob("*") if p.is_file()}
    left_out = {f"{run.id}/.config.json.half"}
    assert left_out < set(files)
    expected = {name: path.read_bytes() for name, path in files.items() if name not in left_out}
    assert unzip(run) == expected


def test_links_are_not_followed(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("private")
    (run.path / "log.txt").symlink_to(secret / "key.txt")
    (run.path / "more").symlink_to(secret)
    assert not any(b"private" in content for content in unzip(run).values())


def test_a_file_that_goes_meanwhile_is_skipped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = bundle.bundle_files(run.path)
    monkeypatch.setattr(bundle, "bundle_files", lambda folder: listed)
    (run.path / "snapshots" / "00000000.npz").unlink()
    assert f"{run.id}/config.json" in unzip(run)


def test_memory_stays_bounded(run: Run) -> None:
    with (run.path / "snapshots" / "00000001.npz").open("wb") as file:
        file.truncate(64 * 2**20)
    tracemalloc.start()
    try:
        total = sum(map(len, bundle.chunks(run)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > 64 * 2**20
    assert peak < 12 * 2**20


def test_the_name_says_which_run_it_is(run: Run) -> None:
    assert bundle.bundle_name(run) == f"simclr-{run.id}-round-things-2nd-try.zip"
    run.rename("../../etc")
    assert bundle.bundle_name(run) == f"simclr-{run.id}-etc.zip"
    run.rename("形")
    assert bundle.bundle_name(run) == f"simclr-{run.id}.zip"


def test_an_upload_is_kept_once_under_its_content(tmp_path: Path) -> None:
    first = uploads.keep_upload(tmp_path, "My birds.zip", io.BytesIO(b"one"))
    again = uploads.keep_upload(tmp_path, "My birds.zip", io.BytesIO(b"one"))
    other = uploads.keep_upload(tmp_path, "My birds.zip", io.BytesIO(b"two"))
    assert first == again != other
    assert first.read_bytes() == b"one"
    assert {p.name for p in (tmp_path / "uploads").iterdir()} == {first.name, other.name}
    assert list(RunStore(tmp_path)) == []  # uploads are no run


@pytest.mark.parametrize("name", ["../../evil.npz", "/etc/passwd.zip", "a/b\\c.npz", "..zip.npz"])
def test_an_uploads_own_name_leads_nowhere(tmp_path: Path, name: str) -> None:
    path = uploads.keep_upload(tmp_path, name, io.BytesIO(b"x"))
    assert path.parent == tmp_path / "uploads"


@pytest.mark.parametrize(
    ("name", "content"), [("model.h5", b"x"), ("birds.zip", b""), ("noending", b"x")]
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DataError, match="Expected"):
        uploads.keep_upload(tmp_path, name, io.BytesIO(content))
    assert not any((tmp_path / "uploads").glob("*"))


def test_a_folder_where_nobody_may_write_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with read_only(tmp_path / "runs"), pytest.raises(LabError) as caught:
        uploads.keep_upload(tmp_path / "runs", "birds.zip", io.BytesIO(b"x"))
    assert str(caught.value).startswith(f"Expected to keep 'birds.zip' in {tmp_path}/runs/uploads")
    assert "but could not (" in str(caught.value) and "allow writing there" in str(caught.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "but the disk is full; delete old runs"), (errno.EIO, "but could not (")],
)
def test_only_a_full_disk_is_called_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(*args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(uploads.os, "replace", fail)
    with pytest.raises(LabError, match=re.escape(words)):
        uploads.keep_upload(tmp_path, "birds.zip", io.BytesIO(b"x"))
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_large_upload_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 10)
    with pytest.raises(DataError, match="at most"):
        uploads.keep_upload(tmp_path, "big.npz", io.BytesIO(b"x" * 11))
    assert list((tmp_path / "uploads").iterdir()) == []
