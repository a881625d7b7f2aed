"""The estimate of how long a run takes, and of its memory."""

from __future__ import annotations

import time
from typing import Any

import pytest
from page_app import made

from pages.shared import estimate, pace, run_rows
from simclr_core.base.files import write_json
from simclr_core.machine.devices import find_device
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import preset_config

pytestmark = pytest.mark.usefixtures("store")


def test_the_estimate_is_measured_on_runs_that_were_not_queued(store: RunStore) -> None:
    config = preset_config("minute")
    assert estimate.total_seconds(config, []) == 60 + estimate.STARTUP
    now = time.time()
    for overhead in (7.0, 9.0, 30.0, 5000.0):  # the last one waited in line
        run = made(
            store, "", states.FINISHED, now - 60 - overhead, attempt=1, seconds=60.0, step=600
        )
        write_json(run.path / "evaluation.json", {})
    assert estimate.total_seconds(config, run_rows.rows(store)) == pytest.approx(69, abs=2)


def test_time_in_the_queue_is_no_part_of_the_estimate(store: RunStore) -> None:
    config, now = preset_config("minute"), time.time()
    run = made(
        store, "", states.FINISHED, now - 115, attempt=1, seconds=60.0, step=600, started=now - 70
    )
    write_json(run.path / "evaluation.json", {})
    assert estimate.total_seconds(config, run_rows.rows(store)) == pytest.approx(70, abs=2)


def by_steps(steps: int, **training: Any) -> RunConfig:
    """Return the preset for one minute with a number of steps instead."""
    config = preset_config("minute")
    return replace(config, training=replace(config.training, steps=steps, **training))


def test_a_run_by_steps_is_estimated_from_the_last_pace(store: RunStore) -> None:
    config = by_steps(1200)
    assert estimate.total_seconds(config, []) is None
    assert estimate.estimate_html(config, []).startswith("1,200 steps on ")
    made(store, "", states.FINISHED, 1e9, seconds=60.0, step=600)
    assert estimate.total_seconds(config, run_rows.rows(store)) == 120 + estimate.STARTUP


def test_the_pace_of_other_work_is_not_used(store: RunStore) -> None:
    config, device = by_steps(1200), find_device("auto").id
    made(store, "", states.FINISHED, 1e9, seconds=60.0, step=600, slot=device)
    rows = run_rows.rows(store)
    for other in (
        by_steps(1200, batch_size=256),
        by_steps(1200, precision="bfloat16"),
        replace(config, model=replace(config.model, encoder="resnet18")),
        replace(config, data=replace(config.data, image_size=64)),
        replace(config, data=replace(config.data, source="cifar10")),
    ):
        assert estimate.total_seconds(other, rows) is None
        assert estimate.estimate_html(other, rows).startswith("1,200 steps on ")
    same = replace(config, training=replace(config.training, temperature=0.5, steps=600))
    assert estimate.total_seconds(same, rows) == 60 + estimate.STARTUP
    made(store, "", states.FINISHED, 2e9, seconds=6.0, step=600, slot="gpu:7")
    assert estimate.total_seconds(config, run_rows.rows(store)) == 120 + estimate.STARTUP


def timed(
    store: RunStore, state: str, steps: int, seconds: float, step: int = 0, **more: Any
) -> Run:
    """Make a run of a minute whose steps were found from that minute."""
    run = made(
        store, "", state, time.time(), seconds=seconds, step=step or steps, steps=steps,
        slot="cpu", device="2 cores", **more,
    )  # fmt: skip
    write_json(run.path / "config.json", {**run.record, "steps_from": "seconds"})
    return run


def test_a_run_with_few_steps_for_its_time_says_so_with_numbers(store: RunStore) -> None:
    """1,035 steps in 59 s are 1,053 in a minute, and 0.6 of that are 632."""
    timed(store, states.FINISHED, 1035, 59.0)
    few = timed(store, states.FINISHED, 358, 60.0)
    enough = timed(store, states.STOPPED, 640, 60.0)
    other = timed(store, states.FINISHED, 10, 60.0)
    other.write_status(device="GPU")  # another machine
    rows = run_rows.rows(store)
    said = {row.run.id: pace.pace_words(row, rows) for row in rows}
    words = "358 steps in a minute: the machine was busy; an idle one makes about 1,100."
    assert said.pop(few.id) == words
    assert set(said.values()) == {""} and {enough.id, other.id} <= set(said)
    assert pace.few_steps(run_rows.row(few), rows) == "358 steps, usually about 1,100"


def test_a_machine_that_became_idle_is_noticed_without_another_run(store: RunStore) -> None:
    """48 steps for a minute, done in 3 s: 960 would have fitted."""
    run = timed(store, states.FINISHED, 48, 3.0)
    words = "48 steps in a minute: the machine was busy; an idle one makes about 960."
    assert pace.pace_words(run_rows.row(run), run_rows.rows(store)) == words


def test_a_chosen_number_of_steps_is_never_called_too_few(store: RunStore) -> None:
    run = timed(store, states.FINISHED, 48, 3.0)
    write_json(run.path / "config.json", {**run.record, "steps_from": "steps"})
    assert pace.pace_words(run_rows.row(run), run_rows.rows(store)) == ""


def test_a_new_run_waits_for_every_run_ahead_of_it(store: RunStore) -> None:
    config = preset_config("minute")
    assert not estimate.is_busy([])
    made(store, "", states.QUEUED, 2e9, queued=1.0)
    rows = run_rows.rows(store)
    assert estimate.is_busy(rows)
    assert estimate.estimate_html(config, rows) == "starts in about <b>1:10</b>"


@pytest.mark.parametrize(
    ("free", "words"),
    [
        (100e9, ""),
        (1.3e9, ", about 0.8 GB of memory"),
        (0.78e9, "; 0.8 GB are free: a batch size of 32 would fit"),
        (1e8, "; 0.1 GB are free: choose smaller pictures or a smaller encoder"),
    ],
)
def test_memory_is_mentioned_if_it_is_much(
    free: float, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "available", lambda: free)
    told = estimate.estimate_html(preset_config("minute"), [])
    assert told.endswith(words) and ("memory" in told) == bool(words)
