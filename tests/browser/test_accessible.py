"""The pages that teach: nothing serious that axe finds, and everything by the keyboard alone."""

from __future__ import annotations

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from simclr_core.feed import demo
from tests.browser.conftest import App

PAGES = {
    "": ".film-stage",
    "learn?part=1": ".learn-text",
    "learn?part=2": ".mt-view",
    "learn?part=3": ".learn-text",
    "learn?part=4": ".learn-text",
    "learn?part=5": ".ls-root",
    "learn?part=6": ".learn-text",
    "lessons?lesson=maps": ".lesson-question",
    "lessons?lesson=color&said=1": ".lesson-limits",
    "paradigms?data=digits": ".paradigm-whole",
}
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    return shared_app


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious(app: App, page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    found = []
    for path, shown in PAGES.items():
        page.goto(f"{app.url}/{path}")
        expect(page.locator(shown).first).to_be_visible()
        page.wait_for_timeout(300)
        for wrong in Axe().run(page).response["violations"]:
            if wrong["impact"] in SERIOUS:
                places = [node["target"] for node in wrong["nodes"]][:4]
                found.append(f"{path}: {wrong['id']} ({wrong['impact']}): {places}")
    assert not found, "\n".join(found)


def test_the_game_and_a_prediction_by_the_keyboard_alone(app: App, page: Page) -> None:
    page.goto(f"{app.url}/learn?part=2&round=3")
    views = page.locator(".mt-view")
    expect(views).to_have_count(12)
    picture = demo.game_round(2).picture
    a, b = (int(i) for i in np.flatnonzero(picture == 0))
    for i in (a, b):
        _tab_to(page, f"view {i + 1}")
        page.keyboard.press("Enter")
    expect(page.locator(".mt-found")).to_have_count(2)
    page.goto(f"{app.url}/lessons?lesson=maps")
    expect(page.locator(".lesson-question")).to_be_visible()
    _tab_to(page, "Clusters")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("said=1"))


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the element of that name has the focus."""
    focused = """() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return (element?.getAttribute("aria-label") || element?.textContent || "").trim();
    }"""
    page.evaluate("document.activeElement?.blur()")
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == name:
            return
    raise AssertionError(f"{name} cannot be reached by the keyboard")
