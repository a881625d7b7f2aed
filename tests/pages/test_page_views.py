"""The Views page, run without a browser: settings, links, data sets, words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import picture_html
from pages.shell import link
from pages.views.controls import BY_KEY, CONTROLS
from simclr_core.base.paths import PROJECT
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import DataConfig, ViewConfig, from_dict, replace
from simclr_core.settings.presets import preset_config, view_config
from simclr_core.views.recipes import describe, draw_recipes
from simclr_core.views.render import render_views

ROOT = PROJECT
SCRIPT = """import streamlit as st
pages = [
    st.Page(f"pages/{name}/page.py", url_path=name, default=name == "views")
    for name in ("views", "train")
]
st.navigation(pages, position="top").run()
"""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AppTest:
    """The page, not yet run; there are no runs."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    return page_in(tmp_path)


def page_in(folder: Path) -> AppTest:
    """The page with the navigation around it; the project's files are linked into a folder."""
    for name in ("pages", "assets"):
        (folder / name).symlink_to(ROOT / name)
    script = folder / "views_app.py"
    script.write_text(SCRIPT)
    return AppTest.from_file(str(script), default_timeout=240)


def rows(page: AppTest) -> str:
    """Return the HTML of the pictures."""
    return next(part.value for part in page.get("html") if "lab-pairs" in part.value)


def words(page: AppTest) -> list[str]:
    """Return all recipes in words, view 1 and 2 of each picture in turn."""
    return re.findall(r"</b><span>(.*?)</span>", rows(page))


def test_eight_pairs_with_crop_boxes_alternative_texts_and_words(page: AppTest) -> None:
    page.run()
    assert not page.exception and not page.error
    html = rows(page)
    assert html.count("lab-box v1") == html.count("lab-box v2") == 8
    assert len(re.findall(r'alt="picture \d+, \w+, view [12]: \d+% of the picture', html)) == 16
    assert len(words(page)) == 16


def test_first_pair_is_the_one_that_the_engine_renders(page: AppTest) -> None:
    page.run()
    from simclr_core.data.datasets import load_dataset

    data = load_dataset("shapes", max_images=4000)
    number = int(re.search(r"picture (\d+)", rows(page))[1])  # type: ignore[index]
    recipes = draw_recipes(view_config("drawn"), 8, 7, 0, image_size=32)
    expected = render_views(data.x_train[number][None], recipes.take([0]))[0]
    for view in (0, 1):
        assert picture_html.data_uri(expected[view]) in rows(page)
    assert words(page)[:2] == [describe(recipes, 0, view) for view in (0, 1)]


def test_a_slider_keeps_the_seed_and_changes_only_its_operation(page: AppTest) -> None:
    before = words(page.run())
    after = words(page.slider(key="color_strength").set_value(0.5).run())
    share = re.compile(r"\d+% of the picture(, flipped)?")
    assert [share.match(w)[0] for w in before] == [share.match(w)[0] for w in after]  # type: ignore[index]
    assert before != after
    assert page.number_input(key="seed").value == 7


def test_draw_again_and_another_eight(page: AppTest) -> None:
    first = rows(page.run())
    page.button[1].click().run()
    assert page.number_input(key="seed").value == 8
    assert words(page) != re.findall(r"</b><span>(.*?)</span>", first)
    numbers = re.findall(r"<small>picture (\d+)", rows(page))
    page.button[0].click().run()
    assert not set(numbers) & set(re.findall(r"<small>picture (\d+)", rows(page)))


def test_presets_set_every_slider_and_back(page: AppTest) -> None:
    page.run()
    for name in ("paper", "no colour", "strong"):
        page.button(key=f"preset_{name}").click().run()
        config = view_config("drawn", name)
        shown = {c.key: page.session_state[c.key] for c in CONTROLS}
        assert shown == {c.key: c.value(config) for c in CONTROLS}
        assert page.button(key=f"preset_{name}").proto.type == "secondary"


def test_untouched_settings_follow_the_kind_of_the_data(page: AppTest) -> None:
    page.run()
    page.slider(key="gray_p").set_value(0.9).run()
    page.selectbox(key="data").set_value("digits").run()
    assert page.session_state["flip_p"] == view_config("characters").flip_p == 0
    assert page.session_state["gray_p"] == 0.9
    page.selectbox(key="data").set_value("shapes").run()
    assert page.session_state["flip_p"] == 0.5


