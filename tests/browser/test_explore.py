"""Explore in Chromium on a real run: hover, scrub, lasso, linked maps, a picture's neighbours."""

from __future__ import annotations

import base64
import csv
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from child_processes import wait_for
from simclr_core.export import replay
from simclr_core.runs.run import Run
from tests.browser.conftest import ROOT, App

MAPS = ".ex-stage > canvas"
COMPUTED = 300_000  # ms: the analyst starts behind everything else that the machine does
PICTURES, SNAPSHOTS = 120, 4

RECORD_STEPS = """c => {
  const root = c.closest(".ex-root");
  window.seen = [];
  const note = (step) => step !== window.seen.at(-1) && window.seen.push(step);
  new MutationObserver(() => note(root.dataset.step))
    .observe(root, { attributes: true, attributeFilter: ["data-step"] });
}"""


@pytest.fixture(scope="module")
def run(app: App) -> Run:
    """A run of 24 steps with five snapshots of 120 pictures, trained by the command line."""
    train(app, 24)
    (run,) = app.store
    wait_for(lambda: run.coordinate_steps("umap") == run.snapshot_steps())
    return run


def train(app: App, steps: int, *more: str) -> None:
    words = ["--data", "shapes", "--views", "strong", "--max-images", "200", *more]
    words += ["--batch-size", "32"]
    words += [
        "--snapshots",
        str(SNAPSHOTS),
        "--probe-size",
        str(PICTURES),
        "--precision",
        "float32",
    ]
    subprocess.run(
        [sys.executable, "-m", "simclr_core", "train", "--steps", str(steps), *words],
        env={**os.environ, "SIMCLR_LAB_RUNS": str(app.store.root)},
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def opened(app: App, page: Page, run: Run) -> Iterator[Any]:
    """A function that opens Explore and waits for a step: opened("?of=z", step)."""

    def go(query: str = "", step: int | None = None) -> Locator:
        page.goto(f"{app.url}/explore{query}")
        canvas = page.locator(MAPS).first
        expect(canvas).to_have_attribute("data-step", str(24 if step is None else step))
        expect(canvas).not_to_have_attribute("data-gliding", "1")
        return canvas

    yield go


def points(canvas: Locator, pane: int = 0) -> np.ndarray:
    """(P, 2) where the points are, in pixels of the map."""
    flat = canvas.evaluate(
        """(c, pane) => { const { at, side } = c.getRootNode().simclrView.panes[pane].scatter;
        return Array.from(at, (v) => v * side); }""",
        pane,
    )
    return np.array(flat).reshape(-1, 2)


def lonely(places: np.ndarray) -> int:
    """The picture that is farthest from all others: a click there means no other."""
    distance, _ = NearestNeighbors(n_neighbors=2).fit(places).kneighbors(places)
    return int(distance[:, 1].argmax())


def at(page: Page, canvas: Locator, place: np.ndarray) -> tuple[float, float]:
    box = canvas.bounding_box()
    assert box
    return box["x"] + float(place[0]), box["y"] + float(place[1])


def draw(page: Page, canvas: Locator, corners: list[tuple[float, float]]) -> None:
    """Drag along a line of places on a map."""
    page.mouse.move(*at(page, canvas, np.array(corners[0])))
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*at(page, canvas, np.array(corner)), steps=3)
    page.mouse.up()


def inside(places: np.ndarray, corners: list[tuple[float, float]]) -> list[int]:
    """Indices of places inside a polygon, by OpenCV."""
    line = np.float32(corners)
    return [
        i
        for i, place in enumerate(places)
        if cv2.pointPolygonTest(line, (float(place[0]), float(place[1])), False) > 0
    ]


def selected(canvas: Locator) -> list[int] | None:
    found: list[int] | None = canvas.evaluate("c => c.getRootNode().simclrView.link.selected")
    return found


def test_it_opens_on_the_newest_snapshot_of_the_newest_run(opened, page, run) -> None:
    canvas = opened()
    shown = canvas.evaluate("c => Array.from(c.__simclr.xy)")
    assert shown == run.coordinates("umap", 24)["xy"].reshape(-1).tolist()
    expect(page).to_have_url(f"{page.url.split('?')[0]}?run={run.id}")
    expect(page.locator(".ex-strip-line")).to_contain_text("of true neighbourhoods")
    expect(page.locator(".ex-strip-line")).to_contain_text("kNN accuracy on the map; untrained")
    assert page.evaluate("document.documentElement.scrollHeight") <= 768


