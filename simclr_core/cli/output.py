"""What the command line prints: progress, results and errors.

Progress is a bar on a terminal and occasional lines elsewhere. It goes to stderr, so that stdout
holds only results.
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


class Display(Protocol):
    """Shows progress; a context manager."""

    def __enter__(self) -> Display:
        """Start the display."""

    def __exit__(self, *details: object) -> None:
        """Leave the terminal clean."""

    def show(self, words: str, share: float | None = None, note: str = "") -> None:
        """Show the current state.

        Args:
            words: the current activity.
            share: how much is done, in [0, 1]; None if not known.
            note: figures such as speed and loss.
        """

    def say(self, text: str) -> None:
        """Print a line that stays."""


def make_display() -> Display:
    """Return a bar if stderr is a terminal, else lines."""
    return BarDisplay() if sys.stderr.isatty() else LineDisplay()


class BarDisplay:
    """A progress bar that disappears at the end."""

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

    def __enter__(self) -> BarDisplay:
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


class LineDisplay:
    """A line when the words change, at every tenth of the way, and after some time.

    Args:
        patience: seconds after which a line is printed in any case.
        quiet: seconds at the start without lines, so that a quick failure prints only its error.
    """

    def __init__(self, patience: float = 15.0, quiet: float = 2.0) -> None:
        self._patience = patience
        self._speaks_from = time.monotonic() + quiet
        self._last = ("", -1)
        self._time = 0.0

    def __enter__(self) -> LineDisplay:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def show(self, words: str, share: float | None = None, note: str = "") -> None:
        """Print a line if one is due."""
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
    """Drop what C libraries print on stderr about damaged pictures, and keep Python's output.

    Enter it before making a display: a bar keeps the stderr that it finds.
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


def print_result(args: argparse.Namespace, text: str) -> None:
    """Print a result for people: on stdout, or on stderr if stdout is for a program (--json)."""
    print(text, file=sys.stderr if args.json else sys.stdout, flush=True)


def print_table(
    args: argparse.Namespace,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    markdown: bool = False,
) -> None:
    """Print a table where `print_result` prints.

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
    print_result(args, "\n".join(line for line in lines if line))  # Markdown has an empty edge


def print_error(text: str) -> None:
    """Print an error as one line on stderr."""
    with contextlib.suppress(OSError):  # stderr is closed
        print("error:", " ".join(text.split()), file=sys.stderr, flush=True)


def print_json(args: argparse.Namespace, value: dict[str, Any]) -> None:
    """Print the last line of stdout in ASCII, with --json; non-finite numbers become null."""
    if args.json:
        from ..base.files import finite

        print(json.dumps(finite(value)), flush=True)


def clock(seconds: float) -> str:
    """Format seconds as 0:24 or 1:02:03."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def percent(value: Any) -> str:
    """Format a share as 84%, or a dash if it is not known."""
    share = validation.number(value)
    return "-" if share is None else summary.percent(share)


def ordinal(count: int) -> str:
    """Format a place in a queue: 1st, 2nd, 3rd, 4th, ..., 11th, ..."""
    special = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= count % 100 <= 20 else special.get(count % 10, "th")
    return f"{count}{ending}"
