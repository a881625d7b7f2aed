"""How alike a real run finds the views on the Views page: Chromium, server and analyst are real."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from playwright.sync_api import Page, expect
from scipy.spatial.distance import cosine

from child_processes import wait_for
from simclr_core.data.datasets import load_dataset
from simclr_core.runs.run import Run
from simclr_core.settings.config import replace
from simclr_core.settings.presets import view_config
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views
from tests.browser.conftest import App
from tests.browser.test_views_page import ANSWERED, HEAVY, press
from trained_run import trained_elsewhere

pytestmark = pytest.mark.slow  # real trainings, one after another

STRENGTHS = (1.0, 1.05, 0.95)
SHOWN = ".lab-alikes .lab-alike > span:not(.lab-spoken)"


@pytest.fixture(scope="module")
def numbers(app: App, tmp_path_factory: pytest.TempPathFactory) -> dict[float, list[str]]:
    """What each pair on the page has to say, by the strength of colour; the run is there then."""
    data = load_dataset("shapes", max_images=4000)
    images = data.x_train[np.random.default_rng(0).permutation(len(data.x_train))[:8]]
    drawn = {}
    for strength in STRENGTHS:
        config = replace(view_config("drawn"), color_strength=strength)
        recipes = draw_recipes(config, 8, 7, 0, image_size=32)
        drawn[str(strength)] = render_views(images, recipes).reshape(16, 32, 32, 3)
    h = trained_elsewhere(app.store, drawn, tmp_path_factory.mktemp("h"))
    run = only_run(app)
    return {strength: lines(h, str(strength), run.id) for strength in STRENGTHS}


def only_run(app: App) -> Run:
    (run,) = app.store
    return run


def lines(h: dict[str, np.ndarray], name: str, run_id: str) -> list[str]:
    """The lines of eight pairs, from representations alone."""
    found = []
    for i in range(0, 16, 2):
        alike, untrained = (
            f"{1 - cosine(*h[f'{name} {role}'][i : i + 2]):.2f}".replace("0.", ".").replace(
                "-", "−"
            )
            for role in ("trained", "untrained")
        )
        found.append(f"alike {alike} (cosine of h, run {run_id}), untrained {untrained}")
    return found


def opened(app: App, page: Page, query: str = "") -> None:
    page.goto(f"{app.url}/views{query}")
    page.wait_for_selector(".lab-pairs")


def shown(page: Page) -> list[str]:
    return page.locator(SHOWN).all_inner_texts()


def wait_for_numbers(page: Page) -> None:
    """Until nothing is waited for."""
    page.wait_for_function(
        """() => { const all = [...document.querySelectorAll('.lab-alikes .lab-alike')];
                   const known = line => /alike −?[.1].*untrained/.test(line.innerText);
                   return all.length && all.every(known) }""",
        timeout=ANSWERED,
    )


def boxes(page: Page, rows: str) -> list[list[float]]:
    return page.locator(rows).evaluate_all(
        "all => all.map(one => { const b = one.getBoundingClientRect();"
        " return [b.left, b.top, b.width, b.height] })"
    )


def analysts(app: App) -> list[psutil.Process]:
    return [
        process
        for process, command in app.processes()
        if "simclr_core.questions.analyst" in command
    ]


def test_the_page_says_what_numpy_computes_from_the_runs_own_weights(
    app: App, page: Page, numbers: dict[float, list[str]]
) -> None:
    opened(app, page)
    expect(page.locator(".lab-alikes .lab-alike").first).to_contain_text("alike … (cosine of h")
    before = boxes(page, ".lab-pairs .lab-row")
    wait_for_numbers(page)
    assert shown(page) == numbers[1.0]
    assert len(set(numbers[1.0])) > 1
    # Each line lies in the place that its row left for it, and nothing has moved.
    assert boxes(page, ".lab-pairs .lab-row") == before == boxes(page, ".lab-alikes .lab-row")
    assert boxes(page, ".lab-pairs .lab-alike") == boxes(page, ".lab-alikes .lab-alike")
    expect(page.locator(".pm-others")).to_have_text(
        re.compile(r"^different pictures \.\d\d, untrained \.\d\d$")
    )


def test_a_slider_redraws_at_once_and_the_numbers_follow(
    app: App, page: Page, numbers: dict[float, list[str]], settled: Callable[[Page], None]
) -> None:
    opened(app, page)
    wait_for_numbers(page)
    settled(page)
    page.evaluate(
        """() => { const line = () => document.querySelector('.lab-alikes .lab-alike').innerText;
        const view = () => document.querySelector('img.v1').src;
        window.seen = []; let last = view();
        new MutationObserver(() => { if (view() !== last) window.seen.push(line()) })
        .observe(document.body, {subtree: true, childList: true, characterData: true}) }"""
    )
    press(page, "color_strength", 1)
    page.wait_for_function("window.seen.some(line => line.includes('…'))")
    wait_for_numbers(page)
    assert shown(page) == numbers[1.05] != numbers[1.0]
    press(page, "color_strength", 1, "ArrowLeft")
    expect(page).to_have_url(app.url + "/views")
    # All eight: single lines may read the same at both strengths.
    expect(page.locator(SHOWN)).to_have_text(numbers[1.0])


def test_after_fast_keys_to_and_fro_the_page_rests_and_no_question_is_left(
    app: App, page: Page, numbers: dict[float, list[str]], settled: Callable[[Page], None]
) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    opened(app, page)
    press(page, "color_strength", 6)
    press(page, "color_strength", 5, "ArrowLeft")
    page.wait_for_timeout(1500)  # for all of them to arrive
    settled(page)
    wait_for_numbers(page)
    assert shown(page) == numbers[1.05]
    page.wait_for_timeout(1000)
    sent.clear()
    page.wait_for_timeout(3500)
    assert len(sent) <= 3  # the machine and its queue, right of the navigation
    jobs = only_run(app).path / "jobs"
    wait_for(lambda: not list(jobs.glob("*.request.json")))


def test_an_analyst_that_is_killed_is_started_again(
    app: App, page: Page, numbers: dict[float, list[str]]
) -> None:
    opened(app, page, "?seed=8")  # views that were not asked about before
    wait_for_numbers(page)
    (process,) = analysts(app)
    process.kill()
    opened(app, page, "?color_strength=0.95")
    wait_for_numbers(page)
    assert shown(page) == numbers[0.95]
    assert [one.pid for one in analysts(app)] != [process.pid]


def test_the_link_and_the_menu_choose_the_run(
    app: App, page: Page, numbers: dict[float, list[str]]
) -> None:
    run = only_run(app)
    opened(app, page, "?run=none")
    expect(page.locator(".lab-alikes")).to_have_count(0)
    page.locator(".st-key-views_run input").click()
    page.get_by_role("option", name=f"run {run.id}").click()
    expect(page).to_have_url(re.compile(f"run={run.id}"))
    wait_for_numbers(page)
    assert shown(page) == numbers[1.0]
    opened(app, page, "?run=gone")
    expect(page.locator(".lab-strip")).to_contain_text("There is no run gone here")


def test_the_server_stays_light(app: App, page: Page, numbers: dict[float, list[str]]) -> None:
    opened(app, page)
    wait_for_numbers(page)
    mapped = Path(f"/proc/{app.pid}/maps").read_text()
    assert not [name for name in HEAVY if f"/{name}" in mapped]
    assert psutil.Process(app.pid).memory_info().rss < 400e6


def test_a_run_deleted_meanwhile_leaves_the_recorded_one(
    app: App, page: Page, numbers: dict[float, list[str]]
) -> None:
    opened(app, page)
    wait_for_numbers(page)
    app.store.delete(only_run(app))
    press(page, "color_strength", 1)
    menu = page.get_by_role("combobox", name=re.compile("as seen by"))
    expect(menu).to_have_value("shapes, strong views (recorded)")  # which nobody can delete
    wait_for_numbers(page)
    assert page.get_by_test_id("stException").count() == 0
