"""The panel of the Train page in every state of a run."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import labels, open_page, press, run_of, text

from fake_run import FakeRun
from simclr_core.base.files import write_json, write_npz
from simclr_core.feed.packing import unpack
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def page(tmp_path: Path) -> Any:
    """Open the page with a query."""
    return lambda **query: open_page(tmp_path, "train", **query)


@pytest.fixture
def alive(store: RunStore) -> Iterator[FakeRun]:
    """Return a run that a worker seems to hold."""
    fake = FakeRun(store, probe=40, alive=True)
    fake.snapshot(umap=False)
    fake.train(300)
    fake.snapshot()
    yield fake
    if fake._lock is not None:
        fake.end(states.STOPPED)


def ended(store: RunStore, state: str, steps: int = 300, **status: Any) -> Run:
    """Make a run that reached `state` after some steps."""
    fake = FakeRun(store, probe=40)
    fake.snapshot()
    fake.train(steps)
    fake.snapshot()
    write_npz(fake.run.path / "checkpoint.npz", {"step": np.array(steps)})
    fake.end(state, status.pop("message", ""))
    fake.run.write_status(**status)
    return fake.run


def test_without_a_run_the_page_says_what_to_do_and_shows_a_recorded_run(page: Any) -> None:
    app = page()
    assert not app.exception
    assert "This is a recorded run. Press Start: about a minute." in text(app)
    blocks = [unpack(element.proto.bytes) for element in app.get("bidi_component")]
    assert [header["run"] for header, _ in blocks] == ["strong-views"] * 3  # map, curves, pairs
    assert labels(app) == ["Start"]


def test_an_unknown_run_gives_a_sentence_and_a_link(page: Any) -> None:
    app = page(run="<b>zzzz")
    assert not app.exception
    assert "There is no run &lt;b&gt;zzzz here" in text(app)
    assert [link.proto.label for link in app.get("page_link")] == ["All runs"]


def test_a_link_without_a_run_opens_none(page: Any) -> None:
    app = page(run="none")
    assert "No run is open" in text(app) and "There is no run" not in text(app)


def test_a_queued_run_shows_its_place(page: Any, store: RunStore, alive: FakeRun) -> None:
    first, second = (store.create(preset_config("minute"), name) for name in ("one", "two"))
    first.write_status(state=states.QUEUED, queued=1.0)
    second.write_status(state=states.QUEUED, queued=2.0)
    said = text(page(run=second.id))
    assert "Second in line, starts in about" in said
    assert "Next in line" in text(page(run=first.id))


def test_a_queued_run_can_leave_the_queue(page: Any, store: RunStore) -> None:
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
    assert "<b>0:24</b> left" in said and "1,980 pictures/s" in said
    assert "step 300 of 600" in said
    assert app.selectbox(key=f"color-{alive.run.id}").value == "shape"
    assert app.select_slider(key=f"step-{alive.run.id}").options == ["step 300", "latest"]
    app.segmented_control(key=f"method-{alive.run.id}").set_value("pca").run()
    assert app.select_slider(key=f"step-{alive.run.id}").options == ["step 0", "step 300", "latest"]
    assert not app.exception


@pytest.mark.parametrize(("step", "is_told"), [(300, True), (2, False)])
def test_a_run_without_a_step_for_long_says_so(
    page: Any, alive: FakeRun, step: int, is_told: bool
) -> None:
    """Steps of ten seconds each, as after two in twenty seconds, are no reason to worry."""
    alive.run.write_status(step=step, seconds=20.0, seconds_left=24.0)
    then = time.time() - 25
    os.utime(alive.run.status_path, (then, then))
    said = text(page(run=alive.run.id))
    assert ("No step for 0:25: the training process is stopped" in said) is is_told
    for usual in ("pictures/s", "</b> left"):
        assert (usual in said) is not is_told


def test_pause_is_requested_once_and_shown_at_once(page: Any, alive: FakeRun) -> None:
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
def test_an_action_that_another_tab_did_already_is_no_error(
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


def test_stop_is_requested(page: Any, alive: FakeRun) -> None:
    press(page(run=alive.run.id), "Stop")
    assert alive.run.requested(1) == "stop"


def test_a_paused_run_says_what_may_change(page: Any, store: RunStore) -> None:
    run = ended(store, states.PAUSED)
    app = page(run=run.id)
    assert "Paused at step 300" in text(app) and "Its settings cannot be changed" in text(app)
    press(app, "Resume")
    assert run.state == states.QUEUED


def test_a_finished_run_says_what_was_learned(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    app = page(run=run.id)
    assert (
        "nearest neighbours of new pictures vote for the right shape in 85.0% of cases (kNN "
        "accuracy, 6,000 pictures to compare with); untrained 32.0%, raw pixels 45.0%, chance "
        "12.5%." in text(app)
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
    assert run_of(app) == other.id
    other.write_status(state=states.FINISHED, updated=0)
    press(page(run=other.id), "Try with colour")
    (third,) = [r for r in store if r.id not in (run.id, other.id)]
    assert third.config.views == run.config.views


def test_train_longer_starts_with_five_times_the_seconds(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    press(page(run=run.id), "Train 5 min")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config.training.seconds == 300 and other.config.training.steps == 0


def test_train_longer_multiplies_the_steps_of_a_run_by_steps(page: Any, store: RunStore) -> None:
    run = ended(store, states.FINISHED, 600)
    record = run.record
    record["config"]["training"]["steps"] = 600
    write_json(run.path / "config.json", record)
    press(page(run=run.id), "Train 3,000 steps")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config.training.steps == 3000


def test_train_longer_multiplies_epochs_and_counts_their_steps_again(
    page: Any, store: RunStore
) -> None:
    run = ended(store, states.FINISHED, 600)
    record = run.record
    record["config"]["training"] |= {"steps": 600, "epochs": 20}
    record["steps_from"] = "epochs"
    write_json(run.path / "config.json", record)
    press(page(run=run.id), "Train 100 epochs")
    (other,) = [r for r in store if r.id != run.id]
    assert (other.config.training.steps, other.config.training.epochs) == (0, 100)


def test_a_stopped_run_can_be_resumed(page: Any, store: RunStore) -> None:
    run = ended(store, states.STOPPED)
    app = page(run=run.id)
    assert "Stopped at step 300" in text(app) and "Resume" in labels(app)
    kinds = {key: app.button(key=key).proto.type for key in ("run_pause", "train_start")}
    assert kinds == {"run_pause": "primary", "train_start": "secondary"}  # one first button


def test_a_diverged_run_offers_a_lower_learning_rate(page: Any, store: RunStore) -> None:
    run = ended(store, states.FAILED, error="Diverged", message="The loss became nan at step 74.")
    app = page(run=run.id)
    assert "The loss became nan at step 74." in text(app)
    press(app, "Start again at learning rate 0.002")
    (other,) = [r for r in store if r.id != run.id]
    assert other.config.training.learning_rate == 0.002


def test_missing_data_are_reported_with_what_to_do(page: Any, store: RunStore) -> None:
    run = store.create(preset_config("minute", "/gone/birds"))
    run.write_status(
        state=states.FAILED, error="DataError", message="Expected pictures at /gone/birds."
    )
    app = page(run=run.id)
    assert not app.exception
    assert "Expected pictures at /gone/birds." in text(app) and "choose other data" in text(app)
    assert "Try again" in labels(app)


def test_an_interrupted_run_can_be_resumed(page: Any, store: RunStore) -> None:
    fake = FakeRun(store, probe=40)  # says that it runs, but nobody holds its lock
    fake.train(100)
    app = page(run=fake.run.id)
    assert "Interrupted" in text(app)
    press(app, "Resume")
    assert fake.run.state == states.QUEUED


def test_a_damaged_run_is_reported_and_can_be_deleted(page: Any, store: RunStore) -> None:
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
