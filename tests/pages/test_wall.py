"""What the cards of the wall say: the final score with its interval, and what it has to beat."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from fake_run import FakeRun
from pages.runs import wall
from pages.shared import run_rows
from simclr_core.runs import shipped
from simclr_core.runs.store import RunStore


def test_a_recorded_run_has_its_final_score_with_interval_and_rivals() -> None:
    rows = [run_rows.row(run) for run in shipped.originals()]
    card = wall.card(rows[0], rows)
    low, high = binomtest(999, 1000).proportion_ci(0.95, method="wilson")
    assert (card["score"], card["kind"]) == ("99.9%", "recorded")
    assert (round(low, 2), round(high, 3)) == (0.99, 1.0)  # what is not all never reads 100%
    assert card["interval"] == "99% to 99.9%"
    assert card["beside"] == "untrained 45%, pixels 52%, chance 13%"


def test_a_run_that_trains_has_the_score_of_its_map(store: RunStore) -> None:
    fake = FakeRun(store, probe=40, alive=True)
    fake.snapshot()
    fake.train(300)
    row = next(r for r in run_rows.rows(store) if r.run.id == fake.run.id)
    score = wall.score_of(row)
    last = fake.run.snapshot_rows()[-1]
    assert row.knn is None and score.value == last["knn_accuracy"]
    if score.value is not None:
        assert score.tested == 40 and "to" in score.interval


@pytest.mark.parametrize(("value", "tested"), [(None, 1000), (0.5, 0)])
def test_without_score_or_number_of_pictures_there_is_no_interval(value, tested) -> None:
    assert wall.Score(value, "class", tested, {"chance": None}).interval == ""
