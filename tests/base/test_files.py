"""Files are never seen half written, even if the writer or the disk fails."""

from __future__ import annotations

import io
import json
import os
import pickle
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from child_processes import child, end_by_itself, kill
from simclr_core.base.errors import LabError, RunDamaged
from simclr_core.base.files import (
    append_lines,
    keep_lines,
    read_json,
    read_lines,
    read_npz,
    write_atomic,
    write_json,
    write_npz,
)
from small_disk import fill, read_only, small_disk

# Writes one letter many times over, then the next letter, until its standard input is closed.
_WRITER = """
import itertools, select, sys
from pathlib import Path
import numpy as np
from simclr_core.base.files import write_json, write_npz
folder = Path(sys.argv[1])
for turn in itertools.count():
    write_json(folder / "a.json", {"turn": turn, "text": "abcdefgh"[turn % 8] * 400_000})
    write_npz(folder / "a.npz", {"x": np.full(200_000, turn), "turn": np.int64(turn)})
    if turn == 0:
        print("ready", flush=True)
    if select.select([sys.stdin], [], [], 0)[0]:
        break
"""

# Writes half of a file, then waits to be killed.
_HALF_WRITER = """
import sys
from pathlib import Path
from simclr_core.base.files import write_atomic

def half(file):
    file.write(b'{"new": ' + b'"x' * 100_000)
    file.flush()
    print("ready", flush=True)
    sys.stdin.read()

write_atomic(Path(sys.argv[1]), half)
"""

# Tries to write files larger than this process may.
_LIMITED_WRITER = """
import resource, sys
from pathlib import Path
import numpy as np
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_json, write_npz
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
folder, said = Path(sys.argv[1]), []
for write in (
    lambda: write_json(folder / "a.json", {"text": "x" * 100_000}),
    lambda: write_npz(folder / "a.npz", {"x": np.zeros(100_000)}),
):
    try:
        write()
    except LabError as error:
        said.append(str(error))
print("ready", flush=True)
print("\\n".join(said), flush=True)
"""


