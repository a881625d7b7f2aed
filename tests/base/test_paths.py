"""Paths as users write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simclr_core.base.errors import ConfigError, DataError
from simclr_core.base.paths import expanded
from simclr_core.cli.options import source_path
from simclr_core.data.datasets import load_dataset
from simclr_core.runs.store import RunStore

UNKNOWN = "~nouser/x"


def test_a_tilde_is_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert expanded("~/pictures") == Path("/home/me/pictures")
    assert expanded("pictures/~x") == Path("pictures/~x")


@pytest.mark.parametrize("path", [UNKNOWN, "~no\0user/x", "~\ud800"])
def test_an_unknown_user_is_left_as_it_is(path: str) -> None:
    assert expanded(path) == Path(path)


def test_data_of_an_unknown_user_are_not_there() -> None:
    with pytest.raises(DataError, match="found nothing at '~nouser/x': check the path"):
        load_dataset(UNKNOWN)
    assert source_path(UNKNOWN) == str(Path.cwd() / UNKNOWN)


def test_runs_of_an_unknown_user_are_refused_and_no_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"~nouser/x, found no user .* --runs or SIMCLR_LAB_RUNS"):
        RunStore(UNKNOWN)
    assert list(tmp_path.iterdir()) == []
