"""What tests of pages share."""

from __future__ import annotations

from pathlib import Path

import pytest

from simclr_core.runs.store import RunStore
from simclr_core.workers import launch


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """An empty store, which the pages use, and in which nothing is ever started."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(launch, "advance", lambda store: [])
    return RunStore(tmp_path / "runs")
