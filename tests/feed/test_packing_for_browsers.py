"""The block that the browser's tests read (tests/js/packing.test.js) is what `pack` writes."""

from __future__ import annotations

import numpy as np

from simclr_core.base.paths import PROJECT
from simclr_core.feed.packing import pack


def test_the_block_of_the_browsers_tests_is_written_like_this():
    arrays = {
        "shade": np.array([0, 255, 7], np.uint8),
        "xy": np.array([1.5, -2.25, np.nan, 0.5], np.float32),
        "step": np.array([0, 2**32 - 1], np.uint32),
        "category": np.array([65535, 1], np.uint16),
    }
    block = pack({"run": "größer", "missing": float("nan")}, arrays)
    assert (PROJECT / "tests" / "js" / "block.bin").read_bytes() == block
