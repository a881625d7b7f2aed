"""Start, queue, pause, stop and resume, with real worker processes that take a moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from child_processes import ROOT, child, kill, lock_holder, run_holder, set_status, wait_for
from simclr_core.base.errors import (
    ConfigError,
    DeviceError,
    LabError,
    RunBusy,
    RunDamaged,
    RunError,
)
from simclr_core.base.locks import is_locked, try_lock
from simclr_core.machine import devices
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, TrainConfig
from simclr_core.workers import launch
from stub_worker import StubWorkers, stub_workers

CPU = RunConfig(training=TrainConfig(device="cpu"))

# Waits for the starting signal, then advances the queue and says which runs it started.
_ADVANCE = """
import sys, time
from pathlib import Path
from simclr_core.workers import launch
from simclr_core.runs import RunStore
store, go = RunStore(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
while not go.exists():
    time.sleep(0.001)
print(*(run.id for run in launch.advance(store)), flush=True)
"""


@pytest.fixture
def light(
    tmp_path: Path, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StubWorkers]:
    with stub_workers(tmp_path / "stand-in", store, monkeypatch) as workers:
        yield workers


def config_on(device: str) -> RunConfig:
    return RunConfig(training=TrainConfig(device=device))


def waiting_at(run: Run, queued: float) -> Run:
    set_status(run, states.QUEUED, queued=queued)
    return run


def advance_together(store: RunStore, folder: Path, count: int = 4) -> list[str]:
    """Ids that several processes started when they advanced at the same moment."""
    go = folder / "go"
    command = [sys.executable, "-c", _ADVANCE, str(store.root), str(go)]
    pipes = {"stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(count)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    go.touch()
    found = [process.communicate(timeout=240)[0].split() for process in processes]
    assert all(process.returncode == 0 for process in processes)
    return sorted(run_id for ids in found for run_id in ids)


# The line


def test_the_line_is_in_the_order_of_joining(store: RunStore) -> None:
    a, b, c = (store.create(CPU) for _ in range(3))
    assert launch.queue(store) == [a, b, c]
    waiting_at(a, c.created + 10)
    assert launch.queue(store) == [b, c, a]
    for run in (a, b, c):
        waiting_at(run, 100.0)
    assert launch.queue(store) == sorted([a, b, c], key=lambda run: run.id)
    set_status(b, states.PAUSED)
    assert b not in launch.queue(store) and len(launch.queue(store)) == 2


def test_one_run_a_device_and_the_next_when_it_ends(store: RunStore, light: StubWorkers) -> None:
    before = time.time()
    a, b, c = (launch.start(store, CPU, name) for name in "abc")
    assert before <= a.status["started"] <= time.time() and "started" not in b.status
    assert a.state == states.STARTING and a.status["slot"] == "cpu" and a.name == "a"
    assert (b.state, c.state) == (states.QUEUED, states.QUEUED)
    assert launch.queue(store) == [b, c] and launch.active(store) == [a]
    assert launch.advance(store) == [] and light.pid(a) == a.status["pid"]
    light.end(a)
    light.pid(b)  # started by the worker of a, not by this process
    assert (a.state, a.alive) == (states.FAILED, False)
    assert launch.queue(store) == [c] and launch.active(store) == [b]
    assert b.status["started"] > a.status["started"]  # not when it joined the line
    light.end(b)
    light.end(c)
    wait_for(lambda: c.state == states.FAILED)
    assert light.started() == [a.id, b.id, c.id]
    assert [run.status["attempt"] for run in (a, b, c)] == [1, 1, 1]


def test_a_chain_of_workers_gets_no_lower_in_priority(store: RunStore, light: StubWorkers) -> None:
    made = [launch.start(store, CPU) for _ in range(3)]
    found = []
    for run in made:
        found.append(psutil.Process(light.pid(run)).nice())
        light.end(run)
    assert found == [max(found[0], os.nice(0))] * 3 and found[0] > os.nice(0)


def test_float16_on_a_processor_is_not_queued(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_cpu_flags", set)
    config = RunConfig(training=TrainConfig(device="cpu", precision="float16"))
    with pytest.raises(ConfigError, match="choose auto"):
        launch.start(store, config)
    assert list(store) == []


def test_a_device_that_is_not_there_keeps_nobody_waiting(
    store: RunStore, light: StubWorkers
) -> None:
    with pytest.raises(DeviceError, match="gpu:77"):
        launch.start(store, config_on("gpu:77"))
    assert list(store) == []
    gone = store.create(config_on("gpu:77"))  # as after a restart with fewer of them
    there = launch.start(store, CPU)
    light.pid(there)
    wait_for(lambda: gone.state == states.FAILED)
    assert "gpu:77" in gone.status["message"] and gone.status["error"] == "DeviceError"
    assert light.started() == [there.id]


def test_damaged_and_foreign_folders_do_not_stop_the_line(
    store: RunStore, light: StubWorkers
) -> None:
    damaged, odd = store.create(CPU), waiting_at(store.create(CPU), 1.0)
    (damaged.path / "config.json").write_text("{")
    handle = odd.take()
    odd.write_status(attempt="many", slot=["cpu"], queued="yesterday")
    os.close(handle)
    (store.root / "beef").mkdir()
    good = launch.start(store, CPU)
    for run in (odd, good):
        light.end(run)
    wait_for(lambda: good.state == odd.state == states.FAILED)
    assert sorted(light.started()) == sorted([odd.id, good.id])
    assert odd.status["attempt"] == 1 and damaged.state == states.DAMAGED


def test_a_worker_that_cannot_be_started_is_told(store: RunStore, light: StubWorkers) -> None:
    bad, good = store.create(CPU), store.create(CPU)
    (bad.path / "log.txt").mkdir()
    launch.advance(store)
    launch.advance(store)
    assert bad.state == states.FAILED and "could not start" in bad.status["message"]
    assert launch.active(store) == [good] and not bad.alive
    (bad.path / "log.txt").rmdir()
    launch.resume(store, bad)
    assert launch.queue(store) == [bad]


# At the same time


def test_processes_that_advance_together_start_each_run_once(
    store: RunStore, light: StubWorkers, tmp_path: Path
) -> None:
    made = [store.create(CPU) for _ in range(3)]
    assert advance_together(store, tmp_path) == [made[0].id]
    assert launch.active(store) == [made[0]] and launch.queue(store) == made[1:]
    for run in made:
        light.end(run)
    wait_for(lambda: made[2].state == states.FAILED)
    assert light.started() == [run.id for run in made]


def test_processes_that_advance_together_fill_all_devices_once(
    store: RunStore, light: StubWorkers, tmp_path: Path
) -> None:
    made = [store.create(config_on(f"gpu:{40 + i}")) for i in range(8)]  # a slot each
    started = advance_together(store, tmp_path)  # what ends may have started others by itself
    assert len(started) == len(set(started)) and set(started) <= {run.id for run in made}
    wait_for(lambda: all(run.state == states.FAILED and not run.alive for run in made))
    for run in made:
        assert run.status["attempt"] == 1
        assert (run.path / "log.txt").read_text().count("Expected the device") == 1


class Leaving(Run):
    """A run that leaves the line between the look at the queue and the start."""

    leave: Callable[[], None]

    def take(self) -> int:
        self.leave()
        return super().take()


class LeavingStore(RunStore):
    """Its first run does something when it is about to be started."""

    action: Callable[[Run], None]

    def __iter__(self) -> Any:
        found = list(super().__iter__())
        first = Leaving(found[0].path)
        object.__setattr__(first, "leave", lambda: self.action(found[0]))
        return iter([first, *found[1:]])


@pytest.mark.parametrize("how", ["paused", "deleted", "damaged", "held"])
def test_a_run_that_leaves_the_line_at_the_last_moment_is_not_started(
    store: RunStore, light: StubWorkers, how: str
) -> None:
    first, second = store.create(CPU), store.create(CPU)
    held: list[int] = []
    slow = LeavingStore(store.root)
    slow.action = {
        "paused": launch.pause,
        "deleted": store.delete,
        "damaged": lambda run: run.path.joinpath("status.json").write_text("{"),
        "held": lambda run: held.append(run.take()),
    }[how]
    assert launch.advance(slow) == [second]  # the device goes to the next in line
    left = {"paused": states.PAUSED, "deleted": states.DAMAGED, "damaged": states.DAMAGED}
    assert first.state == left.get(how, states.QUEUED)
    light.pid(second)
    assert light.started() == [second.id]
    for handle in held:
        os.close(handle)


def test_a_killed_worker_frees_its_device(store: RunStore, light: StubWorkers) -> None:
    a, b = launch.start(store, CPU), launch.start(store, CPU)
    os.kill(light.pid(a), signal.SIGKILL)
    wait_for(lambda: a.state == states.INTERRUPTED)
    assert b.state == states.QUEUED  # who is killed can start nobody
    assert launch.advance(store) == [b]
    launch.resume(store, a)
    assert launch.queue(store) == [a] and a.status["attempt"] == 1
    light.end(b)
    wait_for(lambda: a.status["attempt"] == 2)
    assert light.started()[:2] == [a.id, b.id]


def test_a_stale_lock_of_the_queue_stops_nobody(store: RunStore, light: StubWorkers) -> None:
    path = store.root / "queue.lock"
    with lock_holder(path) as holder:
        kill(holder)
    path.write_text("left by a program that crashed\n")
    run = launch.start(store, CPU)
    assert run.state == states.STARTING


# Pause and stop


@pytest.mark.parametrize(
    ("ask", "state"), [(launch.pause, states.PAUSED), (launch.stop, states.STOPPED)]
)
def test_a_waiting_run_leaves_the_line_and_can_join_again(
    store: RunStore, light: StubWorkers, ask: Callable[[Run], None], state: str
) -> None:
    a, b, c = (launch.start(store, CPU) for _ in range(3))
    ask(b)
    assert b.state == state and launch.queue(store) == [c]
    with pytest.raises(RunError, match=f"found a {state} one; there is nothing to "):
        ask(b)
    launch.resume(store, b)
    assert launch.queue(store) == [c, b]  # at the end of the line
    for run in (a, b, c):
        light.end(run)
    wait_for(lambda: b.state == states.FAILED)
    assert light.started() == [a.id, c.id, b.id]


@pytest.mark.parametrize(("ask", "what"), [(launch.pause, "pause"), (launch.stop, "stop")])
@pytest.mark.parametrize("state", [states.STARTING, states.RUNNING])
def test_a_running_run_is_asked(
    store: RunStore, ask: Callable[[Run], None], what: str, state: str
) -> None:
    run = store.create(CPU)
    with run_holder(run, state=state, attempt=4):
        ask(run)
        assert run.requested(4) == what and run.state == state


def test_a_request_is_not_obeyed_by_a_later_attempt(store: RunStore, light: StubWorkers) -> None:
    run = launch.start(store, CPU)
    os.kill(light.pid(run), signal.SIGSTOP)  # it cannot obey before it is killed
    launch.pause(run)
    assert run.requested(1) == "pause"
    os.kill(light.pid(run), signal.SIGKILL)
    wait_for(lambda: run.state == states.INTERRUPTED)
    launch.resume(store, run)
    assert run.status["attempt"] == 2 and run.requested(2) is None


# Takes a run, waits, and only then writes that it is starting: a launcher on a slow disk.
_SLOW_START = """
import sys, time
from pathlib import Path
from simclr_core.runs import states
from simclr_core.runs.run import Run
run = Run(Path(sys.argv[1]))
handle = run.take()
print("ready", flush=True)
time.sleep(1.0)
run.write_status(state=states.STARTING, attempt=1)
sys.stdin.read()
"""


def test_a_run_that_is_just_being_started_is_asked_once_it_is(store: RunStore) -> None:
    run = store.create(CPU)
    with child(_SLOW_START, str(run.path)):
        launch.pause(run)
        assert run.state == states.STARTING and run.requested(1) == "pause"


@pytest.mark.parametrize("state", [*states.ENDED])
def test_an_ended_run_cannot_be_paused_or_stopped(store: RunStore, state: str) -> None:
    run = store.create(CPU)
    set_status(run, states.RUNNING if state == states.INTERRUPTED else state)
    if state == states.DAMAGED:
        (run.path / "config.json").unlink()
    for ask in (launch.pause, launch.stop):
        with pytest.raises(RunError):
            ask(run)
    assert run.state == state and not (run.path / "control.json").exists()


# Resume


@pytest.mark.parametrize("state", states.RESUMABLE)
def test_what_can_go_on_joins_the_line(store: RunStore, light: StubWorkers, state: str) -> None:
    first, run = launch.start(store, CPU), store.create(CPU)
    written = states.RUNNING if state == states.INTERRUPTED else state
    set_status(run, written, attempt=3, step=7, message="old words", error="Diverged")
    assert run.state == state
    launch.resume(store, run)
    status = run.status
    assert (status["state"], status["attempt"], status["step"]) == (states.QUEUED, 3, 7)
    assert status["message"] == "" and status["error"] is None
    light.end(first)
    light.pid(run)
    wait_for(lambda: run.status["attempt"] == 4)


def test_what_cannot_go_on_is_refused(store: RunStore) -> None:
    done, waiting, damaged = (store.create(CPU) for _ in range(3))
    set_status(done, states.FINISHED)
    (damaged.path / "status.json").write_text("[]")
    for run, said in ((done, "a finished one"), (waiting, "a queued one")):
        before = run.status
        with pytest.raises(RunError, match=rf"\(paused, .*interrupted\), found {said}"):
            launch.resume(store, run)
        assert run.status == before
    with pytest.raises(RunDamaged, match=r"status.json"):
        launch.resume(store, damaged)
    with run_holder(done, state=states.RUNNING), pytest.raises(RunBusy):
        launch.resume(store, done)


def test_two_who_resume_at_once_queue_it_once(store: RunStore, light: StubWorkers) -> None:
    launch.start(store, CPU)
    run = store.create(CPU)
    set_status(run, states.PAUSED)
    launch.resume(store, run)
    with pytest.raises(RunError, match="a queued one"):
        launch.resume(store, run)
    assert launch.queue(store) == [run]


# Disks


def test_a_full_disk_keeps_the_line_as_it_is(tmp_path: Path) -> None:
    from small_disk import fill, small_disk

    with small_disk(tmp_path / "disk", "size=256k") as folder:
        store = RunStore(folder)
        run = store.create(CPU)
        (folder / "queue.lock").touch()
        filler = fill(folder)
        with pytest.raises(LabError, match="Expected room on the disk"):
            launch.advance(store)
        assert run.state == states.QUEUED and not run.alive
        filler.unlink()
        assert launch.queue(store) == [run]


# The helper

# Stands for UMAP: imports at once, and the helper then fails or waits as its test wants.
_SLOW_UMAP = "import time\ntime.sleep(60)\n"


def test_one_helper_a_folder_of_runs(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stand-in").mkdir()
    (tmp_path / "stand-in" / "umap.py").write_text(_SLOW_UMAP)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-in"))
    started = [launch.ensure_helper(store, "mapper") for _ in range(3)]
    helpers = [process for process in started if process]
    wait_for(lambda: is_locked(store.root / "mapper.lock"))
    wait_for(lambda: sum(process.poll() is None for process in helpers) == 1)
    assert launch.ensure_helper(store, "mapper") is None
    left = next(process for process in helpers if process.poll() is None)
    assert all(process.returncode == 0 for process in helpers if process is not left)
    left.kill()
    left.wait()
    assert not is_locked(store.root / "mapper.lock")


def test_no_helper_where_one_is(store: RunStore) -> None:
    with lock_holder(store.root / "mapper.lock"):
        assert launch.ensure_helper(store, "mapper") is None
        assert not (store.root / "mapper.log").exists()


def test_a_helper_without_a_log_is_told(store: RunStore) -> None:
    (store.root / "mapper.log").mkdir()
    with pytest.raises(LabError, match=r"Expected to write mapper\.log"):
        launch.ensure_helper(store, "mapper")


def test_the_lock_of_the_queue_is_not_handed_to_workers(
    store: RunStore, light: StubWorkers
) -> None:
    run = launch.start(store, CPU)
    light.pid(run)
    handle = try_lock(store.root / "queue.lock")
    assert handle is not None
    os.close(handle)
    assert run.alive
