"""One run folder: every state told from the disk and the lock, and every kind of damage."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from child_processes import end_by_itself, kill, run_holder, set_status
from cli_calls import call
from fake_run import FakeRun
from simclr_core.base.errors import LabError, RunBusy, RunDamaged, RunError
from simclr_core.base.files import write_json
from simclr_core.runs import states
from simclr_core.runs.record import RunData
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.workers import launch


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(RunConfig(), "first")


@pytest.fixture
def fake(store: RunStore) -> FakeRun:
    """A run with pictures, metrics, snapshots and coordinates."""
    made = FakeRun(store, probe=20, steps=30)
    made.train(30)
    made.snapshot()
    made.end()
    return made


def change(path: Path, **changes: Any) -> None:
    """Change values of a JSON file by hand."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


# States


def test_a_new_run_is_queued(run: Run) -> None:
    assert (run.state, run.alive) == (states.QUEUED, False)
    assert not (run.path / "status.json").exists()


@pytest.mark.parametrize("state", [states.STARTING, states.RUNNING])
def test_a_run_lives_as_long_as_its_worker(run: Run, state: str) -> None:
    with run_holder(run, state=state, attempt=1) as worker:
        assert (run.state, run.alive) == (state, True)
        kill(worker)
        assert (run.state, run.alive) == (states.INTERRUPTED, False)


@pytest.mark.parametrize(
    "state", [states.QUEUED, states.PAUSED, states.STOPPED, states.FINISHED, states.FAILED]
)
def test_what_a_worker_wrote_last_stays_true(run: Run, state: str) -> None:
    with run_holder(run, state=state, attempt=1, message="said") as worker:
        assert (run.state, run.alive) == (state, True)  # it tidies up
        end_by_itself(worker)
        assert (run.state, run.alive) == (state, False)
    assert run.status["message"] == "said"


def test_an_interrupted_run_has_what_was_known(run: Run) -> None:
    with run_holder(run, state=states.RUNNING, attempt=3, step=7, slot="cpu") as worker:
        kill(worker)
    status = run.status
    assert (status["state"], status["attempt"], status["step"]) == (states.INTERRUPTED, 3, 7)
    assert json.loads((run.path / "status.json").read_text())["state"] == states.RUNNING


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", None, "found none"),
        ("config.json", b"", "config.json"),
        ("config.json", b'{"format": 1, "config": {"da', "config.json"),
        ("config.json", b"[]", "config.json"),
        ("config.json", b"{}", "format 1 or older"),
        ("config.json", b'{"format": "1", "config": {}}', "format 1 or older"),
        ("config.json", b'{"format": 2, "config": {}}', "newer SimCLR Lab"),
        ("config.json", b'{"format": 1}', "settings"),
        ("config.json", b'{"format": 1, "config": []}', "settings"),
        ("config.json", b'{"format": 1, "config": {"views": 3}}', "views"),
        ("config.json", b'{"format": 1, "config": {"training": {"sed": 1}}}', "seed"),
        ("config.json", b'{"format": 1, "config": {"training": {"seed": -1}}}', "seed"),
        ("status.json", b"", "status.json"),
        ("status.json", b'{"state": "runn', "status.json"),
        ("status.json", b"[]", "status.json"),
        ("status.json", b'{"attempt": 1}', "state"),
        ("status.json", b'{"state": "flying"}', "flying"),
        ("status.json", b'{"state": 5}', "5"),
        ("status.json", b'{"state": ["running"]}', "running"),
    ],
)
def test_a_folder_that_cannot_be_read_is_damaged(
    store: RunStore, run: Run, name: str, content: bytes | None, said: str
) -> None:
    if content is None:
        (run.path / name).unlink()
    else:
        (run.path / name).write_bytes(content)
    status = run.status
    assert status["state"] == run.state == states.DAMAGED
    assert said in status["message"] and "\n" not in status["message"]
    with pytest.raises(LabError):
        launch.resume(store, run)
    store.delete(run)
    assert list(store) == []


def test_a_damaged_run_that_is_alive_is_damaged_and_not_deleted(store: RunStore, run: Run) -> None:
    with run_holder(run, state=states.RUNNING, attempt=1):
        (run.path / "config.json").write_text("{")
        assert run.state == states.DAMAGED and run.alive
        with pytest.raises(RunBusy):
            store.delete(run)
    assert run.path.exists()


def test_an_older_format_is_read(run: Run) -> None:
    change(run.path / "config.json", format=0)
    assert run.state == states.QUEUED and run.config == RunConfig()


def test_states_are_told_apart_by_name() -> None:
    every = {*states.ENDED, states.QUEUED, states.STARTING, states.RUNNING}
    assert len(every) == 9 and set(states.RESUMABLE) < set(states.ENDED)
    assert not {states.FINISHED, states.DAMAGED} & set(states.RESUMABLE)


# Odd values in files that can be read: nothing may break the list or the queue

