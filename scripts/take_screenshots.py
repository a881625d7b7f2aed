"""Take the README's screenshots of the running app (start it with `make run` first).

    .venv/bin/python scripts/take_screenshots.py [--url http://127.0.0.1:8501] [--run RUN]
        [--other RUN]

Without --run it presses Start and waits until the run has finished, as a newcomer would. With
--other, another run of the same pictures, it also takes every panel of Explore, light and dark.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = {"width": 1366, "height": 768}
ANSWERS = 10_000  # milliseconds until the network has said how alike the pairs are
PANELS = {  # name -> settings in the link, and what is there once all has been answered
    "map": ("picture=4&of=h+and+z", ".ex-detail .ex-past"),
    "matrix": ("panel=Similarity+matrix", ".mx-facts:not(:empty)"),
    "pairs": ("panel=Hard+pairs", ".pr-list img"),
    "health": ("panel=Health", ".health"),
    "keeps": ("panel=What+it+keeps", ".keeps table"),
    "looks": ("panel=Where+it+looks&picture=4", ".looks img"),
    "compare": ("panel=Compare&runs={run},{other}", ".ex-stage canvas"),
    "take": ("panel=Take+away", ".take"),
}
STILL = 3000  # milliseconds until everything that glides has arrived


def main() -> None:
    """Open the pages one after another and keep what they show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8501")
    parser.add_argument("--run", help="a finished run; without it one is started")
    parser.add_argument("--other", help="another finished run, to compare it with")
    arguments = parser.parse_args()
    browser_path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        if arguments.run:
            page.goto(f"{arguments.url}/train?run={arguments.run}")
        else:
            train(page, arguments.url)
        expect(page.locator(".run-state")).to_have_text("finished", timeout=30_000)
        keep(page, "train")
        run = arguments.run or re.search(r"run=(\w+)", page.url)[1]  # type: ignore[index]
        page.goto(f"{arguments.url}/explore?run={run}&picture=4")
        expect(page.locator(".ex-detail .ex-past").first).to_be_visible(timeout=30_000)
        keep(page, "explore")
        page.goto(f"{arguments.url}/views")
        expect(page.locator(".lab-row").nth(1)).to_be_visible(timeout=30_000)
        page.wait_for_timeout(ANSWERS)
        keep(page, "views")
        if arguments.other:
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport=SIZE, color_scheme=scheme)
                panels(page, arguments.url, run, arguments.other, scheme)
        browser.close()


def panels(page: Page, url: str, run: str, other: str, scheme: str) -> None:
    """Every panel of Explore, once what it asks for has been answered."""
    for name, (query, shown) in PANELS.items():
        page.goto(f"{url}/explore?run={run}&{query.format(run=run, other=other)}")
        expect(page.locator(shown).first).to_be_visible(timeout=120_000)
        keep(page, f"explore-{name}-{scheme}")


def train(page: Page, url: str) -> None:
    """Start a run with nothing but a click, and wait for its end and its last map."""
    page.goto(f"{url}/train")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".run-state")).to_have_text("finished", timeout=300_000)
    last = page.locator(".run-facts").inner_text()
    found = re.search(r"step ([\d,]+)", last)
    if found:
        expect(page.get_by_text(f"UMAP · step {found[1]}")).to_be_visible(timeout=60_000)


def keep(page: Page, name: str) -> None:
    """Write what the page shows now, with nothing under the mouse."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(STILL)
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    print(f"{path.relative_to(FOLDER.parents[1])}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
