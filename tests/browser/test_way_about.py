"""The way about in Chromium: menu, Back, forward and reload, Copy link, the card to share."""

from __future__ import annotations

import io
import os
import re
import signal

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from train_page import TrainPage

from tests.browser.conftest import App


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    return shared_app


def menu(page: Page, name: str) -> None:
    """Choose a page in the menu."""
    page.get_by_test_id("stTopNavLinkContainer").get_by_role("link", name=name).click()


def field(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} input").first


def test_back_forward_and_reload_restore_the_form(app: App, page: Page) -> None:
    train = TrainPage(page, app.url, app.store)
    train.open()
    train.choose("data", "digits")
    train.choose("train_preset", "five minutes")
    train.fill(training_temperature=0.3)

    def is_as_left() -> None:
        expect(page).to_have_url(re.compile(r"/train\?.*data=digits"))
        expect(field(page, "data")).to_have_value("digits")
        expect(field(page, "train_preset")).to_have_value("five minutes")
        page.get_by_role("button", name="Finer settings").click()
        expect(field(page, "train_training_temperature")).to_have_value("0.3")
        page.keyboard.press("Escape")

    menu(page, "Learn")
    expect(page).to_have_url(re.compile("/learn$"))
    page.go_back()  # one step, not two
    is_as_left()
    page.go_forward()
    expect(page).to_have_url(re.compile("/learn$"))
    page.go_back()
    is_as_left()
    page.reload()
    is_as_left()


def test_a_page_that_is_left_at_once_leaves_no_step_behind(app: App, page: Page) -> None:
    page.goto(f"{app.url}/train?data=digits")
    expect(field(page, "data")).to_have_value("digits")
    page.wait_for_function("globalThis.simclrLabTravels")
    for _ in range(3):  # the server's answer for Learn comes when Train is back
        os.kill(app.pid, signal.SIGSTOP)
        try:
            menu(page, "Learn")
            expect(page).to_have_url(re.compile("/learn$"))
            page.go_back()
        finally:
            os.kill(app.pid, signal.SIGCONT)
    expect(field(page, "data")).to_have_value("digits")
    page.wait_for_timeout(1000)  # a late answer would come now
    expect(page).to_have_url(re.compile(r"/train\?data=digits$"))
    page.go_forward()
    expect(page).to_have_url(re.compile("/learn$"))
    expect(page.locator(".st-key-learn_next")).to_be_visible()


def test_views_go_to_train_and_back_with_their_pictures(app: App, page: Page) -> None:
    page.goto(f"{app.url}/views?data=digits&gray_p=0.9&show=one+by+one")
    page.get_by_role("button", name="Train with these views").click()
    expect(field(page, "data")).to_have_value("digits")
    expect(field(page, "train_views")).to_have_value("views from the Views page")
    page.go_back()
    expect(page).to_have_url(re.compile("data=digits"))
    expect(page).to_have_url(re.compile("gray_p=0.9"))
    expect(field(page, "data")).to_have_value("digits")


def test_the_menu_keeps_the_open_run(app: App, page: Page) -> None:
    page.goto(f"{app.url}/train?run=no-colour")
    expect(page.locator(".run-head")).to_contain_text("no colour")
    menu(page, "Explore")
    expect(page).to_have_url(re.compile(r"/explore\?run=no-colour$"))
    menu(page, "Learn")
    menu(page, "Views")
    expect(page).to_have_url(re.compile(r"/views\?run=no-colour$"))
    menu(page, "Train")
    expect(page).to_have_url(re.compile(r"/train\?run=no-colour$"))
    expect(page.locator(".run-head")).to_contain_text("no colour")


def test_copy_link_works_without_a_clipboard(app: App, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{app.url}/explore?run=no-colour&panel=Health")
    button = page.get_by_role("button", name="Copy the link to this page")
    button.click()
    expect(page.locator(".frame-said")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    button.click()
    expect(page.locator(".frame-address")).to_have_value(page.url)
    page.context.clear_permissions()


def test_a_run_is_shared_by_link_gif_and_replay(app: App, page: Page) -> None:
    page.goto(f"{app.url}/train?run=strong-views")
    page.get_by_role("button", name="Share").click()
    card = page.get_by_role("dialog")
    expect(card).to_contain_text(f"{app.url}/explore?run=strong-views")
    link = card.get_by_role("link", name=re.compile("Download GIF, "))
    expect(link).to_be_visible(timeout=300_000)
    expect(card.get_by_role("link", name=re.compile("Download replay, "))).to_be_visible()
    expect(card.get_by_role("img")).to_have_js_property("complete", True)
    body = page.request.get(app.url + str(link.get_attribute("href"))).body()
    with Image.open(io.BytesIO(body)) as gif:
        assert gif.n_frames > 8 and gif.info["loop"] == 0 and len(body) < 5_000_000
