"""The live figures in Chromium: updated in place, true to the run folder, usable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from fake_run import FakeRun

MAP = ".live-stage > canvas"
CURVES = ".live-curves"
XY = "c => Array.from(c.__simclr.xy)"
PLACE = """(c, i) => {
  const { at, side } = c.getRootNode().simclrView.scatter;
  return [at[2 * i] * side, at[2 * i + 1] * side];
}"""

# Frames may be seconds apart on a busy machine: to the page, each comes 50 ms after the last.
FRAMES_OF_50_MS = """() => {
  const next = window.requestAnimationFrame.bind(window);
  let now = performance.now();
  performance.now = () => now;
  window.requestAnimationFrame = (frame) => next(() => frame((now += 50)));
}"""
RECORD_DRAWN = """c => {
  const scatter = c.getRootNode().simclrView.scatter, draw = scatter.draw.bind(scatter);
  window.seen = [];
  scatter.draw = () => { window.seen.push(scatter.at[0]); draw(); };
}"""


@pytest.fixture
def fake(app) -> Iterator[FakeRun]:
    """A run that is going on, with four snapshots."""
    made = FakeRun(app.store, probe=400, alive=True)
    made.snapshot()
    for _ in range(3):
        made.train(50)
        made.snapshot()
    yield made
    made.end()


@pytest.fixture
def canvas(app, page, fake) -> Locator:
    page.goto(f"{app.url}/train?run={fake.run.id}")
    canvas = page.locator(MAP)
    expect(canvas).to_have_attribute("data-step", "150")
    expect(page.locator(CURVES)).to_have_attribute("data-points", "150")
    return canvas


def hover(page: Page, canvas: Locator, index: int) -> tuple[float, float]:
    """Put the pointer on a picture's point; where it is on the page."""
    box = canvas.bounding_box()
    x, y = canvas.evaluate(PLACE, index)
    page.mouse.move(box["x"] + x, box["y"] + y)
    return box["x"] + x, box["y"] + y


def color_at(canvas: Locator, x: float, y: float) -> list[int]:
    return canvas.evaluate(
        """(c, [x, y]) => { const r = c.width / c.clientWidth;
        return Array.from(c.getContext("2d").getImageData(x * r, y * r, 1, 1).data); }""",
        [x, y],
    )


def test_new_points_and_coordinates_come_into_the_same_elements(page, canvas, fake):
    curves = page.locator(CURVES)
    for locator in (canvas, curves, page.locator(f"{CURVES} .main-svg").first):
        locator.evaluate("e => { e.mark = 'mine' }")
    before = canvas.evaluate(XY)
    plain = np.testing.assert_array_equal
    plain(before, fake.run.coordinates("umap", 150)["xy"].reshape(-1))
    fake.train(37)
    expect(curves).to_have_attribute("data-points", "187")
    rows, _ = fake.run.metrics()
    plain(
        curves.evaluate("e => Array.from(e.__simclr.loss)"), np.float32([r["loss"] for r in rows])
    )
    assert curves.evaluate("e => e.__simclr.plot.data[0].y.length") == 187
    fake.snapshot()
    expect(canvas).to_have_attribute("data-step", "187")
    after = canvas.evaluate(XY)
    plain(after, fake.run.coordinates("umap", 187)["xy"].reshape(-1))
    assert after != before
    for locator in (canvas, curves, page.locator(f"{CURVES} .main-svg").first):
        assert locator.evaluate("e => e.mark") == "mine"


def test_points_glide_and_arrive_where_their_coordinates_say(page, canvas, fake):
    page.evaluate(FRAMES_OF_50_MS)
    canvas.evaluate(RECORD_DRAWN)
    fake.train(50)
    fake.snapshot()
    expect(canvas).to_have_attribute("data-step", "200")
    seen = page.evaluate("window.seen")
    assert len(set(seen)) >= 5  # of 300 ms: positions between the old and the new one were drawn
    x, y = canvas.evaluate(PLACE, 5)
    middle, _, half = canvas.evaluate("c => c.getRootNode().simclrView.header.bounds")
    side = canvas.evaluate("c => c.clientWidth")
    xy = fake.run.coordinates("umap", 200)["xy"][5]
    assert x == pytest.approx((0.5 + (xy[0] - middle) / (2 * half)) * side, abs=0.5)
    assert 0 <= y <= side


