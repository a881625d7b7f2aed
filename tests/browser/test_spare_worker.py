"""The server keeps a spare worker: a click gets it, and the server's end does not end it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from train_page import TrainPage, wait_until

from simclr_core.runs import states
from simclr_core.workers import handover, launch
from tests.browser.conftest import App


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app whose server keeps a spare, as it does for users."""
    app = App(tmp_path_factory.mktemp("app"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMCLR_LAB_SPARE", "1")
        app.start()
    try:
        yield app
    finally:
        app.stop()


def waiting(app: App) -> int:
    """Process id of the spare that waits."""
    (found,) = [p.pid for p, command in app.processes() if "simclr_core.workers.spare" in command]
    return found


@pytest.mark.slow
def test_a_click_gets_the_spare_and_the_servers_end_does_not_end_the_run(
    app: App, page: Page
) -> None:
    wait_until(lambda: handover.is_ready(app.store), "the spare")
    pid = waiting(app)
    train = TrainPage(page, app.url, app.store)
    train.open()
    train.press("Start")
    run = wait_until(lambda: next(iter(app.store), None), "the run")
    train.expect_state("running")
    assert run.status["pid"] == pid
    wait_until(lambda: len(run.metrics()[0]) > 5, "steps")
    page.close()
    app.kill(signal.SIGTERM)
    steps = len(run.metrics()[0])
    wait_until(lambda: len(run.metrics()[0]) > steps + 5, "steps without a server")
    launch.stop(run)
    wait_until(lambda: not run.alive, "the worker's end")
    assert run.state == states.STOPPED
    wait_until(lambda: not app.processes(), "the end of all processes")
