"""What a room costs: many browsers on one machine while a run trains.

    python scripts/measure_room.py [--browsers 1 10 30] [--record FILE]

Starts the app on a free port and a run of the preset `minute` on shapes. Then, for each number, so
many browsers (contexts of one Chromium, each with a session of its own) stay open: a third on the
live run, a third on a lesson, a third on Learn. A further browser comes as a student would, five
times: seconds until a lesson's question is there, from a prediction until what was found is drawn,
from "next" until Learn's next part is there. "server" is the processor time of the app's server
alone, as a share of one core, while nobody clicks: the browsers run on the same machine here and
take the rest; in a class they run elsewhere. Needs what the tests need. Run nothing else meanwhile.
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

import psutil
from browsing import ROOT, app, chromium
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(ROOT))

from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

PLACES = ("train?run={run}", "lessons?lesson=color&said=1", "learn?part=2")
SHOWN = (".run-state", ".lesson-limits", ".learn-text")
AGAIN = 5  # times that the student comes
REST = 10.0  # seconds in which nobody clicks
PATIENCE = 120_000  # ms
ROWS = {
    "question": "a lesson's question is there, s",
    "found": "from a prediction to its figure, s",
    "next": "from next to Learn's next part, s",
    "server": "server while nobody clicks, of one core",
    "memory": "memory of the server, MB",
    "pace": "training, images/s",
}


def main() -> None:
    """Open, measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--browsers", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--record", type=Path, metavar="FILE", help="write everything as JSON")
    args = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory(
        prefix="simclr-lab-room-", ignore_cleanup_errors=True
    ) as folder:
        runs = Path(folder) / "runs"
        os.environ |= {"SIMCLR_LAB_RUNS": str(runs)}
        with app(runs) as (server, url), sync_playwright() as playwright:
            run = started()
            browser = chromium(playwright)
            opened = 0
            for count in sorted(args.browsers):
                while opened < count:
                    page = browser.new_context().new_page()
                    page.goto(f"{url}/{PLACES[opened % 3].format(run=run)}", timeout=PATIENCE)
                    page.locator(SHOWN[opened % 3]).first.wait_for(timeout=PATIENCE)
                    opened += 1
                found[count] = rest(runs / run, server.pid) | student(browser, url)
                print(count, found[count], file=sys.stderr)
            browser.close()
    tell(found)
    if args.record:
        args.record.write_text(json.dumps(found, indent=1) + "\n")


def started() -> str:
    """The id of a run that lasts as long as this measurement."""
    words = ["train", "--data", "shapes", "--seconds", "3600", "--json"]
    store = RunStore()
    before = {run.id for run in store}
    subprocess.Popen(
        [sys.executable, "-m", "simclr_core", *words],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        for run in store:
            if run.id not in before and run.metrics()[0]:
                return run.id
        time.sleep(0.2)
    raise RuntimeError("Expected a run to start, it did not; try `python -m simclr_core train`.")


def rest(run: Path, pid: int) -> dict[str, float]:
    """The server and the training while nobody clicks."""
    time.sleep(REST / 2)  # what was opened last has come to rest
    process = psutil.Process(pid)
    before, began = sum(process.cpu_times()[:2]), time.perf_counter()
    time.sleep(REST)
    used = (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)
    rows = Run(run).metrics()[0][-200:]
    pace = statistics.median(row["images_per_second"] for row in rows if row["images_per_second"])
    return {"server": used, "memory": process.memory_info().rss / 1e6, "pace": pace}


def student(browser: Browser, url: str) -> dict[str, float]:
    """Medians of what one more browser waits for."""
    seconds: dict[str, list[float]] = {"question": [], "found": [], "next": []}
    for _ in range(AGAIN):
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        began = time.perf_counter()
        page.goto(f"{url}/lessons?lesson=composition")
        page.locator(".lesson-question").wait_for()
        seconds["question"].append(time.perf_counter() - began)
        began = time.perf_counter()
        page.get_by_role("button", name="It takes both").click()
        page.locator(".lesson-limits").wait_for()
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        seconds["found"].append(time.perf_counter() - began)
        page.goto(f"{url}/learn?part=1")
        onward = page.locator(".st-key-learn_next button")
        onward.get_by_text("two views").wait_for()
        began = time.perf_counter()
        onward.click()
        onward.get_by_text("base encoder").wait_for()
        seconds["next"].append(time.perf_counter() - began)
        page.context.close()
    return {name: statistics.median(values) for name, values in seconds.items()}


def tell(found: dict[int, dict[str, float]]) -> None:
    """Print the table of docs/teaching.md."""
    print("| browsers that stay open | " + " | ".join(map(str, found)) + " |")
    print("| --- |" + " --: |" * len(found))
    for name, words in ROWS.items():
        form = {"server": "{:.0%}", "memory": "{:.0f}", "pace": "{:,.0f}"}.get(name, "{:.2f}")
        cells = [form.format(one[name]) for one in found.values()]
        print(f"| {words} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
