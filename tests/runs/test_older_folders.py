"""Run folders of the version before the rooms: they open, go on, are compared and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cli_calls import call
from older_runs import (
    FAILED,
    FINISHED,
    FORK,
    IMPORTED,
    INTERRUPTED,
    PAUSED,
    QUEUED,
    RECORDED,
    RECORDER,
    RECORDING,
    STOPPED,
    assert_same_losses,
    older_store,
)
from simclr_core.base.files import read_npz
from simclr_core.questions import look
from simclr_core.questions.job import encode_job
from simclr_core.runs import comparison, evidence, health, states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from small_parts import pictures
from trained_run import CPU

LOSSES = RECORDED["runs"][0]["losses"]  # of every run here with these settings

# id: state, name, steps of snapshots, whether they are laid out by UMAP as well
OLDER = {
    FINISHED: (states.FINISHED, "Finished, with everything", [0, 4, 12], True),
    PAUSED: (states.PAUSED, "Paused", [0], False),
    STOPPED: (states.STOPPED, "Stopped", [0, 5], False),
    FAILED: (states.FAILED, "Failed", [], False),
    INTERRUPTED: (states.INTERRUPTED, "Interrupted", [0], False),
    FORK: (states.QUEUED, "Finished, with everything, from step 4: temperature 0.9", [4], True),
    RECORDER: (states.FINISHED, "Recorded", [0, 2, 4, 6], False),
    RECORDING: (states.FINISHED, "Recorded by hand", [0, 1, 2], False),
    IMPORTED: (states.FINISHED, "Imported", [0], False),
    QUEUED: (states.QUEUED, "Queued", [], False),
}


@pytest.fixture
def older(tmp_path: Path) -> RunStore:
    return older_store(tmp_path / "runs")


def losses(run: Run) -> list[float]:
    return [row["loss"] for row in run.metrics()[0]]


def test_all_are_listed(older: RunStore) -> None:
    assert {run.id for run in older} == set(OLDER)


@pytest.mark.parametrize("run_id", OLDER)
def test_each_opens_with_all_that_it_holds(older: RunStore, run_id: str) -> None:
    run, (state, name, steps, mapped) = older.get(run_id), OLDER[run_id]
    assert (run.state, run.name, run.snapshot_steps()) == (state, name, steps)
    assert run.coordinate_steps("pca") == steps
    assert run.coordinate_steps("umap") == (steps if mapped else [])
    scored = [] if run_id == FORK else steps  # its snapshot is its parent's
    assert [row["step"] for row in run.snapshot_rows()] == scored
    for step in steps:
        count = len(run.snapshot(step)["h"])
        assert run.coordinates("pca", step)["xy"].shape == (count, 2)
        assert run_id == FORK or len(run.probe()["images"]) == count  # which has none yet


def test_scores_weights_and_answers_are_read(older: RunStore) -> None:
    run = older.get(FINISHED)
    assert run.weight_steps() == [0, 4, 12] and losses(run) == LOSSES
    scores = run.evaluation()
    assert scores is not None and scores["step"] == 12 and 0 <= scores["knn_accuracy"] <= 1
    assert run.coordinates("umap", 12)["xy"].shape == (20, 2)
    answer = look(run, encode_job(pictures(3)), ask=False)
    assert answer.arrays is not None and answer.arrays["step"] == 12
    assert answer.arrays["h"].shape == (3, run.snapshot(12)["h"].shape[1])


def test_a_failure_still_says_why(older: RunStore) -> None:
    status = older.get(FAILED).status
    assert status["error"] == "DataError" and "gone.npz" in status["message"]


@pytest.mark.parametrize("run_id", [PAUSED, INTERRUPTED, QUEUED])
def test_training_goes_on_to_the_end(older: RunStore, run_id: str) -> None:
    from simclr_core.training.trainer import Trainer

    run = older.get(run_id)
    before, kept = losses(run), 0
    if run.checkpoint_path.exists():
        kept = int(read_npz(run.checkpoint_path, "step")["step"])
    Trainer(run, CPU, "float32").train()
    assert run.state == states.FINISHED and run.evaluation() is not None
    assert [row["step"] for row in run.metrics()[0]] == list(range(1, 13))
    assert losses(run)[:kept] == before[:kept]  # training goes on from the checkpoint
    assert_same_losses(losses(run)[: len(before)], before)
    if run_id != INTERRUPTED:  # which has another optimiser
        assert_same_losses(losses(run), LOSSES, muon=True)


def test_a_fork_knows_its_parent_and_goes_on_from_there(older: RunStore) -> None:
    from simclr_core.training.trainer import Trainer

    run = older.get(FORK)
    came = run.origin
    assert came is not None
    assert (came.run, came.step, came.name) == (FINISHED, 4, "Finished, with everything")
    np.testing.assert_array_equal(run.snapshot(4)["h"], older.get(FINISHED).snapshot(4)["h"])
    Trainer(run, CPU, "float32").train()
    assert [row["step"] for row in run.metrics()[0]] == list(range(5, 13))
    place = comparison.branch(run, [older.get(FINISHED), run], "loss", "step")
    assert place is not None and place[0] == (4.0, LOSSES[3])


def test_they_are_compared_and_judged(older: RunStore) -> None:
    finished, stopped = older.get(FINISHED), older.get(STOPPED)
    names = {d.name: d.values for d in comparison.differences([finished, stopped])}
    assert names["training.optimizer"] == ("muon", "sgd")
    assert names["training.snapshots"] == (2, 1)
    assert comparison.curve(finished, "loss", "step") == (list(range(1, 13)), LOSSES)
    for run in older:
        assert health.verdict(evidence.evidence_of(run)).name == health.EARLY


@pytest.mark.parametrize("run_id", [FINISHED, STOPPED, RECORDER, IMPORTED])
@pytest.mark.parametrize("name", ["table.csv", "replay.html"])
def test_they_are_exported(
    older: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str], run_id: str, name: str
) -> None:
    path = tmp_path / name
    words = ("export", run_id, str(path), "--runs", str(older.root))
    assert call(capsys, *words)[0] == 0
    text = path.read_text()
    pictures_in_it = len(older.get(run_id).probe()["images"])
    if name.endswith(".csv"):
        assert text.count("\n") == 1 + pictures_in_it
    else:
        assert text.startswith("<!") and OLDER[run_id][1] in text
