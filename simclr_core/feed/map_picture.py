"""The map of a run as a still picture: coordinates of its last snapshot, coloured by category.

It is SVG from the server, for Home and for the wall of runs: thirty small maps on one page need no
script, no block of coordinates and no canvas each.
"""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from ..base.errors import LabError
from ..base.templates import render
from ..figures.colors import UNKNOWN, live_colors
from ..runs.run import Run
from ..runs.states import FINISHED
from ..runs.store import RunStore
from .categories import category_names, color_choices
from .thumbnails import probe_facts

SIDE, MARGIN = 1000, 30  # of the drawing, in its own units


def newest_map(store: RunStore) -> Run | None:
    """Return the newest finished run that has coordinates."""
    runs = reversed(list(store))
    return next((run for run in runs if run.state == FINISHED and _method(run)), None)


def map_picture(run: Run) -> tuple[Markup, str]:
    """Return a run's last map as SVG with its legend (for `st.markdown`), and what it is in words.

    Raises:
        LabError: the run has no coordinates, or its files cannot be read.
    """
    method = _method(run)
    steps = run.coordinate_steps(method)
    if not steps:
        raise LabError(f"Expected coordinates of run {run.id}, found none; open the run on Train.")
    step = steps[-1]
    coordinates = run.coordinates(method, step)
    xy = coordinates["xy"].astype(float)  # (P, 2)
    values, names, of = _categories(run, len(xy))
    colors = live_colors(names)
    points = _scaled(xy)
    layers = [(UNKNOWN, _dots(points[values < 0]))]
    layers += [(color, _dots(points[values == i])) for i, color in enumerate(colors)]
    svg = render(
        "feed/map",
        side=SIDE,
        alt=f"Map of {len(xy):,} pictures of run {run.name} by {method.upper()}, coloured by {of}",
        layers=[(color, dots) for color, dots in layers if dots],
        legend=list(zip(names, colors, strict=True)) if of else [],
    )
    kept = float(coordinates.get("kept", math.nan))
    words = f"{method.upper()} after {step:,} steps, axes have no units"
    kept_words = f", keeps {kept:.0%} of true neighbourhoods" if math.isfinite(kept) else ""
    return svg, words + kept_words


def _method(run: Run) -> str:
    return next((method for method in ("umap", "pca") if run.coordinate_steps(method)), "")


def _categories(run: Run, count: int) -> tuple[np.ndarray, list[str], str]:
    """Return the category of each point (-1: none), their names, and what they are."""
    nothing = np.full(count, -1), list[str](), ""
    probe, choices = probe_facts(run), color_choices(run)
    if probe is None or not choices or len(probe.categories[choices[0]]) != count:
        return nothing
    values = probe.categories[choices[0]]
    what = "class" if choices[0] == "label" else choices[0]
    return values, category_names(run, choices[0], values), what


def _scaled(xy: np.ndarray) -> np.ndarray:
    """Return the points (P, 2) inside the drawing, with one scale for both axes; up is up."""
    finite = xy[np.isfinite(xy).all(axis=1)]
    if not len(finite):
        raise LabError("Expected coordinates, found none that are numbers; compute the map again.")
    low, high = finite.min(axis=0), finite.max(axis=0)
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-9)
    centred = (xy - (low + high) / 2) * scale * (1, -1) + SIDE / 2
    return np.where(np.isfinite(centred), centred, -SIDE)


def _dots(points: np.ndarray) -> str:
    """Return a path of round dots, one per point."""
    return "".join(f"M{x:.0f} {y:.0f}h0" for x, y in points)
