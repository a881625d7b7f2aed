"""One real training in Chromium, from the press on Start to the finished map.

The run is trained once; every test looks at another side of what the page showed meanwhile, and
compares it with what the run folder holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from playwright.sync_api import Locator, Page, expect
from train_page import PATIENCE, TrainPage, clock_seconds, wait_until

from simclr_core.runs import states
from simclr_core.runs.run import Run
from tests.browser.conftest import App

HEAVY = ("tensorflow", "libtensorflow", "keras", "umap", "numba", "llvmlite")
FACTS = r"([\d:]+) left step ([\d,]+) of ([\d,]+) ([\d,]+) pictures/s"
RANGES = "e => Array.from(e.__simclr.plot.layout.xaxis.range)"


@dataclass
class Story:
    """What was seen of one run.

    Attributes:
        train: the page, still open.
        run: the finished run.
        seen: what was recorded from before the press on Start to the end; see `RECORDER`.
        counts: how many points of the loss were drawn, looked at now and then.
        zooms: ranges of the steps' axis: dragged to, some updates later, after the way back.
    """

    train: TrainPage
    run: Run
    seen: dict[str, list[Any]]
    counts: list[int]
    zooms: list[list[float]]


@pytest.fixture(scope="module")
def story(app: App, module_page: Page) -> Story:
    """A run of twenty seconds on the drawn shapes, started and watched by hand."""
    train = TrainPage(module_page, app.url, app.store)
    train.open()
    train.choose("train_preset", "15 seconds")
    train.fill(training_seconds=20, training_probe_size=400)
    train.record()
    run = train.start()
    train.expect_state("running")
    train.wait_for_step(3)
    train.mark()
    counts = [_points(train)]
    zooms = _zoom_slowly(train)
    while len(counts) < 4:
        counts.append(wait_until(lambda: _more(train, counts[-1]), "more points of the loss"))
    train.expect_state("finished", 2 * PATIENCE)
    last = str(run.snapshot_steps()[-1])
    expect(train.canvas).to_have_attribute("data-step", last, timeout=PATIENCE * 1000)
    expect(train.canvas).to_have_attribute("data-method", "umap", timeout=PATIENCE * 1000)
    counts.append(_points(train))
    told = Story(train, run, train.seen(), counts, zooms)
    _wait_for_all_maps(told)
    return told


def _wait_for_all_maps(story: Story) -> None:
    """Wait for the maps of snapshots that were skipped during training: each can zoom the view."""
    run, steps = story.run, story.run.snapshot_steps()
    wait_until(lambda: run.coordinate_steps("umap") == steps, "a map of every snapshot")
    for factor in ("hue", "shape"):  # changing the colours makes the page fetch the map again
        _color_by(story, factor)
    expect(story.train.canvas).not_to_have_attribute("data-gliding", "1")


def _points(train: TrainPage) -> int:
    """Points that plotly.js was given, not those that it should have been."""
    return int(train.curves.evaluate("e => e.__simclr.plot.data[0].y.length"))


def _more(train: TrainPage, count: int) -> int:
    now = _points(train)
    return now if now > count else 0


def _zoom_slowly(train: TrainPage) -> list[list[float]]:
    """Drag a range of the loss while it is updated, wait for updates, and go back."""
    page, curves = train.page, train.curves
    box = page.locator(".live-plot .nsewdrag").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 20, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, y, steps=3)
    _wait_for_updates(train)
    page.mouse.move(box["x"] + 120, y, steps=3)
    page.mouse.up()
    back = page.get_by_role("button", name="whole curve")
    expect(back).to_be_visible()
    zooms = [curves.evaluate(RANGES)]
    _wait_for_updates(train)
    zooms.append(curves.evaluate(RANGES))
    back.click()
    expect(back).to_be_hidden()
    page.wait_for_function(
        "() => document.querySelector('.live-curves').__simclr.plot.layout.xaxis.range[0] === 0"
    )
    return [*zooms, curves.evaluate(RANGES)]


def _wait_for_updates(train: TrainPage) -> None:
    first, renders = train.last_step(), "e => e.__simclr.renders"
    count = train.curves.evaluate(renders)
    wait_until(
        lambda: train.last_step() > first and train.curves.evaluate(renders) >= count + 2,
        "two updates of the loss",
    )


def test_states_follow_each_other_and_say_what_goes_on(story: Story) -> None:
    states = [s for s in story.seen["states"] if s != "queued"]  # may be too short to be seen
    assert states == ["starting", "running", "finished"]
    starting = [words for words in story.seen["said"] if words.startswith("Starting: ")]
    assert len(starting) >= 2  # not one word for all of it
    assert "(kNN accuracy" in story.seen["said"][-1]  # one sentence with numbers


def test_the_loss_grows_in_the_same_elements_and_goes_forward_only(story: Story) -> None:
    assert story.train.marked()
    assert story.counts == sorted(set(story.counts)) and len(story.counts) >= 4
    assert len(story.seen["last"]) >= 4
    assert story.seen["last"] == sorted(story.seen["last"])
    rows, _ = story.run.metrics()
    shown = story.train.curves.evaluate(
        "e => [Array.from(e.__simclr.plot.data[0].x), Array.from(e.__simclr.plot.data[0].y)]"
    )
    known = {row["step"]: np.float32(row["loss"]) for row in rows}
    assert {step: np.float32(loss) for step, loss in zip(*shown, strict=True)}.items() <= (
        known.items()
    )
    assert shown[0][-1] == rows[-1]["step"]
    assert len(shown[0]) == len(rows) or len(rows) > 1000


def test_an_update_that_overtakes_another_keeps_the_element(story: Story) -> None:
    kept, ended = story.train.page.evaluate("""async () => {
      const { render } = await import("/lab/assets/any/js/map/map.js");
      const parentElement = document.createElement("div");
      document.body.append(parentElement);
      const first = await render({ parentElement });
      const root = parentElement.querySelector(".live-map");
      first();  // as Streamlit does when new data came before this call was through
      const last = await render({ parentElement });
      const kept = parentElement.querySelector(".live-map") === root;
      parentElement.remove();
      last();
      return [kept, !parentElement.querySelector(".live-map")];
    }""")
    assert kept and ended


def test_a_slow_drag_zooms_and_the_zoom_survives_updates(story: Story) -> None:
    dragged, later, whole = story.zooms
    assert 0 < dragged[0] < dragged[1]
    assert later == pytest.approx(dragged)
    steps = story.run.status["steps"]
    assert whole[0] == 0 and whole[1] == pytest.approx(1.005 * steps, rel=0.02)


def test_each_map_on_the_way_was_that_of_the_run_folder(story: Story) -> None:
    maps = story.seen["maps"]
    assert len(maps) >= 4 and maps[-1]["method"] == "umap"
    shown = {(m["method"], m["step"]): np.float32(m["xy"]) for m in maps}
    for (method, step), xy in shown.items():  # the payload does not round
        np.testing.assert_array_equal(xy, story.run.coordinates(method, step)["xy"].reshape(-1))
    assert len({xy.tobytes() for xy in shown.values()}) == len(shown)  # each step another map
    for method in ("pca", "umap"):
        steps = [m["step"] for m in maps if m["method"] == method]
        assert steps == sorted(steps)


def test_points_are_drawn_where_their_coordinates_say(story: Story) -> None:
    side = story.train.canvas.evaluate("c => c.clientWidth")
    places = story.train.places() / side  # (P, 2) from the upper left corner
    xy = story.train.map_xy()
    inside = ((places > 0.02) & (places < 0.98)).all(axis=1)  # others may stand at the edge
    assert inside.mean() > 0.9
    x, y = xy[inside].T
    scale, offset = np.polyfit(x, places[inside, 0], 1)
    np.testing.assert_allclose(places[inside, 0], scale * x + offset, atol=1e-4)
    middle = np.mean(places[inside, 1] + scale * y)  # one scale for both axes, up is up
    np.testing.assert_allclose(places[inside, 1], middle - scale * y, atol=1e-4)
    assert scale > 0 and np.ptp(places, axis=0).max() > 0.5


def test_progress_and_speed_are_the_run_folders(story: Story) -> None:
    rows, _ = story.run.metrics()
    batch = story.run.config.training.batch_size
    found = 0
    for facts in story.seen["facts"]:
        match = re.fullmatch(FACTS, " ".join(facts))
        if not match:
            continue
        step, steps, speed = (int(match[i].replace(",", "")) for i in (2, 3, 4))
        if step == steps:  # the evaluation has begun
            continue
        found += 1
        row = rows[step - 1]
        assert row["step"] == step and steps == story.run.status["steps"]
        left = (steps - step) * row["seconds"] / step
        assert clock_seconds(match[1]) == pytest.approx(left, abs=1)
        recent = [batch / r["images_per_second"] for r in rows[max(1, step - 20) : step]]  # seconds
        assert speed == pytest.approx(batch / np.median(recent), rel=2e-3, abs=1)
    assert found >= 3


def test_scores_are_those_of_the_snapshots(story: Story) -> None:
    rows = story.run.snapshot_rows()
    names = ("knn_accuracy", "alignment", "uniformity", "effective_rank_h")
    room = np.array([0.05, 0.005, 0.005, 0.5]) * 1.001
    expected = np.array([[row[name] for name in names] for row in rows]) * [100, 1, 1, 1]
    final = story.run.evaluation()["knn_accuracy"]  # in the end, the one score of the page
    expected = np.vstack([expected, [100 * final, *expected[-1, 1:]]])
    order = []
    for _, *texts in story.seen["scores"]:
        if "–" in texts:
            continue
        shown = np.array([float(text.strip("%").replace("−", "-")) for text in texts])
        same = np.flatnonzero((np.abs(expected - shown) <= room).all(axis=1))
        assert len(same), f"{texts} is in no row of snapshots.jsonl"
        order.append(same[-1])
    assert len(set(order)) >= 3 and order == sorted(order)
    assert order[-1] == len(rows)
    evaluation = story.run.evaluation()
    shares = [1 / 8, *_numbers(evaluation)]  # chance among eight shapes, and all that is stored
    told = re.findall(r"[\d.]+%", story.seen["said"][-1])
    rounded = [_percent(share) for share in shares]
    assert _percent(final) in told and len(told) >= 3
    assert story.seen["scores"][-1][1] == _percent(final)  # beside the curve as in the sentence
    assert set(told) <= set(rounded)


def _percent(share: float) -> str:
    """One digit after the point, but for none and all."""
    return f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"


def _numbers(values: Any) -> list[float]:
    """All numbers inside groups of groups."""
    if isinstance(values, dict):
        return [number for value in values.values() for number in _numbers(value)]
    return [float(values)] if isinstance(values, int | float) else []


def test_nothing_jumped_and_nothing_had_to_be_scrolled(story: Story) -> None:
    assert story.seen["there"] == [[True, True]]
    assert len(story.seen["boxes"]) == 1, story.seen["boxes"]
    assert max(story.seen["overflow"]) <= 0


def test_hover_shows_the_picture_itself_with_its_label(story: Story) -> None:
    train, probe = story.train, story.run.probe()
    names = story.run.record["data"]["class_names"]
    shapes = set()
    for index in list(train.drawn())[5::20][:5]:
        shown = train.hover(index)
        assert shown == index
        card = train.page.locator(".live-card")
        expect(card).to_have_attribute("data-picture", "shown")
        expect(card).to_have_attribute("data-index", str(shown))
        expect(card.locator("b")).to_have_text(names[probe["labels"][shown]])
        drawn = card.locator("canvas").evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, 128, 128).data)"
        )
        pixels = np.array(drawn, np.uint8).reshape(128, 128, 4)[..., :3]
        large = probe["images"][shown].repeat(4, axis=0).repeat(4, axis=1)  # (128, 128, 3)
        np.testing.assert_array_equal(pixels, large)
        shapes.add(int(probe["labels"][shown]))
        train.page.mouse.move(5, 5)
        expect(card).to_be_hidden()
    assert len(shapes) > 1


def test_another_factor_changes_colours_and_no_coordinates(story: Story) -> None:
    train, probe = story.train, story.run.probe()
    before, places = train.map_xy(), train.places()
    drawn = train.drawn()
    lone = list(drawn)
    assert len(lone) >= 20
    borders = np.array([(x - half + 0.25, y) for x, y, half in drawn.values()])
    assert _painted(train, borders) == _legend_colors(train, probe["factor__shape"][lone])
    _color_by(story, "hue")
    np.testing.assert_array_equal(train.map_xy(), before)
    np.testing.assert_array_equal(train.places(), places)
    assert train.drawn() == drawn
    assert _painted(train, borders) == _legend_colors(train, probe["factor__hue"][lone])
    _color_by(story, "shape")


def _color_by(story: Story, factor: str) -> None:
    story.train.choose(f"color-{story.run.id}", factor)
    names = story.run.record["data"]["factors"][factor]
    expect(story.train.page.locator(".live-legend button span")).to_have_text(names)


def _painted(train: TrainPage, places: np.ndarray) -> list[tuple[int, ...]]:
    """Colours of the canvas at (M, 2) places, red, green and blue."""
    found = train.canvas.evaluate(
        """(c, places) => places.map(([x, y]) => { const r = c.width / c.clientWidth;
        return Array.from(c.getContext("2d").getImageData(x * r, y * r, 1, 1).data); })""",
        places.tolist(),
    )
    return [tuple(pixel[:3]) for pixel in found]


def _legend_colors(train: TrainPage, values: np.ndarray) -> list[tuple[int, ...]]:
    """What the legend gives as the colours of categories."""
    dots = train.page.locator(".live-legend button i").evaluate_all(
        "all => all.map(e => getComputedStyle(e).backgroundColor.match(/[0-9]+/g).map(Number))"
    )
    return [tuple(dots[value]) for value in values]


def test_layouts_and_earlier_steps_are_those_of_the_run_folder(story: Story) -> None:
    train, run = story.train, story.run
    train.mark()
    train.page.locator(f".st-key-method-{run.id} button", has_text="PCA").click()
    expect(train.canvas).to_have_attribute("data-method", "pca")
    _expect_map(story, "pca", run.coordinate_steps("pca")[-1])
    slider = train.page.locator(f".st-key-step-{run.id}").get_by_role("slider")
    slider.focus()
    steps = run.coordinate_steps("pca")
    for step in (steps[-1], steps[-2], steps[-3]):  # from the right end, "latest", leftwards
        train.page.keyboard.press("ArrowLeft")
        expect(train.page.locator(f".st-key-step-{run.id}")).to_contain_text(f"step {step:,}")
        expect(train.canvas).to_have_attribute("data-step", str(step))
        _expect_map(story, "pca", step)
    train.page.keyboard.press("Home")
    expect(train.canvas).to_have_attribute("data-step", "0")
    _expect_map(story, "pca", 0)
    train.page.locator(f".st-key-method-{run.id} button", has_text="UMAP").click()
    expect(train.canvas).to_have_attribute("data-method", "umap")
    step = int(train.canvas.get_attribute("data-step") or -1)
    _expect_map(story, "umap", step)
    assert train.marked()


def _expect_map(story: Story, method: str, step: int) -> None:
    xy = story.run.coordinates(method, step)["xy"]
    np.testing.assert_array_equal(np.float32(story.train.map_xy()), xy)
    caption = story.train.page.locator(".live-caption")
    expect(caption).to_contain_text(f"{method.upper()} · step {step:,}")


def test_the_server_is_still_light_and_idle(app: App, story: Story) -> None:
    mapped = Path(f"/proc/{app.pid}/maps").read_text()
    assert not [name for name in HEAVY if f"/{name}" in mapped]
    assert psutil.Process(app.pid).memory_info().rss < 400e6
    assert story.run.state == states.FINISHED and not story.run.alive


def test_the_strip_shows_the_pairs_of_the_run_folder(story: Story) -> None:
    pairs, strip = story.run.pairs(), story.train.page.locator(".pairs")
    assert int(pairs["step"]) == story.run.status["steps"]  # those of the last step
    expect(strip).to_have_attribute("data-step", str(int(pairs["step"])))
    columns = strip.locator(".pairs-column")
    expect(columns).to_have_count(len(pairs["alike"]))
    shown = [text.replace("−", "-") for text in columns.locator("b").all_inner_texts()]
    np.testing.assert_allclose([float(text) for text in shown], pairs["alike"], atol=0.0051)
    missed = [i for i, column in enumerate(columns.all()) if _is_missed(column)]
    assert missed == np.flatnonzero(pairs["alike"] <= pairs["other"]).tolist()
    for k, canvas in enumerate(columns.first.locator("canvas").all()):
        drawn = canvas.evaluate(
            "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
        )
        size = pairs["views"].shape[2]
        pixels = np.array(drawn, np.uint8).reshape(size, size, 4)[..., :3]
        np.testing.assert_array_equal(pixels, pairs["views"][0, k])


def _is_missed(column: Locator) -> bool:
    return "pairs-missed" in (column.get_attribute("class") or "")


def test_the_wall_and_home_lead_to_the_run(story: Story, page: Page) -> None:
    run, url = story.run, story.train.url
    page.goto(f"{url}/runs")
    cards = page.locator(".wall-card")
    expect(cards).to_have_count(3)  # this run, and the recorded ones after it
    expect(cards.first.locator(".wall-name")).to_have_text(run.name)
    expect(cards.first.locator("canvas").first).to_have_attribute(
        "data-step", str(run.snapshot_steps()[-1])
    )
    expect(page.locator(".wall-state.run-recorded")).to_have_text(["recorded", "recorded"])
    cards.first.locator(".wall-name").click()
    page.wait_for_url(f"**/train?run={run.id}")
    page.goto(url)
    expect(page.locator(".home-offer")).to_contain_text(f"Newest: {run.name}, finished")
    page.get_by_role("button", name="Open", exact=True).click()
    page.wait_for_url(f"**/train?run={run.id}")
    expect(page.locator(".run-state")).to_have_text("finished")
