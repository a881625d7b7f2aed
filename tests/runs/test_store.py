"""The folder of runs: made, found, listed and removed, also on disks in trouble."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from child_processes import ROOT, child, run_holder, set_status
from cli_calls import call
from fake_run import FakeRun
from simclr_core.base.errors import LabError, RunBusy, RunError
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore, runs_dir
from simclr_core.settings.config import RunConfig, TrainConfig
from simclr_core.workers import launch
from small_disk import fill, read_only, small_disk


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


# The store


def test_ids_are_short_and_differ(store: RunStore) -> None:
    made = [store.create(RunConfig()) for _ in range(40)]
    assert len({run.id for run in made}) == 40
    assert all(4 <= len(run.id) <= 16 and run.id.isalnum() for run in made)
    assert [run.id for run in store] == [run.id for run in made]  # oldest first


def test_a_run_is_made_whole(store: RunStore) -> None:
    config = RunConfig(training=TrainConfig(seed=4))
    run = store.create(config, " a  name ")
    assert (run.config, run.name, run.evaluation(), run.snapshot_steps()) == (
        *(config, "a name", None, []),
    )
    assert abs(run.created - time.time()) < 60
    assert run.created_words[:4] == time.strftime("%Y", time.localtime(run.created))
    folders = {path.name for path in run.path.iterdir()}
    assert folders == {"config.json", "label.json", "lock", "snapshots", "coordinates"}


def renamed(store: RunStore, name: str) -> Run:
    """A run whose folder has a name of our choice."""
    return Run(store.create(RunConfig()).path.rename(store.root / name))


def test_a_run_is_found_by_the_beginning_of_its_id(store: RunStore) -> None:
    a, b, c = (renamed(store, name) for name in ("4f2a", "4f3b", "4f2a77"))
    assert store.get("4f3") == b and store.get("4f2a7") == c
    assert store.get("4f2a") == a  # though another begins so
    for name, found in (
        ("4f", "found 3: "),
        ("4f2", "found 2: "),
        ("9", "found none"),
        ("", "none"),
    ):
        with pytest.raises(RunError, match=f"'{name}', {found}" if name else "found none"):
            store.get(name)
    for name in ("../4f2a", "4f2a/", "4F2A", ".", "*", "4f2a\0"):
        with pytest.raises(RunError, match="found none"):
            store.get(name)


def test_what_others_put_there_is_no_run(store: RunStore, run: Run) -> None:
    for name in ("lost+found", ".hidden", "Backup", "a.b", "ä", "x" * 65):
        (store.root / name).mkdir()
        (store.root / name / "lock").touch()
    (store.root / "beef").mkdir()  # no lock: a run that is being made, or something else
    (store.root / "cafe").write_text("a file")
    (store.root / "notes.txt").write_text("a file")
    (store.root / "dead").symlink_to(store.root / "gone")
    (store.root / ".deleted-4f2a-00").mkdir()
    (store.root / "queue.lock").touch()
    assert list(store) == [run] and launch.queue(store) == [run]


def test_a_linked_run_counts(store: RunStore, tmp_path: Path, run: Run) -> None:
    elsewhere = run.path.rename(tmp_path / "elsewhere")
    (store.root / "4f2a").symlink_to(elsewhere)
    assert [found.id for found in store] == ["4f2a"] and store.get("4f2a").name == "first"
    store.delete(store.get("4f2a"))  # what lies elsewhere is not ours to remove
    assert os.listdir(store.root) == [] and (elsewhere / "config.json").exists()


def test_a_damaged_run_is_still_listed(store: RunStore, run: Run) -> None:
    other = store.create(RunConfig())
    (run.path / "config.json").unlink()
    assert {found.id for found in store} == {run.id, other.id}
    assert store.get(run.id).state == states.DAMAGED


def test_many_runs(store: RunStore, capsys: pytest.CaptureFixture[str]) -> None:
    first = store.create(RunConfig())
    shutil.copytree(first.path, store.root / "template")
    for number in range(1, 300):
        shutil.copytree(store.root / "template", store.root / f"r{number:03d}")
        change(store.root / f"r{number:03d}" / "config.json", created=first.created + number)
    shutil.rmtree(store.root / "template")
    ids = [first.id, *(f"r{number:03d}" for number in range(1, 300))]
    assert [run.id for run in store] == ids
    assert [run.id for run in launch.queue(store)] == ids
    assert store.get("r299").id == "r299"
    with pytest.raises(RunError, match=r"found 100: r200, r201, r202, r203, r204;"):
        store.get("r2")
    code, out, _ = call(capsys, "list", "--runs", str(store.root), "--json")
    assert code == 0 and [row["run"] for row in json.loads(out)["runs"]] == ids


def test_the_folder_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "a" / "b"))
    assert RunStore().root == tmp_path / "a" / "b" and (tmp_path / "a" / "b").is_dir()
    monkeypatch.delenv("SIMCLR_LAB_RUNS")
    assert runs_dir().name == "runs" and "simclr-lab" in str(runs_dir())
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "runs", tmp_path / ("x" * 300)):
        with pytest.raises(LabError, match=r"Expected a folder for runs at .*--runs"):
            RunStore(place)


def test_a_home_folder_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert RunStore("~/runs").root == tmp_path / "runs"
    monkeypatch.setenv("SIMCLR_LAB_RUNS", "~/more")
    assert RunStore().root == tmp_path / "more"
    assert not (tmp_path / "~").exists()


def test_created_of_a_damaged_run_is_that_of_its_folder(run: Run) -> None:
    (run.path / "config.json").write_text("{")
    assert abs(run.created - time.time()) < 60
    assert Run(run.path / "none").created == 0.0 and Run(run.path / "none").created_words


# Size and deletion


def test_size_counts_every_file(fake: FakeRun) -> None:
    (fake.run.path / ".status.json.abc").write_bytes(b"x" * 1000)
    paths = [Path(folder) / n for folder, _, names in os.walk(fake.run.path) for n in names]
    assert fake.run.size() == sum(path.stat().st_size for path in paths) > 50_000


# Makes and removes files in a folder without end.
_RESTLESS = """
import sys
from pathlib import Path
print("ready", flush=True)
while True:
    for i in range(50):
        (Path(sys.argv[1]) / f"{i}.npz").write_bytes(b"x")
    for i in range(50):
        (Path(sys.argv[1]) / f"{i}.npz").unlink()