_ODD: list[Any] = [None, "", "x", -1, 1e400, "nan", math.nan, [], {}, True, 10**30, 10**399]


@pytest.mark.parametrize("value", _ODD, ids=repr)
@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("status.json", key) for key in ("attempt", "queued", "step", "steps", "message")),
        *(("status.json", key) for key in ("slot", "updated", "seconds", "images_per_second")),
        ("config.json", "created"),
        ("config.json", "data"),
        ("label.json", "name"),
        ("evaluation.json", "knn_accuracy"),
    ],
)
def test_odd_values_break_neither_list_nor_queue(
    store: RunStore, capsys: pytest.CaptureFixture[str], name: str, key: str, value: Any
) -> None:
    odd, good = store.create(RunConfig()), store.create(RunConfig())
    path = odd.path / name
    found = json.loads(path.read_text()) if path.exists() else {"state": states.QUEUED}
    path.write_text(json.dumps(found | {key: value}))
    assert good in launch.queue(store) and odd in launch.queue(store)
    assert isinstance(odd.name, str) and isinstance(odd.created_words, str)
    assert {run.id for run in store} == {odd.id, good.id} and store.get(odd.id) == odd
    assert isinstance(odd.requested(1), str | None)
    code, out, _ = call(capsys, "list", "--runs", str(store.root), "--json")
    listed = {row["run"]: row["status"] for row in json.loads(out.splitlines()[-1])["runs"]}
    assert code == 0 and listed == {odd.id: states.QUEUED, good.id: states.QUEUED}
    code, out, _ = call(capsys, "list", "--runs", str(store.root))
    assert code == 0 and good.id in out


@pytest.mark.parametrize("value", _ODD[2:], ids=repr)
def test_figures_of_a_status_are_numbers_or_null(run: Run, value: Any) -> None:
    words = json.dumps({"state": states.PAUSED, "step": value, "seconds": value, "hint": value})
    (run.path / "status.json").write_text(words)
    status = run.status
    assert status["step"] is None or type(status["step"]) is int
    assert status["seconds"] is None or type(status["seconds"]) is float
    assert status["hint"] is None or isinstance(value, str)


def test_what_a_record_says_of_its_data_is_names_or_nothing(run: Run) -> None:
    data = {"factors": {"a": 7, "b": ["x", 3, "\ud800"]}, "class_names": 7, "kind": 3, "train": 5}
    change(run.path / "config.json", data=data)
    assert run.data == RunData(factors={"b": ("x", "3", "?")}, train=5)
    change(run.path / "config.json", data=[1])
    assert run.data == RunData() and run.state == states.QUEUED


def test_rows_have_a_step_and_figures(fake: FakeRun) -> None:
    rows = b'{"step":1e300}\n{"step":-1}\n{"step":"a"}\n{"step":4,"loss":"x","knn_of":"hue"}\n'
    for name in ("metrics.jsonl", "snapshots.jsonl"):
        (fake.run.path / name).write_bytes(rows + b"[" * 100_000 + b"\n")
    wanted = [{"step": 4, "loss": None, "knn_of": "hue"}]
    assert fake.run.metrics()[0] == fake.run.snapshot_rows() == wanted


# The other files


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("probe.npz", lambda run: run.probe()),
        ("snapshots/00000030.npz", lambda run: run.snapshot(30)),
        ("coordinates/umap-00000030.npz", lambda run: run.coordinates("umap", 30)),
        ("coordinates/pca-00000030.npz", lambda run: run.coordinates("pca", 30)),
    ],
)
def test_arrays_that_are_damaged_or_missing_are_named(fake: FakeRun, name: str, read: Any) -> None:
    run, path = fake.run, fake.run.path / name
    assert len(read(run)) > 1
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], b"", b"\0" * len(whole)):
        path.write_bytes(content)
        with pytest.raises(RunDamaged, match=path.name):
            read(run)
    path.unlink()
    with pytest.raises(RunDamaged, match=f"{path.name} .*missing"):
        read(run)
    assert run.state == states.FINISHED  # the run is what it was


def test_arrays_without_what_they_should_hold_are_damaged(fake: FakeRun) -> None:
    run = fake.run
    for name, read in (
        ("probe.npz", run.probe),
        ("coordinates/umap-00000030.npz", lambda: run.coordinates("umap", 30)),
    ):
        np.savez(run.path / name, other=np.arange(3))
        with pytest.raises(RunDamaged, match=Path(name).name):
            read()


def test_what_a_run_folder_holds(fake: FakeRun) -> None:
    run = fake.run
    probe, snapshot = run.probe(), run.snapshot(30)
    assert probe["images"].shape == (20, 32, 32, 3) and probe["images"].dtype == np.uint8
    assert {"indices", "labels", "factor__hue"} <= set(probe)
    assert snapshot["h"].shape == (20, 16) and snapshot["z_views"].shape == (20, 2, 8)
    assert run.snapshot_steps() == run.coordinate_steps("umap") == [30]
    assert run.coordinates("umap", 30)["xy"].shape == (20, 2)
    assert [row["step"] for row in run.metrics()[0]] == list(range(1, 31))
    assert [row["step"] for row in run.snapshot_rows()] == [30]
    assert (run.evaluation() or {})["step"] == 30


