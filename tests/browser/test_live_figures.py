"""The live figures in Chromium: updated in place, true to the run folder, usable by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from fake_run import FakeRun

MAP = ".live-stage > canvas"
CURVES = ".live-curves"
XY = "c => Array.from(c.__simclr.xy)"
PLACE = """(c, i) => {
  const { at, width: side } = c.getRootNode().simclrView.scatter;
  return [at[2 * i] * side, at[2 * i + 1] * side];
}"""
DOTS = "c => c.getRootNode().simclrView.scatter.picture(false)"
SEEN = "(c, i) => c.getRootNode().simclrView.scatter.seen(i)"

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
    """Put the pointer on a picture; where it is on the page."""
    box = canvas.bounding_box()
    x, y, _ = canvas.evaluate(SEEN, index)
    page.mouse.move(box["x"] + x, box["y"] + y)
    return box["x"] + x, box["y"] + y


def drawn_at_rest(canvas: Locator) -> list[int]:
    """The points that are drawn as pictures, once all of them stand still."""
    expect(canvas).to_have_attribute("data-drawn", re.compile("^[1-9]"))
    return canvas.evaluate(
        """async (c) => {
        const { tiles } = c.getRootNode().simclrView.scatter;
        while (tiles.moving) await new Promise(requestAnimationFrame);
        return [...tiles.cells.drawn]; }"""
    )


def border_of(canvas: Locator, index: int) -> list[int]:
    """The colour of a drawn picture's border, in the middle of its left side."""
    x, y, half = canvas.evaluate(SEEN, index)
    return color_at(canvas, x - half + 0.25, y)


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
    drawn_at_rest(canvas)  # or the pictures' arrival would draw the old places once more
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
    drawn = np.array(drawn_at_rest(canvas))
    edges = (drawn[np.argmax(xy[drawn, 0])], drawn[np.argmin(xy[drawn, 1])])
    for shown in (int(index) for index in edges):
        hover(page, canvas, shown)
        expect(page.locator(".live-ring")).not_to_have_attribute("hidden", "")
        card = page.locator(".live-card")
        expect(card).to_be_visible()
        expect(canvas).to_have_attribute("data-point", str(shown))
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
    other = next(i for i in drawn_at_rest(canvas) if labels[i] != 2)
    same = next(i for i in drawn_at_rest(canvas) if labels[i] == 2)
    full, kept = border_of(canvas, other), border_of(canvas, same)
    assert full[3] == kept[3] == 255
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "true")
    assert border_of(canvas, other)[3] == pytest.approx(0.32 * 255, abs=3)  # pictures to a third
    assert border_of(canvas, same) == kept
    canvas.evaluate(DOTS)
    xy = fake.run.coordinates("umap", 150)["xy"]
    # A point of another class that nothing covers.
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 1e9 * np.eye(len(xy))
    place = canvas.evaluate(PLACE, int(np.argmax(np.where(labels != 2, gaps.min(axis=1), 0))))
    assert color_at(canvas, *place)[3] == pytest.approx(0.15 * 255, abs=3)  # dots to 15%
    page.keyboard.press("Escape")
    expect(entry).to_have_attribute("aria-pressed", "false")
    assert color_at(canvas, *place)[3] == 255


def test_pictures_stand_on_a_grid_near_their_places_and_are_counted(page, canvas, fake):
    drawn = drawn_at_rest(canvas)
    images = fake.run.probe()["images"]
    seen = np.array([canvas.evaluate(SEEN, i) for i in drawn])
    places = np.array([canvas.evaluate(PLACE, i) for i in drawn])
    side = 2 * seen[0, 2]
    assert 16 <= side <= 28 and (seen[:, 2] == seen[0, 2]).all()
    assert np.linalg.norm(seen[:, :2] - places, axis=1).max() <= side + 0.01
    steps = (seen[:, :2] - seen[0, :2]) / (side + 3)
    np.testing.assert_allclose(steps, steps.round(), atol=1e-6)  # one grid
    assert len({tuple(cell) for cell in steps.round().astype(int)}) == len(drawn)
    expect(canvas).to_have_attribute("data-drawn", str(len(drawn)))
    expect(page.locator(".live-caption")).to_contain_text(f"{len(drawn)} of 400 drawn")
    border = canvas.evaluate("c => c.getRootNode().simclrView.scatter.tiles.sprites.border")
    assert 1 <= border <= 2
    for i, (x, y, half) in list(zip(drawn, seen, strict=True))[::9]:
        inner = half - border
        shown = canvas.evaluate(
            """(c, [x, y, n]) => { const r = c.width / c.clientWidth;
            return Array.from(c.getContext("2d")
              .getImageData((x - n) * r, (y - n) * r, 2 * n * r, 2 * n * r).data); }""",
            [float(x), float(y), float(inner)],
        )
        pixels = np.array(shown, float).reshape(-1, 4)[:, :3].mean(axis=0)
        np.testing.assert_allclose(pixels, images[i].mean(axis=(0, 1)), atol=6)