"""


def test_size_while_files_come_and_go(fake: FakeRun) -> None:
    with child(_RESTLESS, str(fake.run.path / "snapshots")):
        assert all(fake.run.size() > 10_000 for _ in range(200))


def test_a_running_run_is_not_deleted(store: RunStore, fake: FakeRun) -> None:
    before = sorted(path.name for path in fake.run.path.rglob("*"))
    with run_holder(fake.run, state=states.RUNNING), pytest.raises(RunBusy, match="pause or stop"):
        store.delete(fake.run)
    assert sorted(path.name for path in fake.run.path.rglob("*")) == before
    assert os.listdir(store.root) == [fake.run.id]


def test_deleting_leaves_nothing(store: RunStore, fake: FakeRun) -> None:
    other = store.create(RunConfig())
    store.delete(fake.run)
    assert os.listdir(store.root) == [other.id] and list(store) == [other]


def test_a_run_that_is_gone_is_told_so(store: RunStore, run: Run) -> None:
    store.delete(run)
    for again in (lambda: store.delete(run), lambda: run.take()):
        with pytest.raises(RunError, match=f"Run {run.id}: .*gone|found none"):
            again()
    assert run.state == states.DAMAGED and not run.alive and run.size() == 0
    with pytest.raises(LabError):
        run.rename("x")
    assert os.listdir(store.root) == []


# Makes files in a folder that it has opened, wherever that moves, until it is gone.
_STUBBORN = """
import itertools, os, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
print("ready", flush=True)
for i in itertools.count():
    try:
        os.close(os.open(f"{i}.npz", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    except OSError:
        break
sys.stdin.read()
"""


def test_deleting_while_files_are_still_written_leaves_nothing(
    store: RunStore, fake: FakeRun
) -> None:
    """The mapper may write into a folder that is just being removed."""
    with child(_STUBBORN, str(fake.run.path / "coordinates")):
        store.delete(fake.run)
        assert list(store) == [] and not fake.run.path.exists()
    store.delete(store.create(RunConfig()))  # what was too fast goes with the next
    assert os.listdir(store.root) == []


def test_what_an_earlier_deletion_left_goes_with_the_next(store: RunStore, run: Run) -> None:
    rest = store.root / ".deleted-4f2a-0011aabb"
    (rest / "snapshots").mkdir(parents=True)
    (rest / "snapshots" / "x.npz").write_bytes(b"x" * 1000)
    store.delete(run)
    assert os.listdir(store.root) == []


# Disks


def test_a_full_disk_leaves_no_half_made_run(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=256k") as folder:
        store = RunStore(folder)
        kept = store.create(RunConfig(), "kept")
        fill(folder)
        for config in (RunConfig(), RunConfig(preset="x" * 5000)):
            with pytest.raises(LabError, match="Expected room on the disk"):
                store.create(config, "second")
        assert sorted(os.listdir(folder)) == sorted([kept.id, "filler"])
        with pytest.raises(LabError, match=r"room on the disk for label.json"):
            kept.rename("other")
        assert kept.name == "kept" and kept.state == states.QUEUED
        store.delete(kept)  # what makes room must not need any
        assert os.listdir(folder) == ["filler"]


def test_a_folder_of_runs_that_is_read_only(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    done, waiting = store.create(RunConfig(), "done"), store.create(RunConfig())
    set_status(done, states.PAUSED, step=5)
    with read_only(store.root):
        again = RunStore(store.root)
        assert [run.state for run in again] == [states.PAUSED, states.QUEUED]
        assert again.get(done.id).name == "done" and not done.alive
        for action in (
            lambda: done.rename("other"),
            lambda: again.delete(done),
            lambda: again.create(RunConfig()),
            lambda: done.take(),
            lambda: launch.resume(again, done),
            lambda: launch.pause(waiting),
            lambda: launch.start(again, RunConfig()),
            lambda: launch.advance(again),
        ):
            with pytest.raises(LabError) as told:
                action()
            assert "write" in str(told.value) and "\n" not in str(told.value)
        assert done.state == states.PAUSED and waiting.state == states.QUEUED
    assert len(os.listdir(store.root)) == 2


@pytest.fixture
def unreadable(store: RunStore, run: Run, tmp_path: Path) -> Iterator[Path]:
    """A folder among the runs into which only its owner may look."""
    folder = store.root / "c0de"
    folder.mkdir()
    (folder / "lock").touch()
    for path in (tmp_path, *tmp_path.parents):
        if path != Path("/tmp") and path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o055)
    folder.chmod(0o000)
    yield folder
    folder.chmod(0o755)


def test_a_folder_that_may_not_be_read_does_not_hide_the_runs(
    store: RunStore, run: Run, unreadable: Path, tmp_path: Path
) -> None:
    program = (
        "import contextlib, io, os, sys\n"
        "from simclr_core.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(['list', '--runs', sys.argv[1]])  # whatever it imports, as long as it may\n"
        "if os.geteuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(main(['list', '--runs', sys.argv[1]]))\n"
    )
    command = [sys.executable, "-c", program, str(store.root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, "")
    assert run.id in done.stdout