def names(folder: Path) -> list[str]:
    """Return everything in a folder, including hidden files."""
    return sorted(os.listdir(folder))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Make a disk of 256 kB with two files and hardly any space left."""
    with small_disk(tmp_path / "disk", "size=256k") as folder:
        write_json(folder / "a.json", {"old": 1})
        write_npz(folder / "a.npz", {"old": np.arange(3)})
        fill(folder, leave=8192)
        yield folder


# Written aside and renamed


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    with child(_WRITER, str(tmp_path)) as writer:
        turns: set[int] = set()
        arrays: set[int] = set()
        while len(turns) < 8 or len(arrays) < 8:
            found = read_json(tmp_path / "a.json")
            assert found and found["text"] == "abcdefgh"[found["turn"] % 8] * 400_000
            turns.add(found["turn"])
            held = read_npz(tmp_path / "a.npz")
            assert (held["x"] == held["turn"]).all() and len(held["x"]) == 200_000
            arrays.add(int(held["turn"]))
        end_by_itself(writer)
    assert names(tmp_path) == ["a.json", "a.npz"]


def test_a_writer_killed_in_between_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with child(_HALF_WRITER, str(path)) as writer:
        assert len(names(tmp_path)) == 2  # it was in the midst of writing
        kill(writer)
    assert read_json(path) == {"old": 1}
    rest = [name for name in names(tmp_path) if name != "a.json"]
    assert len(rest) == 1 and rest[0].startswith(".")  # what bundles and lists pass over
    write_json(path, {"new": 1})
    assert read_json(path) == {"new": 1}


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})

    def fail(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomic(path, fail)
    assert read_json(path) == {"old": 1} and names(tmp_path) == ["a.json"]


def test_what_is_open_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with path.open("rb") as reader:
        write_json(path, {"new": 1})
        assert json.load(reader) == {"old": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


# A disk without room, or without permission


def test_a_process_that_may_not_write_so_much_keeps_the_old_files(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"old": 1})
    write_npz(tmp_path / "a.npz", {"old": np.arange(3)})
    with child(_LIMITED_WRITER, str(tmp_path)) as writer:
        said = writer.stdout.read().splitlines()
    assert len(said) == 2
    for name, text in zip(("a.json", "a.npz"), said, strict=True):
        assert name in text and "room" in text and "free some space" in text
    assert read_json(tmp_path / "a.json") == {"old": 1}
    assert read_npz(tmp_path / "a.npz")["old"].tolist() == [0, 1, 2]
    assert names(tmp_path) == ["a.json", "a.npz"]


def test_a_full_disk_is_reported_and_keeps_the_old_files(tiny: Path) -> None:
    with pytest.raises(LabError, match=r"^Expected room on the disk for a.json, found none; free"):
        write_json(tiny / "a.json", {"text": "x" * 100_000})
    with pytest.raises(LabError, match=r"^Expected room on the disk for a.npz, found none"):
        write_npz(tiny / "a.npz", {"x": np.zeros(100_000)})
    assert read_json(tiny / "a.json") == {"old": 1}
    assert read_npz(tiny / "a.npz")["old"].tolist() == [0, 1, 2]
    assert names(tiny) == ["a.json", "a.npz", "filler"]
    write_json(tiny / "a.json", {"new": 1})  # what fits is written
    (tiny / "filler").unlink()
    write_json(tiny / "a.json", {"text": "x" * 100_000})
    assert len((read_json(tiny / "a.json") or {})["text"]) == 100_000


def test_a_disk_without_room_for_one_more_file_is_reported(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=1m,nr_inodes=3") as folder:
        write_json(folder / "a.json", {"old": 1})
        (folder / "b").touch()
        with pytest.raises(LabError, match=r"Expected room on the disk for a.json, found none"):
            write_json(folder / "a.json", {"new": 1})
        assert read_json(folder / "a.json") == {"old": 1} and names(folder) == ["a.json", "b"]


def test_growing_files_and_a_full_disk(tiny: Path) -> None:
    rows = [{"step": step, "loss": 1.0} for step in range(1000)]
    with pytest.raises(OSError), (tiny / "a.jsonl").open("ab") as file:
        append_lines(file, rows)
    found = read_lines(tiny / "a.jsonl")[0]
    assert 0 < len(found) < 1000 and found == rows[: len(found)]  # a half line is no line
    (tiny / "filler").unlink()
    keep_lines(tiny / "a.jsonl", lambda row: True)
    with (tiny / "a.jsonl").open("ab") as file:
        append_lines(file, rows[len(found) :])
    assert read_lines(tiny / "a.jsonl")[0] == rows


def test_a_folder_where_nobody_may_write_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    write_json(folder / "a.json", {"old": 1})
    with read_only(folder):
        for write in (
            lambda: write_json(folder / "a.json", {"new": 1}),
            lambda: write_npz(folder / "b.npz", {"x": np.arange(3)}),
        ):
            with pytest.raises(LabError, match=r"Expected to write [ab]\.(json|npz) in .*closed"):
                write()
        assert read_json(folder / "a.json") == {"old": 1}
    assert names(folder) == ["a.json"]


def test_a_folder_in_the_place_of_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(LabError, match=r"Expected to write a\.json"):
        write_json(tmp_path / "a.json", {})
    assert names(tmp_path) == ["a.json"]
    with pytest.raises(RunDamaged, match=r"a.json"):
        read_json(tmp_path / "a.json")


# JSON


def test_json_has_no_nan(tmp_path: Path) -> None:
    value = {
        "nan": float("nan"),
        "inf": [float("inf"), -float("inf"), 1.5],
        "array": np.array([[1.0, np.nan], [np.inf, 2.0]]),
        "scalars": (np.float32(0.5), np.int64(7), np.bool_(True), np.float64("nan")),
        3: None,
    }
    write_json(tmp_path / "a.json", value)

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    found = json.loads((tmp_path / "a.json").read_bytes(), parse_constant=refuse)
    assert found == read_json(tmp_path / "a.json")
    assert found["nan"] is None and found["inf"] == [None, None, 1.5]
    assert found["array"] == [[1.0, None], [None, 2.0]]
    assert found["scalars"] == [0.5, 7, True, None] and found["3"] is None


@pytest.mark.parametrize("text", ["Größe µ 日本 🙂", 'a "b" \\ \n\t\0', "bad \udcff name"])
def test_any_text_comes_back(tmp_path: Path, text: str) -> None:
    write_json(tmp_path / "a.json", {text: text})
    assert read_json(tmp_path / "a.json") == {text: text}


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b'{"a": 1}}', b'{"a": 1', b"[1, 2]", b"null", b"3", b'"text"', b"\xff\xfe{"),
        *(b"\x00" * 100, b"[" * 100_000, b'{"a":' * 100_000),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_json_object_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "4f2a" / "status.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(RunDamaged, match=r"status\.json.* in 4f2a.*; restore it") as refused:
        read_json(path)
    assert "\n" not in str(refused.value)


def test_no_file_is_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "a.json") is None


# JSON lines


def test_a_half_written_last_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"step": 1}\n{"step": 2}\n{"st')
    rows, offset = read_lines(path)
    assert rows == [{"step": 1}, {"step": 2}] and offset == 24
    assert read_lines(path, offset) == ([], offset)
    with path.open("ab") as file:
        file.write(b'ep": 3}\n{"step": 4}')
    assert read_lines(path, offset) == ([{"step": 3}], 36)


def test_every_cut_of_a_file_gives_the_whole_lines_before_it(tmp_path: Path) -> None:
    rows = [{"step": step, "words": "µ" * step} for step in range(6)]
    buffer = io.BytesIO()
    append_lines(buffer, rows)
    whole = buffer.getvalue()
    for cut in range(len(whole) + 1):
        (tmp_path / "a.jsonl").write_bytes(whole[:cut])
        assert read_lines(tmp_path / "a.jsonl")[0] == rows[: whole[:cut].count(b"\n")]


def test_damaged_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep = b"[" * 100_000
    bad = [b"", b"no json", b"[1]", b"null", b"\xff\xfe", b'{"step": 2} {"step": 3}', deep]
    path.write_bytes(b'{"step": 1}\n' + b"\n".join(bad) + b'\n{"step": 9}\n')
    rows, offset = read_lines(path)
    assert rows == [{"step": 1}, {"step": 9}] and offset == path.stat().st_size


def test_lines_that_are_not_there(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "a.jsonl") == ([], 0)
    assert read_lines(tmp_path / "a.jsonl", 50) == ([], 0)
    (tmp_path / "a.jsonl").write_bytes(b'{"step": 1}\n')
    assert read_lines(tmp_path / "a.jsonl", 50)[0] == []
    keep_lines(tmp_path / "b.jsonl", lambda row: True)
    assert names(tmp_path) == ["a.jsonl"]


def test_lines_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"step": step, "loss": None if step == 3 else 0.5} for step in range(6)]
    with path.open("wb") as file:
        append_lines(file, [*rows[:3], {"step": 3, "loss": float("nan")}, *rows[4:]])
        file.write(b'{"step": 6')
    assert read_lines(path)[0] == rows
    keep_lines(path, lambda row: row["step"] <= 4)
    assert read_lines(path)[0] == rows[:5] and path.read_bytes().endswith(b"}\n")
    assert names(tmp_path) == ["a.jsonl"]


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
    assert list(read_npz(tmp_path / "a.npz")) == ["old"] and names(tmp_path) == ["a.npz"]


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
