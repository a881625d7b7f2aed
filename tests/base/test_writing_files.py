"""Files are written whole or not at all, also on a full disk."""

from __future__ import annotations

import json
import os
import stat
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


def names(folder: Path) -> list[str]:
    """Return everything in a folder, including hidden files."""
    return sorted(os.listdir(folder))


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
