"""The spare worker: real processes that import, trace and wait, and runs that are handed over."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from child_processes import ROOT, wait_for
from simclr_core.base.files import write_json
from simclr_core.base.locks import is_locked, try_lock
from simclr_core.data.builtin import SHAPES_SIZE
from simclr_core.machine.devices import find_device
from simclr_core.model.backend import DEFAULTS as backend_defaults
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import preset_config
from simclr_core.workers import handover, launch, spare

pytestmark = pytest.mark.heavy

READY = 60.0  # seconds, on a busy machine


@pytest.fixture
def alone(store: RunStore) -> Iterator[None]:
    """No mapper is started for the runs of the store."""
    handle = try_lock(store.root / "mapper.lock")
    yield
    os.close(handle)


@contextmanager
def waiting(store: RunStore) -> Iterator[subprocess.Popen]:
    """A spare that this test holds, as the server does."""
    process = launch.ensure_helper(store, "spare", keep=True)
    assert process is not None
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(READY)


def short(**training: object) -> RunConfig:
    """The default run on the shapes, three steps of it; its step is the one that is traced."""
    config = preset_config("minute")
    changes = {"steps": 3, "probe_size": 50, "snapshots": 1, "device": "cpu", **training}
    return replace(config, training=replace(config.training, **changes))


def log(run: Run) -> str:
    return (run.path / "log.txt").read_text()


@pytest.mark.slow
def test_a_run_is_handed_to_it(store: RunStore, alone: None) -> None:
    with waiting(store) as process:
        wait_for(lambda: handover.is_ready(store), READY)
        busy = psutil.Process(process.pid).cpu_times()
        assert launch.ensure_helper(store, "spare", keep=True) is None  # one is enough
        time.sleep(1.0)
        after = psutil.Process(process.pid).cpu_times()
        assert after.user + after.system - busy.user - busy.system <= 0.03  # it sleeps

        run = launch.start(store, short())
        assert run.state in (states.STARTING, states.RUNNING)
        wait_for(lambda: run.status.get("pid") == process.pid)
        assert not (store.root / handover.DOOR).exists() and not is_locked(
            store.root / handover.LOCK
        )
        process.stdin.close()  # the server ends: the run does not
        wait_for(lambda: run.state == states.FINISHED, READY)
    assert [row["step"] for row in run.metrics()[0]] == [1, 2, 3]
    assert process.returncode == 0 and log(run) == ""
    assert "Traceback" not in (store.root / "spare.log").read_text()


@pytest.mark.slow
def test_one_that_is_not_ready_takes_a_run_as_well(store: RunStore, alone: None) -> None:
    with waiting(store) as process:
        wait_for(lambda: (store.root / handover.DOOR).exists(), READY)
        assert not handover.is_ready(store)
        run = launch.start(store, short())
        assert run.alive
        wait_for(lambda: run.state == states.FINISHED, READY)
        assert run.status["pid"] == process.pid


def known(run: Run, size: int) -> Run:
    """The run, after a worker has read its pictures."""
    write_json(run.path / "config.json", {**run.record, "data": {"image_size": size}})
    return run


def test_the_like_of_the_newest_run_is_expected(store: RunStore) -> None:
    first = (preset_config("minute"), SHAPES_SIZE)
    assert spare.expected(store) == first
    photographs = preset_config("five-minutes", "cifar10", "photographs")
    known(store.create(photographs), 28)
    assert spare.expected(store) == (photographs, 28)
    characters = preset_config("minute", "digits", "characters")
    run = known(store.create(characters), 16)
    assert spare.expected(store) == (characters, 16)
    for unknown in (0, None, "16", math.nan):
        known(run, unknown)
        assert spare.expected(store) == first
    known(run, 16)
    (run.path / "config.json").write_text("{")
    os.utime(run.path, (1, 1))  # a damaged run is as old as its folder: the other one is newest
    assert spare.expected(store) == (photographs, 28)


@pytest.mark.parametrize(
    ("model", "training", "size"),
    [({"encoder": "resnet18"}, {}, 32), ({}, {"batch_size": 2048}, 64), ({}, {}, 224)],
)
def test_what_takes_long_is_not_traced_in_advance(
    store: RunStore, model: dict[str, object], training: dict[str, object], size: int
) -> None:
    plain = preset_config("minute")
    config = replace(
        plain, model=replace(plain.model, **model), training=replace(plain.training, **training)
    )
    known(store.create(config), size)
    assert spare.expected(store) == (plain, SHAPES_SIZE)


def test_without_room_only_the_default_is_traced(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    photographs = preset_config("minute", "cifar10", "photographs")
    known(store.create(photographs), 32)
    assert spare.expected(store) == (photographs, 32)
    monkeypatch.setattr(spare, "available", lambda: 2e9)
    assert spare.expected(store) == (preset_config("minute"), SHAPES_SIZE)


def test_settings_that_cannot_be_traced_do_not_end_it(capsys: pytest.CaptureFixture[str]) -> None:
    plain = preset_config("minute")
    wrong = replace(plain, training=replace(plain.training, precision="float16"))
    impossible = replace(wrong, training=replace(wrong.training, batch_size=10**4))
    object.__setattr__(impossible.training, "batch_size", 0)
    assert spare._traced(find_device("cpu"), impossible, SHAPES_SIZE) is None
    assert "Error" in capsys.readouterr().err


@pytest.mark.slow
def test_it_ends_with_whoever_holds_it(store: RunStore) -> None:
    with waiting(store) as process:
        wait_for(lambda: (store.root / handover.DOOR).exists(), READY)
        address = Path(json.loads((store.root / handover.DOOR).read_text())["address"])
        assert address.exists()
        assert address.parent.stat().st_mode & 0o077 == 0  # nobody else may knock
    assert process.returncode == 0
    assert not address.parent.exists() and not (store.root / handover.DOOR).exists()


@pytest.fixture
def door(store: RunStore) -> Iterator[handover.SpareSocket]:
    """The door of a spare that is this test."""
    lock = try_lock(store.root / handover.LOCK)
    door = handover.SpareSocket(store)
    door.say(device="cpu", ready=True)
    yield door
    door.close()
    os.close(lock)


def offer(store: RunStore, run: Run, device: str = "cpu") -> bool:
    handle = run.take()
    with (run.path / "log.txt").open("ab") as log:
        try:
            return handover.hand_over(store, run, device, handle, log.fileno())
        finally:
            os.close(handle)


def received(door: handover.SpareSocket) -> tuple[Path, int, int]:
    """What the next one hands over; somebody holds the door."""
    end, other = os.pipe()
    try:
        found = door.wait(end)
    finally:
        os.close(end)
        os.close(other)
    assert found is not None
    return found


def test_the_lock_is_never_free_on_the_way(store: RunStore, door: handover.SpareSocket) -> None:
    run = store.create(short())
    assert offer(store, run) and run.alive  # this launcher has closed its own
    path, lock, log = received(door)
    assert path == run.path.resolve() and run.alive
    os.close(lock)
    os.close(log)
    assert not run.alive


def test_a_launcher_that_dies_in_the_middle_changes_nothing(
    store: RunStore, door: handover.SpareSocket
) -> None:
    address = json.loads((store.root / handover.DOOR).read_text())["address"]
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(address)
        line.send(b'"/no')
    run = store.create(short())
    assert offer(store, run)
    path, lock, log = received(door)
    assert path == run.path.resolve()
    os.close(lock)
    os.close(log)


@pytest.mark.parametrize(
    "sign",
    [
        {"device": "gpu:0"},  # it has chosen the processor
        {"surroundings": "other code or settings"},
        {"address": "/nowhere/at/all"},
    ],
)
def test_a_spare_that_does_not_suit_gets_nothing(
    store: RunStore, door: handover.SpareSocket, sign: dict[str, str]
) -> None:
    run = store.create(short())
    door.say(**sign)
    assert not offer(store, run) and not door.knocked()


def test_a_sign_without_a_spare_is_passed_by(store: RunStore) -> None:
    run = store.create(short())
    assert not offer(store, run)
    (store.root / handover.DOOR).write_text("not JSON")
    lock = try_lock(store.root / handover.LOCK)
    assert not offer(store, run) and not handover.is_ready(store)
    os.close(lock)


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("yes", True), ("0", False), ("off", False), ("No", False)]
)
def test_it_can_be_switched_off(value: str, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMCLR_LAB_SPARE", value)
    assert handover.wanted() is on


def test_other_settings_from_outside_are_told_apart() -> None:
    code = "from simclr_core.workers import handover; print(handover._SURROUNDINGS)"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "KERAS_BACKEND": backend, **more},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for backend, more in (
            ("tensorflow", {}),
            ("jax", {}),
            ("jax", {"LANG": "de_DE", "CUDA_VISIBLE_DEVICES": "", **backend_defaults}),
        )
    }
    assert len(found) == 2
