"""How far a share that was counted may be from the true one."""

from __future__ import annotations

import math

Z = 1.96  # standard errors on each side of a 95% interval


def wilson_interval(share: float, count: int, z: float = Z) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927), 95% unless told otherwise.

    Args:
        share: of right answers among `count`; what is outside [0, 1] counts as 0 or 1.
        count: answers, at least 1.
        z: half its width in standard errors.
    """
    share = min(max(share, 0.0), 1.0)
    middle = share + z**2 / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)
