"""Lessons and Paradigms in Chromium: a prediction, a comparison that is run for real, four ways."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App

Settled = Callable[[Page], None]


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    return shared_app


def test_a_prediction_opens_what_was_found(app: App, page: Page, settled: Settled) -> None:
    page.goto(f"{app.url}/lessons?lesson=temperature")
    expect(page.get_by_text("Which temperature teaches most")).to_be_visible()
    expect(page.get_by_text("What this does not show")).to_have_count(0)
    page.get_by_role("button", name="0.1", exact=True).click()
    expect(page).to_have_url(re.compile("said=1"))
    expect(page.get_by_text("You said: 0.1.")).to_be_visible()
    expect(page.get_by_text("What this does not show")).to_be_visible()
    page.get_by_text("How far can a map be trusted?").click()  # while the page still answers
    expect(page).to_have_url(re.compile(r"lesson=maps$"))
    expect(page.get_by_text("Points of pure noise")).to_be_visible()
    page.get_by_role("button", name="Clusters", exact=True).click()
    maps = page.locator(".sb-maps canvas[data-points]")
    expect(maps).to_have_count(8)
    expect(maps.first).to_have_attribute("aria-label", re.compile("points: h: 3 neighbours"))
    page.go_back()
    page.go_back()
    expect(page.get_by_text("Which temperature teaches most")).to_be_visible()


@pytest.mark.slow
def test_a_lesson_is_run_here_and_its_points_are_added(app: App, page: Page) -> None:
    page.goto(f"{app.url}/lessons?lesson=maps&said=1")
    page.get_by_role("button", name="Run it here").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("Run here: 1 seed")).to_be_visible(timeout=500_000)
    expect(page.locator(".lesson-verdict")).to_contain_text("held")
    expect(page.get_by_role("button", name="Run it here")).to_be_visible()


@pytest.mark.slow
def test_paradigms_compares_four_ways_on_digits(app: App, page: Page) -> None:
    page.goto(f"{app.url}/paradigms?data=digits&labels=5&seconds=5")
    expect(page.locator(".paradigm-whole")).to_contain_text("Self-supervised")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    first = page.locator(".paradigm-first b")
    expect(first).to_have_count(4, timeout=300_000)
    assert all(re.fullmatch(r"\d+%", text) for text in first.all_inner_texts())
    page.get_by_text("Class by class", exact=True).click()
    cells = page.locator(".cm-table button")
    expect(cells).to_have_count(100)
    cells.locator("xpath=self::*[not(@disabled)]").first.click()
    expect(page.locator(".paradigm-gallery img").first).to_be_visible()
    page.get_by_text("Maps", exact=True).click()
    maps = page.locator(".sb-maps canvas[data-points]")
    expect(maps).to_have_count(4)
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"
    assert all(canvas.evaluate(drawn) for canvas in maps.all())
    expect(page.locator(".sb-root .live-legend button")).to_have_count(10)


def test_large_type_and_hidden_panels_come_with_the_link(app: App, page: Page) -> None:
    page.goto(f"{app.url}/lessons?lesson=color&said=1&size=large&hide=limits")
    expect(page.locator(".lesson-head")).to_be_visible()
    size = page.evaluate("getComputedStyle(document.documentElement).fontSize")
    assert size == "20.25px"
    expect(page.get_by_text("What this does not show")).to_be_hidden()
    page.get_by_role("button", name="Aa").click()
    page.wait_for_function("getComputedStyle(document.documentElement).fontSize === '15px'")
    expect(page).to_have_url(re.compile("size=usual"))
