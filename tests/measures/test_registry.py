"""Every measure by its one interface, and what of them snapshots have."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simclr_core.measures.hypersphere import alignment, uniformity
from simclr_core.measures.knn import knn_accuracy
from simclr_core.measures.rank import effective_rank
from simclr_core.measures.registry import MEASURES, measure, snapshot_scores
from simclr_core.measures.vectors import Vectors

rng = np.random.default_rng(0)
Z_VIEWS = rng.normal(size=(130, 2, 5))
H, Z, LABELS = rng.normal(size=(130, 8)), Z_VIEWS[:, 0], np.arange(130) % 3


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_yields_numbers_by_target(name: str) -> None:
    targets = {"label": LABELS}
    full = Vectors(Z, Z_VIEWS, targets, bank=Z, bank_targets=targets)
    values = measure(name, full)
    assert set(values) in ({""}, {"label"}) and all(math.isfinite(v) for v in values.values())
    assert set(measure(name, Vectors(Z))) <= {""}  # without targets and views, perhaps nothing


def test_snapshots_have_these_in_this_order() -> None:
    targets = {"shape": LABELS}
    spaces = {"h": Vectors(H, targets=targets), "z": Vectors(Z, Z_VIEWS, targets)}
    assert list(snapshot_scores(spaces).items()) == [
        ("alignment", alignment(Z_VIEWS)),
        ("uniformity", uniformity(Z)),
        ("effective_rank_h", effective_rank(H)),
        ("effective_rank_z", effective_rank(Z)),
        ("knn_accuracy", knn_accuracy(H, LABELS)),
    ]
    assert list(snapshot_scores({"h": Vectors(H)})) == ["effective_rank_h"]
