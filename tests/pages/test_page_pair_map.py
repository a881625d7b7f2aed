"""The map on Views: what it gets, which network is asked, and what it says where there is none.

Answers are made up here, and nothing is trained, so that this process stays as light as the app.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.shared import similarity
from pages.shared.similarity import Alike
from pages.views import pair_map
from pages.views.run_picker import UNASKED, scaled
from simclr_core.base.files import write_npz
from simclr_core.feed.packing import unpack
from simclr_core.questions.job import encode_job
from simclr_core.questions.jobs import ask, question
from simclr_core.questions.reply import Reply
from simclr_core.runs import shipped
from simclr_core.runs.store import RunStore
from simclr_core.workers import queue
from simclr_core.workers.standing import Line
from tests.pages.test_page_similarity import shown_views
from tests.pages.test_page_views import page_in

Blocks = list[tuple[dict[str, Any], dict[str, np.ndarray]]]


@pytest.fixture
def page(store: RunStore, tmp_path: Path) -> AppTest:
    """The page, not yet run."""
    return page_in(tmp_path)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Blocks:
    """What went to the browser."""
    found: Blocks = []

    def mount(module: str, key: str, height: str, data: bytes, **options: Any) -> None:
        found.append(unpack(data))

    monkeypatch.setattr(pair_map, "mount", mount)
    return found


@pytest.fixture
def fake(store: RunStore) -> FakeRun:
    """A finished run that has a map of 40 pictures at step 200 and weights."""
    made = FakeRun(store, probe=40)
    made.grow(2)
    made.weigh(0, 200)
    made.end()
    return made


def answer(fake: FakeRun, images: np.ndarray) -> np.ndarray:
    """Answer what the page asks: view i has the h of the map's picture i, and step 0 has ones."""
    h = fake.run.snapshot(200)["h"][: len(images)]
    for role, step, rows in (("trained", 200, h), ("untrained", None, np.ones_like(h))):
        request = question(fake.run, ask(fake.run, encode_job(images, role, step)))
        arrays = {"h": rows, "z": rows[:, :8], "step": np.int64(step or 0)}
        write_npz(request.file(queue.ANSWER), arrays)
        queue.drop(request)
    return h


def test_each_pair_of_views_is_placed_near_the_pictures_most_like_it(
    page: AppTest, fake: FakeRun, shown: Blocks
) -> None:
    page.run()
    header, arrays = shown[-1]
    assert list(arrays) == ["map"] and header["run"] == fake.run.id  # nothing is known yet
    h = answer(fake, shown_views(page))
    page.run()
    header, arrays = shown[-1]
    assert arrays["nearest"].reshape(16, 5)[:, 0].tolist() == list(range(16))  # h of picture i
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    alike = [f"{unit[i] @ unit[i + 1]:.2f}".replace("-", "−") for i in range(0, 16, 2)]
    assert [pair["alike"] for pair in header["pairs"]] == [a.replace("0.", ".") for a in alike]
    assert {pair["untrained"] for pair in header["pairs"]} == {"1.00"}
    assert header["strangers"][1] == "1.00" and header["pairs"][0]["name"].startswith("picture ")
    assert all(one.startswith("data:image/png") for one in header["pairs"][7]["pictures"])
    known, _ = unpack(arrays["map"].tobytes())
    assert (known["step"], known["method"]) == (200, "umap")


def test_the_row_of_the_link_is_the_pair_on_the_map(
    page: AppTest, fake: FakeRun, shown: Blocks
) -> None:
    for row in ("3", "3.0"):
        page.query_params["row"] = row
        page.run()
        assert shown[-1][0]["chosen"] == 2
    page.query_params["row"] = "12"  # of eight
    page.run()
    assert shown[-1][0]["chosen"] == 7


def test_a_sentence_replaces_the_map_where_no_network_is_asked(
    page: AppTest, shown: Blocks, store: RunStore
) -> None:
    page.run()
    assert shown[-1][0]["message"].startswith("No network has learned these pictures yet")
    shipped.install(store)
    page.run()
    assert shown[-1][0]["run"] == shipped.FIRST and not shown[-1][0]["note"]
    page.selectbox(key="views_run").set_value("none").run()
    assert shown[-1][0]["message"] == UNASKED


def test_a_recorded_network_takes_no_digits(page: AppTest, shown: Blocks, store: RunStore) -> None:
    shipped.install(store)
    page.query_params["data"] = "digits"
    page.run()
    assert not page.exception
    assert shown[-1][0]["message"] == (
        "The recorded networks take pictures of 32 pixels, and these have 16. Train a network on "
        "these pictures to see their views on its map."
    )


def test_a_recorded_network_takes_own_pictures_of_any_size(
    page: AppTest, shown: Blocks, store: RunStore, tmp_path: Path
) -> None:
    shipped.install(store)
    pictures = np.random.default_rng(0).integers(0, 255, (20, 48, 48, 3)).astype(np.uint8)
    np.savez(tmp_path / "mine.npz", images=pictures)
    page.query_params["data"] = str(tmp_path / "mine.npz")
    page.run()
    assert not page.exception
    header, _ = shown[-1]
    assert header["run"] == shipped.FIRST
    assert header["note"] == (
        "This network learned from shapes, not from these pictures. Views are scaled from 48 to 32 "
        "pixels."
    )


def test_views_are_scaled_by_averaging() -> None:
    views = np.zeros((1, 2, 4, 4, 3), np.float32)
    views[0, 1, :2, :2] = [[[1.0, 0.5, 0.0]] * 2, [[0.0, 0.5, 0.0]] * 2]
    small = scaled(views, 2)
    assert small.shape == (1, 2, 2, 2, 3) and small.dtype == np.float32
    np.testing.assert_allclose(small[0, 1, 0, 0], [0.5, 0.5, 0.0])
    assert scaled(views, 4) is views


def test_a_slow_answer_has_words_where_its_number_will_be(fake: FakeRun) -> None:
    alike = Alike(fake.run, {"trained": encode_job(np.zeros((2, 32, 32, 3), np.uint8))})
    alike.waits = Reply(waiting=True)
    assert "alike <b>…</b>" in similarity.pair_lines(alike)[0]
    alike.waits = Reply(waiting=True, line=Line(seconds=4.0))
    assert "waiting for the network" in similarity.pair_lines(alike)[0]
    alike.seen["trained"] = similarity.Seen(np.zeros((2, 3)), np.array([0.5]), 0.1, 3)
    assert "alike <b>.50</b>" in similarity.pair_lines(alike)[0]
