"""A run as something to watch: its map through the snapshots, its loss, its pictures.

`assets/js/replay/replay.js` plays what `data` returns; `page` returns one HTML file with all of it,
which needs no network.
"""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..base.errors import LabError, RunError
from ..base.paths import ASSETS
from ..data import sprite
from ..figures.colors import PETROFF_10, UNKNOWN, live_colors
from ..loss import nt_xent
from ..runs import comparison, tables
from ..runs.findings import learned
from ..runs.run import Run
from ..runs.summary import default_name
from ..runs.validation import number
from .modules import joined

SCRIPT = ASSETS / "js" / "replay" / "replay.js"
SHEETS = ASSETS / "css" / "elements"
MOST_FRAMES = 60  # snapshots
SHEET_PIXELS = 6_000_000  # of all pictures together
MARGIN = 1.04  # round the outermost points
_FULL = 65_535
_STYLE = """body { margin: 0 auto; padding: 20px; max-width: 1200px;
  --st-text-color: #1b1e23; --st-background-color: #fff; --st-secondary-background-color: #f4f5f6;
  --st-primary-color: #0f766e; --st-font: system-ui, sans-serif; font: 15px/1.5 var(--st-font);
  color-scheme: light dark; background: var(--st-background-color); color: var(--st-text-color); }
@media (prefers-color-scheme: dark) { body { --st-text-color: #eef0f2;
  --st-background-color: #121417; --st-secondary-background-color: #1a1d22; } }
"""


def data(run: Run, quality: int | None = None, pictures: bool = True) -> dict[str, Any]:
    """Return what a replay shows, as plain JSON values.

    Args:
        quality: of the pictures, 1 to 100; None keeps small sheets as they are.
        pictures: whether the sheet of all pictures is wanted.

    Returns:
        title, about, learned: words. steps (K,) and places, base64 of (K, P, 2) uint16 in a square
        that stays the same; kept (K,), the share of true neighbourhoods that each map keeps, None
        if unknown. sheet: a data URI of all pictures, empty without them, `columns` per row, `size`
        pixels a side. colors: name -> names, colors (the last one is of what is not known) and
        values (P,); plain: the colour of all points where there are none. loss and knn: steps
        and values, with `alike`, `pixels` and `of`.

    Raises:
        RunError: there is no map to play yet.
        LabError: the run cannot be read.
    """
    probe = run.probe()
    images = probe["images"]
    method, steps, xy, kept = frames(run, len(images))
    columns = math.ceil(math.sqrt(len(images)))
    size = max(8, min(images.shape[1], math.isqrt(SHEET_PIXELS // len(images)), 64))
    sheet = ""
    if pictures:
        encoded = sprite.encoded(sprite.canvas(images, size, columns), "webp", quality)
        sheet = f"data:image/webp;base64,{base64.b64encode(encoded).decode()}"
    rows = run.snapshot_rows()
    last: Mapping[str, Any] = rows[-1] if rows else {}
    config = run.config
    return {
        "title": run.name,
        "about": about(run),
        "learned": _learned(run),
        "method": method,
        "steps": steps,
        "kept": kept,
        "places": _base64(_packed(xy)),
        "columns": columns,
        "size": size,
        "count": len(images),
        "sheet": sheet,
        "colors": _colors(run, tables.known(probe)),
        "plain": PETROFF_10[0],
        "loss": _curve(run, "loss") | {"alike": nt_xent.collapsed_loss(config.training.batch_size)},
        "knn": _curve(run, "knn_accuracy")
        | {"pixels": number(last.get("knn_accuracy_pixels")), "of": last.get("knn_of") or "label"},
    }


def page(run: Run) -> bytes:
    """Return one HTML file that replays a run without a network.

    Raises:
        LabError: as `data`.
    """
    held = json.dumps(data(run), separators=(",", ":")).replace("<", "\\u003c")
    style = "".join((SHEETS / f"{name}.css").read_text() for name in ("map", "replay"))
    title = html.escape(f"{run.name}, replayed")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>\n{_STYLE}{style}</style></head>"
        f'<body><main id="replay"></main><script>\n{joined(SCRIPT)}\n'
        f'replay(document.getElementById("replay"), {held});\n</script></body></html>\n'
    ).encode()


def frames(run: Run, count: int) -> tuple[str, list[int], np.ndarray, list[float | None]]:
    """Return the method, the steps, and the places (K, P, 2) of the run's map, and what they keep.

    Args:
        run: the run.
        count: pictures on the map (P).

    Raises:
        RunError: there is no map yet.
    """
    for method in ("umap", "pca"):
        steps: list[int] = []
        places, kept = [], []
        known = run.coordinate_steps(method)
        if len(known) > MOST_FRAMES:
            picked = np.linspace(0, len(known) - 1, MOST_FRAMES).round().astype(int)
            known = [known[i] for i in picked]
        for step in known:
            try:
                layout = run.coordinates(method, step)
            except LabError:
                continue
            xy = layout["xy"]
            if len(xy) == count and np.isfinite(xy).all():
                steps.append(step)
                places.append(xy)
                kept.append(number(float(layout.get("kept", np.nan))))
        if places:
            return method, steps, np.stack(places), kept
    raise RunError(f"Run {run.id} has no map yet; wait for its first snapshot.")


def _packed(xy: np.ndarray) -> np.ndarray:
    """Return the places as (K, P, 2) uint16 in a square around all frames, y upwards."""
    low, high = xy.min(axis=(0, 1)), xy.max(axis=(0, 1))
    half = max(float((high - low).max()) / 2 * MARGIN, 1e-9)
    shares = (xy - ((low + high) / 2 - half)) / (2 * half)
    return (shares.clip(0, 1) * _FULL).round().astype("<u2")


def _colors(run: Run, known: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Return what can colour the points, without a label that only repeats a factor."""
    colors = {}
    for name in tables.choices(known):
        values = known[name]
        names = tables.names_of(run, name, values)
        shades = [*live_colors(names), UNKNOWN]
        colors[name] = {"names": names, "colors": shades, "values": values.tolist()}
    return colors


def _curve(run: Run, what: str) -> dict[str, Any]:
    xs, ys = comparison.curve(run, what, "step")
    return {"steps": xs, "values": [round(y, 5) for y in ys]}


def about(run: Run) -> str:
    """Return a run's data, steps, time and machine in a line."""
    status, pictures = run.status, run.data.train
    words = [default_name(run.config)]
    if pictures:
        words.append(f"{pictures:,} pictures")
    if step := status.get("step"):
        words.append(f"{step:,} steps")
    seconds = number(status.get("seconds"))
    if seconds and seconds >= 1:
        words.append(f"{seconds:,.0f} s of training")
    known = run.hardware
    words += [str(known[name]) for name in ("device", "date") if known.get(name)]
    return " · ".join(words)


def _learned(run: Run) -> str:
    """Return the sentence of a finished run; empty before."""
    try:
        evaluation = run.evaluation()
        rate = run.config.training.learning_rate
    except LabError:
        return ""
    return learned(evaluation, run.data, rate) if evaluation else ""


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
