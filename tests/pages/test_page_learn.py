"""Learn, run without a browser: every part stands, and says what the recorded run says."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import open_page, text
from streamlit.testing.v1 import AppTest

from pages.learn import encoder as learn_encoder
from pages.learn import head as learn_head
from pages.learn import improving as learn_improving
from pages.learn import views as learn_views
from pages.learn import why as learn_why
from simclr_core.feed import demo
from simclr_core.lessons.results import RECORDED
from simclr_core.loss import nt_xent
from simclr_core.runs.summary import percent

Open = Callable[..., AppTest]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    return lambda **query: open_page(tmp_path, "learn", **query)


@pytest.mark.parametrize("number", range(1, 7))
def test_every_part_stands_and_says_what_is_recorded(page, number) -> None:
    app = page(part=str(number))
    assert not app.exception and f"{number}. " in text(app)
    if number != 5:  # of the loss everything is computed there
        assert "Recorded: " in text(app)
    labels = [button.label for button in app.button]
    assert ("Previous" in labels) == (number > 1)
    assert any(label.startswith("Next") for label in labels) == (number < 6)


def test_next_and_previous_go_through_the_parts_and_stand_in_the_link(page) -> None:
    app = page()
    assert "1. Why without labels" in text(app)
    app.button(key="learn_next").click().run()
    assert "2. Two views" in text(app) and app.query_params["part"] in ("2", ["2"])
    app.button(key="learn_next").click().run()
    app.button(key="learn_previous").click().run()
    assert "2. Two views" in text(app) and not app.exception
    app.segmented_control[0].set_value("5 The loss").run()
    assert "5. The loss" in text(app) and not app.exception


@pytest.mark.parametrize("query", [{"part": "9"}, {"part": "x"}, {"round": "-1"}, {"step": "3"}])
def test_nonsense_in_the_link_is_told(page, query) -> None:
    app = page(**query)
    assert "link" in text(app) and "1. Why without labels" in text(app) and not app.exception


@pytest.mark.parametrize(
    ("hours", "words", "bars"),
    [
        (0.5, "30 minutes", 0),
        (13.9, "13.9 hours", 0),
        (100, "2.5 working weeks", 2),
        (4160, "2.0 years", 52),
    ],
)
def test_hours_are_told_as_what_they_mean(hours, words, bars) -> None:
    found = learn_why.sums(hours)
    assert words in found and found.count("<i>") == bars
    assert ("52 weeks more" in found) == (hours > 2080)


def test_sliders_change_the_sum(page) -> None:
    app = page()
    app.select_slider(key="why_pictures").set_value(1_000_000).run()
    app.select_slider(key="why_seconds").set_value(60).run()
    years = 1_000_000 * 60 / 3600 / 40 / 52
    assert f"{years:,.1f} years" in text(app)


def test_the_game_knows_its_answers_and_the_networks() -> None:
    found: dict[str, Any] = learn_views.game(7)
    assert len(found["views"]) == 12 and len(set(found["views"])) == 12
    assert found["picture"] == demo.game_round(7).picture.tolist()
    trained = found["network"]["trained"]
    assert sorted(i for pair in trained for i in pair) == list(range(12))


def test_another_round_has_other_views(page) -> None:
    app = page(part="2", round="40")
    next(b for b in app.button if b.label == "Another round").click().run()
    assert app.query_params["round"] in ("41", ["41"]) and not app.exception  # round 1 again


@pytest.mark.parametrize("what", [learn_encoder.SAME, learn_encoder.OTHER, learn_encoder.ANY])
def test_two_pictures_are_what_was_asked_for(what) -> None:
    shape = demo.story()["shape"]
    pairs = [learn_encoder.pair(shape, what, seed) for seed in range(60)]
    assert all(a != b for a, b in pairs) and len(set(pairs)) > 40
    same = {bool(shape[a] == shape[b]) for a, b in pairs}
    expected = {learn_encoder.SAME: {True}, learn_encoder.OTHER: {False}}
    assert same == expected.get(what, {True, False})


def test_the_angle_is_that_of_the_vectors() -> None:
    """(1, 0) and (1, 1): 45 degrees, cosine 0.7071."""
    assert learn_encoder.cosine(np.array([1.0, 0]), np.array([1.0, 1])) == pytest.approx(
        0.70711, abs=1e-5
    )
    images = demo.story()["images"][:2]
    html = learn_encoder.figure(images, np.float32([[1, 0], [1, 1]]), ("a", "b"))
    assert "<b>45°</b>" in html and "<b>0.71</b>" in html
    opposite = learn_encoder.figure(images, np.float32([[1, 0], [-2, 0]]), ("a", "b"))
    assert "<b>180°</b>" in opposite and "<b>−1.00</b>" in opposite


def test_usual_similarities_are_means_over_pairs() -> None:
    h = np.float32([[1, 0], [2, 0], [0, 3]])
    html = learn_encoder.compared(h, np.array([0, 0, 1]), 0.5)
    assert re.findall(r"<em>([^<]+)", html) == ["0.50", "1.00", "0.00"]


def test_the_scale_begins_at_a_half_and_says_what_is_left_without_the_mean() -> None:
    """By hand: less the mean (1, 2/3), the rows are (0, -2/3), (1, -2/3) and (-1, 4/3)."""
    h = np.float32([[1, 0], [2, 0], [0, 2]])
    html = learn_encoder.compared(h, np.array([0, 0, 1]), 0.75)
    assert re.findall(r"--at:([\d.]+)%", html) == ["50.0", "100.0", "0.0"]
    same = (4 / 9) / (2 / 3 * math.hypot(1, 2 / 3))
    other = -(4 / 5 + (1 + 8 / 9) / (math.hypot(1, 2 / 3) * 5 / 3)) / 2
    assert f"the same shape has {same:.2f} and different shapes −{-other:.2f}" in html


def test_the_push_on_strangers_of_the_same_shape_by_hand() -> None:
    """Cosines 1 and 0 at temperature 0.1: weights 1 and exp(-10). The third has none."""
    share, push = learn_encoder.push_on_same(
        np.float32([[1, 0], [3, 0], [0, 1]]), np.array([0, 0, 1])
    )
    assert share == pytest.approx(2 / 6)
    assert push == pytest.approx(2 / 3 / (1 + math.exp(-10)), abs=1e-6)


def test_part_three_says_where_the_push_goes(page) -> None:
    """What the demo's z give, computed once with plain NumPy: 84% of it on 13% of the strangers."""
    words = text(page(part="3"))
    assert "13% of a picture's strangers" in words and "84% of the push" in words


