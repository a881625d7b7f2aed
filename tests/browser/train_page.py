"""The Train page as a person uses it, and a recorder of what it showed over time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page, expect

from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

PATIENCE = 120.0  # seconds; two busy cores take long to start a worker

# Looks twenty times a second and keeps every value that differs from the one before.
RECORDER = """() => {
  const seen = { states: [], said: [], facts: [], scores: [], last: [], maps: [], there: [],
    boxes: [], overflow: [] };
  window.seen = seen;
  const newest = {};
  const note = (name, value) => {
    const key = JSON.stringify(value);
    if (value === undefined || key === newest[name]) return false;
    newest[name] = key;
    return seen[name].push(value) > 0;
  };
  const texts = (selector) =>
    [...document.querySelectorAll(selector)].map((e) => e.textContent.trim());
  const box = (e) => {
    const { x, y, width, height } = e.getBoundingClientRect();
    return [x, y, width, height].map((v) => Math.round(v * 10) / 10);
  };
  window.look = () => {
    const host = document.querySelector('[data-testid="stBidiComponentIsolated"]');
    const canvas = host?.shadowRoot?.querySelector(".live-stage > canvas");
    const curves = document.querySelector(".live-curves");
    const main = document.querySelector('[data-testid="stMain"]');
    const sketch = "strong-views"; // stands there until a run is started
    if (!document.querySelector(".run-sketch")) {
      note("states", texts(".run-head .run-state")[0]);
      note("said", texts(".run-strip > span")[0]);
      note("facts", texts(".run-facts span"));
    }
    if (main) note("overflow", main.scrollHeight - main.clientHeight);
    note("there", [canvas, curves].map((e) => !!e?.getBoundingClientRect().width));
    if (canvas && curves) note("boxes", [box(canvas), box(curves)]);
    if (curves && curves.__simclr.header?.run !== sketch) {
      note("scores", texts(".live-curves .live-figure b, .live-curves .live-cell b"));
      note("last", curves.__simclr.steps?.at?.(-1));
    }
    const { step, method, run, gliding } = canvas?.dataset ?? {};
    if (step && !gliding && run !== sketch && note("maps", { run, method, step: Number(step) }))
      seen.maps.at(-1).xy = Array.from(canvas.__simclr.xy);
  };
  window.look();
  setInterval(window.look, 50);
}"""


def wait_until(what: Callable[[], Any], why: str, patience: float = PATIENCE) -> Any:
    """Wait until `what()` is true, and return it; fail with `why` in words."""
    end = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < end, f"waited {patience:.0f} s for {why}"
        time.sleep(0.05)
    return found


class TrainPage:
    """The Train page in a browser.

    Attributes:
        page: the browser's page.
        url: of the app.
        store: the app's runs.
    """

    def __init__(self, page: Page, url: str, store: RunStore) -> None:
        self.page, self.url, self.store = page, url, store
        self.canvas: Locator = page.locator(".live-stage > canvas")
        self.curves: Locator = page.locator(".live-curves")
        self.state: Locator = page.locator(".run-head .run-state")
        self.said: Locator = page.locator(".run-strip > span")

    def open(self, query: str = "") -> None:
        """Load the page and wait until its figures stand."""
        self.page.goto(f"{self.url}/train{query}")
        expect(self.canvas).to_be_visible()
        expect(self.curves).to_be_visible()
        self.settle()

    def settle(self) -> None:
        """Wait until the page's script has run."""
        self.page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]', state="attached"
        )

    def choose(self, key: str, option: str) -> None:
        """Choose in a menu."""
        self.page.locator(f".st-key-{key} input").click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.settle()

    def fill(self, **settings: float | str) -> None:
        """Fill in folded settings, named by their keys without `train_`."""
        self.page.get_by_role("button", name="Finer settings").click()
        for key, value in settings.items():
            field = self.page.locator(f".st-key-train_{key} input")
            if isinstance(value, str) and key != "name":
                self.choose(f"train_{key}", value)
            else:
                field.fill(str(value))
                field.press("Enter")
                self.settle()
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".st-key-train_name")).to_be_hidden()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def press_twice(self, name: str) -> None:
        """Double-click a button as slowly as a hand does."""
        button = self.page.get_by_role("button", name=name, exact=True)
        button.dblclick(delay=120)

    def start(self) -> Run:
        """Press Start; returns the run that the URL then names."""
        button = self.page.locator(".st-key-train_start button")  # Start, or Put in the queue
        return self.new_run(button.click)

    def new_run(self, act: Callable[[], None]) -> Run:
        """Do what makes a run; returns the run that the URL then names."""
        before = _run_of(self.page.url)
        act()
        self.page.wait_for_url(lambda url: _run_of(url) not in ("", before))
        return self.store.get(_run_of(self.page.url))

    def expect_state(self, word: str, patience: float = PATIENCE) -> None:
        """Wait until the head line says this state; a run that fails instead ends the waiting."""
        expect(self.state).to_have_text(re.compile(f"^({word}|failed)$"), timeout=patience * 1000)
        assert self.state.text_content() == word, self.said.text_content()

    def record(self) -> None:
        """Begin to record what is shown; a loaded page has to begin again."""
        self.page.evaluate(RECORDER)

    def seen(self) -> dict[str, list[Any]]:
        """What was recorded so far; see `RECORDER`."""
        return self.page.evaluate("() => { window.look(); return window.seen; }")

    def last_step(self) -> int:
        """The last step of the loss that is drawn; 0 before the first, and of the sketch."""
        found = self.curves.evaluate(
            "e => e.__simclr.header?.run === 'strong-views' ? 0 : e.__simclr.steps?.at?.(-1) ?? 0"
        )
        return int(found)

    def wait_for_step(self, step: int, patience: float = PATIENCE) -> None:
        """Wait until the loss is drawn up to a step."""
        wait_until(lambda: self.last_step() >= step, f"step {step} on the page", patience)

    def scrolls(self) -> int:
        """Pixels by which the page is higher than the window."""
        main = self.page.get_by_test_id("stMain")
        return int(main.evaluate("e => e.scrollHeight - e.clientHeight"))

    def mark(self) -> None:
        """Put a mark on the elements of both figures that must stay the same."""
        for part in self._parts():
            part.evaluate("e => { e.mark = 'mine'; }")

    def marked(self) -> bool:
        """Whether they all still are the marked ones."""
        return all(part.evaluate("e => e.mark === 'mine'") for part in self._parts())

    def places(self) -> np.ndarray:
        """Where the points of the map are, (P, 2) CSS pixels from the canvas's corner."""
        flat = self.canvas.evaluate(
            "c => Array.from(c.getRootNode().simclrView.scatter.at, "
            "v => v * c.getRootNode().simclrView.scatter.width)"
        )
        return np.array(flat).reshape(-1, 2)

    def map_xy(self) -> np.ndarray:
        """Coordinates that the map shows, (P, 2)."""
        return np.array(self.canvas.evaluate("c => Array.from(c.__simclr.xy)")).reshape(-1, 2)

    def drawn(self) -> dict[int, tuple[float, float, float]]:
        """The pictures that are drawn, once they stand still: middle and half the side of each."""
        found = self.canvas.evaluate(
            """async (c) => {
            const { scatter } = c.getRootNode().simclrView, { tiles } = scatter;
            while (tiles.moving || !tiles.ready) await new Promise(requestAnimationFrame);
            return tiles.cells.drawn.map((i) => [i, scatter.seen(i)]); }"""
        )
        return {index: tuple(box) for index, box in found}

    def hover(self, index: int) -> int:
        """Put the pointer on a drawn picture; returns the picture that the card then shows."""
        box = self.canvas.bounding_box()
        assert box is not None
        x, y, _ = self.drawn()[index]
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        expect(self.page.locator(".live-card")).to_be_visible()
        return int(self.canvas.get_attribute("data-point") or -1)

    def _parts(self) -> list[Locator]:
        plot = self.page.locator(".live-plot")
        return [self.canvas, self.curves, plot, plot.locator(".main-svg").first]


def _run_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("run", [""])[0]


def clock_seconds(words: str) -> float:
    """Seconds of a clock's words, such as 1:05."""
    minutes, seconds = re.findall(r"\d+", words)[-2:]
    return 60 * int(minutes) + int(seconds)
