"""Tables of the command line: whole lines in a file, wrapped cells on a terminal."""

from __future__ import annotations

import argparse
import io
import re
import sys

import pytest

from simclr_core.cli.output import print_table

ARGS = argparse.Namespace(json=False)
HEAD = ["run", "name"]
LONG = "a name of many words " * 20


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_file_every_row_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(ARGS, HEAD, [["4f2a", LONG.strip()], ["77", "[red] :x:"]])
    assert capsys.readouterr().out.splitlines() == [
        "run   name",
        f"4f2a  {LONG.strip()}",
        "77    [red] :x:",
    ]


def test_with_json_it_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(argparse.Namespace(json=True), HEAD, [["1", "x"]])
    assert capsys.readouterr() == ("", "run  name\n1    x\n")


def test_on_a_terminal_a_long_cell_wraps_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    print_table(ARGS, HEAD, [["4f2a", LONG]])
    plain = re.sub(r"\x1b\[[0-9;]*m", "", sys.stdout.getvalue())
    lines = [line.rstrip() for line in plain.splitlines()]
    assert max(map(len, lines)) <= 60 and lines[1].startswith("4f2a  a name")
    assert " ".join(" ".join(lines[1:]).split()) == f"4f2a {LONG.strip()}"


def test_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(ARGS, ["what", "median"], [["speed", "1,000"]], markdown=True)
    assert capsys.readouterr().out.splitlines() == [
        "| what  | median |",
        "|-------|--------|",
        "| speed | 1,000  |",
    ]
