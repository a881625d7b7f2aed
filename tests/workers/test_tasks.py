"""Tasks: requests as files, one worker that serves them, and what is left when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from simclr_core.base.errors import DataError, LabError
from simclr_core.base.locks import try_lock
from simclr_core.base.progress import Progress
from simclr_core.runs.store import RunStore
from simclr_core.workers import helpers, queue, task_worker, tasks
from simclr_core.workers.queue import PROGRESS, REQUEST, read_request
from simclr_core.workers.standing import Standing

CODE = """
import sys
from simclr_core.workers import task_worker
from simclr_core.workers.queue_worker import main
task_worker.start_framework = lambda: None
task_worker.STUDIES["slow"] = ("slow_task", "serve")
sys.path.insert(0, sys.argv[2])
sys.exit(main(task_worker.TASKS, task_worker.StudyWorker, [sys.argv[1]]))
"""


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody starts a worker by itself, and a worker starts no framework."""
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    monkeypatch.setattr(task_worker, "start_framework", lambda: None)


def serve(root: Path) -> None:
    """Serve what is asked for, in this process and without the framework."""
    task_worker.StudyWorker(RunStore(root)).run()


def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_request_is_shared_and_can_be_withdrawn(tmp_path: Path, quiet: None) -> None:
    assert tasks.state(tmp_path, "a-1") is None
    tasks.ask(tmp_path, "lesson", "a-1", {"seed": 1})
    tasks.ask(tmp_path, "lesson", "a-1", {"seed": 2})  # equal work: what was asked first counts
    assert read_request(tasks.task(tmp_path, "a-1")) == ("lesson", {"seed": 1})
    time.sleep(0.01)
    tasks.ask(tmp_path, "lesson", "b-2", {})
    assert tasks.waiting(tmp_path) == ["a-1", "b-2"]
    first, second = (tasks.state(tmp_path, key) for key in ("a-1", "b-2"))
    assert first and first.line.ahead == 0 and second and second.line.ahead == 1
    assert second.line.first == "lesson"
    tasks.withdraw(tmp_path, "a-1")
    assert tasks.state(tmp_path, "a-1") is None and tasks.waiting(tmp_path) == ["b-2"]


@pytest.mark.parametrize("key", ["", "A", "a/b", "../x", "a.b", "x" * 121])
def test_a_key_that_could_leave_the_folder_is_refused(tmp_path: Path, quiet: None, key) -> None:
    with pytest.raises(ValueError, match="small letters"):
        tasks.ask(tmp_path, "lesson", key, {})


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"kind": 3}', '{"kind": []}', '{"kind": "lesson"}']
)
def test_a_damaged_request_becomes_a_sentence(tmp_path: Path, quiet: None, damage: str) -> None:
    tasks.ask(tmp_path, "lesson", "a", {})
    tasks.task(tmp_path, "a").file(REQUEST).write_text(damage)
    serve(tmp_path)
    found = tasks.state(tmp_path, "a")
    assert found and found.failed and "ask again" in found.words
    tasks.ask(tmp_path, "lesson", "a", {})
    found = tasks.state(tmp_path, "a")
    assert found and not found.failed


