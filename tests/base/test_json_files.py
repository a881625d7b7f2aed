"""JSON and JSON lines: what is written comes back, what is damaged is skipped or reported."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from simclr_core.base.errors import RunDamaged
from simclr_core.base.files import (
    append_lines,
    keep_lines,
    read_json,
    read_lines,
    write_json,
)

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
    assert os.listdir(tmp_path) == ["a.jsonl"]


def test_lines_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"step": step, "loss": None if step == 3 else 0.5} for step in range(6)]
    with path.open("wb") as file:
        append_lines(file, [*rows[:3], {"step": 3, "loss": float("nan")}, *rows[4:]])
        file.write(b'{"step": 6')
    assert read_lines(path)[0] == rows
    keep_lines(path, lambda row: row["step"] <= 4)
    assert read_lines(path)[0] == rows[:5] and path.read_bytes().endswith(b"}\n")
    assert os.listdir(tmp_path) == ["a.jsonl"]