def test_reduced_motion_jumps(app, browser, fake):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{app.url}/train?run={fake.run.id}")
    canvas = page.locator(MAP)
    expect(canvas).to_have_attribute("data-step", "150")
    canvas.evaluate(RECORD_DRAWN)
    fake.train(50)
    fake.snapshot()
    expect(canvas).to_have_attribute("data-step", "200")
    assert len(set(page.evaluate("window.seen"))) == 1
    context.close()


def test_hover_shows_a_ring_then_the_picture_inside_the_map(page, canvas, fake):
    probe = fake.run.probe()
    square = canvas.bounding_box()
    xy = fake.run.coordinates("umap", 150)["xy"]
    for index in (int(np.argmax(xy[:, 0])), int(np.argmin(xy[:, 1]))):  # at two edges
        hover(page, canvas, index)
        expect(page.locator(".live-ring")).not_to_have_attribute("hidden", "")
        card = page.locator(".live-card")
        expect(card).to_be_visible()
        shown = int(canvas.get_attribute("data-point"))
        assert np.linalg.norm(xy[shown] - xy[index]) < 0.2
        expect(card).to_have_attribute("data-picture", "shown")
        names = ["circle", "square", "triangle", "star", "cross", "ring", "heart", "crescent"]
        expect(card.locator("b")).to_have_text(names[probe["labels"][shown]])
        expect(card).to_contain_text("hue")
        box = card.bounding_box()
        assert box["x"] >= square["x"] - 1 and box["y"] >= square["y"] - 1
        assert box["x"] + box["width"] <= square["x"] + square["width"] + 1
        assert box["y"] + box["height"] <= square["y"] + square["height"] + 1
        pixel = card.locator("canvas").evaluate(
            "c => Array.from(c.getContext('2d').getImageData(66, 66, 1, 1).data)"
        )
        np.testing.assert_allclose(pixel[:3], probe["images"][shown][16, 16], atol=2)
        page.mouse.move(5, 5)
        expect(card).to_be_hidden()


def test_the_legend_dims_the_others_and_escape_brings_them_back(page, canvas, fake):
    labels = fake.run.probe()["labels"]
    entry = page.locator(".live-legend button").nth(2)
    expect(entry).to_contain_text("triangle")
    expect(entry).to_contain_text(str(int(np.sum(labels == 2))))
    xy = fake.run.coordinates("umap", 150)["xy"]
    # A point of another class that nothing covers.
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 1e9 * np.eye(len(xy))
    lone = int(np.argmax(np.where(labels != 2, gaps.min(axis=1), 0)))
    place = canvas.evaluate(PLACE, lone)
    full = color_at(canvas, *place)
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "true")
    dimmed = color_at(canvas, *place)
    assert full[3] == 255 and dimmed[3] == pytest.approx(0.15 * 255, abs=3)
    page.keyboard.press("Escape")
    expect(entry).to_have_attribute("aria-pressed", "false")
    assert color_at(canvas, *place) == full


def test_arrow_keys_walk_from_picture_to_picture(page, canvas, fake):
    expect(canvas).to_have_attribute("role", "img")
    label = canvas.get_attribute("aria-label")
    assert "400 pictures by UMAP at step 150" in label and "circle" in label
    canvas.focus()
    page.keyboard.press("ArrowRight")
    first = int(canvas.get_attribute("data-point"))
    page.keyboard.press("ArrowRight")
    second = int(canvas.get_attribute("data-point"))
    xy = fake.run.coordinates("umap", 150)["xy"]
    assert xy[second, 0] > xy[first, 0]
    page.keyboard.press("ArrowUp")
    assert xy[int(canvas.get_attribute("data-point")), 1] > xy[second, 1]
    expect(page.locator(".live-card")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".live-card")).to_be_hidden()


