"""Home's recorded run and the pages that tell the idea, in Chromium."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from simclr_core.data.shapes import SHAPES
from simclr_core.feed import demo, film
from simclr_core.loss.nt_xent import nt_xent_loss
from simclr_core.runs.summary import score
from tests.browser.conftest import App


@pytest.fixture(scope="module")
def app(shared_app: App) -> App:
    return shared_app


def test_home_plays_two_recorded_runs_by_itself(app: App, page: Page) -> None:
    page.goto(app.url)
    stages = page.locator(".film-stage .ex-stage > canvas")
    expect(stages).to_have_count(2)
    canvas = stages.first
    expect(canvas).to_have_attribute("data-step", re.compile(r"^[1-9]"))  # it moves on its own
    last = film.about()["steps"]
    for stage in stages.all():
        expect(stage).to_have_attribute("data-step", str(last))
        box = stage.bounding_box()
        assert box and box["y"] + box["height"] < 768
    expect(page.locator(".film-where")).to_have_text(f"step {last:,}")
    told = json.loads(film.film_bytes())["runs"]
    scores = page.locator(".film-score").all_inner_texts()
    assert scores == [score(run["votes"][0]["values"][-1]) for run in told]
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    card = page.locator(".film-side").first.locator(".live-card")
    for share in np.linspace(0.1, 0.9, 60):  # somewhere on the way across lies a picture
        page.mouse.move(box["x"] + share * box["width"], box["y"] + (1 - share) * box["height"])
        if page.locator(".ex-pointed").count():
            break
    expect(page.locator(".ex-pointed")).to_have_count(2)  # the same picture on both maps
    expect(card.locator("b")).to_have_text(re.compile("|".join(SHAPES)))
    expect(card).to_contain_text("hue ")
    expect(card).to_have_attribute("data-picture", "shown")
    page.get_by_role("link", name="Try it yourself").click()
    expect(page).to_have_url(re.compile(r"/learn\?part=2"))
    expect(page.locator(".mt-view")).to_have_count(12)


def test_the_game_is_played_to_its_end(app: App, page: Page) -> None:
    page.goto(f"{app.url}/learn?part=2&round=3")
    views = page.locator(".mt-view")
    expect(views).to_have_count(12)
    picture = demo.game_round(2).picture  # the third round has seed 2
    words = page.locator(".mt-words")
    first = np.flatnonzero(picture == picture[0])
    other = int(np.flatnonzero(picture != picture[0])[0])
    views.nth(0).click()
    expect(views.nth(0)).to_have_attribute("aria-pressed", "true")
    views.nth(other).click()
    expect(words).to_contain_text("two pictures")
    for k in range(6):
        a, b = np.flatnonzero(picture == k)
        views.nth(int(a)).click()
        views.nth(int(b)).click()
    expect(page.locator(".mt-found")).to_have_count(12)
    missed = {int(picture[first[0]]), int(picture[other])}
    expect(words).to_contain_text(f"All six pairs; {6 - len(missed)} of them at the first try")
    alike = demo.story()["alike"][2].astype(np.float32)
    right = [
        str(sum(bool(picture[a] == picture[b]) for a, b in demo.matched(matrix)))
        for matrix in alike
    ]
    lines = page.locator(".mt-line")
    assert [lines.nth(i).get_attribute("data-right") for i in (0, 1)] == right
    expect(lines.nth(1).locator(".mt-pair")).to_have_count(6)
    page.get_by_role("button", name="Another round").click()
    expect(page).to_have_url(re.compile("round=4"))
    expect(page.locator(".mt-found")).to_have_count(0)


def told(page: Page) -> tuple[float, list[float], float]:
    """Loss, angles and temperature that the page shows now."""
    root = page.locator(".ls-root")
    loss, angles, tau = (root.get_attribute(f"data-{name}") for name in ("loss", "angles", "tau"))
    return float(loss or "nan"), json.loads(angles or "[]"), float(tau or "nan")


def engine(angles: list[float], tau: float) -> float:
    turns = np.radians(angles)
    return float(nt_xent_loss(np.stack([np.cos(turns), np.sin(turns)], axis=1), tau))


def test_the_loss_on_the_page_is_the_engines(app: App, page: Page) -> None:
    page.goto(f"{app.url}/learn?part=5")
    expect(page.locator(".ls-table tr")).to_have_count(9)
    loss, angles, tau = told(page)
    assert loss == pytest.approx(engine(angles, tau), abs=1e-6) and tau == 0.5
    # Drag view a of picture 3 to 20 degrees, beside strangers.
    dot = page.locator(".ls-dot").nth(4)
    box, plane = dot.bounding_box(), page.locator(".ls-plane").bounding_box()
    assert box and plane
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    middle = (plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2)
    turn = math.radians(20)
    page.mouse.move(middle[0] + 90 * math.cos(turn), middle[1] - 90 * math.sin(turn), steps=4)
    page.mouse.up()
    worse, moved, _ = told(page)
    assert moved[4] == pytest.approx(20, abs=1) and moved[:4] + moved[5:] == angles[:4] + angles[5:]
    assert worse == pytest.approx(engine(moved, tau), abs=1e-6) and worse > loss + 0.3
    for at in ("0", "0.3", "1"):  # a very small, a small and a large temperature
        page.get_by_label("Temperature", exact=True).fill(at)
        shown, now, tau = told(page)
        assert shown == pytest.approx(engine(now, tau), rel=2e-6, abs=1e-6)
    assert tau == 2.0
    page.get_by_role("button", name="as at first").click()
    assert told(page) == (loss, angles, 0.5)
    expect(page.locator(".ls-total")).to_contain_text(f"{loss:.4f}")


def test_every_number_says_how_it_comes_about(app: App, page: Page) -> None:
    page.goto(f"{app.url}/learn?part=5")
    formula = page.locator(".ls-formula")
    page.get_by_role("button", name="row 1a, column 2b", exact=True).click()
    _, angles, tau = told(page)
    s = math.cos(math.radians(angles[0] - angles[3]))
    expect(formula).to_contain_text(f"cos {abs(angles[0] - angles[3]):.1f}° = {s:.4f}")
    page.get_by_role("button", name="s / τ", exact=True).click()
    expect(formula).to_contain_text(f"= {s / tau:.4f}")
    page.get_by_role("button", name="exp(s / τ)", exact=True).click()
    expect(formula).to_contain_text(f"= {math.exp(s / tau):.3f}")
    page.get_by_label("Temperature", exact=True).fill("0")  # 0.05: exp(20 s) is large
    power = s / 0.05 / math.log(10)
    front = 10 ** (power % 1)
    expect(formula).to_contain_text(f"= {front:.2f}·10{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(power)]}")
    page.get_by_role("button", name="as at first").click()
    page.get_by_role("button", name="share of the row").click()
    exps = [math.exp(math.cos(math.radians(angles[0] - other)) / tau) for other in angles]
    share = exps[3] / (sum(exps) - exps[0])
    expect(formula).to_contain_text(f"= {share:.4f}")
    page.get_by_role("button", name="loss of row 1a").click()
    partner = exps[1] / (sum(exps) - exps[0])
    expect(formula).to_contain_text("= −ln ")
    expect(formula).to_contain_text(f"= {-math.log(partner):.4f}".replace("-", "−"))
    page.locator(".ls-dot").first.focus()
    page.keyboard.press("ArrowLeft")
    assert told(page)[1][0] == angles[0] + 5


def test_previous_next_and_the_back_button_go_through_the_parts(app: App, page: Page) -> None:
    page.goto(f"{app.url}/learn")
    for title in ("Two views", "The base encoder", "The projection head"):
        page.get_by_role("button", name="Next").click()
        expect(page.locator(".learn-text h2")).to_contain_text(title)
    expect(page).to_have_url(re.compile("part=4"))
    page.get_by_role("button", name="Previous").click()
    expect(page.locator(".learn-text h2")).to_contain_text("The base encoder")
    expect(page.locator(".learn-bars")).to_have_count(2)
    page.goto(f"{app.url}/learn?part=6")
    expect(page.locator(".learn-text h2")).to_contain_text("Improving")
    page.go_back()
    expect(page.locator(".learn-text h2")).to_contain_text("The base encoder")
