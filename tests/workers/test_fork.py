"""Forks: the branch sees what the run itself would have seen, and nothing of the run is changed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from cli_calls import call, refused
from simclr_core.base.errors import ConfigError, RunDamaged, RunError
from simclr_core.base.files import read_npz
from simclr_core.cli import repeat
from simclr_core.model.schedule import learning_rate_at
from simclr_core.runs import comparison, states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import replace
from simclr_core.training.trainer import Trainer
from simclr_core.workers import forking, launch
from small_parts import VIEWS, config, source
from trained_run import CPU
from trainer_with_request import TrainerWithRequest

# An optimiser without a memory: with nothing changed its fork has to repeat the run to the digit.
PLAIN = {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.05, "warmup_steps": 2}


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forks wait in the queue until a test trains them in this process."""
    monkeypatch.setattr(launch, "advance", lambda store: [])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def parent(store: RunStore, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run of 12 steps, with snapshots at 0, 2, 7 and 12."""
    run = store.create(config(source(tmp_path_factory.mktemp("data")), steps=12, **PLAIN), "plain")
    Trainer(run, CPU, "float32").train()
    assert run.weight_steps() == [0, 2, 7, 12]
    return run


def losses(run: Run) -> dict[int, float]:
    return {row["step"]: row["loss"] for row in run.metrics()[0]}


def files(run: Run) -> dict[str, bytes]:
    return {str(p.relative_to(run.path)): p.read_bytes() for p in run.path.rglob("*.*")}


@pytest.mark.parametrize("step", [2, 7])
def test_a_fork_with_nothing_changed_repeats_the_run_from_there_on(store, parent, step):
    before = files(parent)
    made = forking.fork(store, parent, step)
    assert made.state == states.QUEUED and made.config.training.steps == 12
    Trainer(made, CPU, "float32").train()
    assert made.state == states.FINISHED and files(parent) == before
    expected = {at: loss for at, loss in losses(parent).items() if at > step}
    assert losses(made) == expected and made.snapshot_steps()[0] == step
    rates = [row["learning_rate"] for row in made.metrics()[0]]
    assert rates == [learning_rate_at(made.config.training, at, 12) for at in range(step, 12)]
    for name, array in parent.snapshot(12).items():
        np.testing.assert_array_equal(made.snapshot(12)[name], array)
    np.testing.assert_array_equal(made.snapshot(step)["h"], parent.snapshot(step)["h"])
    scores = [run.evaluation() or {} for run in (parent, made)]
    for name in ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels", "loss"):
        assert scores[0][name] == scores[1][name]


def test_only_what_was_asked_for_is_changed(store, parent):
    other = replace(VIEWS, crop_min=0.9)
    made = forking.fork(store, parent, 7, other, temperature=0.9, learning_rate=0.01)
    changed = {d.name: d.values for d in comparison.differences([parent, made])}
    assert changed == {
        "continues from": (None, f"run {parent.id}, step 7"),
        "training.temperature": (0.3, 0.9),
        "training.learning_rate": (0.05, 0.01),
        "views.crop_min": (0.6, 0.9),
    }
    assert made.name == "plain, from step 7: temperature 0.9, learning rate 0.01, other views"
    came = made.origin
    assert came is not None and (came.run, came.step, came.name) == (parent.id, 7, "plain")
    assert parent.origin is None
    Trainer(made, CPU, "float32").train()
    assert set(losses(made)) == set(range(8, 13)) and losses(made)[8] != losses(parent)[8]
    expected = learning_rate_at(made.config.training, 7, 12)
    assert made.metrics()[0][0]["learning_rate"] == expected
    # The time goes on where the parent's was.
    row = next(row for row in parent.snapshot_rows() if row["step"] == 7)
    assert made.snapshot_rows()[0]["seconds"] == pytest.approx(row["seconds"], abs=1e-3)


def test_a_pause_changes_nothing_in_a_fork_either(store, parent):
    whole, parts = (forking.fork(store, parent, 2, temperature=0.5) for _ in range(2))
    Trainer(whole, CPU, "float32").train()
    TrainerWithRequest(parts, "pause", after=6).train()
    assert parts.state == states.PAUSED and parts.status["step"] == 6
    Trainer(parts, CPU, "float32").train()
    assert losses(parts) == losses(whole)


def test_a_fork_without_its_weights_does_not_begin_at_step_0(store, parent):
    made = forking.fork(store, parent, 7)
    (made.path / "checkpoint.npz").unlink()
    with pytest.raises(RunDamaged, match=f"fork run {parent.id} again"):
        Trainer(made, CPU, "float32").train()
    assert losses(made) == {}


def test_of_the_last_step_as_many_again_are_made(store, parent):
    made = forking.fork(store, parent, 12)
    assert made.config.training.steps == 24
    assert forking.fork(store, parent, 12, steps=15).config.training.steps == 15
    with pytest.raises(ConfigError, match="after step 12, where the fork begins, found 9"):
        forking.fork(store, parent, 12, steps=9)


def test_the_map_begins_where_the_runs_own_was(store, parent):
    made = forking.fork(store, parent, 7)
    assert made.coordinate_steps("pca") == [7]
    xy = made.coordinates("pca", 7)["xy"]
    np.testing.assert_array_equal(xy, parent.coordinates("pca", 7)["xy"])


def test_what_cannot_be_forked_says_why_and_leaves_nothing(store, parent, monkeypatch):
    count = len(store.found())
    with pytest.raises(ConfigError, match="weights of step 5, found those of 0, 2, 7, 12"):
        forking.fork(store, parent, 5)
    with pytest.raises(ConfigError, match="temperature"):
        forking.fork(store, parent, 7, temperature=99.0)
    with pytest.raises(ConfigError, match="found momentum"):
        forking.fork(store, parent, 7, momentum=0.5)
    monkeypatch.setattr(forking, "bare_checkpoint", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        forking.fork(store, parent, 7)
    assert len(store.found()) == count == len([p for p in store.root.iterdir() if p.is_dir()])


def test_a_run_without_weights_cannot_be_forked(tmp_path):
    from simclr_core.runs.transfer.recorder import Recording
    from small_parts import pictures

    store = RunStore(tmp_path / "runs")
    with Recording(pictures(12), store=store) as recording:
        recording.snapshot(0, pictures(12).reshape(12, -1))
    with pytest.raises(RunError, match="recorded or imported without them"):
        forking.fork(store, recording.run, 0)
    assert len(store.found()) == 1


def test_a_fork_of_a_fork_is_called_by_its_last_change(store, parent):
    first = forking.fork(store, parent, 7, temperature=0.9)
    found = forking.fork_name(first, first.config, replace(first.config, views=VIEWS), 9)
    assert found == "plain, from step 9: nothing changed"


def test_a_checkpoint_of_a_fork_has_the_snapshots_weights_and_no_optimiser(store, parent):
    held = read_npz(forking.fork(store, parent, 7).path / "checkpoint.npz")
    kept = read_npz(parent.path / "snapshots" / "00000007.weights.npz")
    assert set(held) == {*kept, "step", "steps", "seconds"}
    assert all((held[name] == array).all() for name, array in kept.items())
    assert (int(held["step"]), int(held["steps"])) == (7, 12)


def test_the_curve_of_a_fork_leaves_its_parents(store, parent):
    made = forking.fork(store, parent, 7)
    place, words = comparison.branch(made, [parent, made], "loss", "step") or ((0, 0), "")
    assert place == (7.0, losses(parent)[7]) and words == f"leaves run {parent.id} at step 7"
    (x, y), _ = comparison.branch(made, [made, parent], "knn_accuracy", "images seen") or (
        (0, 0),
        "",
    )
    row = next(row for row in parent.snapshot_rows() if row["step"] == 7)
    assert x == 7 * 8 and math.isclose(y, row["knn_accuracy"])
    (x, _), _ = comparison.branch(made, [made, parent], "loss", "seconds") or ((0, 0), "")
    assert x == row["seconds"]
    assert comparison.branch(made, [made], "loss", "step") is None
    assert comparison.branch(parent, [made, parent], "loss", "step") is None


def test_the_command_forks_and_the_run_names_it(store, parent, capsys, monkeypatch):
    monkeypatch.setattr("simclr_core.cli.train.watch", lambda *_: None)
    words = ("--temperature", "0.7", "--crop-min", "0.8", "--runs", str(store.root))
    _, out, err = call(capsys, "fork", parent.id, "--step", "7", *words)
    made = max(store, key=lambda run: run.created)
    assert f"Run {made.id} in" in out + err and f"from run {parent.id} at step 7" in out + err
    assert made.config.views == replace(VIEWS, crop_min=0.8)
    assert made.config.training.temperature == 0.7
    assert repeat.repeat_command(made) == (
        f"python -m simclr_core fork {parent.id} --step 7 --until 12 --crop-min 0.8 "
        "--temperature 0.7"
    )
    assert call(capsys, "fork", parent.id, *words)
    newest = max(store, key=lambda run: run.created).origin
    assert newest and newest.step == 12
    line = refused(capsys, "fork", parent.id, "--step", "7", "--crop-min", "7", *words[-2:])
    assert "--crop-min" in line


def test_an_older_checkpoint_still_loads(tmp_path: Path):
    """Optimisers had fewer variables once; those come last."""
    from simclr_core.base.files import write_npz
    from simclr_core.runs.snapshots.checkpoint import load_checkpoint, save_checkpoint
    from small_parts import compiled

    path, model = tmp_path / "checkpoint.npz", compiled()
    save_checkpoint(path, model, 3, 60, 1.5)
    arrays = read_npz(path)
    names = sorted(name for name in arrays if name.startswith("optimizer/"))
    write_npz(path, {name: a for name, a in arrays.items() if name not in names[-2:]})
    assert load_checkpoint(path, compiled()) == (3, 1.5)
    write_npz(path, {name: a for name, a in arrays.items() if name not in names[-3:]})
    with pytest.raises(RunDamaged, match="other shapes"):
        load_checkpoint(path, compiled())
