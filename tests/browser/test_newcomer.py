"""A newcomer's ten tasks: from Home, by clicks on what is in sight, without a typed address."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from explore_page import MAPS
from playwright.sync_api import Locator, Page, expect
from train_page import TrainPage, wait_until

from simclr_core.runs.run import Run
from tests.browser.conftest import App

pytestmark = pytest.mark.slow
COMPUTED = 300_000  # ms for an answer on a busy machine
HEIGHT = 768


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    """The shared app; the tests delete the run that they make."""
    return shared_app


@pytest.fixture
def home(app: App, page: Page) -> Page:
    page.goto(app.url)
    expect(page.locator(".film-side")).to_have_count(2)
    return page


@pytest.fixture(scope="module")
def trained(app: App, module_page: Page) -> Iterator[tuple[TrainPage, Run]]:
    """A training that was started from Home with two clicks."""
    module_page.goto(app.url)
    button(module_page, "Train one minute").click()
    train = TrainPage(module_page, app.url, app.store)
    run = train.start()
    yield train, run
    wait_until(lambda: not run.alive, "the worker's end")
    app.store.delete(run)


def menu(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNavLinkContainer").get_by_role("link", name=name).click()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def tab(page: Page, name: str) -> None:
    page.locator(".st-key-panel").get_by_role("radio", name=re.compile(f"^{name}")).click()


def in_sight(part: Locator) -> bool:
    box = part.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= HEIGHT


def test_what_it_is_stands_on_the_first_screen(home: Page) -> None:
    said = home.locator(".home-intro")
    expect(said.locator("h1")).to_have_text("See contrastive learning happen")
    expect(said).to_contain_text("no labels")
    films = home.locator(".film-stage").all()
    ways = [button(home, "Use your own pictures"), button(home, "Train one minute")]
    assert all(in_sight(part) for part in [said, *films, *ways])


def test_a_slider_shows_what_a_crop_does(home: Page) -> None:
    menu(home, "Views")
    first = home.locator("img.v1").first
    before = first.get_attribute("src")
    home.wait_for_timeout(500)  # Streamlit may still exchange a widget for its loaded form
    crop = home.locator(".st-key-crop_range, .st-key-crop").first
    assert in_sight(first) and in_sight(crop)
    crop.locator("input").first.focus()
    home.keyboard.press("ArrowRight")
    expect(first).not_to_have_attribute("src", str(before))


def test_a_training_is_started_and_moves(trained: tuple[TrainPage, Run]) -> None:
    train, run = trained
    train.wait_for_step(20)
    expect(train.canvas).to_have_attribute("data-run", run.id)
    expect(train.canvas).to_have_attribute("data-step", re.compile("^[1-9]"))  # points have moved
    expect(train.page.locator(".live-plot")).to_be_visible()
    assert in_sight(train.canvas) and in_sight(train.page.locator(".live-plot"))


def test_a_stopped_training_is_found_again_on_home(trained: tuple[TrainPage, Run]) -> None:
    train, run = trained
    train.press("Stop")
    train.expect_state("stopped")
    train.page.goto("about:blank")
    train.page.goto(train.url)
    offer = train.page.locator(".st-key-home-offer")
    expect(offer).to_contain_text(re.compile(rf"Continue: .*{re.escape(run.name)}.* stopped at \d"))
    assert in_sight(train.page.locator(".film-bar"))  # the offer is beside the heading
    box = offer.bounding_box()
    assert box and box["height"] < 50  # the words and the button are in one line
    offer.get_by_role("button", name="Resume").click()
    expect(train.page).to_have_url(re.compile(f"run={run.id}"))
    train.expect_state("finished")


def test_whether_it_learned_is_said(trained: tuple[TrainPage, Run]) -> None:
    train, _ = trained
    said = train.page.locator(".run-strip")
    expect(said).to_contain_text(re.compile(r"vote for the right shape in \d+(\.\d)?% of"))
    expect(said).to_contain_text("chance")
    assert in_sight(said)


def test_without_colour_distortion_it_groups_by_hue(home: Page) -> None:
    without = home.locator(".film-side").nth(1)
    expect(without.locator("h2")).to_have_text("Without")
    expect(without).to_contain_text(re.compile(r"for the right hue: 9\d"))  # at the film's end
    expect(without).to_contain_text("framed by hue")


def test_a_zip_of_ones_own_becomes_pairs(home: Page, tmp_path: Path) -> None:
    button(home, "Use your own pictures").click()
    with home.expect_file_chooser() as chooser:
        home.get_by_test_id("stFileUploaderDropzone").locator("button").first.click()
    chooser.value.set_files(zipped(tmp_path / "mine.zip"))
    expect(home).to_have_url(re.compile("data="))
    expect(home.locator(".lab-row:not(.lab-head)").first).to_contain_text(
        re.compile(r"(red|blue)\d\.png, (red|blue)")
    )


def test_copies_and_label_issues_have_a_tab_each(home: Page) -> None:
    menu(home, "Explore")
    for name, lists in (("Label issues", "labels"), ("Copies and outliers", "copies")):
        tab(home, name)
        found = home.locator(f".pr-lists[data-lists='{lists}']")
        expect(found.locator(".ex-thumb").first).to_be_visible(timeout=COMPUTED)


def test_two_runs_are_compared(home: Page) -> None:
    menu(home, "Explore")
    tab(home, "Compare")
    expect(home.locator(MAPS)).to_have_count(2)
    expect(home.locator(".compare")).to_be_visible()


def test_a_run_is_sent_by_its_link(home: Page) -> None:
    menu(home, "Explore")
    tab(home, "Export")
    home.locator(".st-key-share button").click()
    card = home.get_by_role("dialog")
    link = re.search(r"http\S+explore\?run=[\w-]+", card.inner_text())
    assert link
    other = home.context.new_page()
    other.goto(link[0])
    expect(other.locator(MAPS).first).to_be_visible()
    other.close()


def zipped(path: Path) -> Path:
    """A zip of twelve pictures in two folders."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, color in (("red", (0, 0, 255)), ("blue", (255, 0, 0))):
            for i in range(6):
                picture = np.full((32, 32, 3), color, np.uint8)
                cv2.circle(picture, (8 + 3 * i, 16), 5, (255, 255, 255), -1)
                encoded = io.BytesIO(cv2.imencode(".png", picture)[1].tobytes())
                archive.writestr(f"{name}/{name}{i}.png", encoded.getvalue())
    return path
