"""The Home page, run without a browser."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import offer, run_rows
from pages.shared.diagram import pair_diagram
from simclr_core.base.errors import LabError
from simclr_core.base.paths import PROJECT
from simclr_core.feed import film, map_picture
from simclr_core.feed.map_picture import newest_map
from simclr_core.runs import states
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views
from tests.fake_run import FakeRun

ROOT = PROJECT


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, store: RunStore) -> AppTest:
    """The page, not yet run, on an empty store."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(store.root))
    return AppTest.from_file(str(ROOT / "pages" / "home" / "page.py"), default_timeout=240)


def finished(store: RunStore, **options: object) -> FakeRun:
    fake = FakeRun(store, probe=60, **options)  # type: ignore[arg-type]
    fake.train(600)
    fake.snapshot()
    fake.end()
    return fake


def html(page: AppTest) -> str:
    return " ".join(part.value for part in [*page.get("html"), *page.markdown])


OFFERS = ["Use your own pictures", "Train one minute"]


def test_the_recorded_runs_are_labelled_and_offer_next_steps(page: AppTest) -> None:
    page.run()
    assert not page.exception and not page.error
    shown = page.get("bidi_component")
    assert len(shown) == 1  # the film
    command = film.about()["command"]
    assert command in str(shown[0].proto) and command not in html(page)  # in a tooltip
    assert [b.label for b in page.button] == OFFERS


def test_a_run_that_was_stopped_can_be_continued(page: AppTest, store: RunStore) -> None:
    finished(store, name="done")
    fake = FakeRun(store, probe=60, name="half <b>")
    fake.train(300)
    fake.run.write_status(state=states.STOPPED, step=300, steps=600)
    page.run()
    assert "Continue: <b>half &lt;b&gt;</b>, stopped at 50%" in html(page)
    assert [b.label for b in page.button][:3] == [*OFFERS, "Resume"]
    page.button(key="offer").click().run()
    assert fake.run.state == states.QUEUED


def test_the_newest_finished_run_is_offered_and_its_score_stands_once(
    page: AppTest, store: RunStore
) -> None:
    finished(store, name="done")
    page.run()
    assert "Newest: <b>done</b>, finished</span>" in html(page)
    assert html(page).count("85.0%") == 1


def test_the_run_that_trains_comes_before_all_others(store: RunStore) -> None:
    FakeRun(store, name="done").end()
    queued = store.create(FakeRun(store).run.config, "queued")
    rows = run_rows.rows(store)
    row, verb = offer.offered(rows)
    assert (row and row.run, verb) == (queued, offer.WATCH)
    assert offer.offered([]) == (None, offer.OPEN)


def test_the_newest_finished_run_is_shown_with_its_figures(page: AppTest, store: RunStore) -> None:
    finished(store, name="old")
    finished(store, name="new & <b>")
    FakeRun(store, probe=60, name="unfinished").snapshot()
    page.run()
    assert "Run new &amp; &lt;b&gt;" in html(page)
    assert "85.0%" in html(page) and "untrained 32.0%" in html(page)
    assert len(re.findall(r"M\d+ \d+h0", html(page))) == 60  # a dot a picture


def test_a_damaged_run_gets_a_sentence(page: AppTest, store: RunStore) -> None:
    fake = finished(store)
    for path in (fake.run.path / "coordinates").glob("*.npz"):
        path.write_bytes(b"broken")
    page.run()
    assert not page.exception
    assert "lab-map" not in html(page) and [b.label for b in page.button][:2] == OFFERS


def test_the_map_is_that_of_the_last_step_by_umap(store: RunStore) -> None:
    run = finished(store).run
    assert newest_map(store) == run
    svg, words = map_picture.map_picture(run)
    root = ElementTree.fromstring(f"<x>{svg}</x>")
    drawn = root.findall(".//path")
    assert len(drawn) == 8 and "UMAP after 600 steps" in words
    kept = float(run.coordinates("umap", 600)["kept"])  # as on Train, not the trustworthiness
    assert f"keeps {kept:.0%} of true neighbourhoods" in words
    xy = run.coordinates("umap", 600)["xy"]
    labels = run.probe()["labels"]
    first = [tuple(map(int, p.split())) for p in re.findall(r"M(\d+ \d+)", drawn[0].get("d") or "")]
    middle, side = (xy.max(0) + xy.min(0)) / 2, (xy.max(0) - xy.min(0)).max()
    expected = (xy[labels == 0] - middle) / side * 940 * (1, -1) + 500
    assert np.abs(np.array(first) - expected).max() <= 0.51


def test_a_map_without_numbers_is_refused() -> None:
    with pytest.raises(LabError, match="Expected coordinates"):
        map_picture._scaled(np.full((3, 2), np.nan))


def test_the_drawing_is_well_formed_and_has_a_text() -> None:
    recipes = draw_recipes(ViewConfig(), 1, 0, 0, image_size=32)
    image = np.zeros((1, 32, 32, 3), np.uint8)
    svg = pair_diagram(image[0], render_views(image, recipes)[0], recipes)
    drawing = ElementTree.fromstring(svg)[0]
    assert "two views" in (drawing.get("aria-label") or "")
    assert len(drawing.findall("image")) == 3
