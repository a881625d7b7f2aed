"""The weight on the hardest negatives, against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from simclr_core.measures.hardest_negatives import BATCH, hardest_share


def test_the_hardest_negatives_weigh_what_a_loop_says() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(2 * BATCH, 6)).astype(np.float32)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    shares = []
    for i in range(len(z)):
        weights = sorted(
            (np.exp(float(unit[i] @ unit[j]) / 0.3) for j in range(len(z)) if j // 2 != i // 2),
            reverse=True,
        )
        shares.append(sum(weights[:13]) / sum(weights))  # a tenth of 126
    assert hardest_share(z.reshape(BATCH, 2, 6), 0.3) == pytest.approx(
        float(np.mean(shares)), rel=1e-4
    )
    alike = np.ones((BATCH, 2, 3), np.float32)
    assert hardest_share(alike, 0.1) == pytest.approx(13 / 126)
