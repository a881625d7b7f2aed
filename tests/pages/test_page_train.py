"""The Train page: its form, and the panel in every state of a run."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import labels, open_page, text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from simclr_core.base.files import write_json, write_npz
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config, view_config
from simclr_core.workers import launch


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """An empty store in which nothing is ever started."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(launch, "advance", lambda store: [])
    return RunStore(tmp_path / "runs")


@pytest.fixture
def page(tmp_path: Path) -> Any:
    """Open the page with a query."""
    return lambda **query: open_page(tmp_path, "train", **query)


@pytest.fixture
def alive(store: RunStore) -> Iterator[FakeRun]:
    """A run that a worker seems to hold."""
    fake = FakeRun(store, probe=40, alive=True)
    fake.snapshot(umap=False)
    fake.train(300)
    fake.snapshot()
    yield fake
    if fake._lock is not None:
        fake.end(states.STOPPED)


def ended(store: RunStore, state: str, steps: int = 300, **status: Any) -> Run:
    """A run that came to `state` after some steps."""
    fake = FakeRun(store, probe=40)
    fake.snapshot()
    fake.train(steps)
    fake.snapshot()
    write_npz(fake.run.path / "checkpoint.npz", {"step": np.array(steps)})
    fake.end(state, status.pop("message", ""))
    fake.run.write_status(**status)
    return fake.run


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def _run_of(app: AppTest) -> str:
    """The run that the URL names."""
    found = app.query_params["run"]
    return found if isinstance(found, str) else found[0]


def test_nothing_yet_says_what_to_do_and_shows_a_ghost(page: Any) -> None:
    app = page()
    assert not app.exception
    assert "Press Start: about a minute" in text(app)
    assert len(app.get("bidi_component")) == 2  # the map and the curves, as ghosts
    assert "Start" in labels(app)


def test_start_makes_the_run_that_was_asked_for_and_opens_it(page: Any, store: RunStore) -> None:
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
    assert _run_of(app) == run.id
    assert f"run {run.id}" in text(app)
    assert "Next in line" in text(app)


def test_a_run_without_a_name_is_called_by_its_data_and_views(page: Any, store: RunStore) -> None:
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
def test_empty_settings_show_what_the_preset_takes_for_these_pictures(
    page: Any, data: str, expected: str
) -> None:
    assert page(data=data).number_input(key="train_training_temperature").placeholder == expected


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (
            "training_temperature",
            50.0,
            "Temperature (under more…): expected 0.005 to 10, found 50.0",
        ),
        ("training_batch_size", 1, "Batch size (under more…): expected 2 to 65,536, found 1"),
        ("model_head_layers", -1, "Head layers (under more…): expected 0 to 6, found -1"),
        ("data_image_size", 4, "Pixels per side (under more…): expected 8 to 224, found 4"),
    ],
)
def test_a_bad_setting_is_one_sentence_and_nothing_is_lost(
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


def test_an_encoder_that_wants_larger_pictures_is_refused(page: Any) -> None:
    app = page()
    app.selectbox(key="train_model_encoder").set_value("xception").run()
    assert "at least 71 pixels" in app.error[0].value and "Start" not in labels(app)


@pytest.mark.parametrize("data", ["/nowhere.npz", "~nouser/x"])
def test_data_that_are_not_there_are_told(page: Any, store: RunStore, data: str) -> None:
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


def test_views_come_over_from_the_views_page_by_link(page: Any, store: RunStore) -> None:
    app = page(views='{"crop_min": 0.33, "flip_p": 0.0}')
    assert app.selectbox(key="train_views").value == "from the Views page"
    press(app, "Start")
    views = next(iter(store)).config.views
    assert (views.crop_min, views.flip_p) == (0.33, 0.0)


DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "views", ["{", "7", '{"crop": 1}', '{"crop_min": 9}', "[" * 3000, f'{{"crop_min": {DEEP}}}']
)
def test_a_broken_link_of_views_is_a_sentence(page: Any, views: str) -> None:
    app = page(views=views)
    assert not app.exception
    assert len(app.error) == 1 and "Start" not in labels(app)


def test_a_link_with_a_setting_that_is_not_known_is_a_short_sentence(page: Any) -> None:
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
def test_a_number_that_is_no_number_of_steps_is_told(page: Any, value: float, found: str) -> None:
    app = page()
    field = app.number_input(key="train_training_steps")
    assert field.proto.max > 1e300  # the browser keeps what lies above for itself
    field.set_value(value).run()
    assert app.error[0].value.startswith("Steps (under more…): expected ")
    assert f"found {found}" in app.error[0].value
    assert "Start" not in labels(app)


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    return app.file_uploader(key="train_upload").set_value((name, content, "")).run()


def images(count: int) -> bytes:
    """An .npz file of gray pictures of 20 pixels."""
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
def test_an_upload_that_is_refused_is_called_by_its_name(
    page: Any, store: RunStore, name: str, content: bytes
) -> None:
    app = upload(page(), name, content)
    assert name in app.error[0].value and "-" not in app.error[0].value
    assert app.selectbox(key="data").value == "shapes"
    assert list((store.root / "uploads").iterdir()) == []


