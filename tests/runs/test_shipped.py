"""Runs that ship with the app: whole, small, the same in every store, and never changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from simclr_core.base.errors import RunError
from simclr_core.questions import jobs
from simclr_core.questions.job import keeps_job
from simclr_core.runs import shipped, states
from simclr_core.runs.store import RunStore
from simclr_core.workers import launch
from simclr_core.workers.queue import REQUEST


@pytest.fixture
def installed(store: RunStore) -> RunStore:
    """A store without runs of its own."""
    assert not store.shipped()
    shipped.install(store)
    return store


def test_they_are_whole_and_small():
    for run in shipped.originals():
        assert run.size() <= 8_000_000
        steps = run.snapshot_steps()
        assert run.coordinate_steps("umap") == run.coordinate_steps("pca") == steps
        assert {steps[0], steps[-1]} <= set(run.weight_steps())
        assert run.evaluation()["queries"] == 1000
        assert run.snapshot(steps[-1])["h_views"].shape[:2] == (1000, 2)
        assert len(run.pairs()["alike"]) == 8
        assert str(run.record["command"]).startswith("python -m simclr_core train")


def test_they_differ_in_colour_distortion_alone():
    first, plain = (run.config for run in shipped.originals())
    assert first.views.without_color() == plain.views != first.views
    assert (first.training, first.model, first.data) == (plain.training, plain.model, plain.data)
    one, other = (run.probe() for run in shipped.originals())
    np.testing.assert_array_equal(one["images"], other["images"])


def test_a_store_gets_them_beside_its_own_runs(installed: RunStore):
    assert [run.id for run in installed.shipped()] == [shipped.FIRST, shipped.PLAIN]
    assert list(installed) == []  # they are no runs of the user
    run = installed.get(shipped.FIRST)
    assert run.is_shipped and run.root == installed.root and run.state == states.FINISHED
    own = installed.create(run.config)
    assert list(installed) == [own] and not own.is_shipped and own.root == installed.root


def test_nothing_changes_them(installed: RunStore):
    run = installed.get(shipped.PLAIN)
    for change in (
        lambda: run.rename("mine"),
        lambda: installed.delete(run),
        lambda: launch.resume(installed, run),
        run.take,
    ):
        with pytest.raises(RunError, match="ships with the app and stays as it is"):
            change()
    assert run.name == shipped.originals()[1].name


def test_a_copy_is_replaced_only_by_another_version(installed: RunStore, tmp_path: Path):
    run = installed.get(shipped.FIRST)
    mark = run.path / "jobs" / "answer"
    mark.parent.mkdir()
    mark.touch()
    shipped.install(installed)
    assert mark.exists()  # what was answered stays
    newer = tmp_path / "newer"
    shutil.copytree(shipped.FOLDER, newer)
    config = newer / shipped.FIRST / "config.json"
    config.write_text(config.read_text().replace('"command"', '"was"'))
    shipped.install(installed, newer)
    assert not mark.exists() and "was" in installed.get(shipped.FIRST).record
    assert [path.name for path in run.path.parent.iterdir() if path.name.startswith(".")] == []


def test_questions_to_them_are_found_by_the_analyst_of_the_store(installed: RunStore):
    run = installed.get(shipped.FIRST)
    key = jobs.ask(run, keeps_job())
    folders = list(jobs.folders(installed.root))
    assert jobs.question(run, key).file(REQUEST).parent in folders
