"""Which weights a run has: found without reading them, in every state of a run."""

from __future__ import annotations

import os

import numpy as np
import pytest

from simclr_core.base.errors import RunDamaged, RunError
from simclr_core.base.files import write_json, write_npz
from simclr_core.runs.run import FORMAT, Run
from simclr_core.runs.snapshots.weights import (
    CHECKPOINT,
    SEED,
    SNAPSHOT,
    find_weights,
    has_learned,
    image_size,
)
from simclr_core.runs.store import RunStore
from small_parts import config


@pytest.fixture
def run(store: RunStore) -> Run:
    """A run without any weights."""
    return store.create(config())


def snapshot(run: Run, *steps: int) -> None:
    for step in steps:
        write_npz(run.path / "snapshots" / f"{step:08d}.weights.npz", {"head/0000": np.zeros(2)})


def checkpoint(run: Run, step: int) -> None:
    write_npz(run.path / "checkpoint.npz", {"step": np.int64(step), "head/0000": np.zeros(2)})


def found(run: Run, *args: object) -> tuple[str, int]:
    weights = find_weights(run, *args)
    assert weights.is_current(run)
    path = weights.path(run)
    assert path is None or path.exists()
    return weights.source, weights.step


def test_a_run_that_has_not_begun_has_only_its_seed(run: Run) -> None:
    assert found(run, "untrained") == (SEED, 0)
    assert not has_learned(run) and run.weight_steps() == []
    with pytest.raises(RunError, match="expected weights, found none yet"):
        find_weights(run)


def test_the_first_snapshot_is_the_untrained_network(run: Run) -> None:
    snapshot(run, 0)
    assert found(run, "untrained") == (SNAPSHOT, 0) and not has_learned(run)
    snapshot(run, 3, 12, 100)
    assert found(run, "untrained") == (SNAPSHOT, 0) and has_learned(run)
    assert run.weight_steps() == [0, 3, 12, 100]


def test_the_newest_weights_are_the_checkpoints_where_it_goes_further(run: Run) -> None:
    snapshot(run, 0, 10)
    assert found(run) == (SNAPSHOT, 10)
    checkpoint(run, 12)
    assert found(run) == (CHECKPOINT, 12)
    checkpoint(run, 10)  # a finished run: both are there, and a snapshot is never replaced
    assert found(run) == (SNAPSHOT, 10)
    checkpoint(run, 7)
    assert found(run) == (SNAPSHOT, 10)


def test_while_a_run_trains_its_checkpoint_is_left_alone(run: Run) -> None:
    checkpoint(run, 12)
    lock = run.take()
    try:
        assert found(run) == (CHECKPOINT, 12)  # better than nothing
        snapshot(run, 0, 10)
        assert found(run) == (SNAPSHOT, 10)
    finally:
        os.close(lock)
    assert found(run) == (CHECKPOINT, 12)


def test_a_step_is_found_in_either_place_or_told(run: Run) -> None:
    snapshot(run, 0, 10)
    checkpoint(run, 12)
    assert found(run, "trained", 10) == (SNAPSHOT, 10)
    assert found(run, "trained", 12) == (CHECKPOINT, 12)
    with pytest.raises(RunError, match="of step 11, found those of steps 0, 10; choose"):
        find_weights(run, "trained", 11)
    with pytest.raises(ValueError, match="expected one of trained, untrained, none, found 'half'"):
        find_weights(run, "half")


def test_a_replaced_file_is_told(run: Run) -> None:
    checkpoint(run, 12)
    weights = find_weights(run)
    checkpoint(run, 14)
    assert not weights.is_current(run) and find_weights(run).step == 14
    (run.path / "checkpoint.npz").unlink()
    assert not weights.is_current(run)


@pytest.mark.parametrize("content", [b"", b"PK nothing", b"\x93NUMPY"])
def test_a_damaged_checkpoint_matters_only_without_snapshots(run: Run, content: bytes) -> None:
    (run.path / "checkpoint.npz").write_bytes(content)
    with pytest.raises(RunDamaged, match=r"checkpoint\.npz in .* cannot be read"):
        find_weights(run)
    snapshot(run, 0, 4)
    assert found(run) == (SNAPSHOT, 4)


def test_a_deleted_run_is_told(run: Run, store: RunStore) -> None:
    snapshot(run, 0, 4)
    store.delete(run)
    for role in ("trained", "untrained"):
        with pytest.raises(RunError, match="no longer there"):
            find_weights(run, role)
    assert not has_learned(run)


def test_image_size_is_what_the_data_had(run: Run, store: RunStore) -> None:
    assert image_size(run) == 0
    write_json(run.path / "config.json", {**run.record, "data": {"image_size": 28}})
    assert image_size(run) == 28
    for settings in ({"data": {"image_size": "x"}}, {"data": 7, "config": 7}, {"config": {"x": 1}}):
        write_json(run.path / "config.json", {"format": FORMAT, **settings})
        with pytest.raises(RunDamaged, match="expected settings"):
            image_size(run)
