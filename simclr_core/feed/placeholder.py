"""What the live figures show before there is a run: a grey sketch of what will come."""

from __future__ import annotations

import functools

import numpy as np

from ..figures.colors import UNKNOWN
from .curves import PLOTLY
from .packing import pack

POINTS, CLUSTERS = 700, 8


@functools.lru_cache(maxsize=16)
def placeholder_blocks(message: str, run_id: str = "") -> tuple[bytes, bytes]:
    """Return blocks of the map and of the curves, drawn faint and without numbers.

    Args:
        message: the sentence over the figure, for example how to start.
        run_id: of a run that has nothing to show yet.
    """
    random = np.random.default_rng(7)
    angle = np.arange(CLUSTERS) * 2.399963  # the golden angle spreads middles evenly
    middles = (
        0.72
        * np.sqrt((np.arange(CLUSTERS) + 0.5) / CLUSTERS)[:, None]
        * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    )  # (C, 2)
    cluster = random.integers(0, CLUSTERS, POINTS)
    xy = middles[cluster] + random.normal(0, 0.075, (POINTS, 2))  # (P, 2)
    header = {
        "kind": "map", "run": run_id, "ghost": True, "message": message, "count": POINTS,
        "bounds": (0.0, 0.0, 1.0), "names": [], "counts": [POINTS], "colors": [UNKNOWN],
    }  # fmt: skip
    arrays = {"xy": xy.astype(np.float32).reshape(-1), "category": np.zeros(POINTS, np.uint8)}
    steps = np.linspace(0, 1000, 80)
    smooth = 1.4 + 4.4 * np.exp(-steps / 130) - 0.0005 * steps
    curves = {"smooth_step": steps.astype(np.uint32), "smooth": smooth.astype(np.float32)}
    sketch = {
        "kind": "curves", "run": run_id, "ghost": True, "planned": 1000, "plotly": PLOTLY,
        "message": message}  # fmt: skip
    return pack(header, arrays), pack(sketch, curves)
