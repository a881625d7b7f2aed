"""What measures are given."""

from __future__ import annotations

import numpy as np

from simclr_core.measures.vectors import label_name


def test_labels_are_named_by_the_factor_that_they_are() -> None:
    labels, other = np.array([0, 1, 2, 0]), np.array([0, 1, 1, 0])
    assert label_name(labels, {"hue": other, "shape": labels.copy()}) == "shape"
    assert label_name(labels, {"hue": other}) == label_name(labels, {}) == "label"
