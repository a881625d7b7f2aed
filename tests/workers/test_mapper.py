"""The mapper on synthetic runs: in this process with a layout that costs nothing, then for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from child_processes import wait_for
from simclr_core.base.errors import LabError, RunError
from simclr_core.base.files import write_npz
from simclr_core.base.locks import is_locked, try_lock
from simclr_core.base.paths import PROJECT
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import coordinates
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config
from simclr_core.workers import launch, mapper
from simclr_core.workers.mapper import Mapper, project_run, rest_after

pytestmark = pytest.mark.heavy


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """Every look reads the disk: tests change it faster than file systems tick."""
    monkeypatch.setattr(mapper, "POLL_IDLE", 0.0)
    monkeypatch.setattr(mapper, "POLL_TRAINING", 0.0)


def make_run(store: RunStore, steps: list[int], state: str = states.FINISHED) -> Run:
    run = store.create(preset_config("minute", "shapes", "drawn"))
    run.write_status(state=state)
    for step in steps:
        add_snapshot(run, step)
    return run


def add_snapshot(run: Run, step: int, points: int = 60) -> None:
    rng = np.random.default_rng(step)
    labels = np.arange(points) % 3
    h = (4 * np.eye(3, 8)[labels] + rng.normal(size=(points, 8))).astype(np.float32)
    write_npz(run.path / "snapshots" / f"{step:08d}.npz", {"h": h, "z": h[:, :4]})


class Recorder:
    """A layout that remembers what it was asked and costs nothing."""

    def __init__(self) -> None:
        self.previous: list[np.ndarray | None] = []

    def __call__(self, h, previous, reference):
        self.previous.append(previous)
        return {"xy": h[:, :2] + len(self.previous), "seconds": np.float32(0)}


def turns(under_test: Mapper, count: int) -> None:
    for _ in range(count):
        under_test.turn()
        under_test._rest_until = 0.0


# Its duty


def test_rest_keeps_the_average_under_the_share():
    rng = np.random.default_rng(0)
    for cores in (1, 2, 16):
        used = clock = 0.0
        for cpu in rng.uniform(0.05, 2.0, 200):
            seconds = cpu * rng.uniform(1, 3)  # others had the processor at times
            used, clock = used + cpu, clock + seconds + rest_after(cpu, seconds, cores, 0.06)
        assert used / (clock * cores) <= 0.06 + 1e-9
        assert used / (clock * cores) > 0.03  # and what it may use is used


def test_no_rest_when_the_layout_itself_took_long_enough():
    assert rest_after(0.1, 10.0, cores=2, share=0.06) == 0
    assert rest_after(0.3, 0.3, cores=2, share=0.06) == pytest.approx(2.2)


def test_while_a_run_trains_it_rests_between_layouts(store):
    run = make_run(store, [0])
    lock = run.take()

    def costly(h, previous, reference):
        until = time.process_time() + 0.05
        while time.process_time() < until:
            pass
        return {"xy": h[:, :2], "seconds": np.float32(0)}

    under_test = Mapper(store, costly, cores=1)
    assert under_test.turn() == 0 and run.coordinate_steps("umap") == [0]
    add_snapshot(run, 10)
    under_test.turn()
    assert run.coordinate_steps("umap") == [0]
    os.close(lock)  # ended: its last snapshot at once
    under_test.turn()
    assert run.coordinate_steps("umap") == [0, 10]


# What comes first


def test_a_living_run_has_its_newest_snapshot_laid_out_and_no_other(store):
    run = make_run(store, [0, 10, 20])
    lock = run.take()
    turns(under_test := Mapper(store, Recorder()), 3)
    assert run.coordinate_steps("umap") == [20] and under_test.training
    assert not under_test.pending
    add_snapshot(run, 30)
    turns(under_test, 2)
    assert run.coordinate_steps("umap") == [20, 30]
    os.close(lock)
    turns(under_test, 3)
    assert run.coordinate_steps("umap") == [0, 10, 20, 30] and not under_test.pending


def test_nothing_is_begun_while_a_run_finds_its_pace_but_not_forever(store, monkeypatch):
    ended, living = make_run(store, [0]), make_run(store, [0], states.RUNNING)
    lock = living.take()
    try:
        under_test = Mapper(store, Recorder())
        for phase in (states.COMPILING, states.PACING):
            living.write_status(phase=phase)
            turns(under_test, 2)
            assert living.coordinate_steps("umap") == ended.coordinate_steps("umap") == []
        living.write_status(phase="training")
        turns(under_test, 1)
        assert living.coordinate_steps("umap") == [0]
        living.write_status(
            phase=states.PACING
        )  # of another attempt, and it does not come to an end
        add_snapshot(living, 10)
        turns(under_test, 1)
        assert living.coordinate_steps("umap") == [0]
        monkeypatch.setattr(mapper, "PACE_PATIENCE", 0.0)
        turns(under_test, 1)
        assert living.coordinate_steps("umap") == [0, 10]
    finally:
        os.close(lock)


def test_the_process_imports_nothing_large_before_a_starting_run_has_its_pace(store, monkeypatch):
    run = make_run(store, [], states.STARTING)
    run.write_status(phase="building the network")
    lock = run.take()
    waits = iter(["compiling", "finding the pace", "training"])
    monkeypatch.setattr(mapper.time, "sleep", lambda _: run.write_status(phase=next(waits)))
    try:
        mapper.let_pace_be_found(store)
    finally:
        os.close(lock)
    assert next(waits, None) is None
    monkeypatch.setattr(mapper.time, "sleep", lambda _: pytest.fail("nothing is alive"))
    mapper.let_pace_be_found(store)


def test_each_layout_starts_from_the_nearest_one(store):
    run = make_run(store, [0, 10, 20, 30])
    turns(Mapper(store, layout := Recorder()), 4)
    assert layout.previous[0] is None  # step 30; then 20 from 30, 10 from 20, 0 from 10
    for asked, step in zip(layout.previous[1:], (30, 20, 10), strict=True):
        np.testing.assert_array_equal(asked, run.coordinates("umap", step)["xy"])


def test_last_snapshots_of_all_runs_come_before_what_was_skipped(store):
    older, newer = make_run(store, [0, 10]), make_run(store, [0, 10])
    under_test = Mapper(store, Recorder())
    expected = [([], [10]), ([10], [10]), ([10], [0, 10]), ([0, 10], [0, 10])]
    for of_older, of_newer in expected:
        turns(under_test, 1)
        assert older.coordinate_steps("umap") == of_older
        assert newer.coordinate_steps("umap") == of_newer


def test_two_living_runs_take_turns(store):
    pair = [make_run(store, [0]), make_run(store, [0])]
    locks = [run.take() for run in pair]
    under_test = Mapper(store, Recorder())
    for step in (10, 20, 30):
        turns(under_test, 2)
        for run in pair:
            add_snapshot(run, step)
    assert [run.coordinate_steps("umap") for run in pair] == [[0, 10, 20]] * 2
    for lock in locks:
        os.close(lock)


def test_a_snapshot_that_a_resumed_run_writes_again_is_laid_out_again(store):
    run = make_run(store, [0, 10])
    turns(under_test := Mapper(store, layout := Recorder()), 2)
    time.sleep(0.02)
    add_snapshot(run, 10)
    turns(under_test, 3)
    assert len(layout.previous) == 3


# What may go wrong


def test_a_damaged_snapshot_is_skipped_and_not_tried_forever(store, capsys):
    run, other = make_run(store, [0, 10]), make_run(store, [0])
    (run.path / "snapshots" / "00000010.npz").write_bytes(b"PK nothing")
    write_npz(run.path / "snapshots" / "00000005.npz", {"z": np.zeros((4, 2))})
    nan = np.full((9, 3), np.nan)
    write_npz(run.path / "snapshots" / "00000007.npz", {"h": nan})
    turns(under_test := Mapper(store, coordinates.lay_out), 12)
    assert run.coordinate_steps("umap") == [0] and other.coordinate_steps("umap") == [0]
    said = capsys.readouterr().out
    for step, reason in ((10, "cannot be read"), (5, "expected h"), (7, "finite numbers")):
        lines = [line for line in said.splitlines() if f"{run.id} step {step}:" in line]
        assert len(lines) == mapper.ATTEMPTS and reason in lines[0]
    assert "Traceback" not in said and not under_test.pending
    time.sleep(0.02)
    add_snapshot(run, 10)  # restored
    turns(under_test, 2)
    assert run.coordinate_steps("umap") == [0, 10]


def test_damaged_run_folders_do_not_stop_the_others(store):
    damaged, fine = make_run(store, [0]), make_run(store, [0])
    (damaged.path / "config.json").write_text("{")
    shutil.rmtree(damaged.path / "coordinates")
    (damaged.path / "coordinates").write_text("a file where a folder should be")
    bare = make_run(store, [])
    shutil.rmtree(bare.path / "snapshots")
    turns(under_test := Mapper(store, Recorder()), 5)
    assert fine.coordinate_steps("umap") == [0] and not under_test.pending


def test_a_run_deleted_in_between_is_no_error(store, capsys):
    run = make_run(store, [0])

    def deleting(h, previous, reference):
        store.delete(run)
        return {"xy": h[:, :2], "seconds": np.float32(0)}

    turns(under_test := Mapper(store, deleting), 2)
    assert not under_test.pending and capsys.readouterr().out == ""
    assert list(store) == [] and not run.path.exists()


def test_a_full_disk_is_tried_again_later(store, monkeypatch, capsys):
    run = make_run(store, [0])
    calls = []

    def full(*_):
        calls.append(1)
        raise LabError("Expected room on the disk, found none.")

    under_test = Mapper(store, full)
    turns(under_test, 3)
    assert len(calls) == 1 and under_test.pending and "disk" in capsys.readouterr().out
    under_test._layout, under_test._blocked_until = Recorder(), 0.0
    turns(under_test, 1)
    assert run.coordinate_steps("umap") == [0]


def test_looking_at_many_complete_runs_costs_little(store, monkeypatch):
    for _ in range(40):
        make_run(store, [0])
    monkeypatch.setattr(mapper, "POLL_IDLE", 60.0)
    under_test = Mapper(store, Recorder())
    turns(under_test, 41)
    time.sleep(0.06)
    under_test._listed = (0.0, 0)
    under_test.turn()  # everything has settled now
    listings, stats = [], []
    monkeypatch.setattr(Run, "snapshot_steps", lambda run: listings.append(run) or [])
    changed = mapper._changed
    monkeypatch.setattr(mapper, "_changed", lambda path: stats.append(path) or changed(path))
    under_test._listed = (0.0, 0)
    under_test.turn()
    assert listings == []
    assert len(stats) == 1 + 2 * 40  # the folder of runs, and two folders of each


# On demand


def test_project_run_stores_the_usual_layout_and_nothing_else(store):
    run = make_run(store, [0, 10])
    other = project_run(run, of="z", neighbors=5, steps="all")
    flat = project_run(run, method="pca")
    assert list(other) == [0, 10] and list(flat) == [10]
    assert run.coordinate_steps("umap") == run.coordinate_steps("pca") == []
    found = project_run(run)[10]
    stored = run.coordinates("umap", 10)
    assert set(stored) == {
        "xy", "preservation", "kept", "pca_preservation", "pca_kept", "seconds"
    }  # fmt: skip
    for name, value in stored.items():
        np.testing.assert_array_equal(found[name], value)
        assert value.dtype == np.float32
    assert 0.5 < stored["preservation"] <= 1 and 0 < stored["kept"] <= 1
    assert stored["pca_kept"] == flat[10]["kept"]
    before = (run.path / "coordinates" / "umap-00000010.npz").stat().st_mtime_ns
    assert list(project_run(run, steps="all")) == [0, 10]
    assert (run.path / "coordinates" / "umap-00000010.npz").stat().st_mtime_ns == before


def test_a_first_layout_is_turned_onto_the_pca_on_screen(store):
    run = make_run(store, [0])
    shown = coordinates.projection.pca(run.snapshot(0)["h"])[:, ::-1] * [1, -1]
    write_npz(run.path / "coordinates" / "pca-00000000.npz", {"xy": shown.astype(np.float32)})
    xy = project_run(run)[0]["xy"]
    np.testing.assert_allclose(xy, coordinates.projection.procrustes(xy, shown), atol=1e-4)


def test_project_run_says_what_is_wrong(store):
    run = make_run(store, [])
    with pytest.raises(RunError, match="expected a snapshot, found none"):
        project_run(run)
    for bad in ({"method": "tsne"}, {"of": "x"}, {"steps": "some"}):
        with pytest.raises(ValueError, match="expected"):
            project_run(run, **bad)


# For real


def test_the_process_serves_a_living_run_without_tensorflow_and_ends_when_idle(store):
    run = make_run(store, [0], states.RUNNING)
    lock = run.take()
    process = launch.ensure_helper(store, "mapper")  # standard input is empty: nobody holds it
    try:
        wait_for(lambda: run.coordinate_steps("umap") == [0])
        add_snapshot(run, 10)
        wait_for(lambda: run.coordinate_steps("umap") == [0, 10])
        assert launch.ensure_helper(store, "mapper") is None
        second = [sys.executable, "-m", "simclr_core.workers.mapper", str(store.root)]
        # A mapper that served would stay as long as the run lives.
        done = subprocess.run(second, capture_output=True, cwd=PROJECT, timeout=240)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        maps = Path(f"/proc/{process.pid}/maps")
        if maps.exists():
            text = maps.read_text()
            assert "tensorflow" not in text and "llvmlite" in text
        assert process.poll() is None
        os.close(lock)
        lock = -1
        assert process.wait(60) == 0
        assert not is_locked(store.root / "mapper.lock")
    finally:
        process.kill()
        process.wait()
        if lock >= 0:
            os.close(lock)
    assert "Traceback" not in (store.root / "mapper.log").read_text()


def test_the_process_stays_while_it_is_held_and_obeys_sigterm(store):
    process = launch.ensure_helper(store, "mapper", keep=True)
    try:
        log = store.root / "mapper.log"
        wait_for(lambda: "ready" in log.read_text())
        run = make_run(store, [0, 10])  # a folder that is copied in while nothing trains
        wait_for(lambda: run.coordinate_steps("umap") == [0, 10])
        assert process.poll() is None and try_lock(store.root / "mapper.lock") is None
        process.terminate()
        assert process.wait(60) == 0
        assert "Traceback" not in log.read_text()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


def test_it_ends_when_whoever_held_it_goes(store, monkeypatch):
    monkeypatch.setattr(mapper, "IDLE_END", 0.0)
    reading, writing = os.pipe()
    under_test = Mapper(store, Recorder())
    original, seen = under_test.turn, []

    def turn() -> float:
        seen.append(1)
        if len(seen) == 3:
            os.close(writing)
        return original()

    monkeypatch.setattr(under_test, "turn", turn)
    mapper.serve(under_test, reading)
    os.close(reading)
    assert len(seen) == 4


def test_a_waiting_run_keeps_it_up_for_a_while_only(store, monkeypatch):
    make_run(store, [], states.QUEUED)
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock = SimpleNamespace(
        monotonic=lambda: now[0], sleep=sleep, time_ns=time.time_ns, process_time=time.process_time
    )
    monkeypatch.setattr(mapper, "time", clock)
    monkeypatch.setattr(mapper, "POLL_IDLE", 2.0)
    with open(os.devnull, "rb") as nothing:
        mapper.serve(Mapper(store, Recorder()), nothing.fileno())
    assert mapper.QUEUE_END <= now[0] - 1000 <= mapper.QUEUE_END + mapper.POLL_IDLE
