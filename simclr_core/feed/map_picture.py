"""The map of a run as a still picture: coordinates of its last snapshot, coloured by category."""

from __future__ import annotations

import math
from html import escape

import numpy as np
from markupsafe import Markup

from ..base.errors import LabError
from ..figures.colors import UNKNOWN, category_colors
from ..runs.run import Run
from ..runs.states import FINISHED
from ..runs.store import RunStore
from .categories import category_names, color_choices
from .thumbnails import probe_facts

SIDE, MARGIN = 1000, 30  # of the drawing, in its own units


def newest_map(store: RunStore) -> Run | None:
    """The newest finished run that has coordinates."""
    runs = reversed(list(store))
    return next((run for run in runs if run.state == FINISHED and _method(run)), None)


def map_picture(run: Run) -> tuple[Markup, str]:
    """A run's last map as SVG with its legend (for `st.markdown`), and what it is in words.

    Raises:
        LabError: the run's files cannot be read.
    """
    method = _method(run)
    steps = run.coordinate_steps(method)
    if not steps:
        raise LabError(f"Expected coordinates of run {run.id}, found none; open the run on Train.")
    step = steps[-1]
    found = run.coordinates(method, step)
    xy = found["xy"].astype(float)  # (P, 2)
    values, names, of = _categories(run, len(xy))
    colors = category_colors(names)
    points = _scaled(xy)
    layers = [_layer(points[values == i], colors[i]) for i in range(len(names))]
    layers.insert(0, _layer(points[values < 0], UNKNOWN))
    legend = "".join(
        f'<span><i style="background:{color}"></i>{escape(name)}</span>'
        for name, color in zip(names, colors, strict=True)
    )
    alt = f"Map of {len(xy):,} pictures of run {run.name} by {method.upper()}, coloured by {of}"
    svg = (
        f'<svg class="lab-map" viewBox="0 0 {SIDE} {SIDE}" role="img" '
        f'aria-label="{escape(alt, quote=True)}">{"".join(layers)}</svg>'
        f'<div class="lab-legend">{legend if of else ""}</div>'
    )
    kept = float(found.get("kept", math.nan))
    words = f"{method.upper()} after {step:,} steps, axes have no units"
    return Markup(svg), words + (
        f", keeps {kept:.0%} of true neighbourhoods" if math.isfinite(kept) else ""
    )


def _method(run: Run) -> str:
    return next((method for method in ("umap", "pca") if run.coordinate_steps(method)), "")


def _categories(run: Run, count: int) -> tuple[np.ndarray, list[str], str]:
    """Category of each point (-1: none), names of the categories, and what they are."""
    nothing = np.full(count, -1), list[str](), ""
    probe, choices = probe_facts(run), color_choices(run)
    if probe is None or not choices or len(probe.categories[choices[0]]) != count:
        return nothing
    values = probe.categories[choices[0]]
    what = "class" if choices[0] == "label" else choices[0]
    return values, category_names(run, choices[0], values), what


def _scaled(xy: np.ndarray) -> np.ndarray:
    """(P, 2) inside the drawing, one scale for both axes; up is up."""
    finite = xy[np.isfinite(xy).all(axis=1)]
    if not len(finite):
        raise LabError("Expected coordinates, found none that are numbers; lay the run out anew.")
    low, high = finite.min(axis=0), finite.max(axis=0)
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-9)
    centred = (xy - (low + high) / 2) * scale * (1, -1) + SIDE / 2
    return np.where(np.isfinite(centred), centred, -SIDE)


def _layer(points: np.ndarray, color: str) -> str:
    """All points of a category as one path of round dots."""
    dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in points)
    return f'<path d="{dots}" stroke="{color}" class="dots"/>' if dots else ""
