"""A run, and Explore as a page without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from page_app import open_page
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.explore import map
from simclr_core.feed.packing import unpack
from simclr_core.runs.store import RunStore
from simclr_core.workers import helpers, launch

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """An empty store in which nothing is ever started."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(launch, "advance", lambda store: [])
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    return RunStore(tmp_path / "runs")


@pytest.fixture
def fake(store: RunStore) -> FakeRun:
    """A finished run with three snapshots of 40 pictures."""
    made = FakeRun(store, probe=40)
    made.grow(3)
    made.end()
    return made


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Headers of what went to the browser."""
    found: list[dict[str, Any]] = []

    def mount(module: str, key: str, height: int, data: bytes, **options: Any) -> None:
        found.append(unpack(data)[0])

    monkeypatch.setattr(map, "mount", mount)
    return found


@pytest.fixture
def page(tmp_path: Path) -> Open:
    return lambda **query: open_page(tmp_path, "explore", **query)