def test_zoom_survives_new_points_and_can_be_left(page, canvas, fake):
    curves = page.locator(CURVES)
    plot = page.locator(".live-plot .nsewdrag").first.bounding_box()
    y = plot["y"] + plot["height"] / 2
    page.mouse.move(plot["x"] + 20, y)
    page.mouse.down()
    page.mouse.move(plot["x"] + 90, y, steps=5)
    page.mouse.up()
    back = page.get_by_role("button", name="whole curve")
    expect(back).to_be_visible()
    ranges = "e => Array.from(e.__simclr.plot.layout.xaxis.range)"
    zoomed = curves.evaluate(ranges)
    fake.train(20)
    expect(curves).to_have_attribute("data-points", "170")
    assert curves.evaluate(ranges) == pytest.approx(zoomed)
    back.click()
    expect(back).to_be_hidden()
    page.wait_for_function(
        "() => document.querySelector('.live-curves').__simclr.plot.layout.xaxis.range[0] === 0"
    )
    assert curves.evaluate(ranges)[1] == pytest.approx(603)  # the planned steps


def test_metrics_are_named_compared_and_explained(page, canvas, fake):
    curves, last = page.locator(CURVES), fake.run.snapshot_rows()[-1]
    expect(curves).to_contain_text("neighbours vote for the right shape")
    expect(curves).to_contain_text(f"{last['knn_accuracy']:.0%}")
    expect(curves).to_contain_text("untrained 32% · pixels 44%")
    expect(curves).to_contain_text("all alike (collapse) 4.84")
    kept = float(fake.run.coordinates("umap", 150)["kept"])
    expect(page.locator(".live-caption")).to_contain_text(
        f"keeps {kept:.0%} of true neighbourhoods"
    )
    page.locator(".live-term", has_text="uniformity").hover()
    expect(page.locator(".live-curves .live-tip")).to_contain_text("spread over the sphere")


def test_both_themes_are_drawn_when_they_switch(page, canvas):
    ink = "e => e.__simclr.plot.data[1].line.color"
    light = page.locator(CURVES).evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        f"old => ({ink})(document.querySelector('.live-curves')) !== old", arg=light
    )
    paper = canvas.evaluate("c => c.getRootNode().simclrView.scatter.paper")
    assert paper != "#ffffff"


def test_what_travels_with_a_refresh_is_bounded(app, page, fake):
    sizes: list[int] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))),
    )
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{app.url}/train?run={fake.run.id}")
    curves = page.locator(CURVES)
    expect(curves).to_have_attribute("data-points", "150")
    page.wait_for_timeout(1500)
    sizes.clear()
    renders = curves.evaluate("e => e.__simclr.renders")
    fake.train(10)
    fake.snapshot()
    expect(curves).to_have_attribute("data-points", "160")
    expect(page.locator(MAP)).to_have_attribute("data-step", "160")
    refreshes = max(1, curves.evaluate("e => e.__simclr.renders") - renders)
    assert sum(sizes) / refreshes <= 45_000  # two figures and the rest of the page
    for part in ("/lab/plotly.js", "/map/map.js", "thumbnails.webp"):
        assert len([url for url in loaded if part in url]) == 1


def test_a_page_without_a_run_shows_a_ghost(app, page):
    page.goto(f"{app.url}/train")
    canvas = page.locator(MAP)
    expect(canvas).to_be_visible()
    expect(page.locator(".live-map")).to_have_class("live-map live-ghost")
    assert canvas.get_attribute("data-step") in (None, "")
    canvas.hover(position={"x": 60, "y": 60})
    expect(page.locator(".live-card")).to_be_hidden()


def test_many_points_are_drawn_in_their_colours(app, page):
    many = FakeRun(app.store, probe=20_000)
    many.train(10)
    many.snapshot()
    many.end()
    page.goto(f"{app.url}/train?run={many.run.id}")
    canvas = page.locator(MAP)
    expect(canvas).to_have_attribute("data-step", "10")
    last = len(many.run.probe()["labels"]) - 1  # drawn last: nothing lies on it
    x, y = canvas.evaluate(PLACE, last)
    colors = canvas.evaluate("c => c.getRootNode().simclrView.header.colors")
    expected = colors[int(many.run.probe()["labels"][last])]
    red, green, blue, _ = color_at(canvas, round(x), round(y))
    near = [int(expected[i : i + 2], 16) for i in (1, 3, 5)]
    np.testing.assert_allclose([red, green, blue], near, atol=60)
