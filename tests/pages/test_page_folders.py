"""Runs that are deleted or copied by hand while a page is open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from page_app import open_page, text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def run(store: RunStore) -> Run:
    """A finished run with one snapshot."""
    fake = FakeRun(store, probe=40)
    fake.train(150)
    fake.snapshot()
    fake.end(states.FINISHED)
    return fake.run


@pytest.mark.parametrize("page", ["train", "runs", "explore", "lessons", "paradigms"])
def test_a_folder_of_runs_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "file" / "runs"))
    app = open_page(tmp_path, page)
    assert not app.exception and "Expected a folder for runs" in text(app)


_PANEL = """import streamlit as st
from pathlib import Path
from pages.train import panel
from simclr_core.runs import Run, RunStore
if st.session_state.setdefault("runs of the script", []):
    st.markdown("drawn again")
else:  # a fragment that is drawn again keeps the run that it was given
    st.session_state["runs of the script"].append(1)
    panel._panel(RunStore({root!r}), Run(Path({path!r})), None)
"""


def test_a_run_deleted_in_another_tab_is_gone_and_not_damaged(
    tmp_path: Path, store: RunStore, run: Run
) -> None:
    shutil.copytree(run.path, store.root / f"{run.id}-2")  # begins like it, and is another
    store.delete(run)
    script = _PANEL.format(root=str(store.root), path=str(run.path))
    app = AppTest.from_string(script, default_timeout=240).run()
    assert not app.exception
    assert "drawn again" in text(app) and "damaged" not in text(app)
    there = open_page(tmp_path, "train", run=run.id)
    assert f"There is no run {run.id} here: it was deleted" in text(there)


def test_a_copy_whose_name_is_no_id_is_not_listed(
    tmp_path: Path, store: RunStore, run: Run
) -> None:
    shutil.copytree(run.path, store.root / f"{run.id} (copy)")
    shutil.copytree(run.path, store.root / f"{run.id}-2")
    app = open_page(tmp_path, "runs")
    assert "<b>2 runs</b>" in text(app) and not app.exception
    assert {r.id for r in store} == {run.id, f"{run.id}-2"}
