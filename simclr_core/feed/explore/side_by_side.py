"""Maps of the same points side by side, for the page that compares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...figures.colors import UNKNOWN, live_colors
from ..packing import pack

MARGIN = 1.12  # around the outermost points


def side_by_side(
    maps: Mapping[str, np.ndarray], classes: Sequence[int], names: Sequence[str],
    *, columns: int = 4, legend: bool = False, pictures: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """Return what `assets/js/map/side_by_side.js` draws.

    Args:
        maps: title -> (P, 2) coordinates. A map whose title begins with "noise" has one colour.
        classes: (P,) of the points of all other maps; below 0: unknown.
        names: of the classes.
        columns: maps in a row.
        legend: whether the classes' colours are named.
        pictures: the address `pictures` of a sheet of the points' pictures, with its `columns` and
            the `size` of each; None: all are dots.

    Returns:
        A block of `packing`: for map i bounds[i] and the array xy_i (2P) float32, and the array
        category (P) uint16.
    """
    points = {title: np.asarray(xy, np.float32) for title, xy in maps.items()}
    of = np.asarray(classes)
    of = np.where(of < 0, len(names), of)
    header = {
        "kind": "side_by_side",
        "titles": list(points),
        "plain": [title.startswith("noise") for title in points],
        "bounds": [_square(xy) for xy in points.values()],
        "names": [str(name) for name in names],
        "colors": [*live_colors([str(name) for name in names]), UNKNOWN],
        "counts": np.bincount(of, minlength=len(names) + 1).tolist(),
        "columns": columns,
        "legend": legend,
        "sheet": dict(pictures or {}),
    }
    arrays = {f"xy_{i}": xy.reshape(-1) for i, xy in enumerate(points.values())}
    return pack(header, {"category": of.astype(np.uint16), **arrays})


def _square(xy: np.ndarray) -> tuple[float, float, float]:
    """Middle and half the side of a square around all points."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    half = max(float((high - low).max()) / 2, 1e-6) * MARGIN
    return float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2, half
