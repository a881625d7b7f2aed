"""Training goes on whatever happens to the page and its server, and comes back when it cannot."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from train_page import TrainPage, wait_until

from simclr_core.base.errors import RunError
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import preset_config
from simclr_core.workers import launch
from tests.browser.conftest import App

pytestmark = pytest.mark.slow  # real trainings, one after another

HEAVY = ("tensorflow", "libtensorflow", "keras", "umap", "numba", "llvmlite")
_UNREACHABLE = re.compile(  # what Streamlit says while its server is away
    "WebSocket|ERR_|Failed to fetch|disconnected from server|server endpoint|not responding"
)


def long_config() -> RunConfig:
    """Some steps a second on digits, far more of them than any test waits for."""
    config = preset_config("minute", "digits", "characters")
    training = replace(config.training, steps=50_000, batch_size=512, probe_size=100)
    return replace(config, training=training, model=replace(config.model, width=16))


@pytest.fixture(scope="module")
def long_run(app: App) -> Iterator[Run]:
    """A run that does not end by itself; its tests leave it running."""
    run = app.store.create(long_config(), "long one")  # the server starts what waits in line
    yield run
    if run.state in (states.STARTING, states.RUNNING):
        launch.stop(run)
        wait_until(lambda: not run.alive, "the worker's end")


@pytest.fixture
def train(app: App, page: Page, long_run: Run) -> TrainPage:
    """The page of the long run, which is running and has a checkpoint."""
    train = TrainPage(page, app.url, app.store)
    train.open(f"?run={long_run.id}")
    if long_run.state in states.RESUMABLE:
        train.press("Resume")
    train.expect_state("running")
    train.wait_for_step(3)
    return train


def step_of(run: Run) -> int:
    return int(run.status.get("step") or 0)


def goes_on(run: Run, steps: int = 3) -> None:
    """Wait until a run has done some more steps."""
    first = step_of(run)
    wait_until(lambda: run.alive and step_of(run) >= first + steps, "more steps")


def rows_without_gap(run: Run) -> list[dict[str, float]]:
    """The rows of metrics.jsonl: each step once, none left out."""
    rows, _ = run.metrics()
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    return rows


def is_gone(pid: int) -> bool:
    """Whether a process has ended, with or without somebody who took note of it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_training_goes_on_when_the_tab_is_closed(
    app: App, browser: Browser, train: TrainPage, long_run: Run
) -> None:
    train.page.close()
    goes_on(long_run)
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    again = TrainPage(context.new_page(), app.url, app.store)
    again.open()
    assert again.new_run(lambda: again.press("Watch long one")) == long_run
    again.expect_state("running")
    again.wait_for_step(step_of(long_run))
    context.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_training_goes_on_without_the_server_and_is_live_again_with_it(
    app: App, train: TrainPage, long_run: Run, complaints: list[str], number: signal.Signals
) -> None:
    worker, before = app.worker(long_run), train.last_step()
    app.kill(number)
    goes_on(long_run)
    assert train.last_step() >= before  # what was drawn stays while nobody answers
    said = train.page.locator(".frame-connection")
    expect(said).to_contain_text("The app does not answer")
    expect(train.page.get_by_test_id("stDialog")).to_be_hidden()  # Streamlit's own words
    app.start()
    expect(said).to_contain_text("The app was restarted")
    assert worker.is_running() and app.worker(long_run) == worker
    train.expect_state("running")  # the open tab comes back by itself
    train.wait_for_step(step_of(long_run))
    train.page.reload()
    train.expect_state("running")
    train.wait_for_step(step_of(long_run) + 1)
    rows_without_gap(long_run)
    complaints[:] = [text for text in complaints if not _UNREACHABLE.search(text)]


def test_a_worker_that_stands_still_is_told_and_goes_on(
    app: App, train: TrainPage, long_run: Run
) -> None:
    worker = app.worker(long_run)
    worker.suspend()
    try:
        expect(train.said).to_contain_text("the training process is stopped, or the machine is")
        expect(train.page.locator(".run-facts")).to_contain_text("no step for 0:2")
        stopped_at = step_of(long_run)
    finally:
        worker.resume()
    train.wait_for_step(stopped_at + 3)
    expect(train.page.locator(".run-facts")).to_contain_text("pictures/s")
    rows_without_gap(long_run)


