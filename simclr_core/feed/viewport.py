"""The part of the plane that a map shows: still while the map plays."""

from __future__ import annotations

import numpy as np

from ..base.errors import RunDamaged
from ..runs.run import Run

MOST_READ = 200  # steps looked at in one go, evenly chosen: a long run's folder holds thousands
MARGIN = 0.06  # of the side, around the points
TAIL = 0.5  # percent of the points on each side that may be drawn at the edge


class Viewport:
    """A square around the points of all steps so far; it only grows.

    A point far from all others does not count in full, so that it cannot shrink the rest; it is
    drawn at the edge.
    """

    def __init__(self, run: Run, method: str) -> None:
        self.run, self.method = run, method
        self._seen: set[int] = set()
        self._low = np.full(2, np.inf)
        self._high = np.full(2, -np.inf)

    def bounds(self, steps: list[int]) -> tuple[float, float, float]:
        """Middle x, middle y and half the side, from every step of `steps` and before.

        Args:
            steps: all steps with coordinates, ascending.
        """
        new = [step for step in steps if step not in self._seen]
        if len(new) > MOST_READ:
            chosen = np.linspace(0, len(new) - 1, MOST_READ).round().astype(int)
            self._seen.update(new)
            new = [new[i] for i in chosen]
        for step in new:
            self._seen.add(step)
            try:
                self._include(self.run.coordinates(self.method, step)["xy"])
            except (RunDamaged, KeyError):
                continue
        if not np.isfinite(self._low).all():
            return 0.0, 0.0, 1.0
        middle = (self._low + self._high) / 2
        half = float((self._high - self._low).max()) / 2
        return float(middle[0]), float(middle[1]), max(half, 1e-6) * (1 + 2 * MARGIN)

    def _include(self, xy: np.ndarray) -> None:
        """Grow around (P, 2) points."""
        xy = xy[np.isfinite(xy).all(axis=1)].astype(np.float64)
        if not len(xy):
            return
        low, high = np.percentile(xy, [TAIL, 100 - TAIL], axis=0)
        reach = 0.1 * (high - low).max()
        self._low = np.minimum(self._low, np.maximum(xy.min(axis=0), low - reach))
        self._high = np.maximum(self._high, np.minimum(xy.max(axis=0), high + reach))