def test_errors_are_told_and_the_next_request_is_served(
    tmp_path: Path, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(root: Path, payload: dict, tell: Progress) -> None:
        tell(0.5, "half")
        raise DataError("Expected pictures, found none; bring some.")

    monkeypatch.setitem(task_worker.STUDIES, "bad", ("task_stub", "fails"))
    monkeypatch.setitem(sys.modules, "task_stub", type("M", (), {"fails": staticmethod(fails)}))
    tasks.ask(tmp_path, "bad", "x", {})
    serve(tmp_path)
    found = tasks.state(tmp_path, "x")
    assert found and found.failed and found.words.startswith("Expected pictures")
    assert tasks.waiting(tmp_path) == []
    assert not list((tmp_path / ".tasks").glob(f"*{PROGRESS}"))


def test_a_withdrawn_request_ends_the_work(
    tmp_path: Path, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def slow(root: Path, payload: dict, tell: Progress) -> None:
        tell(0.1, "begun")
        tasks.withdraw(root, "x")
        seen.append("before")
        tell(0.2, "on")
        seen.append("after")

    monkeypatch.setitem(task_worker.STUDIES, "slow", ("task_stub", "slow"))
    monkeypatch.setitem(sys.modules, "task_stub", type("M", (), {"slow": staticmethod(slow)}))
    tasks.ask(tmp_path, "slow", "x", {})
    serve(tmp_path)
    assert seen == ["before"] and tasks.state(tmp_path, "x") is None


def test_what_was_withdrawn_before_its_turn_leaves_nothing(tmp_path: Path, quiet: None) -> None:
    tasks.ask(tmp_path, "lesson", "x", {})
    tasks.withdraw(tmp_path, "x")
    serve(tmp_path)
    assert tasks.state(tmp_path, "x") is None


def test_what_ends_the_worker_again_and_again_is_given_up(tmp_path: Path) -> None:
    """Real processes that end without a word: as those that the system kills for memory."""
    (tmp_path / "slow_task.py").write_text(
        "import os\ndef serve(root, payload, tell):\n    os._exit(9)\n"
    )
    root = tmp_path / "runs"
    asked = tasks.task(root, "x").file(REQUEST)
    asked.parent.mkdir(parents=True)
    asked.write_text(json.dumps({"kind": "slow", "payload": {}}))
    codes = [worker(root, tmp_path).wait(30) for _ in range(tasks.TASKS.tries + 1)]
    assert codes == [9] * tasks.TASKS.tries + [0]
    found = tasks.state(root, "x")
    assert found and found.failed and "memory" in found.words and not asked.exists()


def test_a_full_disk_leaves_a_word_without_room(
    tmp_path: Path, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.ask(tmp_path, "nothing of this kind", "x", {})

    def full(path: Path, content: object) -> None:
        raise LabError("The disk is full.")

    monkeypatch.setattr(queue, "write_json", full)
    serve(tmp_path)
    found = tasks.state(tmp_path, "x")
    assert found and found.failed and "disk" in found.words and tasks.waiting(tmp_path) == []


def test_a_framework_that_does_not_start_is_told_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(device: object) -> None:
        raise ImportError("no such library")

    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    monkeypatch.setattr("simclr_core.model.backend.prepare", broken)
    for key in ("a", "b"):
        tasks.ask(tmp_path, "lesson", key, {})
    serve(tmp_path)
    for key in ("a", "b"):
        found = tasks.state(tmp_path, key)
        assert found and found.failed and "no such library" in found.words


def worker(root: Path, folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, str(root), str(folder)], start_new_session=True
    )


def test_a_killed_worker_leaves_the_request_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real process, killed for real: progress stays, and another worker does the work."""
    (tmp_path / "slow_task.py").write_text(
        "import json, time\n"
        "def serve(root, payload, tell):\n"
        "    end = time.time() + payload['seconds']\n"
        "    while time.time() < end:\n"
        "        tell(0.5, 'working')\n"
        "        time.sleep(0.01)\n"
        "    (root / 'done.json').write_text(json.dumps(payload))\n"
    )
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    root = tmp_path / "runs"
    root.mkdir()
    tasks.ask(root, "slow", "x", {"seconds": 60})
    first = worker(root, tmp_path)
    until(lambda: (tasks.state(root, "x") or Standing("x")).words == "working")
    assert try_lock(root / "tasks.lock", patience=0) is None
    second = worker(root, tmp_path)
    assert second.wait(60) == 0  # the first has precedence
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    path = tasks.task(root, "x").file(REQUEST)
    path.write_text(json.dumps({"kind": "slow", "payload": {"seconds": 0}}))
    third = worker(root, tmp_path)
    assert third.wait(60) == 0
    assert json.loads((root / "done.json").read_text()) == {"seconds": 0}
    assert tasks.state(root, "x") is None


def test_looking_at_a_request_starts_a_worker_that_ends(tmp_path: Path) -> None:
    request = tasks.task(tmp_path, "a")
    request.folder.mkdir()
    request.file(REQUEST).write_text("{}")
    tasks.state(tmp_path, "a")  # the start of TensorFlow, for real
    assert (tmp_path / "tasks.log").exists()
    until(lambda: (tasks.state(tmp_path, "a") or Standing("a")).failed, 60)
    ours = [
        p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in (p.info["cmdline"] or [])
    ]
    psutil.wait_procs(ours, 20)
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in ours)
