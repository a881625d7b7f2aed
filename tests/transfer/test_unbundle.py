"""A run as a zip comes back in; other zips do not, and leave nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.errors import DataError, LabError
from simclr_core.cli.main import main
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer import bundle
from simclr_core.runs.transfer.unbundle import import_run
from simclr_core.workers import launch


@pytest.fixture
def run(tmp_path) -> Run:
    made = FakeRun(RunStore(tmp_path / "here"), probe=20)
    for _ in range(2):
        made.snapshot()
        made.train(100)
    made.end()
    return made.run


@pytest.fixture
def there(tmp_path) -> RunStore:
    return RunStore(tmp_path / "there")


def zipped(run: Run, folder: Path) -> Path:
    path = folder / "run.zip"
    path.write_bytes(b"".join(bundle.chunks(run)))
    return path


def files(run: Run) -> dict[str, bytes]:
    return {str(p.relative_to(run.path)): p.read_bytes() for p in bundle.bundle_files(run.path)}


def test_a_run_comes_back_whole_on_another_machine(run, there, tmp_path):
    found = import_run(zipped(run, tmp_path), there)
    assert found.id == run.id and list(there) == [found]
    assert files(found) == files(run)
    assert found.state == states.FINISHED and found.name == run.name
    assert (found.snapshot(100)["h"] == run.snapshot(100)["h"]).all()
    assert not list(there.root.glob(".import-*"))


def test_a_second_copy_gets_another_id_and_harms_nothing(run, tmp_path):
    store = RunStore(tmp_path / "here")
    before = files(run)
    found = import_run(zipped(run, tmp_path), store)
    assert found.id != run.id and len(list(store)) == 2
    assert files(run) == before == files(found)


@pytest.mark.parametrize("state", [states.QUEUED, states.RUNNING])
def test_what_was_going_on_has_stopped_and_is_not_started(run, there, tmp_path, state):
    run.write_status(state=state)
    found = import_run(zipped(run, tmp_path), there)
    assert found.state == states.STOPPED and launch.queue(there) == []


def test_only_a_runs_files_are_taken(run, there, tmp_path):
    path = zipped(run, tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{run.id}/evil.py", "import os")
        archive.writestr(f"{run.id}/snapshots/evil.pkl", b"x")
        archive.writestr(f"{run.id}/jobs/a.request.json", "{}")
        archive.writestr(f"{run.id}/control.json", "{}")
    found = import_run(path, there)
    assert set(files(found)) == set(files(run)) and not (found.path / "jobs").exists()


def other(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty, cut off"),
        (b"no zip", "empty, cut off"),
        (other(**{"a/b.txt": b"x"}), "zip of one run"),
        (other(**{"config.json": b"{}"}), "zip of one run"),
        (other(**{"a/config.json": b"{}", "b/config.json": b"{}"}), "zip of one run"),
        (other(**{"../a/config.json": b"{}"}), "zip of one run"),
        (other(**{"a/config.json": b"{"}), "Expected a run in"),
        (other(**{"a/config.json": b"{}"}), "Expected a run in"),
    ],
)
def test_other_files_are_refused_and_leave_nothing(there, tmp_path, body, words):
    (tmp_path / "x.zip").write_bytes(body)
    with pytest.raises(DataError, match=words):
        import_run(tmp_path / "x.zip", there)
    assert list(there.root.iterdir()) == []


def test_a_zip_that_is_damaged_inside_is_refused(run, there, tmp_path):
    path = zipped(run, tmp_path)
    body = bytearray(path.read_bytes())
    at = body.index(b"probe.npz") + 2000
    body[at : at + 50] = bytes(50)
    path.write_bytes(body)
    with pytest.raises(LabError, match="probe"):
        import_run(path, there)
    assert list(there.root.iterdir()) == []


def test_the_command_brings_it_in(run, there, tmp_path, capsys):
    words = ["import", str(zipped(run, tmp_path)), "--name", "back", "--runs", str(there.root)]
    assert main(words) == 0
    (found,) = there
    assert found.name == "back" and found.id in capsys.readouterr().out
    assert np.isfinite(found.snapshot(0)["h"]).all()
    assert main(["import", str(tmp_path / "none.zip"), "--runs", str(there.root)]) == 2
