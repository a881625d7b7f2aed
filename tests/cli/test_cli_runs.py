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
from simclr_core.base.files import write_json
from simclr_core.cli import runs as cli_runs
from simclr_core.runs import states
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig


def test_list_of_nothing(capsys: pytest.CaptureFixture[str], store: RunStore) -> None:
    code, out, _ = call(capsys, "list", "--runs", str(store.root))
    assert code == 0 and "No runs" in out
    code, out, err = call(capsys, "list", "--runs", str(store.root), "--json")
    assert (code, json.loads(out)["runs"]) == (0, []) and "No runs" in err


def test_list_tells_states_scores_and_damage(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    done, damaged = store.create(RunConfig(), "first try"), store.create(RunConfig())
    end_run(done, states.FINISHED)
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


@pytest.mark.parametrize("name", ["status.json", "evaluation.json"])
def test_a_huge_integer_in_one_run_breaks_no_list(
    capsys: pytest.CaptureFixture[str], store: RunStore, name: str
) -> None:
    odd, good = store.create(RunConfig()), store.create(RunConfig())
    end_run(odd, states.FINISHED)
    found = {"state": states.FINISHED, "steps": 1, "knn_accuracy": 1}
    huge = json.dumps(found).replace(": 1", ": " + "9" * 400)
    (odd.path / name).write_text(huge)
    code, out, err = call(capsys, "list", "--runs", str(store.root))
    assert (code, err) == (0, "") and {odd.id, good.id} <= set(out.split())
    assert all(len(line) < 200 for line in out.splitlines())


def test_a_damaged_run_is_listed_with_its_reason_and_no_score(
    capsys: pytest.CaptureFixture[str], store: RunStore
) -> None:
    run = store.create(RunConfig(), "mine")
    end_run(run, states.FINISHED)
    write_json(run.path / "evaluation.json", {"knn_accuracy": 0.84})
    (run.path / "config.json").unlink()
    _, out, _ = call(capsys, "list", "--runs", str(store.root))
    assert "84%" not in out and "mine: Run" in out and "expected a file config.json" in out


@pytest.mark.parametrize("words", [["list"], ["project", "zz"], ["rename", "zz", "name"]])
def test_reading_makes_no_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str]
) -> None:
    place = tmp_path / "typo" / "runs"
    code, out, err = call(capsys, *words, "--runs", str(place))
    assert (code, "No runs in" in out) == ((0, True) if words == ["list"] else (2, False))
    assert err.count("\n") == code // 2 and not place.parent.exists()


def test_runs_in_a_file_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    assert "--runs" in refused(capsys, "list", "--runs", str(tmp_path / "runs"))


@pytest.mark.parametrize(
    "h",
    [
        np.zeros(60),
        np.zeros((0, 4)),
        np.array([["a"] * 4] * 60),
        np.full((60, 4), np.nan),
    ],
    ids=["1-d", "empty", "text", "NaN"],
)
@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_snapshot_that_cannot_be_laid_out_is_one_line(
    capsys: pytest.CaptureFixture[str], store: RunStore, h: np.ndarray, method: str
) -> None:
    fake = FakeRun(store, probe=60)
    fake.snapshot(umap=False)
    np.savez(fake.run.path / "snapshots" / "00000000.npz", h=h)
    words = ["project", fake.run.id, "--method", method, "--runs", str(store.root)]
    code, out, err = call(capsys, *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert ("unexpected" not in err and "00000000" in err) or "step 0" in err


def test_a_table_of_other_pictures_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], store: RunStore, tmp_path: Path
) -> None:
    fake = FakeRun(store, probe=60)
    fake.snapshot()
    np.savez(fake.run.path / "snapshots" / "00000000.npz", h=np.eye(20))
    words = ["project", fake.run.id, "--method", "pca", "--out", str(tmp_path / "map.csv")]
    code, _, err = call(capsys, *words, "--runs", str(store.root))
    assert code == 1 and "20 pictures" in err and "unexpected" not in err