def test_hover_marks_the_picture_on_every_map_and_shows_it(opened, page, run) -> None:
    opened("?of=h+and+z&by=PCA")
    first, second = page.locator(MAPS).nth(0), page.locator(MAPS).nth(1)
    expect(second).to_have_attribute("data-step", "24")
    places = points(second, 1)
    index = lonely(places)
    page.mouse.move(*at(page, second, places[index]))
    expect(page.locator("circle.ex-pointed")).to_have_count(2)
    for circle in page.locator("circle.ex-pointed").all():
        assert circle.get_attribute("data-index") == str(index)
    cards = page.locator(".live-card:not([hidden])")
    expect(cards).to_have_count(1)  # on the map under the pointer
    expect(cards.locator("canvas")).to_be_visible()
    page.mouse.move(2, 2)
    expect(page.locator("circle.ex-pointed")).to_have_count(0)
    expect(cards).to_have_count(0)
    assert first.bounding_box()["y"] == second.bounding_box()["y"]


def test_a_click_opens_its_views_and_its_true_neighbours_and_how_they_came_about(
    opened, page, run
) -> None:
    canvas = opened()
    places = points(canvas)
    index = lonely(places)
    page.mouse.click(*at(page, canvas, places[index]))
    detail = page.locator(".ex-detail")
    expect(detail).to_have_attribute("data-index", str(index))
    for step in (24, *[s for s in run.snapshot_steps() if s < 24][-1:]):
        h = run.snapshot(step)["h"]
        _, near = NearestNeighbors(n_neighbors=11, metric="cosine").fit(h).kneighbors(h[[index]])
        expected = [int(i) for i in near[0] if i != index][:10]
        rows = detail.locator(".ex-near" if step == 24 else ".ex-past").first
        found = [int(b.get_attribute("data-index")) for b in rows.locator(".ex-thumb").all()]
        assert found == expected
    circles = page.locator("circle.ex-near")
    expect(circles).to_have_count(10)
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
    reach = np.percentile(np.abs(places - middle).max(axis=1), 45)
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
    expect(page.locator(".ex-strip-line")).to_contain_text("of those selected")
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
    page.keyboard.press("Space")
    expect(canvas).to_have_attribute("data-step", "24")
    assert page.evaluate("window.seen") == [str(step) for step in steps[1:]]
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
    assert page.evaluate("window.seen") == [str(step) for step in steps[1:]]
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
    page.mouse.move(*at(page, canvas, places[hidden]))
    for mark in page.locator("circle.ex-pointed").all():
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
    page.mouse.wheel(0, -100)
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


def test_clusters_and_layouts_of_ones_own_are_computed_meanwhile_pca(opened, page, run) -> None:
    canvas = opened("?of=z&neighbors=5&color=clusters&k=3")
    expect(page.locator(".ex-title")).to_have_text(
        "UMAP of z (5 neighbours, min_dist 0.1, cosine)", timeout=COMPUTED
    )
    legend = page.locator(".live-legend")
    expect(legend).to_contain_text("cluster 3", timeout=COMPUTED)
    expect(canvas).to_have_attribute("data-step", "24")
    shown = "c => Array.from(c.getRootNode().simclrView.panes[0].colors.arrays.category)"
    h = run.snapshot(24)["h"]
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    expected = KMeans(3, n_init=4, random_state=0).fit_predict(unit)
    assert adjusted_rand_score(canvas.evaluate(shown), expected) == pytest.approx(1)


def test_keys_alone_reach_a_picture(opened, page, run) -> None:
    canvas = opened()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    pointed = page.locator("circle.ex-pointed")
    expect(pointed).to_have_count(1)
    index = pointed.get_attribute("data-index")
    page.keyboard.press("Enter")
    expect(page.locator(".ex-detail")).to_have_attribute("data-index", index)


MATRIX = ".mx-stage canvas"


