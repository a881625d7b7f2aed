"""What a map shows before it has points: a sentence."""

from __future__ import annotations

import functools

import numpy as np

from .packing import pack


@functools.lru_cache(maxsize=16)
def placeholder_block(message: str, run_id: str = "") -> bytes:
    """Return the block of a map without points.

    Args:
        message: the sentence in its place.
        run_id: of a run that has nothing to show yet.
    """
    header = {
        "kind": "map", "run": run_id, "ghost": True, "message": message, "count": 0,
        "bounds": (0.0, 0.0, 1.0), "names": [], "counts": [], "colors": [],
    }  # fmt: skip
    return pack(header, {"xy": np.zeros(0, np.float32), "category": np.zeros(0, np.uint8)})
