"""Which parts of two pictures make a network find them alike: hide each part in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..loss.normalise import l2_normalise

GRID = 8  # cells per side of the map of a picture
WINDOW = 2  # cells per side that are hidden at once; windows overlap

Encode = Callable[[np.ndarray], np.ndarray]  # (N, S, S, 3) float32 -> h (N, D)


def occlusion(
    pair: np.ndarray, encode: Encode, progress: Callable[[float], None]
) -> tuple[float, np.ndarray]:
    """Return how much similarity is lost where a part of either picture is hidden.

    A window of the picture's mean colour is moved over it (Zeiler and Fergus 2014, section 4.2);
    a cell has the mean of all windows that hide it.

    Args:
        pair: (2, S, S, 3) float32 in [0, 1].
        encode: pictures to representations.
        progress: called with the share of the work done, in [0, 1].

    Returns:
        Cosine similarity of the two, and (2, GRID, GRID) float32: what it loses where that cell
        of the first or second picture is hidden; below 0 it gains.
    """
    h = l2_normalise(encode(pair))  # (2, D)
    whole = float(h[0] @ h[1])
    lost = np.zeros((2, GRID, GRID), np.float32)
    for picture in (0, 1):
        total, times = np.zeros((GRID, GRID)), np.zeros((GRID, GRID))
        places = list(_windows())
        hidden = np.stack([_hide(pair[picture], place) for place in places])  # (W, S, S, 3)
        for start in range(0, len(places), 64):
            progress((picture + start / len(places)) / 2)
            block = l2_normalise(encode(hidden[start : start + 64]))
            for (row, column), value in zip(places[start:], block @ h[1 - picture], strict=False):
                cells = np.s_[max(row, 0) : row + WINDOW, max(column, 0) : column + WINDOW]
                total[cells] += whole - float(value)
                times[cells] += 1
        lost[picture] = total / times
    return whole, lost


def edges(size: int) -> np.ndarray:
    """Return (GRID + 1,) pixels at which the cells of a picture begin and end."""
    return np.linspace(0, size, GRID + 1).round().astype(int)


def _windows() -> Iterator[tuple[int, int]]:
    """Yield upper left cells of all windows; some are partly outside, so each cell has as many."""
    for row in range(1 - WINDOW, GRID):
        for column in range(1 - WINDOW, GRID):
            yield row, column


def _hide(picture: np.ndarray, place: tuple[int, int]) -> np.ndarray:
    """Return a copy with one window filled with the picture's mean colour."""
    cut = edges(len(picture))
    row, column = place
    hidden = picture.copy()
    rows, columns = (
        slice(cut[max(first, 0)], cut[min(first + WINDOW, GRID)]) for first in (row, column)
    )
    hidden[rows, columns] = picture.mean((0, 1))
    return hidden
