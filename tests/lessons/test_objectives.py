"""The lessons' losses against plain loops, and against NT-Xent where they have to be the same."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from simclr_core.lessons import objectives
from simclr_core.lessons.objectives import OBJECTIVES
from simclr_core.loss.nt_xent import contrastive_accuracy, nt_xent_loss
from simclr_core.measures import hypersphere


def projections(images: int = 5, dim: int = 4, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centre = np.repeat(rng.normal(size=(images, dim)), 2, axis=0)
    return (centre + 0.6 * rng.normal(size=(2 * images, dim))).astype(np.float32)


def cosine(z: np.ndarray, i: int, j: int) -> float:
    return float(z[i] @ z[j] / np.linalg.norm(z[i]) / np.linalg.norm(z[j]))


def by_loop(z: np.ndarray, tau: float, count: int) -> float:
    """Each view against its partner and the `count` views that follow its pair, around the end."""
    n, total = len(z), 0.0
    for i in range(n):
        pair = 2 * (i // 2)
        partner = pair + (1 - i % 2)
        seen = [(pair + 2 + k) % n for k in range(count)]
        up = math.exp(cosine(z, i, partner) / tau)
        total -= math.log(up / (up + sum(math.exp(cosine(z, i, k) / tau) for k in seen)))
    return total / n


@pytest.mark.parametrize("count", [1, 3, 8])
@pytest.mark.parametrize("tau", [0.1, 1.0])
def test_few_negatives_are_those_of_a_loop(count: int, tau: float) -> None:
    z = projections()
    loss, accuracy = objectives.few_negatives(z, tau, count=count)
    assert float(loss) == pytest.approx(by_loop(z, tau, count), abs=1e-5)
    assert float(accuracy) == float(contrastive_accuracy(z))


def test_all_negatives_are_nt_xent() -> None:
    z = projections(seed=3)
    loss, _ = objectives.few_negatives(z, 0.2, count=len(z) - 2)
    assert float(loss) == pytest.approx(float(nt_xent_loss(z, 0.2)), abs=1e-5)


def test_without_negatives_only_partners_count() -> None:
    z = projections()
    expected = -np.mean([cosine(z, i, i + 1 - 2 * (i % 2)) for i in range(len(z))]) / 0.5
    assert float(objectives.no_negatives(z, 0.5)[0]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("tau", [0.05, 0.5, 2.0])
def test_with_the_diagonal_the_loss_stays_over_ln_2(tau: float) -> None:
    for seed in range(5):
        loss, accuracy = objectives.with_itself(projections(seed=seed), tau)
        assert float(loss) > math.log(2) and float(accuracy) == 0
    best = np.repeat(np.eye(4, dtype=np.float32), 2, axis=0)  # partners alike, others at 90 degrees
    loss, accuracy = objectives.with_itself(best, 0.05)
    assert float(loss) == pytest.approx(math.log(2), abs=1e-5) and float(accuracy) == 0


def test_alignment_and_uniformity_are_those_that_are_measured() -> None:
    z = projections(8, 3)
    align, _ = objectives.alignment_and_uniformity(z, 1.0, spread=0.0)
    assert float(align) == pytest.approx(hypersphere.alignment(z.reshape(-1, 2, 3)), abs=1e-5)
    spread, _ = objectives.alignment_and_uniformity(z, 1.0, align=0.0)
    assert float(spread) == pytest.approx(hypersphere.uniformity(z), abs=1e-5)
    both, _ = objectives.alignment_and_uniformity(z, 1.0)
    assert float(both) == pytest.approx(float(align) + float(spread), abs=1e-5)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_tensors_give_what_arrays_give(name: str) -> None:
    z = projections(64, 8)
    loss, accuracy = OBJECTIVES[name](z, 0.1)
    other, right = OBJECTIVES[name](keras.ops.convert_to_tensor(z), 0.1, xp=keras.ops)
    assert float(other) == pytest.approx(float(loss), rel=1e-4, abs=1e-4)
    assert float(right) == pytest.approx(float(accuracy), abs=1e-6)
