"""The block of bytes of Train's strip of pairs: what the network makes of the newest step."""

from __future__ import annotations

import numpy as np

from ..base.errors import RunDamaged
from ..runs.run import Run
from .packing import pack

MISSING = "This run has no pairs to show: it was trained by an older version, or elsewhere."


def pairs_payload(run: Run, message: str = "") -> bytes:
    """Return the block of the strip.

    Args:
        run: any run.
        message: shown as long as there are no pairs.

    Returns:
        A block of `packing`: header step, size, alike, other, found and of; array views
        (n, 3, S, S, 3) uint8: view 1, view 2, and the closest other view.
    """
    if not run.pairs_path.exists():
        return pairs_placeholder(message or MISSING)
    try:
        pairs = run.pairs()
    except RunDamaged as error:
        return pairs_placeholder(str(error))
    alike, other = pairs["alike"], pairs["other"]
    header = {
        "kind": "pairs",
        "run": run.id,
        "step": int(pairs["step"]),
        "count": len(alike),
        "size": pairs["views"].shape[2],
        "alike": np.round(alike, 4).tolist(),
        "other": np.round(other, 4).tolist(),
        "found": (alike > other).tolist(),
        "of": int(pairs["of"]),
        "message": "",
    }
    return pack(header, {"views": pairs["views"].reshape(-1)})


def pairs_placeholder(message: str) -> bytes:
    """Return the block of a strip without pairs."""
    return pack({"kind": "pairs", "count": 0, "message": message}, {})