def test_the_matrix_shows_similarities_and_the_weights_of_a_temperature(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Similarity+matrix&pairs=8&order=by+class")
    canvas = page.locator(MATRIX)
    page.wait_for_function("document.querySelector('.st-key-explore-matrix') !== null")
    expect(page.locator(".mx-facts")).to_contain_text("on average")
    held = run.snapshot(24)["z_views"]
    index = canvas.evaluate("c => Array.from(c.getRootNode().simclrView.block.arrays.index)")
    z = held[index].reshape(16, -1)
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    s = z @ z.T
    found = canvas.evaluate("c => Array.from(c.__simclr.s)")
    assert found == pytest.approx(s.reshape(-1).tolist(), abs=1e-5)
    assert canvas.evaluate("c => c.__simclr.t") == run.config.training.temperature

    def weights(t: float) -> np.ndarray:
        w = np.exp(s / t)
        for i in range(16):
            w[i, [i, i ^ 1]] = 0
        return w / w.sum(axis=1, keepdims=True)

    page.get_by_label("Temperature").fill("-0.5")
    t = 10**-0.5
    found = canvas.evaluate("c => Array.from(c.__simclr.w)")
    assert found == pytest.approx(weights(t).reshape(-1).tolist(), abs=1e-5)
    assert canvas.evaluate("c => c.__simclr.hardest") == pytest.approx(
        float(weights(t).max(axis=1).mean()), abs=1e-5
    )
    page.get_by_role("button", name="as trained").click()
    assert canvas.evaluate("c => c.__simclr.t") == run.config.training.temperature


def test_a_cell_of_the_matrix_shows_its_two_views(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Similarity+matrix&pairs=8")
    canvas = page.locator(MATRIX)
    expect(page.locator(".mx-facts")).to_contain_text("on average")
    box = canvas.bounding_box()
    cell = box["width"] / 16
    page.mouse.move(box["x"] + 2.5 * cell, box["y"] + 9.5 * cell)  # column 2, row 9
    pair = page.locator(".mx-pair")
    expect(pair).to_have_attribute("data-cell", "9,2")
    index = canvas.evaluate("c => Array.from(c.getRootNode().simclrView.block.arrays.index)")
    names = [f"view 2 of picture {index[4] + 1}", f"view 1 of picture {index[1] + 1}"]
    for image, name in zip(pair.locator("img").all(), names, strict=True):
        assert image.get_attribute("alt").startswith(name)
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") == 64
    expect(pair).to_contain_text("a negative")
    expect(page.locator(".mx-list figure")).to_have_count(12)
    canvas.focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowUp"):  # row 7, column 1
        page.keyboard.press(key)
    expect(pair).to_have_attribute("data-cell", "7,1")
    page.mouse.move(box["x"] + 1.5 * cell, box["y"] + 0.5 * cell)
    expect(pair).to_contain_text("the positive")


def test_what_stands_out_can_be_opened_and_is_open_on_the_map_too(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Hard+pairs")
    first = page.locator(".pr-positives .pr-row").first
    z = run.snapshot(24)["z_views"]
    unit = z / np.linalg.norm(z, axis=2, keepdims=True)
    hardest = int((unit[:, 0] * unit[:, 1]).sum(axis=1).argmin())
    expect(first).to_have_attribute("data-a", str(hardest))
    first.locator(".ex-thumb").click()
    expect(page.locator(".ex-detail")).to_have_attribute("data-index", str(hardest))
    expect(page).to_have_url(re.compile(rf"picture={hardest + 1}\b"))
    page.get_by_text("Map", exact=True).click()
    expect(page.locator(".ex-detail")).to_have_attribute("data-index", str(hardest))
    expect(page.locator("circle.ex-picked")).to_have_attribute("data-index", str(hardest))


def test_health_says_how_the_run_fares_and_why(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Health")
    expect(page.locator(".health b")).to_have_text("too early to tell")  # 24 steps
    expect(page.locator(".live-curves")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(4)  # loss, rank, gradient, spectrum


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


def test_the_back_button_goes_from_panel_to_panel(app, page, run) -> None:
    page.goto(f"{app.url}/explore?run={run.id}")
    expect(page.locator(MAPS).first).to_be_visible()
    for name in ("Health", "Take away"):
        page.get_by_role("radio", name=name, exact=True).click()
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
        expect(page).to_have_url(re.compile(f"panel={name.replace(' ', r'(%20|[+])')}"))
    expect(page.locator(".take").first).to_be_visible()
    page.go_back()
    expect(page.locator(".health b")).to_be_visible()
    expect(page.get_by_role("radio", name="Health", exact=True)).to_be_checked()
    page.go_back()
    expect(page.locator(MAPS).first).to_be_visible()
    page.go_forward()
    expect(page.locator(".health b")).to_be_visible()


def test_where_it_looks_is_computed_and_shown(app, page, run) -> None:
    page.goto(f"{app.url}/explore?panel=Where+it+looks&picture=6")
    expect(page.locator(".looks img")).to_have_count(4, timeout=COMPUTED)
    expect(page.locator(".keeps-about")).to_contain_text(
        "in h (cosine), under the weights of step 24"
    )


def downloaded(page: Page, link: Locator, path: Path) -> Path:
    """The file behind a link."""
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(path)
    return path


def test_the_encoder_that_is_taken_away_gives_the_runs_own_h(app, page, run, tmp_path) -> None:
    page.goto(f"{app.url}/explore?panel=Take+away")
    expect(page.locator(".take")).to_have_count(6)
    page.get_by_role("button", name="Make the file").click()
    link = page.get_by_role("link", name="encoder.keras")
    expect(link).to_be_visible(timeout=COMPUTED)
    downloaded(page, link, tmp_path / "encoder.keras")
    picture = run.probe()["images"][7]
    cv2.imwrite(str(tmp_path / "picture.png"), picture[..., ::-1])
    code = page.locator(".stCode code").last.inner_text()
    assert "keras.saving.load_model" in code
    done = subprocess.run(
        [sys.executable, "-c", code + "\nnp.save('h.npy', h)"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]
    held = run.snapshot(24)["h"][7]
    assert np.load(tmp_path / "h.npy")[0] == pytest.approx(held, abs=2e-4)
    html = downloaded(page, page.get_by_role("link", name="html"), tmp_path / "replay.html")
    assert html.read_bytes() == replay.page(run)


def test_a_replay_plays_without_a_network(browser, run, tmp_path) -> None:
    """Its points are where the map has them, and what lies under the pointer is shown."""
    (tmp_path / "replay.html").write_bytes(replay.page(run))
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith("http") and complaints.append(r.url))
        page.goto(f"file://{tmp_path / 'replay.html'}")
        canvas = page.locator(".rp-stage > canvas")
        expect(canvas).to_have_attribute("data-step", "24")
        expect(page.locator(".rp-where")).to_have_text("step 24 of 24")
        found = replay.data(run)
        shares = np.frombuffer(base64.b64decode(found["places"]), "<u2").reshape(-1, PICTURES, 2)
        places = shares[-1] / 65_535 * [1, -1] + [0, 1]
        index = lonely(places)
        box = canvas.bounding_box()
        assert box
        x, y = places[index] * box["width"]
        page.mouse.move(box["x"] + float(x), box["y"] + float(y))
        card = page.locator(".live-card")
        expect(card).to_have_attribute("data-picture", "shown")
        color = found["colors"]["shape"]
        expect(card.locator("b")).to_have_text(color["names"][color["values"][index]])
        shown = card.locator("canvas").evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, 128, 128).data)"
        )
        picture = np.array(shown, np.uint8).reshape(128, 128, 4)[1::4, 1::4, :3]
        assert (picture == run.probe()["images"][index]).all()
        page.get_by_label("Snapshot", exact=True).fill("0")
        expect(canvas).to_have_attribute("data-step", "0")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Play")).to_be_visible()  # again
        expect(canvas).to_have_attribute("data-step", "24")
        first = page.locator(".rp .live-legend button").first
        first.click()
        expect(first).to_have_attribute("aria-pressed", "false")
        canvas.focus()
        page.keyboard.press("ArrowLeft")
        expect(canvas).to_have_attribute("data-step", str(run.snapshot_steps()[-2]))
        assert not complaints
    finally:
        context.close()


@pytest.mark.slow
def test_a_fork_goes_on_from_a_snapshot_and_is_drawn_as_a_branch(app, page, run) -> None:
    step = run.snapshot_steps()[-2]
    page.goto(f"{app.url}/explore?panel=Compare&step={step}&runs={run.id}")
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
    app.store.delete(made)


@pytest.mark.slow
def test_what_is_selected_on_one_runs_map_is_selected_on_the_other(app, page, run) -> None:
    """The last test of this module: it makes a second run."""
    train(app, 8, "--temperature", "0.5")
    other = next(one for one in app.store if one.id != run.id)
    page.goto(f"{app.url}/explore?panel=Compare&runs={run.id},{other.id}")
    maps = page.locator(MAPS)
    expect(maps).to_have_count(2)
    expect(maps.nth(0)).to_have_attribute("data-step", "24")
    expect(maps.nth(1)).to_have_attribute("data-step", "8")
    expect(page.locator(".compare tbody tr")).to_have_count(2)  # temperature and steps
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
    page.get_by_label("Share of each run").fill("0")
    expect(maps.nth(0)).to_have_attribute("data-step", "0")
    expect(maps.nth(1)).to_have_attribute("data-step", "0")
