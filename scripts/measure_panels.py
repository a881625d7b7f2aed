"""How long every panel of Explore takes, for runs with few and many pictures on the map; or pages.

    python scripts/measure_panels.py [--data SOURCE] [--counts 1000 5000 20000] [--record FILE]
    python scripts/measure_panels.py --pages [--again 5]

Trains a short run for each count, starts the app on a free port, and opens each panel in a fresh
page of Chromium: from the click on its name until what it shows is there. "first" includes what has
to be computed once, by the server or by the analyst; "again" is the median of later openings, each
in a page that has fetched nothing. The analyst has answered a question before, so that its start
does not count. With --pages, every page is opened with the recorded runs by a browser that has been
there before: from the address until something is painted, and until what the page is about is there
(medians). Needs what the tests need (Playwright and a Chromium). Run nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from browsing import ROOT, app, chromium
from playwright.sync_api import Browser, Page, sync_playwright

SIZE = {"width": 1366, "height": 768}
PANELS = {  # name of the panel -> what is there once it shows all that it has
    "Map": ".ex-stage > canvas[data-step]",
    "Similarity": ".mx-facts:not(:empty)",
    "Pairs": ".pr-list, .pr-note",
    "Health": ".health >> nth=0",
    "What it keeps": ".keeps table",
    "Where it looks": ".looks img >> nth=3",
    "Compare": ".ex-stage > canvas[data-step] >> nth=1",
    "Export": ".take >> nth=5",
}
PAGES = {  # address -> what the page is about
    "": ".film-stage canvas[data-step]",
    "views": ".lab-row",
    "train": ".live-stage canvas",
    "train?run=strong-views": ".live-stage canvas[data-step]",
    "explore": ".ex-stage > canvas[data-step]",
    "learn": ".learn-text",
    "lessons": ".lesson-question",
    "paradigms": ".paradigm-whole",
    "runs": ".wall-stage canvas[data-step]",
}
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"
PATIENCE = 600_000  # ms
GLIDE = """async () => {
  const all = [...document.querySelectorAll('*')];
  const view = all.find((e) => e.shadowRoot?.querySelector('.ex-root')).shadowRoot.simclrView;
  const { scatter } = view.panes[0];
  const draws = [], frames = [];
  for (let i = 0; i < 30; i++) {
    const began = performance.now();
    scatter.draw();
    draws.push(performance.now() - began);
  }
  let last = performance.now();
  await new Promise((done) => {
    const next = () => {
      const now = performance.now();
      frames.push(now - last);
      last = now;
      frames.length < 40 ? requestAnimationFrame(next) : done();
    };
    view.scrubber.go(view.scrubber.at ? 0 : 1);
    requestAnimationFrame(next);
  });
  const at = (values, share) =>
    values.sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];
  return { draw: at(draws, 0.5), frame: at(frames, 0.5), frame95: at(frames, 0.95) };
}"""


def main() -> None:
    """Train, open, measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="shapes", help="as for `train`; needs enough pictures")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 5000, 20000])
    parser.add_argument("--again", type=int, default=3, help="openings after the first")
    parser.add_argument("--pages", action="store_true", help="measure pages, not panels")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write everything as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="simclr-lab-panels-", ignore_cleanup_errors=True
    ) as folder:
        runs = Path(folder) / "runs"
        os.environ |= {"SIMCLR_LAB_RUNS": str(runs), "SIMCLR_LAB_SPARE": "0"}
        if args.pages:
            with app(runs) as (_, url), sync_playwright() as playwright:
                tell_pages(chromium(playwright), url, args.again)
            return
        ids = {count: trained(args.data, count) for count in args.counts}
        with app(runs) as (_, url), sync_playwright() as playwright:
            browser = chromium(playwright)
            warm_analyst(browser, url, ids[args.counts[0]])
            found = {}
            for count, run in ids.items():
                other = next((one for one in ids.values() if one != run), run)
                found[count] = measured(browser, url, run, other, args.again)
            browser.close()
    tell(found)
    if args.record:
        args.record.write_text(json.dumps(found, indent=1) + "\n")


