"""What the cards of the wall say: the final score with its interval, and what it has to beat."""

from __future__ import annotations

import os
import time

from scipy.stats import binomtest

from fake_run import FakeRun
from pages.runs import wall
from pages.shared import run_rows
from simclr_core.runs import shipped
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config


def test_a_recorded_run_has_its_final_score_with_interval_and_rivals() -> None:
    rows = [run_rows.row(run) for run in shipped.originals()]
    card = wall.card(rows[0], rows)
    low, high = binomtest(999, 1000).proportion_ci(0.95, method="wilson")
    assert (card["score"], card["kind"]) == ("99.9%", "recorded")
    assert card["interval"] == f"{100 * low:.1f}–{100 * high:.0f}%"
    assert card["beside"] == "chance 12.5%, untrained 44.8%, pixels 52.0%"


def test_a_run_that_stands_still_says_so(store: RunStore) -> None:
    fake = FakeRun(store, probe=40, alive=True)
    fake.train(300)
    rows = [run_rows.row(fake.run)]
    assert wall.card(rows[0], rows)["state"] == "running, 50%"
    then = time.time() - 65
    os.utime(fake.run.status_path, (then, then))
    rows = [run_rows.row(fake.run)]
    assert wall.card(rows[0], rows)["state"] == "running, 50%, no step for 1:05"
    fake.end()


def test_a_run_that_trains_has_the_score_of_its_map(store: RunStore) -> None:
    fake = FakeRun(store, probe=40, alive=True)
    fake.snapshot()
    fake.train(300)
    row = next(r for r in run_rows.rows(store) if r.run.id == fake.run.id)
    score = wall.score_of(row)
    last = fake.run.snapshot_rows()[-1]
    assert row.score is None and score is not None
    assert (score.value, score.asked) == (last["knn_accuracy"], 40)


def test_without_a_score_or_the_number_of_pictures_there_is_no_interval(store: RunStore) -> None:
    row = run_rows.row(store.create(preset_config("minute")))
    card = wall.card(row, [row])
    assert (card["score"], card["interval"], card["beside"]) == ("–", "", "")
