"""Take the README's screenshots of the running app (start it with `make run` first).

    .venv/bin/python scripts/take_screenshots.py [--url http://127.0.0.1:8501] [--run RUN]
        [--other RUN] [--teach]

Without --run it presses Start and waits until the run has finished, as a newcomer would; the
recorded runs will do as well (--run strong-views --other no-colour). With --other, another run of
the same pictures, it also takes every panel of Explore, light and dark. With --teach it takes the
pages that teach instead, light and dark, and on a projector's 1920x1080 in large type.
"""

from __future__ import annotations

import argparse
import re
from typing import Literal

from browsing import ROOT, chromium
from playwright.sync_api import Browser, Page, expect, sync_playwright

FOLDER = ROOT / "assets" / "screenshots"
SIZE = {"width": 1366, "height": 768}
ANSWERS = 10_000  # milliseconds until the network has said how alike the pairs are
PANELS = {  # name -> settings in the link, and what is there once all has been answered
    "map": ("picture=4&of=h+and+z", ".ex-detail .ex-past"),
    "matrix": ("panel=Similarity", ".mx-facts:not(:empty)"),
    "pairs": ("panel=Pairs", ".pr-list img"),
    "health": ("panel=Health", ".health"),
    "keeps": ("panel=What+it+keeps", ".keeps table"),
    "looks": ("panel=Where+it+looks&picture=4", ".looks img"),
    "compare": ("panel=Compare&runs={run},{other}", ".ex-stage canvas"),
    "take": ("panel=Export", ".take"),
}
TEACH = {  # name -> link, and what is there once all has been drawn
    "home": ("", ".film-root:not([data-step='0']) .film-play:not(.film-pause)"),  # it has ended
    **{f"learn-{part}": (f"learn?part={part}", ".learn-text") for part in range(1, 7)},
    "lessons-question": ("lessons?lesson=color", ".lesson-question"),
    "lessons-found": ("lessons?lesson=color&said=1", ".lesson-limits"),
    "lessons-maps": ("lessons?lesson=maps&said=1", ".lesson-limits"),
    "paradigms": ("paradigms", ".paradigm-first"),
    "paradigms-classes": (
        "paradigms?tab=Class+by+class", ".paradigm-report",
    ),
    "paradigms-maps": ("paradigms?tab=Maps", ".sb-root canvas"),
    "wall": ("runs", ".wall-stage canvas"),
}  # fmt: skip
PROJECTOR = {"width": 1920, "height": 1080}
ENDED = re.compile("finished|recorded")
STILL = 3000  # milliseconds until everything that glides has arrived


def main() -> None:
    """Open the pages one after another and keep what they show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8501")
    parser.add_argument("--run", help="a finished run; without it one is started")
    parser.add_argument("--other", help="another finished run, to compare it with")
    parser.add_argument("--teach", action="store_true", help="the pages that teach instead")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        if arguments.teach:
            teach(browser, arguments.url)
            browser.close()
            return
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        if arguments.run:
            page.goto(f"{arguments.url}/train?run={arguments.run}")
        else:
            train(page, arguments.url)
        expect(page.locator(".run-state")).to_have_text(ENDED, timeout=30_000)
        keep(page, "train")
        run = arguments.run or re.search(r"run=([\w-]+)", page.url)[1]  # type: ignore[index]
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


def teach(browser: Browser, url: str) -> None:
    """Home, Learn, Lessons, Paradigms and the wall of runs."""
    for name, size, scheme, more in (
        ("light", SIZE, "light", ""),
        ("dark", SIZE, "dark", ""),
        ("projector", PROJECTOR, "light", "size=large"),
    ):
        page = browser.new_page(viewport=size, color_scheme=scheme)
        for what, (link, shown) in TEACH.items():
            page.goto(f"{url}/{link}{'&' if '?' in link else '?'}{more}")
            expect(page.locator(shown).first).to_be_visible(timeout=60_000)
            keep(page, f"{what}-{name}", "jpeg")


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


def keep(page: Page, name: str, kind: Literal["png", "jpeg"] = "png") -> None:
    """Write what the page shows now, with nothing under the mouse."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(STILL)
    path = FOLDER / f"{name}.{'jpg' if kind == 'jpeg' else kind}"
    page.screenshot(path=path, type=kind, quality=82 if kind == "jpeg" else None)
    print(f"{path.relative_to(FOLDER.parents[1])}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
