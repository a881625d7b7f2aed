"""metrics.jsonl as curves, read as it grows, in bounded memory.

A curve keeps the least and the greatest value of every stretch of steps, so that no spike is lost,
and each stretch's mean, for smoothing. When there are too many points, stretches double in length.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..base.files import damaged, rows_of
from ..runs import validation

MAX_POINTS = 1000
BLOCK = 1 << 22  # bytes read at once


class Curve:
    """One value over the steps: at most `limit` points, least and greatest kept exactly."""

    def __init__(self, limit: int = MAX_POINTS) -> None:
        self.limit = limit
        self.width = 1  # steps a stretch
        self.steps = np.zeros(0, np.int64)  # (K,) ascending
        self.values = np.zeros(0)  # (K,) finite
        self._ids = np.zeros(0, np.int64)  # (B,) stretch number
        self._sums: np.ndarray = np.zeros(0)  # (B,)
        self._counts: np.ndarray = np.zeros(0)  # (B,)

    def add(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Append values; those that are not finite are left out.

        Args:
            steps: (M,) int, ascending and beyond what is there.
            values: (M,) float.
        """
        good = np.isfinite(values)
        steps, values = steps[good], values[good]
        self.steps = np.concatenate([self.steps, steps])
        self.values = np.concatenate([self.values, values])
        self._merge(
            np.concatenate([self._ids, steps // self.width]),
            np.concatenate([self._sums, values]),
            np.concatenate([self._counts, np.ones(len(steps))]),
        )
        self._thin()
        while len(self.steps) > self.limit:
            self.width *= 2
            self._merge(self._ids // 2, self._sums, self._counts)
            self._thin()

    def means(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Middle step, mean and count of each stretch, (B,) each."""
        middle = self._ids * self.width + (self.width - 1) / 2
        return middle, self._sums / np.maximum(self._counts, 1), self._counts

    def smooth(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the smoothed curve at no more than `count` steps, (C,) each; see `local_lines`."""
        x, y, weights = self.means()
        if not len(x):
            return x, y
        x = np.clip(x, self.steps[0], self.steps[-1])  # the last stretch is not full yet
        at = x if len(x) <= count else np.linspace(x[0], x[-1], count)
        return at, local_lines(x, y, weights, at)

    def latest(self, steps: int) -> tuple[float | None, int]:
        """Return the mean of the last values, and of how many steps it is: a few more once
        stretches are longer than one step.

        Args:
            steps: wanted.
        """
        have = np.cumsum(self._counts[::-1])
        if not len(have):
            return None, 0
        used = min(int(np.searchsorted(have, steps)) + 1, len(have))  # stretches
        return float(self._sums[-used:].sum() / have[used - 1]), int(have[used - 1])

    def _merge(self, ids: np.ndarray, sums: np.ndarray, counts: np.ndarray) -> None:
        self._ids, group = np.unique(ids, return_inverse=True)
        size = len(self._ids)
        self._sums = np.bincount(group, sums, size)
        self._counts = np.bincount(group, counts, size)

    def _thin(self) -> None:
        """Keep the first least and the last greatest point of every stretch."""
        if self.width == 1 or not len(self.steps):
            return
        ids = self.steps // self.width
        order = np.lexsort((self.values, ids))
        edges = np.flatnonzero(np.diff(ids[order]))
        first = order[np.concatenate([[0], edges + 1])]
        last = order[np.concatenate([edges, [len(order) - 1]])]
        keep = np.unique(np.concatenate([first, last]))
        self.steps, self.values = self.steps[keep], self.values[keep]


def local_lines(x: np.ndarray, y: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Smooth a curve by local straight lines under a Gaussian window (loess of degree 1).

    Lines rather than means: they do not lag behind where the loss falls fast, nor at the ends.

    Args:
        x, y, weights: (B,) positions ascending, values, how many steps each stands for.
        at: (C,) where to smooth.

    Returns:
        (C,) smoothed values.
    """
    spread = max(3.0, 0.012 * float(x[-1] - x[0]))  # steps
    gap = x[None, :] - at[:, None]  # (C, B)
    w = weights * np.exp(-0.5 * (gap / spread) ** 2)  # (C, B)
    s0, s1, s2 = w.sum(1), (w * gap).sum(1), (w * gap * gap).sum(1)
    t0, t1 = w @ y, (w * gap) @ y
    bottom = s0 * s2 - s1 * s1
    flat = bottom <= 1e-9 * s0 * s0  # a single stretch within reach: its mean
    line = (s2 * t0 - s1 * t1) / np.where(flat, 1.0, bottom)
    return np.where(flat, t0 / np.maximum(s0, 1e-300), line)


class MetricsTail:
    """The curves of a metrics.jsonl that may be growing; `update` reads only what is new.

    Attributes:
        loss, accuracy: the curves.
        last: the newest row.
        bad_step: the first step whose loss was not finite, None if there is none.
        trouble: why the file cannot be read; "" if it can.
        version: changes whenever anything above does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version, self.trouble = 0, ""
        self._start_over(None)

    def update(self) -> int:
        """Read what was added; all of a file that was replaced or cut (by a resume).

        Returns:
            `version`.
        """
        try:
            with self.path.open("rb") as file:
                info = os.fstat(file.fileno())
                if info.st_ino != self._inode or info.st_size < self._offset:
                    self._start_over(info.st_ino)
                if info.st_size > self._offset:
                    for block in self._blocks(file):
                        self._take(block)
            self.trouble = ""
        except OSError as error:
            if self._offset:
                self._start_over(None)
            missing = isinstance(error, FileNotFoundError)
            self.trouble = "" if missing else str(damaged(self.path, error))
        return self.version

    def _start_over(self, inode: int | None) -> None:
        self.loss, self.accuracy = Curve(), Curve()
        self.last: dict[str, Any] = {}
        self.bad_step: int | None = None
        self._inode, self._offset, self._newest = inode, 0, -1
        self.version += 1

    def _blocks(self, file: Any) -> Iterator[bytes]:
        """Whole lines from the offset on; a half-written last one is left for the next time."""
        file.seek(self._offset)
        rest = b""
        while block := file.read(BLOCK):
            end = block.rfind(b"\n") + 1
            if end:
                self._offset += len(rest) + end
                yield rest + block[:end]
                rest = block[end:]
            else:
                rest += block

    def _take(self, block: bytes) -> None:
        rows, steps = [], []
        for row in rows_of(block):
            step = validation.count(row.get("step"))
            if step is not None and step > self._newest:
                self._newest = step
                rows.append({**row, "step": step})
                steps.append(step)
        if not rows:
            return
        at = np.array(steps, np.int64)  # (M,)
        loss = np.array([_number(row.get("loss")) for row in rows])
        self.loss.add(at, loss)
        self.accuracy.add(at, np.array([_number(row.get("contrastive_accuracy")) for row in rows]))
        if self.bad_step is None and not np.isfinite(loss).all():
            self.bad_step = int(at[~np.isfinite(loss)][0])
        self.last = rows[-1]
        self.version += 1


def _number(value: Any) -> float:
    """Return `value` as a float; NaN for what is no number that a run can have."""
    number = validation.figure(value)
    return math.nan if number is None else number