def test_views_go_to_train_as_plain_settings(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[tuple[str, Any]] = []
    monkeypatch.setattr(link, "go", lambda to, query: gone.append((to, query)))
    page.run()
    page.slider(key="crop").set_value((0.3, 0.8)).run()
    next(b for b in page.button if b.label == "Train with these views").click().run()
    ((to, query),) = gone
    config = from_dict(ViewConfig, json.loads(query["views"]))
    assert (to, query["data"], query["train_views"]) == (
        "train",
        "shapes",
        "views from the Views page",
    )
    assert (config.crop_min, config.crop_max, config.gray_p) == (0.3, 0.8, 0.3)


def test_one_by_one_ends_in_the_view_and_many_views_are_24(page: AppTest) -> None:
    pair = rows(page.run())
    page.segmented_control(key="show").set_value("one by one").run()
    html = next(part.value for part in page.get("html") if "lab-steps" in part.value)
    assert re.findall(r"<b>(\w+)</b>", html)[:6] == [
        *("picture", "crop", "flip", "jitter", "grayscale", "blur")
    ]
    sources = re.findall(r'src="([^"]+)"', html)
    assert [sources[5], sources[11]] == re.findall(r'src="([^"]+)"', pair)[1:3]
    page.segmented_control(key="show").set_value("many views").run()
    assert next(p.value for p in page.get("html") if "lab-grid" in p.value).count("<img") == 24


def test_warnings_in_plain_words(page: AppTest) -> None:
    page.run()
    page.slider(key="crop").set_value((0.01, 0.05)).run()
    strip = next(part.value for part in page.get("html") if "lab-strip" in part.value)
    assert "less than 5% of the picture" in strip


@pytest.mark.parametrize(
    "source",
    ["/nowhere/at/all", "shapse", "/dev/null", "a\0b", "~nouser/x", __file__],
    ids=range(6),
)
def test_an_unreadable_source_gives_one_sentence(page: AppTest, source: str) -> None:
    page.session_state["data"] = source
    page.run()
    assert not page.exception
    assert len(page.error) == 1 and page.error[0].value.startswith("Expected")
    page.selectbox(key="data").set_value("shapes").run()
    assert not page.error and words(page)


def test_own_pictures_gray_small_and_without_labels(page: AppTest, tmp_path: Path) -> None:
    folder = tmp_path / "a b$*"
    folder.mkdir()
    for i in range(12):
        noise = np.random.default_rng(i).integers(0, 255, (40, 30), np.uint8)
        cv2.imwrite(str(folder / f"{i}.png"), noise)
    page.session_state["data"] = str(folder)
    page.run()
    assert not page.exception and not page.error
    assert re.search(r'alt="\d+\.png, view', rows(page)) and page.session_state["flip_p"] == 0
    page.number_input(key="pictures").set_value(16).run()
    assert rows(page).count("lab-box v1") <= 12


def test_the_run_of_a_link_brings_its_pictures_once(page: AppTest, tmp_path: Path) -> None:
    """Also after another page had other pictures; what is chosen then stays."""
    store = RunStore(tmp_path / "runs")
    run = store.create(replace(preset_config("minute"), data=DataConfig("digits")))
    page.session_state["data"] = "patterns"
    page.query_params["run"] = run.id
    page.run()
    assert page.selectbox(key="data").value == "digits"
    page.selectbox(key="data").set_value("shapes").run()
    page.run()
    assert page.selectbox(key="data").value == "shapes" and not page.exception


def test_the_path_field_opens_own_pictures(page: AppTest, tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    np.savez(
        path,
        images=np.zeros((20, 24, 24, 3), np.uint8)
        + np.arange(20)[:, None, None, None].astype(np.uint8),
    )
    page.run()
    page.selectbox(key="data").set_value("your own pictures").run()
    assert any("Your own pictures" in part.value for part in page.get("html")) and not page.error
    assert page.get("file_uploader")
    page.text_input(key="data_path").set_value(f'"{path}"').run()
    assert page.selectbox(key="data").value == str(path)
    assert rows(page).count("lab-row") == 9


def test_a_falling_range_in_a_link_is_replaced_by_the_default(page: AppTest) -> None:
    page.query_params["crop"] = ["0.9", "0.1"]
    page.query_params["blur"] = ["9", "1"]
    page.query_params["gray_p"] = "0.9"
    page.run()
    assert not page.exception and not page.error
    (warning,) = page.warning
    assert "crop in the link: expected two rising numbers from 0.01 to 1, found 0.9, 0.1" in (
        warning.value
    )
    assert "blur in the link" in warning.value and "gray_p" not in warning.value
    default = view_config("drawn")
    for key in ("crop", "blur"):
        assert page.slider(key=key).value == BY_KEY[key].value(default)
    assert page.slider(key="gray_p").value == 0.9  # what can be used is kept
    assert rows(page).count("lab-box v1") == 8
    assert set(page.query_params) == {"gray_p"}
    assert not page.run().warning


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "abc"), ("pictures", "999"), ("show", "zzz"), ("row", "-4"), ("skip", "-1"),
        ("skip", "7" * 5000), ("seed", "2147483648"), ("pictures", "2.5"),
    ],
)  # fmt: skip
def test_other_wrong_settings_of_a_link_are_reported_and_removed(
    page: AppTest, name: str, value: str
) -> None:
    page.query_params[name] = value
    page.run()
    assert not page.exception and not page.error
    (warning,) = page.warning
    assert warning.value.startswith(f"{name} in the link: expected ")
    assert warning.value.endswith(f"found {value[:40]}; the default is used.")
    assert name not in page.query_params
    page.button[0].click().run()  # another eight
    assert not page.exception and not page.warning
    assert page.query_params["skip"] in ("8", ["8"])


def test_valid_settings_of_a_link_are_used(page: AppTest) -> None:
    for name, value in {"seed": "5", "pictures": "3", "show": "many views", "row": "2"}.items():
        page.query_params[name] = value
    page.query_params["skip"] = "99999999"
    page.run()
    assert not page.warning and not page.exception
    assert [page.number_input(key=key).value for key in ("seed", "pictures", "row")] == [5, 3, 2]
    assert page.segmented_control(key="show").value == "many views"