def test_an_upload_that_cannot_be_kept_is_one_sentence(page: Any, store: RunStore) -> None:
    app = page()
    (store.root / "uploads").write_text("in the way")
    app = upload(app, "few.npz", images(20))
    assert not app.exception
    assert app.error[0].value.startswith("Expected to keep 'few.npz' in ")


def test_an_unknown_run_is_a_sentence_and_a_way_on(page: Any) -> None:
    app = page(run="<b>zzzz")
    assert not app.exception
    assert "There is no run &lt;b&gt;zzzz here" in text(app)
    assert [link.proto.label for link in app.get("page_link")] == ["All runs"]


def test_a_waiting_run_knows_its_place(page: Any, store: RunStore, alive: FakeRun) -> None:
    first, second = (store.create(preset_config("minute"), name) for name in ("one", "two"))
    first.write_status(state=states.QUEUED, queued=1.0)
    second.write_status(state=states.QUEUED, queued=2.0)
    said = text(page(run=second.id))
    assert "Second in line, starts in about" in said
    assert "Next in line" in text(page(run=first.id))


def test_a_waiting_run_can_leave_the_line(page: Any, store: RunStore) -> None:
    run = store.create(preset_config("minute"))
    run.write_status(state=states.QUEUED, queued=1.0)
    app = press(page(run=run.id), "Leave the queue")
    assert run.state == states.STOPPED
    assert "Removed from the queue before its first step" in text(app)


@pytest.mark.parametrize(
    ("phase", "words"),
    [("reading pictures", "reading the pictures"), ("compiling", "compiling the network")],
)
def test_a_starting_run_says_what_it_does(
    page: Any, store: RunStore, phase: str, words: str
) -> None:
    run = store.create(preset_config("minute"))
    lock = run.take()
    try:
        run.write_status(state=states.STARTING, attempt=1, phase=phase)
        app = page(run=run.id)
    finally:
        os.close(lock)
    assert f"Starting: {words}" in text(app)
    assert {"Pause", "Stop"} <= set(labels(app))


def test_a_running_run_shows_its_progress(page: Any, alive: FakeRun) -> None:
    alive.run.write_status(seconds_left=24.2, images_per_second=1980.4)
    app = page(run=alive.run.id)
    said = text(app)
    assert "50%" in said and "0:24 left" in said and "1,980 images/s" in said
    assert "step 300 of 600" in said
    assert app.selectbox(key=f"color-{alive.run.id}").value == "shape"
    assert app.select_slider(key=f"step-{alive.run.id}").options == ["step 300", "latest"]
    app.segmented_control(key=f"method-{alive.run.id}").set_value("pca").run()
    assert app.select_slider(key=f"step-{alive.run.id}").options == ["step 0", "step 300", "latest"]
    assert not app.exception


def test_pause_is_asked_once_and_shown_at_once(page: Any, alive: FakeRun) -> None:
    app = press(page(run=alive.run.id), "Pause")
    assert alive.run.requested(1) == "pause"
    assert "pausing" in text(app)
    assert "Pause" not in labels(app) and "Stop" not in labels(app)
    alive.end(states.PAUSED)
    app.run()
    assert "Paused at step 300" in text(app) and "Resume" in labels(app)


@pytest.mark.parametrize(
    ("label", "state", "words"),
    [
        ("Pause", states.PAUSED, "Paused at step 300"),
        ("Stop", states.STOPPED, "Stopped at step 300"),
    ],
)
def test_what_another_tab_did_is_no_refusal(
    page: Any, alive: FakeRun, label: str, state: str, words: str
) -> None:
    app = page(run=alive.run.id)
    alive.end(state)  # by another tab
    app = press(app, label)
    assert not app.error and "expected a" not in text(app)
    assert words in text(app) and "Resume" in labels(app)


@pytest.mark.parametrize("state", [states.QUEUED, states.RUNNING])
def test_a_run_that_another_tab_resumed_is_shown_as_it_is(
    page: Any, store: RunStore, state: str
) -> None:
    run = ended(store, states.PAUSED)
    app = page(run=run.id)
    run.write_status(state=state, queued=1.0, attempt=2)  # by another tab
    lock = run.take() if state == states.RUNNING else None
    try:
        app = press(app, "Resume")
        assert not app.error and "expected a" not in text(app) and "held by" not in text(app)
        assert run.status["attempt"] == 2
        assert ("Leave the queue" if state == states.QUEUED else "Pause") in labels(app)
    finally:
        if lock is not None:
            os.close(lock)


def test_stop_is_asked_of_the_run(page: Any, alive: FakeRun) -> None:
    press(page(run=alive.run.id), "Stop")
    assert alive.run.requested(1) == "stop"


def test_a_paused_run_says_what_may_change(page: Any, store: RunStore) -> None:
    run = ended(store, states.PAUSED)
    app = page(run=run.id)
    assert "Paused at step 300" in text(app) and "Its settings stay" in text(app)
    press(app, "Resume")
    assert run.state == states.QUEUED


