"""How the command line tells what goes on: a bar on a terminal, now and then a line elsewhere.

All of it goes to stderr, so that stdout holds results alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from ..runs import summary, validation

_UNLIMITED = 100_000  # columns of a table that is not printed on a terminal


class Report(Protocol):
    """What both forms can do; used as a context manager."""

    def __enter__(self) -> Report:
        """Begin to show."""

    def __exit__(self, *details: object) -> None:
        """Leave the terminal clean."""

    def show(self, words: str, share: float | None = None, note: str = "") -> None:
        """Where things stand: what is done, the share in [0, 1] if known, and figures."""

    def say(self, text: str) -> None:
        """A line that stays."""


def make_report() -> Report:
    """A bar where stderr is a terminal, else lines."""
    return BarReport() if sys.stderr.isatty() else LineReport()


class BarReport:
    """A rich progress bar that disappears in the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[note]}", markup=False),
            console=Console(stderr=True),
            transient=True,
            expand=True,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("", total=None, note="")

    def __enter__(self) -> BarReport:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()

    def show(self, words: str, share: float | None = None, note: str = "") -> None:
        """Move the bar."""
        self._progress.update(
            self._task,
            description=words,
            total=None if share is None else 1.0,
            completed=share or 0.0,
            note=note,
        )

    def say(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


class LineReport:
    """A line when the words change, at every tenth of the way, and once in a while.

    Args:
        patience: seconds after which a line comes in any case.
        quiet: seconds at the beginning without any, so that what fails at once is one line.
    """

    def __init__(self, patience: float = 15.0, quiet: float = 2.0) -> None:
        self._patience = patience
        self._speaks_from = time.monotonic() + quiet
        self._last = ("", -1)
        self._time = 0.0

    def __enter__(self) -> LineReport:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def show(self, words: str, share: float | None = None, note: str = "") -> None:
        """Print a line if there is reason for one."""
        now = (words, int(10 * (share or 0.0)))
        if time.monotonic() < self._speaks_from:
            return
        if now == self._last and time.monotonic() - self._time < self._patience:
            return
        self._last, self._time = now, time.monotonic()
        percent = "" if share is None else f"{share:.0%}"
        self.say(" · ".join(part for part in (words, percent, note) if part))

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Throw away what libraries in C print on stderr about damaged pictures; Python's goes on.

    Enter it before a report is made: a bar keeps the stderr that it finds.
    """
    if sys.__stderr__ is None:  # closed by the caller, `... 2>&-`: 2 may be any file by now
        yield
        return
    python, kept = sys.stderr, os.dup(2)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, kept)
        stack.callback(_put_back, python, kept)
        if python is sys.__stderr__:
            again = open(os.dup(kept), "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
            sys.stderr = stack.enter_context(again)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
        yield


def _put_back(python: Any, kept: int) -> None:
    sys.stderr = python
    os.dup2(kept, 2)


def tell(args: argparse.Namespace, text: str) -> None:
    """A result for people: on stdout, or on stderr where stdout is for a program."""
    print(text, file=sys.stderr if args.json else sys.stdout, flush=True)


def tell_table(
    args: argparse.Namespace,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    markdown: bool = False,
) -> None:
    """Print a table where `tell` prints.

    On a terminal, long cells wrap in their column. Elsewhere every row is one line of plain text,
    however long.

    Args:
        head: titles of the columns.
        rows: as many cells each.
        markdown: draw the lines of a Markdown table.
    """
    from rich import box  # here, so that commands without a table start faster
    from rich.console import Console
    from rich.table import Column, Table

    target = sys.stderr if args.json else sys.stdout
    width = None if target.isatty() else _UNLIMITED
    console = Console(file=target, width=width, markup=False, highlight=False, emoji=False)
    columns = [Column(title, overflow="fold") for title in head]
    table = Table(*columns, box=box.MARKDOWN if markdown else None, pad_edge=markdown)
    for row in rows:
        table.add_row(*row)
    with console.capture() as printed:
        console.print(table)
    lines = [line.rstrip() for line in printed.get().splitlines()]
    tell(args, "\n".join(line for line in lines if line))  # Markdown has an empty edge


def complain(text: str) -> None:
    """What went wrong: one line on stderr, whatever the text holds."""
    with contextlib.suppress(OSError):  # nobody is there to be told
        print("error:", " ".join(text.split()), file=sys.stderr, flush=True)


def finish_json(args: argparse.Namespace, value: dict[str, Any]) -> None:
    """With --json, the last line of stdout, in ASCII; non-finite numbers become null."""
    if args.json:
        from ..base.files import finite

        print(json.dumps(finite(value)), flush=True)


def clock(seconds: float) -> str:
    """Seconds as 0:24 or 1:02:03."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def percent(value: Any) -> str:
    """A share as 84%, and a dash where it is not known."""
    found = validation.number(value)
    return "-" if found is None else summary.percent(found)


def ordinal(count: int) -> str:
    """1st, 2nd, 3rd, 4th, ... 11th, ..."""
    special = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= count % 100 <= 20 else special.get(count % 10, "th")
    return f"{count}{ending}"
