"""The map of Explore on a telephone: one finger scrolls the page, two fingers move the map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from explore_page import MAPS, PICTURES, at, points, selected
from playwright.sync_api import Browser, CDPSession, Page, expect

from simclr_core.runs.run import Run
from tests.browser.conftest import App

MAIN = "() => document.querySelector('[data-testid=\"stMain\"]').scrollTop"
Finger = tuple[float, float]


@pytest.fixture
def phone(app: App, browser: Browser, run: Run) -> Iterator[Page]:
    """Explore on a screen of 390x844 that is touched."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{app.url}/explore?run={run.id}")
    canvas = page.locator(MAPS).first
    expect(canvas).to_have_attribute("data-step", "24")
    canvas.evaluate("c => c.scrollIntoView({ block: 'center' })")
    yield page
    context.close()


def touch(session: CDPSession, kind: str, *fingers: Finger) -> None:
    places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]
    session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": places})


def swipe(page: Page, start: Finger, end: Finger) -> None:
    """Draw one finger over the screen."""
    session = page.context.new_cdp_session(page)
    touch(session, "Start", start)
    for share in np.linspace(0.1, 1, 12):
        touch(session, "Move", tuple(np.add(start, share * np.subtract(end, start)).tolist()))
        page.wait_for_timeout(16)
    touch(session, "End")


def middle(page: Page) -> Finger:
    box = page.locator(MAPS).first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def view(page: Page) -> Any:
    return page.locator(MAPS).first.evaluate(
        "c => c.getRootNode().simclrView.panes[0].scatter.view"
    )


def test_the_map_comes_before_its_settings_and_nothing_is_wider_than_the_screen(
    phone: Page,
) -> None:
    tops = [
        phone.locator(part).first.evaluate("e => e.getBoundingClientRect().top")
        for part in (".st-key-explore-bar .stSelectbox", ".st-key-panel", MAPS, ".ex-detail h2")
    ]
    assert tops == sorted(tops)
    settings = phone.locator(".st-key-by").evaluate("e => e.getBoundingClientRect().top")
    assert settings > tops[-1]
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    for part in (".ex-root", ".ex-field", ".ex-pane", ".ex-toolbar"):
        assert phone.locator(part).evaluate("e => e.getBoundingClientRect().right") <= 390


def test_one_finger_scrolls_the_page_and_selects_nothing(phone: Page) -> None:
    canvas = phone.locator(MAPS).first
    before = phone.evaluate(MAIN)
    x, y = middle(phone)
    swipe(phone, (x, y + 100), (x + 4, y - 140))
    phone.wait_for_function(f"before => ({MAIN})() > before + 80", arg=before)
    x, y = middle(phone)
    swipe(phone, (x - 120, y), (x + 120, y + 5))
    assert selected(canvas) is None and view(phone)["times"] == 1


def test_two_fingers_enlarge_and_move_the_map(phone: Page) -> None:
    canvas = phone.locator(MAPS).first
    x, y = middle(phone)
    before, scrolled = points(canvas), phone.evaluate(MAIN)
    session = phone.context.new_cdp_session(phone)
    touch(session, "Start", (x - 40, y))
    touch(session, "Start", (x - 40, y), (x + 40, y))
    for apart in (50, 60, 70, 80):
        touch(session, "Move", (x - apart, y), (x + apart, y))
    touch(session, "Move", (x - 50, y - 20), (x + 110, y - 20))  # 30 to the right, 20 up
    touch(session, "End")
    assert view(phone)["times"] == pytest.approx(2, abs=0.01)
    box = canvas.bounding_box()
    assert box
    held = np.array([x - box["x"], y - box["y"]])
    expected = held + 2 * (before - held) + [30, -20]
    np.testing.assert_allclose(points(canvas), expected, atol=1)
    assert phone.evaluate(MAIN) == scrolled


def test_a_finger_draws_a_line_once_that_tool_is_switched_on(phone: Page) -> None:
    canvas = phone.locator(MAPS).first
    box_tool = phone.get_by_role("button", name="box")
    expect(box_tool).to_have_attribute("aria-pressed", "false")
    box_tool.click()
    expect(box_tool).to_have_attribute("aria-pressed", "true")
    canvas.evaluate("c => c.scrollIntoView({ block: 'center' })")  # clear of the page's head
    scrolled = phone.evaluate(MAIN)
    places = points(canvas)
    low, high = np.percentile(places, [20, 80], axis=0)
    swipe(phone, at(phone, canvas, low), at(phone, canvas, high))
    expected = np.flatnonzero(((places > low) & (places < high)).all(axis=1)).tolist()
    assert 0 < len(expected) < PICTURES
    assert selected(canvas) == expected
    assert phone.evaluate(MAIN) == scrolled
    box_tool.click()
    expect(box_tool).to_have_attribute("aria-pressed", "false")