def test_learn_says_how_a_network_changes_and_names_false_negatives(page) -> None:
    loss = text(page(part="5"))
    assert all(f"<b>{word}</b>" in loss for word in ("gradient", "step", "learning rate"))
    assert "1,500 times" in loss and "−ln" in loss and "log" not in loss.replace("logistic", "")
    assert "<b>false negatives</b>" in text(page(part="2"))


def test_part_six_says_what_the_recorded_lessons_found() -> None:
    """63 negatives teach as much as 126, and in equal seconds 64 pictures per step did best."""
    mean = {}
    for name in ("negatives", "batch-size"):
        seeds = json.loads((RECORDED / f"{name}.json").read_text())["seeds"]
        mean[name] = {
            condition: np.mean([seed["conditions"][condition]["knn"] for seed in seeds])
            for condition in seeds[0]["conditions"]
        }
    assert abs(mean["negatives"]["all 126"] - mean["negatives"]["63"]) < 0.01
    seconds = {n: mean["batch-size"][f"N = {n}, equal seconds"] for n in (16, 64, 256)}
    assert max(seconds, key=seconds.__getitem__) == 64


def test_the_trained_encoder_tells_shapes_apart_better(page) -> None:
    app = page(part="3")
    means = {}
    for when in (learn_encoder.BEFORE, learn_encoder.AFTER):
        app.segmented_control(key="pair_network").set_value(when).run()
        found = re.findall(r"<em>([^<]+)", text(app))
        means[when] = float(found[1]) - float(found[2])
    assert means[learn_encoder.AFTER] > means[learn_encoder.BEFORE] + 0.03


def test_bars_are_the_recorded_probes(page) -> None:
    story = demo.story()
    app = page(part="4")
    app.segmented_control(key="head_factor").set_value("hue").run()
    i = story["factors"].tolist().index("hue")
    expected = [percent(float(story[key][i])) for *_, key in learn_head.ROWS]
    assert re.findall(r"<em>([^<]+)", text(app)) == expected
    gaps = story["probe_h_last"] - story["probe_z_last"]
    assert f"<b>{story['factors'][gaps.argmax()]}</b>" in text(app)


def test_numbers_of_a_batch_and_weights_of_a_temperature() -> None:
    html = learn_improving.negatives(64)
    assert "126 negatives" in html and f"{nt_xent.collapsed_loss(64):.2f}" in html
    shares = [
        int(learn_improving.weights(tau).split("<b>")[1].split("%")[0]) for tau in (0.02, 0.1, 1)
    ]
    assert shares[0] > shares[1] > shares[2]


def test_no_strength_leaves_the_colours() -> None:
    assert learn_improving.views(0.0) != learn_improving.views(2.0)
