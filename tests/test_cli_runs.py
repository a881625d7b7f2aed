"""Commands on runs that are there: list, rename, delete, pause, project; and devices."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cli_calls import call, end_run, refused
from fake_run import FakeRun
from simclr_core import cli_runs, runs
from simclr_core.config import RunConfig
from simclr_core.files import write_json
from simclr_core.runs import RunStore


def test_list_of_nothing(capsys: pytest.CaptureFixture[str], store: RunStore) -> None:
    code, out, _ = call(capsys, "list", "--runs", str(store.root))
    assert code == 0 and "No runs" in out
    code, out, err = call(capsys, "list", "--runs", str(store.root), "--json")
    assert (code, json.loads(out)["runs"]) == (0, []) and "No runs" in err


def test_list_tells_states_scores_and_damage(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    done, damaged = store.create(RunConfig(), "first try"), store.create(RunConfig())
    end_run(done, runs.FINISHED)
    write_json(done.path / "evaluation.json", {"knn_accuracy": 0.84})
    (damaged.path / "config.json").write_text("{")
    code, out, err = call(capsys, "list", "--runs", str(store.root), "--json")
    rows = {row["run"]: row for row in json.loads(out.splitlines()[-1])["runs"]}
    assert code == 0
    assert rows[done.id]["knn_accuracy"] == 0.84 and rows[done.id]["name"] == "first try"
    assert rows[damaged.id]["status"] == "damaged" and rows[damaged.id]["message"]
    assert re.search(rf"^{done.id} +finished +40/90 +shapes +84% .*first try$", err, re.MULTILINE)


def test_rename_and_delete(capsys: pytest.CaptureFixture[str], store: RunStore) -> None:
    run, place = store.create(RunConfig()), ["--runs", str(store.root)]
    assert call(capsys, "rename", run.id, "  a new   name ", *place)[0] == 0
    assert run.name == "a new name"
    assert "--yes" in refused(capsys, "delete", run.id, *place)  # nobody to ask
    assert run.path.exists()
    code, out, _ = call(capsys, "delete", run.id[:3], "--yes", "--json", *place)
    assert (code, json.loads(out)) == (0, {"run": run.id, "deleted": True})
    assert list(store) == []


def test_delete_asks_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    run = store.create(RunConfig())
    answers = iter(["n\n", "", "yes\n"])
    terminal = SimpleNamespace(isatty=lambda: True, readline=lambda: next(answers))
    monkeypatch.setattr(cli_runs.sys, "stdin", terminal)
    for left in (True, True, False):
        code = call(capsys, "delete", run.id, "--runs", str(store.root))[0]
        assert (code, run.path.exists()) == (int(left), left)


def test_a_running_run_cannot_be_deleted(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    run = store.create(RunConfig())
    handle = run.take()
    code, _, err = call(capsys, "delete", run.id, "--yes", "--runs", str(store.root))
    os.close(handle)
    assert code == 1 and err.count("\n") == 1 and run.path.exists()


@pytest.mark.parametrize("verb", ["pause", "stop", "resume", "evaluate", "project", "delete"])
def test_a_run_that_is_not_there(
    capsys: pytest.CaptureFixture[str], store: RunStore, verb: str
) -> None:
    assert "'zz'" in refused(capsys, verb, "zz", "--runs", str(store.root))


def test_pause_takes_a_waiting_run_out_of_the_queue_and_refuses_an_ended_one(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    run = store.create(RunConfig())
    place = ["--runs", str(store.root), "--json"]
    code, out, _ = call(capsys, "pause", run.id, *place)
    assert (code, json.loads(out)) == (0, {"run": run.id, "status": "paused"})
    code, out, err = call(capsys, "stop", run.id, *place)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "nothing to stop" in err


def test_devices_have_the_processor(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "devices", "--json")
    rows = json.loads(out.splitlines()[-1])["devices"]
    assert code == 0 and rows[-1]["id"] == "cpu" and rows[-1]["usable"] is True
    assert "core" in err


def test_project_writes_the_coordinates_that_it_reports(
    capsys: pytest.CaptureFixture[str], store: RunStore, tmp_path: Path
) -> None:
    fake = FakeRun(store, probe=60)
    fake.snapshot()
    table, place = tmp_path / "map.csv", ["--runs", str(store.root)]
    words = ["project", fake.run.id, "--method", "pca", "--of", "z", "--out", str(table)]
    code, out, err = call(capsys, *words, *place, "--json")
    result = json.loads(out.splitlines()[-1])
    written = np.loadtxt(table, delimiter=",", skiprows=1)  # (60, 3)
    assert code == 0 and "60 pictures" in err
    assert (result["run"], result["method"], result["of"]) == (fake.run.id, "pca", "z")
    assert np.array_equal(written[:, 0], fake.run.probe()["indices"])
    assert np.allclose(written[:, 1:], result["xy"], atol=1e-4) and np.ptp(written[:, 1]) > 0
    assert "--neighbors" in refused(capsys, "project", fake.run.id, "--neighbors", "1", *place)