def test_steps_are_numbers_in_order_and_nothing_else(fake: FakeRun) -> None:
    folder, places = fake.run.path / "snapshots", fake.run.path / "coordinates"
    for name in (
        "00000004.npz",
        "100000000.npz",
        "00000004.weights.npz",
        "x.npz",
        ".00000009.npz.a",
    ):
        (folder / name).touch()
    for name in ("umap-00000004.npz", "pca-00000002.npz", "umap-x.npz", ".umap-00000008.npz.b"):
        (places / name).touch()
    assert fake.run.snapshot_steps() == [4, 30, 100000000]
    assert fake.run.coordinate_steps("umap") == [4, 30]
    assert fake.run.coordinate_steps("pca") == [2, 30]
    shutil.rmtree(folder)
    shutil.rmtree(places)
    assert fake.run.snapshot_steps() == fake.run.coordinate_steps("umap") == []


def test_metrics_are_read_on_from_where_one_was(fake: FakeRun) -> None:
    rows, offset = fake.run.metrics()
    with (fake.run.path / "metrics.jsonl").open("ab") as file:
        file.write(b'{"step": 31}\nnoise\n{"step": 32}\n{"ste')
    assert [row["step"] for row in fake.run.metrics(offset)[0]] == [31, 32]
    (fake.run.path / "metrics.jsonl").unlink()
    assert fake.run.metrics() == ([], 0) and len(rows) == 30


def test_final_figures_that_are_missing_or_damaged(fake: FakeRun) -> None:
    (fake.run.path / "evaluation.json").write_text('{"knn')
    with pytest.raises(RunDamaged, match=r"evaluation.json"):
        fake.run.evaluation()
    (fake.run.path / "evaluation.json").unlink()
    assert fake.run.evaluation() is None and fake.run.state == states.FINISHED


def test_damaged_words_of_people_do_no_harm(run: Run) -> None:
    (run.path / "label.json").write_text("{")
    (run.path / "control.json").write_text("[]")
    assert run.name == run.id and run.label == {}
    assert run.requested(1) is None and run.state == states.QUEUED
    run.rename("again")
    assert run.name == "again"


# Requests


def test_only_a_running_run_can_be_asked(run: Run) -> None:
    with pytest.raises(RunError, match="found a queued one; there is nothing to pause"):
        run.request("pause")
    with run_holder(run, state=states.RUNNING, attempt=2) as worker:
        assert run.requested(2) is None
        run.request("pause")
        assert (run.requested(2), run.requested(1), run.requested(3)) == ("pause", None, None)
        run.request("stop")
        assert run.requested(2) == "stop"
        kill(worker)
    with pytest.raises(RunError, match="found an interrupted one"):
        run.request("stop")


def test_a_held_run_is_busy(run: Run) -> None:
    with (
        run_holder(run, state=states.RUNNING),
        pytest.raises(RunBusy, match=f"Run {run.id} is held"),
    ):
        run.take()
    os.close(run.take())


def test_a_status_is_merged(run: Run) -> None:
    before = time.time()
    set_status(run, states.RUNNING, step=5, message="x")
    set_status(run, states.PAUSED, loss=math.nan)
    status = run.status
    assert (status["state"], status["step"], status["message"]) == (states.PAUSED, 5, "x")
    assert status["loss"] is None and before <= status["updated"] <= time.time()


# Names


def test_names(run: Run) -> None:
    assert run.name == "first"
    run.rename("  a\tnew \n name  ")
    assert run.name == "a new name"
    run.rename("x" * 100)
    assert run.name == "x" * 80
    run.rename("Größe 日本 🙂 <b>")
    assert Run(run.path).name == "Größe 日本 🙂 <b>"
    write_json(run.path / "label.json", {**run.label, "note": "kept"})
    run.rename(" ")
    assert run.name == run.id and run.label["note"] == "kept"


def test_letters_that_no_page_can_show_are_replaced(run: Run) -> None:
    run.rename(os.fsdecode(b"caf\xe9 \x00\x1b[31mred"))
    run.name.encode()  # no lone surrogates
    assert run.name.isprintable() and run.name.startswith("caf") and run.name.endswith("red")


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x61C])
def test_letters_that_turn_the_direction_of_writing_are_replaced(run: Run, code: int) -> None:
    run.rename(f"a{chr(code)}b")
    assert run.name == "a\ufffdb"
    (run.path / "label.json").write_text(json.dumps({"name": f"by{chr(code)}\nhand"}))
    assert run.name == run.label["name"] == "by\ufffd hand"


def test_runs_are_values(run: Run) -> None:
    assert Run(run.path) == run and hash(Run(run.path)) == hash(run)
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.path = run.path  # type: ignore[misc]
