"""How long Views takes from a key on a slider until the new pair is on screen, and until the map
beside it gets the places of the new views.

    python scripts/measure_redraw.py [--keys 10]

Starts the app on a free port and presses a key in Chromium. Needs what the tests need (Playwright
and a Chromium). Run nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from browsing import app, chromium
from playwright.sync_api import Page, sync_playwright

RECORD = """() => {
  let last = document.querySelector('img.v1').src, start = 0;
  window.times = [];
  document.addEventListener('keydown', () => { start = performance.now(); }, true);
  new MutationObserver(() => {
    const now = document.querySelector('img.v1')?.src;
    if (now && now !== last) { last = now; window.times.push(performance.now() - start); }
  }).observe(document.body, { subtree: true, childList: true });
  const placed = document.querySelector('.st-key-views-map [data-testid="stBidiComponentIsolated"]')
    .shadowRoot.querySelector('.pm-picture');
  let shown = placed.src;
  window.places = [];
  new MutationObserver(() => {
    if (placed.src !== shown) { shown = placed.src; window.places.push(performance.now() - start); }
  }).observe(placed, { attributeFilter: ['src'] });
}"""
GLIDE = 320  # ms that the points then glide


def main() -> None:
    """Press the keys, and print the median and the slowest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=10, help="how many are pressed, 20 at most")
    keys = parser.parse_args().keys
    with tempfile.TemporaryDirectory(prefix="simclr-lab-redraw-") as runs:
        os.environ |= {"SIMCLR_LAB_RUNS": runs, "SIMCLR_LAB_SPARE": "0"}
        with app(Path(runs)) as (_, url), sync_playwright() as playwright:
            browser = chromium(playwright)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.set_default_timeout(180_000)  # of a busy machine
            page.goto(f"{url}/views")
            pictures, places = measured(page, keys)
            browser.close()
    print(f"{_words(pictures)} from key to picture")
    print(f"{_words(places)} from key to new places on the map, plus {GLIDE} ms of gliding")


def measured(page: Page, keys: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each key on "colour strength" until the first view, and the map, changed.

    Args:
        keys: 20 at most: each shows views that the network was not asked about before.
    """
    page.locator("img.v1").first.wait_for()
    page.locator(".pm-words b").wait_for()  # the analyst has started
    page.wait_for_timeout(3000)  # Streamlit may still exchange a widget for its loaded form
    page.evaluate(RECORD)
    slider = page.locator(".st-key-color_strength input").first
    for i in range(keys):
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"window.times.length > {i} && window.places.length > {i}")
        page.wait_for_timeout(2 * GLIDE)
    return page.evaluate("[window.times, window.places]")


def _words(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms, at most {max(times):.0f} ms,"


if __name__ == "__main__":
    main()