def test_the_wheel_belongs_to_the_page_until_the_map_is_clicked(page, canvas, fake):
    drawn_at_rest(canvas)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -100)
    page.wait_for_timeout(200)
    assert canvas.get_attribute("data-times") in (None, "1.00")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(canvas).to_have_attribute("data-times", "1.20")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(9):
        page.mouse.wheel(0, -100)
    expect(canvas).to_have_attribute("data-times", "6.19")
    expect(page.locator(".live-caption")).to_contain_text("here drawn")
    inside = int(canvas.get_attribute("data-seen"))
    assert 0 < inside < 400
    fake.train(30)
    fake.snapshot()  # the part of the map that is shown stays
    expect(canvas).to_have_attribute("data-step", "180")
    expect(canvas).to_have_attribute("data-times", "6.19")
    page.get_by_role("button", name="show all").click()
    expect(canvas).to_have_attribute("data-times", "1.00")
    expect(canvas).to_have_attribute("data-seen", "400")


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
    score = curves.locator(".live-score").nth(1)
    expect(score).to_contain_text("Neighbours vote for the right shape")
    expect(score).to_contain_text(f"{last['knn_accuracy']:.1%}")
    expect(score).to_contain_text("of the 400 on the map, ")
    expect(score.locator(".live-ticks span")).to_have_text(
        ["chance", "untrained 32.0%", "pixels 44.0%"]
    )
    boxes = [word.bounding_box() for word in score.locator(".live-ticks span").all()]
    ends = [box["x"] + box["width"] for box in boxes]
    assert all(end < box["x"] for end, box in zip(ends, boxes[1:], strict=False))
    track, mark = (score.locator(s).bounding_box() for s in (".live-scale", ".live-at"))
    middle = mark["x"] + mark["width"] / 2 - track["x"]
    assert middle / track["width"] == pytest.approx(last["knn_accuracy"], abs=0.005)
    expect(curves).to_contain_text("all alike, nothing told apart 4.84")
    ends = curves.locator(".annotation-text").all_text_contents()
    assert f"{curves.evaluate('e => e.__simclr.header.loss'):.2f}" in ends  # at the line's end
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


def test_a_page_without_a_run_shows_a_recorded_one_at_a_third_of_its_strength(app, page):
    page.goto(f"{app.url}/train")
    canvas = page.locator(MAP)
    expect(canvas).to_have_attribute("data-run", "strong-views")
    strength = "e => Number(getComputedStyle(e).opacity)"
    assert page.locator(".live-stage").evaluate(strength) == pytest.approx(0.34)
    assert page.locator(".live-scores").evaluate(strength) == pytest.approx(0.34)
    expect(page.locator(".run-strip")).to_contain_text("This is a recorded run. Press Start")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".live-card")).to_be_hidden()


def test_many_points_are_drawn_in_their_colours(app, page):
    many = FakeRun(app.store, probe=20_000)
    many.train(10)
    many.snapshot()
    many.end()
    page.goto(f"{app.url}/train?run={many.run.id}")
    canvas = page.locator(MAP)
    expect(canvas).to_have_attribute("data-step", "10")
    labels = many.run.probe()["labels"]
    colors = canvas.evaluate("c => c.getRootNode().simclrView.scatter.colors")

    def color_of(index: int) -> list[int]:
        return [int(colors[int(labels[index])][i : i + 2], 16) for i in (1, 3, 5)]

    drawn = drawn_at_rest(canvas)
    assert len(drawn) > 100
    for index in drawn[::40]:
        assert border_of(canvas, index)[:3] == color_of(index)
    canvas.evaluate(DOTS)
    last = len(labels) - 1  # drawn last: nothing lies on it
    x, y = canvas.evaluate(PLACE, last)
    dot = color_at(canvas, round(x), round(y))[:3]
    np.testing.assert_allclose(dot, color_of(last), atol=60)
