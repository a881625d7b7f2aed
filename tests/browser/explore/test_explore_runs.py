"""Runs side by side on Explore in Chromium, and a fork."""

from __future__ import annotations

import re

import numpy as np
import pytest
from explore_page import COMPUTED, MAPS, PICTURES, draw, inside, points, train
from playwright.sync_api import expect

from child_processes import wait_for


@pytest.mark.slow
def test_a_fork_goes_on_from_a_snapshot_and_is_drawn_as_a_branch(app, page, run) -> None:
    step = run.snapshot_steps()[-2]
    page.goto(f"{app.url}/explore?panel=Compare&step={step}&runs={run.id}&curve=loss")
    page.get_by_role("button", name="Fork").click()
    expect(page.get_by_label("Learning rate", exact=True)).to_be_visible()
    temperature = page.get_by_label("Temperature", exact=True)
    temperature.fill("0.5")
    temperature.press("Enter")
    page.get_by_label("Until step", exact=True).fill("30")
    page.get_by_label("Until step", exact=True).press("Enter")
    page.get_by_role("button", name="Start the fork").click()
    wait_for(lambda: len(list(app.store)) == 2)
    made = next(one for one in app.store if one.id != run.id)
    expect(page).to_have_url(re.compile(f"runs={run.id}%2C{made.id}"))
    wait_for(lambda: made.state == "finished")
    rows = made.metrics()[0]
    assert [row["step"] for row in rows] == list(range(step + 1, 31))
    assert made.config.training.temperature == 0.5
    maps = page.locator(MAPS)
    expect(maps).to_have_count(2)
    expect(maps.nth(1)).to_have_attribute("data-step", "30", timeout=COMPUTED)
    expect(page.locator(".compare")).to_contain_text(f"run {run.id}, step {step}")
    # The branch begins on the parent's line.
    loss = next(row["loss"] for row in run.metrics()[0] if row["step"] == step)
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible()
    traces = chart.evaluate("c => c.data.map((t) => [t.mode, Array.from(t.x), Array.from(t.y)])")
    branch, mark = traces[1], traces[2]
    assert mark[0] == "markers" and mark[1] == [step] and mark[2] == pytest.approx([loss])
    assert (branch[1][0], branch[2][0]) == (step, pytest.approx(loss))
    assert branch[1][1:] == [row["step"] for row in rows]
    expect(page.get_by_text("Not comparable: these runs differ in temperature")).to_be_visible()
    page.goto("about:blank")  # the page may still fetch the newest map
    app.store.delete(made)


@pytest.mark.slow
def test_what_is_selected_on_one_runs_map_is_selected_on_the_other(app, page, run, settled) -> None:
    """The last test of this module: it makes a second run."""
    train(app, 8, "--temperature", "0.5")
    other = next(one for one in app.store if one.id != run.id)
    wait_for(lambda: other.coordinate_steps("umap") == other.snapshot_steps())
    page.goto(f"{app.url}/explore?panel=Compare&runs={run.id},{other.id}")
    maps = page.locator(MAPS)
    expect(maps).to_have_count(2)
    expect(maps.nth(0)).to_have_attribute("data-step", "24")
    expect(maps.nth(1)).to_have_attribute("data-step", "8")
    expect(page.locator(".compare tbody tr")).to_have_count(2)  # temperature and steps
    settled(page)
    places = points(maps.nth(1), 1)
    middle = np.median(places, axis=0)
    r = float(np.percentile(np.abs(places - middle).max(axis=1), 40))
    x, y = middle
    corners = [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]
    expected = inside(places, corners)
    maps.nth(1).scroll_into_view_if_needed()
    draw(page, maps.nth(1), corners)
    assert 0 < len(expected) < PICTURES
    for pane in (0, 1):
        mask = maps.nth(0).evaluate(
            "(c, i) => Array.from(c.getRootNode().simclrView.panes[i].scatter.mask)", pane
        )
        assert np.flatnonzero(np.array(mask) == 2).tolist() == expected
    expect(page.locator(".film-where")).to_have_text("100% of each run: steps 24 and 8")
    page.get_by_label("Snapshot", exact=True).fill("0")
    expect(maps.nth(0)).to_have_attribute("data-step", "0")
    expect(maps.nth(1)).to_have_attribute("data-step", "0")


def test_two_recorded_runs_glide_together_in_the_colours_of_what_they_learned(app, page) -> None:
    page.goto(f"{app.url}/explore?panel=Compare&run=strong-views&runs=strong-views,no-colour")
    maps = page.locator(MAPS)
    expect(maps).to_have_count(2)
    expect(page.locator(".film-where")).to_have_text("step 1,500")
    expect(page.locator(".film-legends h3")).to_have_text(["shape", "hue"])
    for i in range(2):
        box = maps.nth(i).bounding_box()
        assert box and box["y"] + box["height"] < 768 and box["width"] > 300
    page.get_by_role("button", name="star").click()  # its pictures, on both maps
    stars = maps.nth(0).evaluate(
        "c => c.getRootNode().simclrView.panes.map("
        "({ scatter }) => Array.from(scatter.mask).filter((m) => m === 2).length)"
    )
    assert stars[0] == stars[1] > 50
    page.get_by_label("Snapshot", exact=True).fill("0")
    for i in range(2):
        expect(maps.nth(i)).to_have_attribute("data-step", "0")
    page.get_by_label("Colour by").select_option("hue")
    expect(page.locator(".film-legends h3")).to_have_text(["hue"])
    expect(page.locator(".film-beside b").first).to_have_text("neighbours vote for the right hue")
    expect(page).to_have_url(re.compile("frames=hue"))
    page.reload()
    expect(page.get_by_label("Colour by")).to_have_value("hue")
