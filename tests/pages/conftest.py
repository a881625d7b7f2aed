"""What tests of pages share."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner

from simclr_core.runs.store import RunStore
from simclr_core.workers import launch

# Two things that Streamlit does at every run of a script, and that a test need not do again: it
# reads what each installed package says of itself, and clears the Keras session. The app's process
# has no Keras; in a process that has run other tests, clearing takes half of all the time.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)
script_runner._clean_problem_modules = lambda: None


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """An empty store, which the pages use, and in which nothing is ever started."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(launch, "advance", lambda store: [])
    return RunStore(tmp_path / "runs")


@pytest.fixture(autouse=True)
def read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a link reported is gone at the next run of the script, not after ten seconds."""
    monkeypatch.setattr("pages.shell.link.READ", 0.0)