def test_pause_frees_the_machine_and_resume_goes_on_from_its_step(
    app: App, train: TrainPage, long_run: Run
) -> None:
    pid = long_run.status["pid"]
    assert app.worker(long_run).pid == pid
    train.record()
    train.press("Pause")
    train.expect_state("paused")
    paused_at = step_of(long_run)
    expect(train.said).to_contain_text(f"Paused at step {paused_at:,}")
    wait_until(lambda: is_gone(pid), "the worker's end")
    assert not long_run.alive
    rows = rows_without_gap(long_run)
    assert rows[-1]["step"] == paused_at
    train.press("Resume")
    train.expect_state("running")
    train.wait_for_step(paused_at + 3)
    assert long_run.status["pid"] != pid
    assert rows_without_gap(long_run)[:paused_at] == rows
    seen = train.seen()
    assert seen["last"] == sorted(seen["last"])  # the curve never went back
    states = [s for s in seen["states"] if s not in ("pausing", "queued")]  # may be too short
    assert states == ["running", "paused", "starting", "running"]
    assert seen["there"] == [[True, True]] and len(seen["boxes"]) == 1
    assert max(seen["overflow"]) <= 0


def test_a_killed_worker_is_told_and_its_run_can_be_resumed(
    app: App, train: TrainPage, long_run: Run
) -> None:
    checkpoint = long_run.path / "checkpoint.npz"
    wait_until(checkpoint.exists, "a checkpoint")
    train.record()
    worker = app.worker(long_run)
    worker.send_signal(signal.SIGKILL)
    train.expect_state("interrupted", 15)
    expect(train.said).to_contain_text("the training process ended unexpectedly")
    kept = train.last_step()
    assert kept > 3  # the curve stays on the page
    train.press("Resume")
    train.expect_state("running")
    train.wait_for_step(kept + 3)
    assert app.worker(long_run) != worker
    rows_without_gap(long_run)
    seen = train.seen()
    assert seen["there"] == [[True, True]] and len(seen["boxes"]) == 1


def test_the_next_in_line_waits_and_starts_when_the_first_ends(
    app: App, train: TrainPage, long_run: Run
) -> None:
    train.choose("data", "digits")
    train.fill(training_steps=3000, training_probe_size=100, name="second")
    second = train.start()
    train.expect_state("queued")
    expect(train.said).to_contain_text("Next in line, starts in about")
    train.fill(name="third")
    third = train.start()
    expect(train.said).to_contain_text("Second in line, starts in about")
    train.press("Leave the queue")
    train.expect_state("stopped")
    assert not third.alive
    train.open(f"?run={second.id}")
    train.expect_state("queued")
    assert second.state == states.QUEUED and long_run.alive
    launch.stop(long_run)
    wait_until(lambda: _starts_alone(second, long_run), "the second run's start")
    train.expect_state("running")
    train.wait_for_step(3)
    train.press("Stop")
    train.expect_state("stopped")
    wait_until(lambda: not second.alive, "the worker's end")


def _starts_alone(second: Run, first: Run) -> bool:
    """Whether the second has begun; never while the first still holds the machine."""
    begun = second.alive
    assert not (begun and first.alive)
    return begun


def test_a_run_that_diverges_says_why_and_a_button_starts_a_gentler_one(
    app: App, page: Page
) -> None:
    train = TrainPage(page, app.url, app.store)
    train.open("?data=digits")
    train.fill(
        training_learning_rate=100,
        training_weight_decay=1,
        training_optimizer="sgd",
        training_steps=3000,
        training_probe_size=100,
    )
    run = train.start()
    train.record()
    train.expect_state("failed")
    expect(train.said).to_contain_text("learning rate (100) is probably too high")
    assert run.status["error"] == "Diverged" and not run.alive
    assert train.scrolls() <= 0 and len(train.seen()["boxes"]) == 1
    button = page.get_by_role("button", name=re.compile("Start again at learning rate"))
    rate = float((button.text_content() or "").rsplit(" ", 1)[-1])
    assert rate < 100
    other = train.new_run(button.click)
    assert other.config.training.learning_rate == rate
    assert replace(other.config.training, learning_rate=100.0) == run.config.training
    wait_until(lambda: other.metrics()[0], "the first step")
    with contextlib.suppress(RunError):  # it may be too high still, and have ended
        launch.stop(other)
    wait_until(lambda: not other.alive, "the worker's end")


def test_the_server_is_light_after_all_this(app: App) -> None:
    mapped = Path(f"/proc/{app.pid}/maps").read_text()
    assert not [name for name in HEAVY if f"/{name}" in mapped]
    assert psutil.Process(app.pid).memory_info().rss < 400e6
