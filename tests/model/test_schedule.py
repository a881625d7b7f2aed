"""The learning rate: by hand, as the optimiser follows it, and where the length has no say."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from simclr_core.model.schedule import WarmupCosine, hold_steps, learning_rate_at
from simclr_core.settings.config import TrainConfig


def schedule_for(peak: float, warmup: int, steps: int) -> WarmupCosine:
    """A schedule bound to an optimiser, for a run of so many steps."""
    schedule = WarmupCosine(peak, warmup)
    schedule.bind(keras.optimizers.SGD(schedule))
    schedule.total.assign(steps)
    return schedule


@pytest.mark.parametrize("warmup", [0, 1, 5, 20, 100])
@pytest.mark.parametrize("steps", [0, 1, 4, 5, 6, 20, 21, 100, 333])
def test_the_schedule_is_learning_rate_at(warmup: int, steps: int) -> None:
    config = TrainConfig(learning_rate=2e-3, warmup_steps=warmup)
    schedule = schedule_for(2e-3, warmup, steps)
    at = np.arange(max(steps, 30) + 3)
    expected = [learning_rate_at(config, int(step), steps) for step in at]
    found = [float(schedule(int(step))) for step in at]
    np.testing.assert_allclose(found, expected, atol=2e-9, rtol=1e-5)
    assert min(found) >= 0 and max(found) <= 2e-3 * (1 + 1e-6)


def test_the_schedule_by_hand() -> None:
    """Peak .002, 20 steps of warm-up, 220 in all: a fifth, 44, is held; then comes the cosine.

    A quarter of it, at step 88: .002 * (1 + cos 45 deg) / 2 = .002 * .853553 = .00170711
    """
    config = TrainConfig(learning_rate=2e-3, warmup_steps=20)
    by_hand = {0: 1e-4, 9: 1e-3, 19: 2e-3, 44: 2e-3, 88: 1.70711e-3, 132: 1e-3, 220: 0.0}
    schedule = schedule_for(2e-3, 20, 220)
    for step, rate in by_hand.items():
        assert learning_rate_at(config, step, 220) == pytest.approx(rate, abs=1e-8)
        assert float(schedule(step)) == pytest.approx(rate, abs=1e-8)


def test_a_long_run_holds_sixty_steps() -> None:
    """Warm-up of 20 and 40 more of 1,060: half the cosine at 60 + 500."""
    config = TrainConfig(learning_rate=2e-3, warmup_steps=20)
    schedule = schedule_for(2e-3, 20, 1060)
    for step, rate in {59: 2e-3, 60: 2e-3, 61: 1.999995e-3, 560: 1e-3, 1060: 0.0}.items():
        assert learning_rate_at(config, step, 1060) == pytest.approx(rate, abs=1e-8)
        assert float(schedule(step)) == pytest.approx(rate, abs=1e-8)


@pytest.mark.parametrize("warmup", [0, 3, 20])
def test_the_first_steps_do_not_depend_on_the_length_of_the_run(warmup: int) -> None:
    config = TrainConfig(warmup_steps=warmup)
    held = hold_steps(warmup)
    assert held >= max(warmup, 5)
    lengths = (0, 1, held, held + 1, 10_000)
    rates = [[learning_rate_at(config, step, n) for step in range(held)] for n in lengths]
    assert all(rate == rates[0] for rate in rates)
