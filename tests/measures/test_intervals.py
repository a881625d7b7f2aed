"""The Wilson interval, against SciPy."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from simclr_core.measures.intervals import wilson_interval


@pytest.mark.parametrize(("right", "count"), [(0, 5), (11, 18), (10, 10), (455, 500), (1, 1)])
def test_it_is_scipys(right: int, count: int) -> None:
    expected = binomtest(right, count).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right / count, count) == pytest.approx(tuple(expected), abs=1e-4)


def test_more_answers_make_it_narrower() -> None:
    widths = [high - low for low, high in (wilson_interval(0.9, n) for n in (10, 100, 1000))]
    assert widths[0] > widths[1] > widths[2] > 0
