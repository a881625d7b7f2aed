"""The table of sliders, links, and pictures as HTML."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pages.shared import picture_html
from pages.shell.link import link_problems
from pages.views import controls
from pages.views.controls import BY_KEY, CONTROLS, preset_of
from simclr_core.settings.config import ViewConfig, from_dict, to_dict
from simclr_core.settings.presets import VIEW_PRESETS, view_config


def test_each_wrong_setting_of_a_link_gives_one_sentence() -> None:
    whole, words = {"seed": (0, 99), "skip": (0, 9)}, {"show": ("pairs", "many views")}
    fits = {"crop": ["0.2", "0.9"], "seed": ["3"], "skip": ["8.0"], "show": ["pairs"], "run": [""]}
    assert link_problems(fits, whole, words, ["run"], BY_KEY) == {}
    unfit = {
        "crop": [".9", ".2"], "hue": ["7"], "gray_p": ["nan"], "blur": ["1"],
        "color_strenth": ["1"], "seed": ["abc"], "skip": ["2.5"], "show": [""],
    }  # fmt: skip
    problems = link_problems(unfit, whole, words, sliders=BY_KEY)
    assert list(problems) == list(unfit)
    assert "found 7; the default is used" in problems["hue"]
    assert "did you mean color_strength?" in problems["color_strenth"]
    assert problems["seed"] == (
        "seed in the link: expected a whole number from 0 to 99, found abc; the default is used."
    )
    assert "expected pairs or many views, found nothing" in problems["show"]


def test_the_table_of_controls_covers_every_setting_once() -> None:
    fields = [name for control in CONTROLS for name in control.fields]
    assert sorted(fields) == sorted(to_dict(ViewConfig()))
    config = view_config("photographs", "paper")
    rebuilt = from_dict(
        ViewConfig, {k: v for c in CONTROLS for k, v in c.changes(c.value(config)).items()}
    )
    assert rebuilt == config


@pytest.mark.parametrize("control", CONTROLS, ids=BY_KEY)
def test_every_end_of_a_slider_is_a_valid_setting(control: controls.Control) -> None:
    ends = (control.low, control.high)
    for value in [ends] if len(control.fields) == 2 else ends:
        changes = control.changes(value)
        found = from_dict(ViewConfig, {**to_dict(ViewConfig()), **changes})
        assert {name: getattr(found, name) for name in changes} == changes


def test_presets_are_recognised() -> None:
    for kind in ("drawn", "characters", "photographs", "gray pictures"):
        names = {preset_of(view_config(kind, name), kind) for name in VIEW_PRESETS}
        assert None not in names
    assert preset_of(ViewConfig(hue=0.17), "drawn") is None


def test_pictures_are_sent_unchanged() -> None:
    import base64

    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    for given in (picture, picture / np.float32(255)):
        data = base64.b64decode(picture_html.data_uri(given).split(",")[1])
        back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.array_equal(back, picture)


def test_words_about_pictures_are_escaped() -> None:
    tag = picture_html.picture_tag(np.zeros((8, 8, 3), np.uint8), '"><script>')
    assert "<script>" not in tag