def trained(source: str, count: int) -> str:
    """The id of a short run with so many pictures on its map, laid out by UMAP as well."""
    words = ["--data", source, "--probe-size", str(count), "--steps", "60", "--snapshots", "3"]
    command = [sys.executable, "-m", "simclr_core", "train", *words, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    run = str(json.loads(done.stdout.splitlines()[-1])["run"])
    folder = Path(os.environ["SIMCLR_LAB_RUNS"]) / run
    while len(list(folder.glob("coordinates/umap-*.npz"))) < len(
        list(folder.glob("coordinates/pca-*.npz"))
    ):
        time.sleep(1)
    print(f"run {run} with {count:,} pictures", file=sys.stderr)
    return run


def warm_analyst(browser: Browser, url: str, run: str) -> None:
    """Have the analyst import its framework: by a question that is not measured."""
    page = opened(browser, f"{url}/explore?run={run}&panel=Where+it+looks&picture=9")
    page.locator(PANELS["Where it looks"]).wait_for(timeout=PATIENCE)
    page.context.close()


def opened(browser: Browser, url: str) -> Page:
    """A page in a context of its own, with its panels to choose from."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.goto(url)
    page.get_by_role("radio", name="Map", exact=True).wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)
    return page


def measured(browser: Browser, url: str, run: str, other: str, again: int) -> dict[str, Any]:
    """Seconds of each panel, first and again, and the map's milliseconds."""
    found: dict[str, Any] = {}
    for name, shown in PANELS.items():
        seconds = []
        for _ in range(1 + again):
            start = "Export" if name == "Health" else "Health"  # from where it is opened
            query = f"?run={run}&panel={start}&picture=3&runs={run},{other}"
            page = opened(browser, f"{url}/explore{query}")
            began = time.perf_counter()
            page.get_by_role("radio", name=name, exact=True).click()
            page.locator(shown).first.wait_for(timeout=PATIENCE)
            seconds.append(time.perf_counter() - began)
            if name == "Map" and len(seconds) == 1:
                page.wait_for_timeout(3000)
                found["glide"] = page.evaluate(GLIDE)
            page.context.close()
        found[name] = {"first": seconds[0], "again": statistics.median(seconds[1:])}
        print(f"{name}: {seconds[0]:.2f} s, then {found[name]['again']:.2f} s", file=sys.stderr)
    return found


def tell_pages(browser: Browser, url: str, again: int) -> None:
    """Print for each page the seconds to its first paint and to what it is about."""
    print(f"load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    print("| page | first paint, s | content, s |\n| --- | --: | --: |")
    page = browser.new_context(viewport=SIZE).new_page()
    for address, shown in PAGES.items():
        paints, contents = [], []
        for visit in range(again + 1):
            page.goto("about:blank")
            began = time.perf_counter()
            page.goto(f"{url}/{address}", wait_until="commit")
            page.locator(shown).first.wait_for(timeout=PATIENCE)
            seconds = time.perf_counter() - began
            if visit:  # the first one fills the browser's cache
                contents.append(seconds)
                paints.append(page.evaluate(PAINT))
        paint, content = statistics.median(paints), statistics.median(contents)
        print(f"| {address or 'home'} | {paint:.2f} | {content:.2f} |", flush=True)
    print(f"load {os.getloadavg()[0]:.1f}")


def tell(found: dict[int, dict[str, Any]]) -> None:
    """Print the table of docs/explore.md."""
    print("| | " + " | ".join(f"{count:,} pictures" for count in found) + " |")
    print("| --- |" + " --: |" * len(found))
    for name in PANELS:
        cells = (f"{one[name]['first']:.1f}, {one[name]['again']:.2f}" for one in found.values())
        print(f"| {name}, first and again, s | " + " | ".join(cells) + " |")
    glides = [one["glide"] for one in found.values()]
    print("| drawing the map, ms | " + " | ".join(f"{g['draw']:.1f}" for g in glides) + " |")
    cells = (f"{g['frame']:.1f}, {g['frame95']:.0f}" for g in glides)
    print("| a frame while points glide, ms (median, 95%) | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
