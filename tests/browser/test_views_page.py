"""The Views page and the frame around it, in Chromium on the real server."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Page, expect

from tests.browser.conftest import App

Settled = Callable[[Page], None]
ANSWERED = 180_000  # ms: the analyst starts behind everything else that the machine does
HEAVY = ("tensorflow", "libtensorflow", "numba", "llvmlite", "sklearn")


def opened(app: App, page: Page, path: str) -> None:
    page.goto(app.url + path)
    page.wait_for_selector(".lab-pairs, .lab-steps, .lab-grid")
    page.wait_for_timeout(500)  # Streamlit may still exchange a widget for its loaded form


def sources(page: Page) -> list[str]:
    return page.locator(".lab-picture").evaluate_all("all => all.map(one => one.src)")


def press(page: Page, key: str, times: int, arrow: str = "ArrowRight") -> None:
    page.locator(f".st-key-{key} input").first.focus()
    for _ in range(times):
        page.keyboard.press(arrow)


def test_the_first_visitor_gets_the_frame_also_on_a_deep_link(app: App, page: Page) -> None:
    opened(app, page, "/views")
    links = page.locator('[data-testid="stTopNavLink"]')
    assert links.all_inner_texts() == [
        *("Home", "Views", "Train", "Explore", "Learn", "Lessons", "Paradigms", "Runs")
    ]
    expect(page.locator(".lab-machine")).to_contain_text("nothing running")


def test_the_first_pair_and_the_map_are_seen_without_scrolling(app: App, page: Page) -> None:
    opened(app, page, "/views")
    row = page.locator(".lab-row:not(.lab-head)").first
    page.locator(".pm-stage").wait_for()
    for part in (row, page.locator(".pm-stage")):
        box = part.bounding_box()
        assert box and box["y"] + box["height"] < 768
    for picture in row.locator("img").all():  # the recipe stands below them
        box = picture.bounding_box()
        assert box and box["y"] + box["height"] < 768 / 2 + 100
    assert row.locator("img").evaluate_all("all => all.every(one => one.alt && one.naturalWidth)")
    styles = row.locator("img.v1, img.v2").evaluate_all(
        "all => all.map(one => getComputedStyle(one).borderTopStyle)"
    )
    assert styles == ["solid", "dashed"]  # told apart without colour


def test_a_slider_redraws_in_place_and_the_link_shows_the_same(app: App, page: Page) -> None:
    opened(app, page, "/views")
    before = sources(page)
    page.evaluate("window.slider = document.querySelector('.st-key-color_strength input')")
    press(page, "color_strength", 1)
    page.wait_for_function("first => document.querySelector('img.v1').src !== first", arg=before[1])
    expect(page).to_have_url(re.compile(r"color_strength=1\.05$"))
    assert page.evaluate("window.slider === document.activeElement && window.slider.isConnected"), (
        "the slider was rebuilt"
    )
    after = sources(page)
    page.goto("about:blank")
    opened(app, page, "/views?color_strength=1.05")
    assert sources(page) == after
    press(page, "color_strength", 1, "ArrowLeft")
    page.wait_for_function("first => document.querySelector('img.v1').src === first", arg=before[1])
    expect(page).to_have_url(app.url + "/views")  # a default is not in the link
    assert sources(page) == before


def test_a_slider_moves_the_two_views_on_the_map(app: App, page: Page) -> None:
    opened(app, page, "/views")
    words, marks = page.locator(".pm-words"), page.locator(".pm-marks")
    expect(words).to_contain_text("untrained", timeout=ANSWERED)
    pictures = page.locator(".pm-picture")
    assert pictures.evaluate_all("all => all.map(one => getComputedStyle(one).borderTopStyle)") == [
        *("solid", "dashed")
    ]
    place, words_before = marks.get_attribute("data-places"), words.inner_text()
    page.locator(".st-key-color_strength input").focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("color_strength=2"))
    expect(marks).not_to_have_attribute("data-places", str(place), timeout=ANSWERED)
    expect(page.locator(".pm-root.pm-dated")).to_have_count(0, timeout=ANSWERED)
    assert words.locator("b").inner_text() != words_before.split(" ")[0]
    page.locator(".lab-choose").nth(2).click()
    expect(page.locator(".pm-caption")).to_contain_text("picture 1819")
    page.get_by_text("one by one").click()  # of the same picture
    expect(page.locator(".st-key-row input")).to_have_value("3")


def test_with_fewer_pairs_the_map_shows_the_last_one(app: App, page: Page) -> None:
    page.goto(f"{app.url}/views?row=5")
    chosen = (
        "() => [...document.querySelectorAll('.lab-pairs .lab-row[data-pair]')].map("
        "row => getComputedStyle(row, '::before').backgroundColor !== 'rgba(0, 0, 0, 0)')"
    )
    expect(page.locator(".pm-words b")).to_be_visible(timeout=ANSWERED)
    assert page.evaluate(chosen) == [i == 4 for i in range(8)]
    pictures = page.get_by_role("spinbutton", name="Pictures")
    pictures.fill("3")
    pictures.press("Enter")
    expect(page.locator(".lab-pairs .lab-row[data-pair]")).to_have_count(3)
    page.wait_for_function(f"({chosen})().at(-1)", timeout=ANSWERED)
    expect(page.locator(".pm-words b")).to_be_visible()


def test_fast_keys_are_not_lost(app: App, page: Page) -> None:
    opened(app, page, "/views")
    press(page, "color_strength", 6)
    expect(page).to_have_url(re.compile(r"color_strength=1\.3$"))
    page.wait_for_timeout(1000)  # a late answer must not undo it
    assert page.locator(".st-key-color_strength input").input_value() == "1.3"
    page.get_by_role("button", name="as in the paper").click()
    expect(page).to_have_url(re.compile(r"blur_p=0\.5"))
    expect(page.locator(".st-key-color_strength input")).to_have_value("1")


def test_every_key_redraws_once(app: App, page: Page, settled: Settled) -> None:
    opened(app, page, "/views")
    settled(page)
    page.evaluate(
        """() => { window.drawn = 0; let last = document.querySelector('img.v1').src;
        new MutationObserver(() => { const now = document.querySelector('img.v1')?.src;
          if (now && now !== last) { last = now; window.drawn += 1 } })
        .observe(document.body, {subtree: true, childList: true}) }"""
    )
    for i in range(6):
        press(page, "color_strength", 1)
        page.wait_for_function(f"window.drawn > {i}")
    settled(page)
    assert page.evaluate("window.drawn") == 6


def test_a_link_that_cannot_be_used_gets_a_sentence(app: App, page: Page) -> None:
    opened(app, page, "/views?crop=.2&crop=7&seed=x&color_strenth=2&row=-3&skip=zz&pictures=99")
    notice = page.get_by_test_id("stAlert")
    expect(notice).to_contain_text("crop in the link: expected two rising numbers from 0.01 to 1")
    expect(notice).to_contain_text("did you mean color_strength?")
    for name in ("seed", "row", "skip", "pictures"):
        expect(notice).to_contain_text(f"{name} in the link: expected a whole number from")
    assert page.locator(".lab-original").count() == 8
    assert page.get_by_test_id("stException").count() == 0
    expect(page).to_have_url(app.url + "/views")


def test_a_range_that_falls_in_a_link_gives_way_to_the_default(app: App, page: Page) -> None:
    opened(app, page, "/views?crop=0.9&gray_p=0.9&crop=0.1")
    expect(page.get_by_test_id("stAlert")).to_contain_text("found 0.9, 0.1; the default is used")
    ends = page.locator(".st-key-crop input").evaluate_all("all => all.map(one => +one.value)")
    assert ends == sorted(ends) and 0.9 not in ends
    expect(page.locator(".st-key-gray_p input")).to_have_value("0.9")
    expect(page).to_have_url(app.url + "/views?gray_p=0.9")
    page.reload()
    page.wait_for_selector(".lab-pairs")
    assert page.get_by_test_id("stAlert").count() == 0


def test_a_path_that_is_not_there_leaves_the_page_usable(app: App, page: Page) -> None:
    page.goto(app.url + "/views?data=/not/there")
    expect(page.get_by_test_id("stAlert")).to_contain_text("found nothing at '/not/there'")
    page.locator(".st-key-data input").click()
    page.get_by_role("option", name="digits").click()
    page.wait_for_selector(".lab-pairs")
    expect(page).to_have_url(re.compile("data=digits"))


def test_settings_go_to_train_and_are_there_on_return(app: App, page: Page) -> None:
    opened(app, page, "/views?data=digits")
    press(page, "color_strength", 2)
    expect(page).to_have_url(re.compile(r"color_strength=1\.1"))
    page.get_by_role("button", name="Train with these views").click()
    page.wait_for_url("**/train**")
    expect(page.locator(".st-key-train_views input")).to_have_value("views from the Views page")
    expect(page.locator(".st-key-data input")).to_have_value("digits")
    page.locator('[data-testid="stTopNavLink"]', has_text="Views").click()
    page.wait_for_selector(".lab-pairs")
    expect(page.locator(".st-key-color_strength input")).to_have_value("1.1")


def test_home_leads_on(app: App, page: Page) -> None:
    page.goto(app.url)
    expect(page.get_by_role("img", name=re.compile("^Map of 1,000 pictures"))).to_have_count(2)
    page.get_by_role("button", name="Use your own pictures").click()
    expect(page.get_by_role("heading", name="Your own pictures")).to_be_visible()
    pictures = np.random.default_rng(0).integers(0, 255, (30, 32, 32, 3)).astype(np.uint8)
    file = io.BytesIO()
    np.savez(file, images=pictures)
    page.locator(".st-key-views_upload input[type=file]").set_input_files(
        {"name": "mine.npz", "mimeType": "application/zip", "buffer": file.getvalue()}
    )
    page.wait_for_selector(".lab-pairs")
    page.goto(app.url)
    page.get_by_role("button", name="Train one minute").click()
    page.wait_for_selector(".st-key-train-form")


def test_the_server_is_light_and_keeps_a_mapper(app: App, page: Page, settled: Settled) -> None:
    for path in ("/", "/views", "/train", "/runs"):
        page.goto(app.url + path)
        page.wait_for_selector('[data-testid="stTopNavLink"]')
        settled(page)
    mapped = Path(f"/proc/{app.pid}/maps").read_text()
    assert not [name for name in HEAVY if f"/{name}" in mapped]
    assert psutil.Process(app.pid).memory_info().rss < 400e6
    assert any("simclr_core.workers.mapper" in command for _, command in app.processes())
