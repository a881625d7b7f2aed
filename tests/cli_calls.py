"""Calls of the command line in this process, and runs for it to find."""

from __future__ import annotations

import os

import pytest

from simclr_core.cli import main as cli
from simclr_core.runs.run import Run


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in this process."""
    code = cli.main(list(words))
    return code, *capsys.readouterr()


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on stderr of a command that must exit with 2."""
    code, out, err = call(capsys, *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and err.endswith("\n") and "Traceback" not in err
    return err


def end_run(run: Run, state: str, **more: object) -> None:
    """Give a run a status as its worker would."""
    handle = run.take()
    run.write_status(state=state, attempt=1, step=40, steps=90, **more)
    os.close(handle)
