"""The server around the pages: light process, one sentence for an error, queue and mapper."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pages.server import caretaker as server
from pages.shell import live
from simclr_core.base.errors import DataError, LabError
from simclr_core.base.paths import ASSETS, PROJECT
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.workers import handover, launch

ROOT = PROJECT
HEAVY = ("tensorflow", "keras", "umap", "numba", "sklearn", "jax", "torch", "scipy")

# All pages in one process, the imports of the server as well.
_VISIT = """
import json, sys, psutil
from streamlit.testing.v1 import AppTest
import pages.server.routes, pages.server.caretaker
errors = []
app = AppTest.from_file("app.py", default_timeout=240).run()
for name in ("home", "views", "train", "explore", "runs"):
    app.switch_page(f"pages/{name}/page.py").run()
    errors += [f"{name}: {e.message}" for e in app.exception]
loaded = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps([errors, loaded, psutil.Process().memory_info().rss]))
"""


def test_pages_load_nothing_heavy_and_stay_under_400_mb(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _VISIT],
        cwd=ROOT,
        env={**os.environ, "SIMCLR_LAB_RUNS": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    errors, loaded, memory = json.loads(done.stdout.splitlines()[-1])
    assert errors == []
    assert not set(HEAVY[:-1]) & set(loaded)
    assert memory < 400e6


def test_an_error_is_one_sentence_and_its_traceback_is_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    shown: list[str] = []
    monkeypatch.setattr(st, "error", shown.append)
    for error in (DataError("Expected a, found b; do c."), KeyError("x"), ValueError("")):
        try:
            raise error
        except Exception as raised:
            with caplog.at_level(logging.ERROR, "simclr_lab"):
                assert server.on_script_error(raised) is True
    assert shown[0] == "Expected a, found b; do c."
    assert shown[1].startswith("Something in the app went wrong: 'x'; details")
    assert "ValueError" in shown[2]
    assert all("\n" not in words for words in shown)
    assert "Traceback" in caplog.text


class _Mapper:
    """A stand-in for the process of UMAP."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.stdin = self
        self.closed = False

    def poll(self) -> int | None:
        return self.returncode

    def close(self) -> None:
        self.closed = True

    def wait(self, _timeout: float | None = None) -> int:
        return 0


@pytest.fixture
def mapper_starts(monkeypatch: pytest.MonkeyPatch, store: RunStore) -> list[_Mapper]:
    """Stand-ins for mappers that the caretaker starts; the queue is counted, not moved."""
    started: list[_Mapper] = []

    def ensure(_store: RunStore, module: str, keep: bool) -> _Mapper:
        assert (module, keep) == ("mapper", True)
        started.append(_Mapper())
        return started[-1]

    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(store.root))
    monkeypatch.setattr(launch, "ensure_helper", ensure)
    monkeypatch.setattr(server, "PAUSE_AFTER_DEATH", 0.0)
    return started


def test_the_caretaker_moves_the_queue_and_restarts_a_dead_mapper(
    mapper_starts: list[_Mapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    moves: list[RunStore] = []
    monkeypatch.setattr(launch, "advance", moves.append)
    caretaker = server.Caretaker(every=0.01)
    caretaker.start()
    _until(lambda: len(moves) > 3)
    assert len(mapper_starts) == 1
    mapper_starts[0].returncode = -9
    _until(lambda: len(mapper_starts) == 2)
    caretaker.close()
    assert mapper_starts[1].closed
    count = len(moves)
    time.sleep(0.05)
    assert len(moves) == count


def test_the_caretaker_survives_errors(
    mapper_starts: list[_Mapper], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []

    def advance(_store: RunStore) -> None:
        calls.append(1)
        if len(calls) < 4:
            raise LabError("Expected room on the disk, found none.")

    monkeypatch.setattr(launch, "advance", advance)
    caretaker = server.Caretaker(every=0.01)
    caretaker.start()
    _until(lambda: len(calls) > 6)
    caretaker.close()
    assert caplog.text.count("Expected room on the disk") == 1


def _until(condition: object, patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.01)
    pytest.fail("did not happen in time")


def test_the_caretaker_keeps_a_spare_and_lets_the_mapper_wait_for_it(
    monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    started: list[str] = []
    ready: list[bool] = []

    def ensure(_store: RunStore, module: str, keep: bool) -> _Mapper:
        started.append(module)
        return _Mapper()

    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(store.root))
    monkeypatch.setenv("SIMCLR_LAB_SPARE", "1")
    monkeypatch.setattr(launch, "ensure_helper", ensure)
    monkeypatch.setattr(launch, "advance", lambda _store: None)
    monkeypatch.setattr(handover, "is_ready", lambda _store: bool(ready))
    caretaker = server.Caretaker(every=0.01)
    caretaker.start()
    _until(lambda: bool(started))
    time.sleep(0.1)
    assert started == ["spare"]
    ready.append(True)
    _until(lambda: len(started) > 1)
    caretaker.close()
    assert started == ["spare", "mapper"]


def test_no_spare_starts_beside_a_run(
    mapper_starts: list[_Mapper], monkeypatch: pytest.MonkeyPatch, store: RunStore
) -> None:
    """It would take the run's time; `mapper_starts` refuses any other helper."""
    monkeypatch.setenv("SIMCLR_LAB_SPARE", "1")
    monkeypatch.setattr(launch, "active", lambda _store: [store.create(RunConfig())])
    monkeypatch.setattr(launch, "advance", lambda _store: None)
    caretaker = server.Caretaker(every=0.01)
    caretaker.start()
    _until(lambda: bool(mapper_starts))
    caretaker.close()
    assert len(mapper_starts) == 1


def test_modules_of_one_name_are_components_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit would show the module that came last in both places."""
    names: list[str] = []

    def component(name: str, **_: object) -> object:
        names.append(name)
        return lambda **_: None

    monkeypatch.setattr(live.st.components.v2, "component", component)
    monkeypatch.setattr(live, "_components", {})
    modules = [f"{path.parent.name}/{path.stem}" for path in (ASSETS / "js").glob("*/*.js")]
    for module in modules:
        live.mount(module, "key", 100, b"")
    assert len(set(names)) == len(modules) > 40
