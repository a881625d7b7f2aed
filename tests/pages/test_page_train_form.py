"""The form of the Train page: what it starts, and what it refuses."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import labels, open_page, press, run_of, text
from streamlit.testing.v1 import AppTest

from simclr_core.base.files import write_npz
from simclr_core.machine import devices
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config, view_config

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def page(tmp_path: Path) -> Any:
    """Open the page with a query."""
    return lambda **query: open_page(tmp_path, "train", **query)


def test_start_makes_the_requested_run_and_opens_it(page: Any, store: RunStore) -> None:
    app = page(data="digits")
    app.selectbox(key="train_preset").set_value("quarter")
    app.selectbox(key="train_views").set_value("gentle")
    app.number_input(key="train_training_temperature").set_value(0.25)
    app.number_input(key="train_training_seed").set_value(7)
    app.text_input(key="train_name").set_value("my first")
    press(app, "Start")
    (run,) = list(store)
    expected = preset_config("quarter", "digits", "characters")
    expected = dataclasses.replace(
        expected,
        views=view_config("characters", "gentle"),
        training=dataclasses.replace(expected.training, temperature=0.25, seed=7),
    )
    assert run.config == expected
    assert run.name == "my first"
    assert run_of(app) == run.id
    assert f"run {run.id}" in text(app)
    assert "Next in line" in text(app)


def test_a_run_without_a_name_is_named_after_its_data_and_views(page: Any, store: RunStore) -> None:
    app = page()
    app.selectbox(key="train_views").set_value("no colour")
    press(app, "Start")
    assert [run.name for run in store] == ["shapes, no colour views"]


def test_sgd_without_a_learning_rate_gets_one_that_suits_it(page: Any, store: RunStore) -> None:
    app = page()
    app.selectbox(key="train_training_optimizer").set_value("sgd")
    press(app, "Start")
    assert next(iter(store)).config.training.learning_rate == pytest.approx(0.06 * 64 / 256)


@pytest.mark.parametrize(("data", "expected"), [("shapes", "0.1"), ("digits", "0.5")])
def test_empty_settings_show_the_presets_values_for_these_pictures(
    page: Any, data: str, expected: str
) -> None:
    assert page(data=data).number_input(key="train_training_temperature").placeholder == expected


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (
            "training_temperature",
            50.0,
            "Temperature (under Finer settings): expected 0.005 to 10, found 50.0",
        ),
        (
            "training_batch_size",
            1,
            "Batch size (under Finer settings): expected 2 to 65,536, found 1",
        ),
        ("model_head_layers", -1, "Head layers (under Finer settings): expected 0 to 6, found -1"),
        (
            "data_image_size",
            4,
            "Pixels per side (under Finer settings): expected 8 to 224, found 4",
        ),
    ],
)
def test_a_bad_setting_gives_one_sentence_and_nothing_is_lost(
    page: Any, store: RunStore, field: str, value: float, words: str
) -> None:
    app = page()
    app.number_input(key="train_training_seed").set_value(11)
    app.number_input(key=f"train_{field}").set_value(value).run()
    assert not app.exception
    assert [error.value for error in app.error] and words in app.error[0].value
    assert "Start" not in labels(app)
    assert app.number_input(key="train_training_seed").value == 11
    assert list(store) == []
    app.number_input(key=f"train_{field}").set_value(None).run()
    assert not app.error and "Start" in labels(app)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("train_training_batch_size", "abc", "expected a number, found abc; the default is used"),
        ("train_training_seconds", "nan", "expected a number, found nan; the default is used"),
        ("train_preset", "an hour", "found an hour; the default is used"),
        ("train_views", "views from the Views page", "found views from the Views page"),
        ("train_model_encoder", "resnet19", "found resnet19; the default is used"),
        ("train_training_batchsize", "8", "did you mean train_training_batch_size?"),
        ("batch_size", "8", "The link has an unknown setting"),
    ],
)
def test_a_wrong_value_of_a_link_is_named_and_the_default_used(
    page: Any, name: str, value: str, words: str
) -> None:
    app = page(**{name: value})
    assert words in text(app) and name in text(app) and not app.exception
    assert not app.error and "Start" in labels(app)


def test_a_link_fills_in_the_form(page: Any) -> None:
    app = page(train_preset="15 seconds", train_training_seed="5", train_model_encoder="resnet18")
    assert app.selectbox(key="train_preset").value == "quarter"
    assert app.number_input(key="train_training_seed").value == 5
    assert app.selectbox(key="train_model_encoder").value == "resnet18"
    assert "in the link" not in text(app)


def test_float16_on_a_processor_is_refused(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_cpu_flags", set)
    app = page()
    app.selectbox(key="train_training_device").set_value("cpu")
    app.selectbox(key="train_training_precision").set_value("float16").run()
    assert "Precision (under Finer settings): expected auto" in app.error[0].value
    assert "Start" not in labels(app)


def test_an_encoder_that_needs_larger_pictures_is_refused(page: Any) -> None:
    app = page()
    app.selectbox(key="train_model_encoder").set_value("xception").run()
    assert "at least 71 pixels" in app.error[0].value and "Start" not in labels(app)


@pytest.mark.parametrize("data", ["/nowhere.npz", "~nouser/x"])
def test_missing_data_are_reported(page: Any, store: RunStore, data: str) -> None:
    app = page(data=data)
    assert not app.exception
    assert f"found nothing at '{data}'" in app.error[0].value and "Start" not in labels(app)
    assert list(store) == []


def test_own_pictures_are_read_and_checked_before_the_start(
    page: Any, store: RunStore, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 255, (60, 20, 20), np.uint8)
    write_npz(tmp_path / "own.npz", {"images": images, "labels": np.arange(60) % 3})
    app = page(data=str(tmp_path / "own.npz"))
    assert "Expected at least 64 training pictures" in app.error[0].value
    app.number_input(key="train_training_batch_size").set_value(16).run()
    assert not app.error
    press(app, "Start")
    config = next(iter(store)).config
    assert config.data.source == str(tmp_path / "own.npz")
    assert config.views == view_config("gray pictures", "strong")


def test_pictures_that_teach_nothing_are_named_before_the_start(page: Any, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 16, 16, 3), np.uint8)
    write_npz(tmp_path / "noise.npz", {"images": noise, "labels": np.arange(90) % 3})
    app = page(data=str(tmp_path / "noise.npz"))
    assert "Most pictures look like noise" in text(app) and "Start" in labels(app)
    assert "look like noise" not in text(page(data="digits"))


def test_views_arrive_from_the_views_page_by_link(page: Any, store: RunStore) -> None:
    app = page(views='{"crop_min": 0.33, "flip_p": 0.0}')
    assert app.selectbox(key="train_views").value == "views from the Views page"
    press(app, "Start")
    views = next(iter(store)).config.views
    assert (views.crop_min, views.flip_p) == (0.33, 0.0)


DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "views", ["{", "7", '{"crop": 1}', '{"crop_min": 9}', "[" * 3000, f'{{"crop_min": {DEEP}}}']
)
def test_a_broken_link_of_views_gives_a_sentence(page: Any, views: str) -> None:
    app = page(views=views)
    assert not app.exception
    assert len(app.error) == 1 and "Start" not in labels(app)


def test_an_unknown_setting_in_a_link_gives_a_short_sentence(page: Any) -> None:
    (error,) = page(views='{"foo":1}').error
    assert error.value.startswith("The link has an unknown view setting 'foo'; copy it")
    assert "crop_p" not in error.value
    (error,) = page(views='{"crop_mim": 0.2}').error
    assert error.value.endswith("did you mean crop_min?")


def test_a_long_name_is_cut(page: Any, store: RunStore) -> None:
    app = page()
    name = app.text_input(key="train_name")
    assert name.proto.max_chars == 0  # else the browser drops all of it
    name.set_value("n" * 100).run()
    assert app.text_input(key="train_name").value == "n" * 80
    press(app, "Start")
    assert [run.name for run in store] == ["n" * 80]


@pytest.mark.parametrize(
    ("value", "found"), [(99999999999999999999, "100000000000000000000"), (2.5, "2.5")]
)
def test_a_number_that_is_no_number_of_steps_is_refused(
    page: Any, value: float, found: str
) -> None:
    app = page()
    field = app.number_input(key="train_training_steps")
    assert field.proto.max > 1e300  # the browser keeps what lies above for itself
    field.set_value(value).run()
    assert app.error[0].value.startswith("Steps (under Finer settings): expected ")
    assert f"found {found}" in app.error[0].value
    assert "Start" not in labels(app)


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    return app.file_uploader(key="train_upload").set_value((name, content, "")).run()


def images(count: int) -> bytes:
    """Return an .npz file of gray pictures of 20 pixels."""
    file = io.BytesIO()
    np.savez(file, images=np.random.default_rng(0).integers(0, 255, (count, 20, 20), np.uint8))
    return file.getvalue()


def test_an_upload_becomes_the_data_and_keeps_its_name_in_sentences(
    page: Any, store: RunStore
) -> None:
    app = upload(page(), "my few.npz", images(20))
    assert app.selectbox(key="data").value.startswith(str(store.root / "uploads" / "myfew-"))
    assert "found 16 in my few.npz; choose" in app.error[0].value
    assert "Start" not in labels(app)


@pytest.mark.parametrize(
    ("name", "content"), [("my few.npz", b"no pictures"), ("my few.zip", b"PK\x03\x04 cut")]
)
def test_a_refused_upload_is_called_by_its_name(
    page: Any, store: RunStore, name: str, content: bytes
) -> None:
    app = upload(page(), name, content)
    assert name in app.error[0].value and "-" not in app.error[0].value
    assert app.selectbox(key="data").value == "shapes"
    assert list((store.root / "uploads").iterdir()) == []


def test_an_upload_that_cannot_be_kept_gives_one_sentence(page: Any, store: RunStore) -> None:
    app = page()
    (store.root / "uploads").write_text("in the way")
    app = upload(app, "few.npz", images(20))
    assert not app.exception
    assert app.error[0].value.startswith("Expected to keep 'few.npz' in ")


def test_a_published_recipe_sets_its_views_and_its_budget_in_epochs(
    page: Any, store: RunStore
) -> None:
    app = page(data="cifar10")
    app.selectbox(key="train_preset").set_value("resnet18-100").run()
    assert "100 epochs on" in text(app) and "Press Start: 100 epochs." in text(app)
    press(app, "Start")
    (run,) = store
    assert run.config == preset_config("resnet18-100", "cifar10", "photographs")
    assert run.config.views.crop_min == 0.08


def test_empty_fields_follow_the_filled_ones(page: Any, store: RunStore) -> None:
    app = page()
    assert app.selectbox(key="train_training_optimizer").proto.placeholder == "muon"
    app.selectbox(key="train_model_encoder").set_value("resnet18").run()
    shown = {
        name: app.number_input(key=f"train_{name}").proto.placeholder
        for name in ("training_learning_rate", "model_width")
    }
    assert shown == {"training_learning_rate": "0.002", "model_width": "64"}
    assert app.selectbox(key="train_training_optimizer").proto.placeholder == "adamw"
    assert app.number_input(key="train_training_learning_rate").proto.step == 0.002  # the preset's
    app.number_input(key="train_model_width").set_value(-5.0).run()  # wrong: told elsewhere
    assert app.selectbox(key="train_training_optimizer").proto.placeholder == "muon"
    assert not app.exception
