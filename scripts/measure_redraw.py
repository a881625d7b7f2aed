"""How long Views takes from a key on a slider until the new pair is on screen.

    python scripts/measure_redraw.py [--keys 20]

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
}"""


def main() -> None:
    """Press the keys, and print the median and the slowest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keys", type=int, default=20, help="how many are pressed")
    keys = parser.parse_args().keys
    with tempfile.TemporaryDirectory(prefix="simclr-lab-redraw-") as runs:
        os.environ |= {"SIMCLR_LAB_RUNS": runs, "SIMCLR_LAB_SPARE": "0"}
        with app(Path(runs)) as (_, url), sync_playwright() as playwright:
            browser = chromium(playwright)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(f"{url}/views")
            times = redraws(page, keys)
            browser.close()
    print(f"{statistics.median(times):.0f} ms from key to picture, at most {max(times):.0f} ms")


def redraws(page: Page, keys: int) -> list[float]:
    """Milliseconds from each key on "colour strength" until the first view has changed."""
    page.locator("img.v1").first.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)  # Streamlit may still exchange a widget for its loaded form
    page.evaluate(RECORD)
    slider = page.locator(".st-key-color_strength input").first
    for i in range(keys):
        slider.focus()
        page.keyboard.press("ArrowRight" if i % 20 < 10 else "ArrowLeft")
        page.wait_for_function(f"window.times.length > {i}")
    times: list[float] = page.evaluate("window.times")
    return times


if __name__ == "__main__":
    main()
