"""A run to explore, and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from explore_page import MAPS, train
from playwright.sync_api import Locator, Page, expect

from child_processes import wait_for
from simclr_core.runs.run import Run
from tests.browser.conftest import App, running


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all modules of this folder."""
    yield from running(App(tmp_path_factory.mktemp("explored-app")))


@pytest.fixture(scope="session")
def run(app: App) -> Run:
    """A run of 24 steps with five snapshots of 120 pictures, trained by the command line."""
    train(app, 24)
    (run,) = app.store
    wait_for(lambda: run.coordinate_steps("umap") == run.snapshot_steps())
    return run


@pytest.fixture
def opened(app: App, page: Page, run: Run) -> Iterator[Any]:
    """A function that opens Explore and waits for a step: opened("?of=z", step)."""

    def go(query: str = "", step: int | None = None) -> Locator:
        page.goto(f"{app.url}/explore{query}")
        canvas = page.locator(MAPS).first
        expect(canvas).to_have_attribute("data-step", str(24 if step is None else step))
        expect(canvas).not_to_have_attribute("data-gliding", "1")
        return canvas

    yield go
