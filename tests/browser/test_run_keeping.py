"""A run that was started and stopped: found again after a reload, renamed, downloaded, deleted."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from train_page import PATIENCE, TrainPage, wait_until

from simclr_core.figures.colors import contrast
from simclr_core.runs import states
from simclr_core.runs.run import Run
from tests.browser.conftest import App

pytestmark = pytest.mark.slow  # real trainings, one after another


@pytest.fixture(scope="module")
def stopped(app: App, module_page: Page) -> Iterator[tuple[TrainPage, Run]]:
    """A run on digits that was stopped by its button, and the page that shows it."""
    train = TrainPage(module_page, app.url, app.store)
    train.open("?data=digits")
    train.fill(training_steps=5000, training_probe_size=100, model_width=8, name="my digits")
    run = train.new_run(lambda: train.press_twice("Start"))
    assert (run.config.training.steps, run.config.model.width) == (5000, 8)
    train.wait_for_step(10)
    train.press("Stop")
    train.expect_state("stopped")
    wait_until(lambda: not run.alive, "the worker's end")
    yield train, run


def line(page: Page, run: Run) -> Locator:
    """A run's line on the Runs page."""
    rows = page.locator(".st-key-runs-table > [data-testid='stLayoutWrapper']")
    return rows.filter(has=page.locator(f".st-key-menu_{run.id}"))


def choose(page: Page, run: Run, option: str) -> Locator:
    """Choose something in a run's menu; returns the dialog that opens."""
    page.locator(f".st-key-menu_{run.id} button").click()
    page.get_by_text(option, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def open_runs(train: TrainPage) -> None:
    """Home, from there Runs, and there the list."""
    train.page.goto(train.url)
    link = train.page.get_by_test_id("stTopNavLink")
    link.filter(has_text="Runs").click()
    train.page.wait_for_url("**/runs*")
    train.page.get_by_text("List", exact=True).click()
    expect(train.page.locator(".st-key-runs-table")).to_be_visible()


def test_a_double_click_on_start_makes_one_run(stopped: tuple[TrainPage, Run]) -> None:
    train, run = stopped
    assert list(train.store) == [run]


def test_stop_ends_the_run_where_it_is_and_keeps_what_it_learned(
    stopped: tuple[TrainPage, Run],
) -> None:
    train, run = stopped
    status = run.status
    assert status["state"] == states.STOPPED and 10 <= status["step"] < 5000
    expect(train.said).to_contain_text(f"Stopped at step {status['step']:,}")
    rows, _ = run.metrics()
    assert [row["step"] for row in rows] == list(range(1, status["step"] + 1))
    train.wait_for_step(status["step"])
    assert run.snapshot_steps()[-1] == status["step"]  # the map ends where the run did


def test_a_reload_brings_the_run_back(stopped: tuple[TrainPage, Run]) -> None:
    train, run = stopped
    train.page.reload()
    train.expect_state("stopped")
    assert train.page.url.count(f"run={run.id}") == 1
    step = run.status["step"]
    train.wait_for_step(step)
    expect(train.canvas).to_have_attribute("data-step", str(step), timeout=PATIENCE * 1000)
    expect(train.page.locator(".run-head > b")).to_have_text("my digits")
    assert train.scrolls() <= 0


def test_the_run_is_found_and_opened_on_the_runs_page(stopped: tuple[TrainPage, Run]) -> None:
    train, run = stopped
    open_runs(train)
    expect(line(train.page, run)).to_contain_text("stopped")
    expect(line(train.page, run)).to_contain_text("digits")
    train.page.get_by_role("link", name=re.compile("my digits")).click()
    train.page.wait_for_url(f"**/train?*run={run.id}*")
    train.expect_state("stopped")
    train.wait_for_step(run.status["step"])


def test_a_new_name_is_shown_everywhere(stopped: tuple[TrainPage, Run]) -> None:
    train, run = stopped
    open_runs(train)
    dialog = choose(train.page, run, "Rename")
    dialog.get_by_role("textbox").fill("seven & <eight>")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_be_hidden()
    expect(line(train.page, run).get_by_role("link")).to_contain_text("seven & <eight>")
    assert run.name == "seven & <eight>"
    train.open(f"?run={run.id}")
    expect(train.page.locator(".run-head > b")).to_have_text("seven & <eight>")


def test_the_download_is_a_zip_of_the_run_folder(
    stopped: tuple[TrainPage, Run], tmp_path: Path
) -> None:
    train, run = stopped
    open_runs(train)
    dialog = choose(train.page, run, "Download as zip")
    with train.page.expect_download() as waiting:
        dialog.get_by_role("link", name="Download").click()
    assert waiting.value.suggested_filename.startswith(f"simclr-{run.id}")
    waiting.value.save_as(tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read(f"{run.id}/config.json")) == run.record
        assert archive.read(f"{run.id}/metrics.jsonl") == (
            (run.path / "metrics.jsonl").read_bytes()
        )
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_an_opened_menu_can_be_read(stopped: tuple[TrainPage, Run]) -> None:
    """In both themes; 4.5 is what WCAG 2 asks of text."""
    train, run = stopped
    for scheme in ("dark", "light"):
        train.page.emulate_media(color_scheme=scheme)
        open_runs(train)
        button = train.page.locator(f".st-key-menu_{run.id} button")
        button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        found = button.locator("p").evaluate(
            "e => [e, document.querySelector('.stApp')].map((n, i) => "
            "getComputedStyle(n)[i ? 'backgroundColor' : 'color'].match(/[0-9]+/g).slice(0, 3))"
        )
        text, ground = ("#" + "".join(f"{int(v):02x}" for v in color) for color in found)
        assert contrast(text, ground) >= 4.5, (scheme, text, ground)
        train.page.keyboard.press("Escape")


def test_delete_asks_first_and_then_removes_the_run(stopped: tuple[TrainPage, Run]) -> None:
    train, run = stopped
    wait_until(  # nobody else writes into the folder any more
        lambda: run.coordinate_steps("umap") == run.snapshot_steps(), "the last layouts"
    )
    open_runs(train)
    choose(train.page, run, "Delete").get_by_role("button", name="Keep it").click()
    expect(train.page.get_by_role("dialog")).to_be_hidden()
    assert run.path.exists()
    dialog = choose(train.page, run, "Delete")
    expect(dialog).to_contain_text("cannot be brought back")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_be_hidden()
    expect(line(train.page, run)).to_have_count(0)
    assert not run.path.exists() and list(train.store) == []
    train.open(f"?run={run.id}")
    expect(train.said).to_contain_text(f"There is no run {run.id} here")
