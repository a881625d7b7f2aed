"""Every page on a telephone: nothing is wider than the screen, nothing covers anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from fake_run import FakeRun
from tests.browser.conftest import App

WIDTH = 400
LOOK = """() => { const main = document.querySelector('[data-testid="stMain"]');
const all = [...main.querySelectorAll(
  'button, img, p, dd, canvas, .lab-row, .runs-grid, .run-head')];
const out = one => { const b = one.getBoundingClientRect();
                     return b.width > 1 && (b.right > innerWidth + 1 || b.left < -1) };
return all.filter(out).map(one => one.outerHTML.slice(0, 120)) }"""


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    return shared_app


@pytest.fixture(scope="module")
def run(app: App) -> Iterator[str]:
    """A finished run with a map and curves."""
    fake = FakeRun(app.store, steps=60, probe=200)
    for _ in range(3):
        fake.train(20)
        fake.snapshot()
    fake.end()
    yield fake.run.id
    app.store.delete(fake.run)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/views",
        "/train",
        "/train?run={}",
        "/runs",
        "/paradigms",
        *(f"/learn?part={i}" for i in (2, 5, 6)),
    ],
)
def test_nothing_is_wider_than_the_screen(
    app: App, page: Page, settled: Callable[[Page], None], run: str, path: str
) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 800})
    page.goto(app.url + path.format(run))
    page.wait_for_selector(
        ".home-intro, .learn-text, .lab-pairs, .st-key-train-form, .wall-grid, .paradigm-whole"
    )
    settled(page)
    page.wait_for_timeout(1000)  # figures take their size
    assert page.evaluate(LOOK) == []


def test_the_words_of_a_pair_stand_under_its_pictures(app: App, page: Page) -> None:
    page.set_viewport_size({"width": WIDTH, "height": 800})
    page.goto(app.url + "/views")
    row = page.locator(".lab-pairs .lab-row:not(.lab-head)").first
    row.wait_for()
    picture, words = row.locator("img.v2").bounding_box(), row.locator(".lab-words").bounding_box()
    assert picture and words and words["y"] >= picture["y"] + picture["height"]
    assert words["width"] > 0.8 * WIDTH