def test_a_finished_run_tells_what_was_learned(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    app = page(run=run.id)
    assert (
        "neighbours tell the shape of 85% of new pictures (kNN accuracy); untrained 32%, "
        "raw pixels 45%, chance 13%." in text(app)
    )
    assert {"Try without colour", "Train 5 min"} <= set(labels(app))
    assert "Resume" not in labels(app)


def test_without_colour_starts_the_same_run_without_it(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    app = press(page(run=run.id), "Try without colour")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config == dataclasses.replace(
        run.config, views=dataclasses.replace(run.config.views, color_strength=0.0, gray_p=0.0)
    )
    assert other.name == "shapes, no colour views"
    assert _run_of(app) == other.id
    other.write_status(state=states.FINISHED, updated=0)
    press(page(run=other.id), "Try with colour")
    (third,) = [r for r in store if r.id not in (run.id, other.id)]
    assert third.config.views == run.config.views


def test_train_longer_starts_with_five_times_the_seconds(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    press(page(run=run.id), "Train 5 min")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config.training.seconds == 300 and other.config.training.steps == 0


def test_train_longer_of_a_run_by_steps_has_five_times_the_steps(
    page: Any, store: RunStore
) -> None:
    run = ended(store, states.FINISHED, 600)
    record = run.record
    record["config"]["training"]["steps"] = 600
    write_json(run.path / "config.json", record)
    press(page(run=run.id), "Train 3,000 steps")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config.training.steps == 3000


def test_epochs_are_trained_longer_and_counted_anew(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    record = run.record
    record["config"]["training"] |= {"steps": 600, "epochs": 20}
    record["steps_from"] = "epochs"
    write_json(run.path / "config.json", record)
    press(page(run=run.id), "Train 100 epochs")
    (other,) = [r for r in store if r.id != run.id]
    assert (other.config.training.steps, other.config.training.epochs) == (0, 100)


def test_a_recipe_brings_its_own_views_and_its_budget_in_epochs(page: Any, store: RunStore) -> None:
    app = page(data="cifar10")
    app.selectbox(key="train_preset").set_value("resnet18-100").run()
    assert "100 epochs on" in text(app) and "Press Start: 100 epochs, then" in text(app)
    press(app, "Start")
    (run,) = store
    assert run.config == preset_config("resnet18-100", "cifar10", "photographs")
    assert run.config.views.crop_min == 0.08


def test_empty_fields_show_what_the_filled_ones_want(page: Any, store: RunStore) -> None:
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


def test_a_stopped_run_can_go_on(page: Any, store: RunStore) -> None:
    run = ended(store, states.STOPPED)
    app = page(run=run.id)
    assert "Stopped at step 300" in text(app) and "Resume" in labels(app)


def test_a_diverged_run_offers_a_lower_learning_rate(page: Any, store: RunStore) -> None:
    run = ended(store, states.FAILED, error="Diverged", message="The loss became nan at step 74.")
    app = page(run=run.id)
    assert "The loss became nan at step 74." in text(app)
    press(app, "Start again at learning rate 0.002")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config.training.learning_rate == 0.002


def test_data_that_are_gone_are_told_with_what_to_do(page: Any, store: RunStore) -> None:
    run = store.create(preset_config("minute", "/gone/birds"))
    run.write_status(
        state=states.FAILED, error="DataError", message="Expected pictures at /gone/birds."
    )
    app = page(run=run.id)
    assert not app.exception
    assert "Expected pictures at /gone/birds." in text(app) and "choose other data" in text(app)
    assert "Try again" in labels(app)


def test_an_interrupted_run_can_go_on(page: Any, store: RunStore) -> None:
    fake = FakeRun(store, probe=40)  # says that it runs, but nobody holds its lock
    fake.train(100)
    app = page(run=fake.run.id)
    assert "Interrupted" in text(app)
    press(app, "Resume")
    assert fake.run.state == states.QUEUED


def test_a_damaged_run_is_told_and_can_be_deleted(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    (run.path / "config.json").write_text("{half")
    app = page(run=run.id)
    assert not app.exception
    assert "config.json" in text(app)
    app = press(app, "Delete")
    assert run.path.exists()  # it asks first
    app.button(key=f"delete_{run.id}").click().run()
    assert not run.path.exists()


def test_words_of_people_are_shown_letter_by_letter(page: Any, store: RunStore) -> None:
    run = ended(store, states.STOPPED)
    run.rename("<script>alert(1)</script>")
    said = text(page(run=run.id))
    assert "&lt;script&gt;alert(1)" in said and "<script>" not in said


def test_a_refusal_is_shown_once(page: Any, alive: FakeRun) -> None:
    app = page(run=alive.run.id)
    alive.end(states.STOPPED)
    press(app, "Pause")
    assert "there is nothing to pause" in text(app)
    assert "there is nothing to pause" not in text(app.run())
