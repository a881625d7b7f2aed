"""The map of Explore in Chromium: hover, click, lasso, scrub, legend, zoom, keys."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from explore_page import (
    COMPUTED,
    MAPS,
    PICTURES,
    at,
    draw,
    drawn,
    inside,
    points,
    selected,
)
from playwright.sync_api import Route, expect
from sklearn.neighbors import NearestNeighbors

from simclr_core.feed.explore import label_issues

RECORD_STEPS = """c => {
  const root = c.closest(".ex-root");
  window.seen = [root.dataset.step];  // set again to what it was, when Python answers
  const note = (step) => step !== window.seen.at(-1) && window.seen.push(step);
  new MutationObserver(() => note(root.dataset.step))
    .observe(root, { attributes: true, attributeFilter: ["data-step"] });
}"""


def test_it_opens_on_the_newest_snapshot_of_the_newest_run(opened, page, run) -> None:
    canvas = opened()
    shown = canvas.evaluate("c => Array.from(c.__simclr.xy)")
    assert shown == run.coordinates("umap", 24)["xy"].reshape(-1).tolist()
    expect(page).to_have_url(f"{page.url.split('?')[0]}?run={run.id}")
    expect(page.locator(".ex-strip-line")).to_contain_text("of true neighbourhoods")
    expect(page.locator(".ex-strip-line")).to_contain_text("; chance 12.5%, untrained")
    assert page.evaluate("document.documentElement.scrollHeight") <= 768


def test_a_hard_picture_is_open_until_somebody_closes_it(opened, page, run) -> None:
    canvas = opened()
    detail = page.locator(".ex-detail")
    hard = label_issues.hard_picture(run, 24)
    expect(detail).to_have_attribute("data-index", str(hard))
    expect(page).to_have_url(re.compile(r"^(?!.*(picture|pane)=).*$"))  # nobody chose it
    map_, stage = canvas.bounding_box(), page.locator(".ex-field").bounding_box()
    assert map_["width"] <= 1.26 * map_["height"] and stage["width"] > 0.6 * 1366
    page.get_by_role("button", name="Close this picture").focus()
    page.keyboard.press("Enter")
    expect(detail).to_have_count(0)
    expect(page.locator(".ex-root")).to_be_focused()  # keys go on from here
    expect(page).to_have_url(re.compile("pane=closed"))
    page.reload()
    expect(page.locator(MAPS).first).to_have_attribute("data-step", "24")
    expect(page.locator(".ex-hint")).to_be_visible()
    page.wait_for_timeout(500)
    expect(detail).to_have_count(0)


def test_a_class_selected_in_the_legend_stays_visible_beside_an_open_picture(
    opened, page, run
) -> None:
    canvas = opened()
    expect(page.locator(".ex-detail h2")).to_be_visible()
    page.locator(".live-legend button").nth(1).click(modifiers=["Shift"])
    expected = np.flatnonzero(run.probe()["labels"] == 1).tolist()
    assert selected(canvas) == expected
    gallery = page.locator(".ex-gallery")
    expect(gallery.locator(".ex-thumb")).to_have_count(len(expected))
    box = gallery.bounding_box()
    assert box["y"] > 100 and box["y"] + box["height"] < 500
    expect(page.locator(".ex-detail h2")).to_be_in_viewport()


def test_hover_marks_the_picture_on_every_map_and_shows_it(opened, page, run) -> None:
    opened("?of=h+and+z&by=PCA")
    first, second = page.locator(MAPS).nth(0), page.locator(MAPS).nth(1)
    expect(second).to_have_attribute("data-step", "24")
    index, (x, y, _) = list(drawn(second, 1).items())[20]
    page.mouse.move(*at(page, second, np.array([x, y])))
    rings = page.locator(".ex-stage .ex-pointed")
    expect(rings).to_have_count(2)
    for ring in rings.all():
        assert ring.get_attribute("data-index") == str(index)
    exact = second.locator("xpath=..").locator("circle.ex-place")  # the picture stepped aside
    place = [float(exact.get_attribute(name) or "nan") for name in ("cx", "cy")]
    assert place == pytest.approx(points(second, 1)[index].tolist(), abs=0.01)
    cards = page.locator(".live-card:not([hidden])")
    expect(cards).to_have_count(1)  # on the map under the pointer
    expect(cards.locator("canvas")).to_be_visible()
    page.mouse.move(2, 2)
    expect(rings).to_have_count(0)
    expect(cards).to_have_count(0)
    assert first.bounding_box()["y"] == second.bounding_box()["y"]


def test_a_click_opens_its_views_and_its_true_neighbours_and_how_they_came_about(
    opened, page, run
) -> None:
    canvas = opened()
    places, before = points(canvas), drawn(canvas)
    # The one that stepped aside farthest: a click on a picture opens that one.
    index = max(before, key=lambda i: np.hypot(*(places[i] - before[i][:2])))
    assert np.hypot(*(places[index] - before[index][:2])) <= 2 * before[index][2]
    page.mouse.click(*at(page, canvas, np.array(before[index][:2])))
    detail = page.locator(".ex-detail")
    expect(detail).to_have_attribute("data-index", str(index))
    for step in (24, *[s for s in run.snapshot_steps() if s < 24][-1:]):
        h = run.snapshot(step)["h"]
        _, near = NearestNeighbors(n_neighbors=15, metric="cosine").fit(h).kneighbors(h[[index]])
        expected = [int(i) for i in near[0] if i != index][:14]
        rows = detail.locator(".ex-near" if step == 24 else ".ex-past").first
        found = [int(b.get_attribute("data-index")) for b in rows.locator(".ex-thumb").all()]
        assert found == expected
    expect(page.locator(".ex-stage .ex-near")).to_have_count(14)
    assert page.locator(".ex-stage rect.ex-near").count() >= 3  # they come before others
    for image in detail.locator("img").all():
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") in (32, 64)
    detail.get_by_role("button", name="Twenty more views").click()
    expect(detail.locator(".ex-grid .ex-cut")).to_have_count(20)
    expect(page).to_have_url(re.compile(rf"picture={index + 1}\b"))
    other = detail.locator(".ex-near .ex-thumb").nth(3)
    wanted = other.get_attribute("data-index")
    other.click()
    expect(detail).to_have_attribute("data-index", wanted)
    canvas.focus()
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)
    expect(page).to_have_url(re.compile(r"^(?!.*picture).*$"))


def test_a_lasso_fills_the_gallery_and_goes_out_as_table_and_folder(
    opened, page, run, tmp_path: Path
) -> None:
    canvas = opened()
    places = points(canvas)
    middle = np.median(places, axis=0)
    reach = np.percentile(np.abs(places - middle).max(axis=1), 60)
    x, y = middle
    corners = [(x - reach, y), (x, y - reach), (x + reach, y), (x, y + reach)]  # a rhombus
    expected = inside(places, corners)
    assert 5 < len(expected) < PICTURES - 5
    draw(page, canvas, corners)
    assert selected(canvas) == expected
    gallery = page.locator(".ex-gallery")
    expect(gallery).to_have_attribute("data-count", str(len(expected)))
    expect(gallery.locator(".ex-thumb")).to_have_count(len(expected))
    mask = np.array(canvas.evaluate("c => Array.from(c.__simclr.mask)"))
    assert np.flatnonzero(mask == 2).tolist() == expected and set(mask) == {1, 2}  # none removed
    labels = run.probe()["labels"][expected]
    expect(gallery.locator(".ex-names span")).to_have_count(len(np.unique(labels)))
    expect(page.locator(".ex-strip-line")).to_contain_text("of the selected ones")
    with page.expect_download() as waiting:
        gallery.get_by_role("button", name="CSV").click()
    path = tmp_path / "selection.csv"
    waiting.value.save_as(path)
    rows = list(csv.DictReader(path.open()))
    assert [int(row["picture"]) - 1 for row in rows] == expected
    with page.expect_download() as waiting:
        gallery.get_by_role("button", name="Pictures").click()
    waiting.value.save_as(tmp_path / "selection.zip")
    assert len(zipfile.ZipFile(tmp_path / "selection.zip").namelist()) == len(expected)
    # The link opens the same.
    expect(page).to_have_url(re.compile("chosen="))
    page.reload()
    canvas = page.locator(MAPS).first
    expect(gallery).to_have_attribute("data-count", str(len(expected)))
    assert selected(canvas) == expected
    canvas.focus()
    page.keyboard.press("Escape")
    expect(gallery).to_have_count(0)
    assert selected(canvas) is None


def test_a_box_selects_on_all_maps_and_shift_adds(opened, page, run) -> None:
    opened("?of=h+and+z&by=PCA")
    second = page.locator(MAPS).nth(1)
    expect(second).to_have_attribute("data-step", "24")
    page.get_by_role("button", name="box").click()
    places = points(second, 1)
    middle = np.median(places, axis=0)
    page.mouse.move(*at(page, second, middle - 60))
    page.mouse.down()
    page.mouse.move(*at(page, second, middle + 5), steps=4)
    page.mouse.up()
    lower, upper = middle - 60, middle + 5
    expected = np.flatnonzero(((places > lower) & (places < upper)).all(axis=1)).tolist()
    assert selected(second) == expected
    for pane in (0, 1):
        mask = second.evaluate(
            "(c, i) => Array.from(c.getRootNode().simclrView.panes[i].scatter.mask)", pane
        )
        assert np.flatnonzero(np.array(mask) == 2).tolist() == expected
    page.keyboard.down("Shift")
    page.mouse.move(*at(page, second, middle - 5))
    page.mouse.down()
    page.mouse.move(*at(page, second, middle + 70), steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    more = ((places > middle - 5) & (places < middle + 70)).all(axis=1)
    assert selected(second) == sorted({*expected, *np.flatnonzero(more).tolist()})


def test_the_scrubber_steps_plays_and_is_in_the_link(opened, page, run) -> None:
    canvas = opened()
    steps = run.snapshot_steps()
    assert steps[0] == 0 and steps[-1] == 24
    bounds = "c => c.getRootNode().simclrView.panes[0].frame.header.bounds"
    before = canvas.evaluate(bounds)
    page.get_by_role("button", name="Snapshot before").click()
    expect(canvas).to_have_attribute("data-step", str(steps[-2]))
    shown = canvas.evaluate("c => Array.from(c.__simclr.xy)")
    assert shown == run.coordinates("umap", steps[-2])["xy"].reshape(-1).tolist()
    assert canvas.evaluate(bounds) == before  # the viewport is still
    expect(page).to_have_url(re.compile(rf"step={steps[-2]}\b"))
    for step in steps[-3:0:-1]:  # afterwards every frame is here, and playing waits for none
        page.get_by_role("button", name="Snapshot before").click()
        expect(canvas).to_have_attribute("data-step", str(step))
    page.get_by_label("Snapshot", exact=True).fill("0")
    expect(canvas).to_have_attribute("data-step", "0")
    canvas.evaluate(RECORD_STEPS)
    page.locator(".ex-strip-line").click()
    page.locator(".ex-root").evaluate("e => e.focus()")
    expect(page.get_by_role("button", name="Play")).to_have_attribute("title", "Play")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("title", "Pause")
    expect(canvas).to_have_attribute("data-step", "24")
    assert page.evaluate("window.seen") == [str(step) for step in steps]
    opened(f"?run={run.id}&step={steps[1]}", steps[1])


def test_playing_waits_for_snapshots_that_come_slowly(opened, page, run) -> None:
    steps = run.snapshot_steps()
    late: list[Route] = []
    page.route(
        "**/frame.bin?**",
        lambda route: route.continue_() if "&step=0&" in route.request.url else late.append(route),
    )
    canvas = opened("?step=0", 0)
    canvas.evaluate(RECORD_STEPS)
    page.get_by_label("Speed").select_option("4")
    page.locator(".ex-root").evaluate("e => e.focus()")
    page.keyboard.press("Space")
    for _ in steps[1:]:
        page.wait_for_timeout(600)  # more than two turns
        late.pop(0).continue_()
    expect(canvas).to_have_attribute("data-step", "24")
    assert page.evaluate("window.seen") == [str(step) for step in steps]
    page.unroute_all()


def test_a_snapshot_that_comes_after_the_map_has_gone_changes_no_link(opened, page, run) -> None:
    late: list[Route] = []
    canvas = opened()
    page.route("**/frame.bin?**", lambda route: late.append(route))
    view = canvas.evaluate_handle("c => c.getRootNode().simclrView")
    view.evaluate(
        """view => { window.sent = [];
        view.component = { setStateValue: (...all) => window.sent.push(all) };
        view.scrubber.go(2);
        view.destroy(); }"""
    )
    page.wait_for_timeout(200)
    for route in late:
        route.continue_()
    page.wait_for_timeout(1000)
    assert late and page.evaluate("window.sent") == []
    page.unroute_all()


def test_a_click_in_the_legend_hides_and_a_double_click_shows_alone(opened, page, run) -> None:
    canvas = opened()
    labels = run.probe()["labels"]
    circle = page.locator(".live-legend button").nth(0)
    expect(circle).to_contain_text(str((labels == 0).sum()))
    circle.click()
    mask = "c => Array.from(c.getRootNode().simclrView.panes[0].scatter.mask ?? [])"
    assert (np.array(canvas.evaluate(mask)) == np.where(labels == 0, 0, 2)).all()
    places = points(canvas)
    hidden = int(np.flatnonzero(labels == 0)[0])
    assert not (labels[list(drawn(canvas))] == 0).any()
    page.mouse.move(*at(page, canvas, places[hidden]))
    for mark in page.locator(".ex-stage .ex-pointed").all():
        assert labels[int(mark.get_attribute("data-index"))] != 0
    circle.click()
    page.locator(".live-legend button").nth(2).dblclick()
    assert (np.array(canvas.evaluate(mask)) == np.where(labels == 2, 2, 0)).all()
    page.locator(".live-legend button").nth(2).dblclick()
    assert canvas.evaluate(mask) == []


def test_the_wheel_enlarges_and_the_map_can_be_moved(opened, page, run) -> None:
    canvas = opened()
    before = points(canvas)
    x, y = at(page, canvas, before[5])
    page.mouse.move(x, y)
    page.mouse.wheel(0, -100)  # the page's own: nobody clicked the map
    page.wait_for_timeout(200)
    assert points(canvas) == pytest.approx(before, abs=0.01)
    canvas.focus()
    page.mouse.wheel(0, -100)
    page.wait_for_function("c => c.dataset.times === '1.20'", arg=canvas.element_handle())
    after = points(canvas)
    assert after[5] == pytest.approx(before[5], abs=0.6)  # what is under the pointer stays there
    factors = np.ptp(after, axis=0) / np.ptp(before, axis=0)
    assert factors == pytest.approx([1.2, 1.2], rel=0.03)
    page.get_by_role("button", name="move").click()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y - 25, steps=3)
    page.mouse.up()
    assert points(canvas) - after == pytest.approx(np.tile([40, -25], (PICTURES, 1)), abs=0.6)
    assert selected(canvas) is None
    page.get_by_role("button", name="whole map").click()
    assert points(canvas) == pytest.approx(before, abs=0.01)


def test_enlarged_more_pictures_come_out_and_dots_are_in_the_link(opened, page, run) -> None:
    canvas = opened()
    first = drawn(canvas)
    assert 10 < len(first) < PICTURES
    expect(page.locator(".ex-drawn")).to_have_text(
        f"{len(first)} of {PICTURES} drawn, zoom in for more"
    )
    canvas.focus()
    half = 2 * next(iter(first.values()))[2]
    for _ in range(3):
        page.keyboard.press("+")
    expect(canvas).to_have_attribute("data-times", "2.74")
    more = drawn(canvas)
    assert next(iter(more.values()))[2] * 2 > 1.3 * half
    seen = int(canvas.get_attribute("data-seen") or 0)
    assert len(more) / seen > len(first) / PICTURES
    page.keyboard.press("0")
    page.get_by_role("button", name="dots").click()
    expect(canvas).to_have_attribute("data-drawn", "0")
    expect(page.locator(".ex-drawn")).to_have_text("")
    expect(page).to_have_url(re.compile(r"draw=dots\b"))
    page.reload()
    canvas = page.locator(MAPS).first
    expect(page.get_by_role("button", name="dots")).to_have_attribute("aria-pressed", "true")
    expect(canvas).to_have_attribute("data-step", "24")
    expect(canvas).to_have_attribute("data-drawn", "0")
    page.get_by_role("button", name="pictures", exact=True).click()
    expect(canvas).to_have_attribute("data-drawn", re.compile("^[1-9]"))
    expect(page).to_have_url(re.compile(r"^(?!.*draw=).*$"))


def test_pictures_keep_their_cells_while_points_glide(opened, page, run) -> None:
    canvas = opened()
    before, places = drawn(canvas), points(canvas)
    page.get_by_role("button", name="Snapshot before").click()
    expect(canvas).to_have_attribute("data-step", str(run.snapshot_steps()[-2]))
    after, moved = drawn(canvas), points(canvas)
    near = [i for i in before if np.hypot(*(moved[i] - before[i][:2])) < 2 * before[i][2]]
    stayed = [i for i in near if after.get(i) == pytest.approx(before[i])]
    assert np.abs(moved - places).max() > 3 and len(near) > 5
    assert len(stayed) >= 0.6 * len(near)  # the others passed a place where theirs was taken
    for i, (x, y, half) in after.items():
        assert np.hypot(*(moved[i] - [x, y])) <= 2 * half + 0.01


def test_keys_alone_reach_a_picture(opened, page, run) -> None:
    canvas = opened()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    pointed = page.locator(".ex-stage .ex-pointed")
    expect(pointed).to_have_count(1)
    index = pointed.get_attribute("data-index")
    page.keyboard.press("Enter")
    detail = page.locator(".ex-detail")
    expect(detail).to_have_attribute("data-index", index)
    neighbour = detail.locator(".ex-near .ex-thumb").first
    index = neighbour.get_attribute("data-index")
    neighbour.focus()
    page.keyboard.press("Enter")
    expect(detail).to_have_attribute("data-index", index)
    expect(detail).to_be_focused()


def test_a_picture_of_ones_own_is_placed_among_its_neighbours(
    opened, page, run, tmp_path: Path
) -> None:
    canvas = opened()
    index = 41  # one of the run's own: its nearest is itself
    path = tmp_path / "mine.png"
    cv2.imwrite(str(path), run.probe()["images"][index][..., ::-1])
    page.get_by_text("Find a picture…").click()
    page.locator("input[type=file]").set_input_files(str(path))
    own = page.locator(".ex-own")
    expect(own).to_be_visible(timeout=COMPUTED)
    first = own.locator(".ex-thumb").first
    expect(first).to_have_attribute("data-index", str(index))
    expect(own.locator("small").first).to_have_text("1.00")
    h = run.snapshot(24)["h"]
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    similarity = unit @ unit[index]
    near = np.argsort(-similarity)[:5]
    shares = np.exp((similarity[near] - 1) / 0.1)
    expected = (points(canvas)[near] * shares[:, None]).sum(axis=0) / shares.sum()
    middle = page.locator("path.ex-cross").evaluate(
        "p => { const b = p.getBBox(); return [b.x + b.width / 2, b.y + b.height / 2]; }"
    )
    assert middle == pytest.approx(expected.tolist(), abs=1.0)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page.locator("input[type=file]").set_input_files(str(tmp_path / "broken.png"))
    expect(page.locator(".st-key-explore-notes")).to_contain_text("cannot be read")
