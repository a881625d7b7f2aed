"""metrics.jsonl as curves: nothing lost that matters, read as it grows."""

from __future__ import annotations

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.files import keep_lines
from simclr_core.feed.metrics_tail import MAX_POINTS, Curve, MetricsTail, local_lines
from simclr_core.runs.store import RunStore


@pytest.fixture
def fake(tmp_path):
    return FakeRun(RunStore(tmp_path), probe=10)


def test_no_spike_is_lost_however_the_rows_come():
    random = np.random.default_rng(1)
    values = random.normal(size=50_000)
    values[[7, 31_337]] = [99, -99]
    curve, start = Curve(), 0
    while start < len(values):
        size = int(random.integers(1, 900))
        steps = np.arange(start, min(start + size, len(values)))
        curve.add(steps, values[steps])
        start += size
    assert len(curve.steps) <= MAX_POINTS
    np.testing.assert_array_equal(curve.values, values[curve.steps])
    assert {7, 31_337} <= set(curve.steps.tolist())
    # Every stretch keeps its own least and greatest value.
    for k in range(0, 50_000 // curve.width, 7):
        stretch = values[k * curve.width : (k + 1) * curve.width]
        kept = curve.values[curve.steps // curve.width == k]
        assert kept.min() == stretch.min() and kept.max() == stretch.max()
    _, means, counts = curve.means()
    assert counts.sum() == 50_000
    assert means @ counts == pytest.approx(values.sum())


def test_the_latest_mean_is_that_of_the_last_steps_also_where_stretches_are_long():
    curve, values = Curve(limit=100), np.random.default_rng(1).uniform(0, 1, 30_000)
    assert curve.latest(50) == (None, 0)
    curve.add(np.arange(1, 31), values[:30])
    assert curve.latest(50) == (pytest.approx(values[:30].mean()), 30)
    assert curve.latest(7) == (pytest.approx(values[23:30].mean()), 7)
    curve.add(np.arange(31, 30_001), values[30:])
    mean, steps = curve.latest(50)
    assert 50 <= steps <= 50 + curve.width
    assert mean == pytest.approx(values[-steps:].mean())


def test_local_lines_keep_a_straight_line_and_agree_with_a_plain_fit():
    x = np.array([0.0, 1, 2, 5, 9, 30])
    np.testing.assert_allclose(local_lines(x, 3 - 2 * x, np.ones(6), x), 3 - 2 * x, atol=1e-6)
    y = np.array([5.0, 4, 4, 1, 2, 0])
    weights = np.exp(-0.5 * ((x - 5) / 3.0) ** 2)
    slope, cut = np.polyfit(x, y, 1, w=np.sqrt(weights))
    assert local_lines(x, y, np.ones(6), np.array([5.0]))[0] == pytest.approx(cut + 5 * slope)


def test_the_tail_reads_only_whole_lines_and_only_what_is_new(fake):
    path = fake.run.path / "metrics.jsonl"
    tail = MetricsTail(path)
    assert tail.update() == tail.update() and tail.last == {}
    fake.train(5)
    version = tail.update()
    assert tail.last["step"] == 5 and len(tail.loss.steps) == 5
    with path.open("ab") as file:
        file.write(b'{"step": 6, "loss": 1.')
    assert tail.update() == version
    with path.open("ab") as file:
        file.write(b'5, "contrastive_accuracy": 0.5}\nno json\n[1]\n{"step": 7, "loss": 1.25}\n')
    assert tail.update() != version
    assert tail.loss.values[-2:].tolist() == [1.5, 1.25]
    assert tail.accuracy.steps[-1] == 6


def test_a_resume_that_dropped_rows_is_read_anew(fake):
    tail = MetricsTail(fake.run.path / "metrics.jsonl")
    fake.train(20)
    tail.update()
    keep_lines(fake.run.path / "metrics.jsonl", lambda row: row["step"] <= 12)
    tail.update()
    assert tail.loss.steps.tolist() == list(range(1, 13))
    (fake.run.path / "metrics.jsonl").unlink()
    tail.update()
    assert len(tail.loss.steps) == 0
