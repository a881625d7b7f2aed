"""The estimate of how long a run takes, and of its memory."""

from __future__ import annotations

import time
from typing import Any

import pytest
from page_app import made

from pages.shared import estimate, run_rows
from simclr_core.base.files import write_json
from simclr_core.machine.devices import find_device
from simclr_core.runs import states
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
