"""What Explore's maps fetch of a run: coordinates and colours.

Each function reads run folders and answers to questions, and raises a `LabError` with a sentence if
there is nothing to read.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence

import numpy as np

from ...base.errors import LabError, RunError
from ...figures.colors import UNKNOWN, live_colors, scale_colors
from ...loss.nt_xent import collapsed_loss
from ...measures import projection
from ...measures.neighbours import fixed_sample, kept_on_map
from ...measures.vectors import label_name
from ...questions.reply import read
from ...runs.run import Run
from ...runs.snapshots import cache
from ..categories import category_names, choices
from ..packing import pack
from ..thumbnails import ProbeFacts, probe_facts
from ..viewport import Viewport

LABEL = "label"
PREDICTED, CLUSTER, LOSS, VIEWS = "predicted", "cluster", "loss", "views"
NONE = "none"  # all in one colour
SHADES = 64  # colours of a continuous scale

Bounds = tuple[float, float, float]  # middle x, middle y and half the side of a square
_viewports = threading.Lock()


def probe_of(run: Run) -> ProbeFacts:
    """Return the run's pictures.

    Raises:
        RunError: there are none yet.
    """
    about = probe_facts(run)
    if about is None:
        raise RunError(f"Run {run.id} has no pictures yet; they come when it has read its data.")
    return about


def target(probe: ProbeFacts) -> str | None:
    """Return what neighbours are compared by: the label (under the name of the factor that it
    repeats, if it does), else the first factor; None without either."""
    if LABEL not in probe.categories:
        return next(iter(choices(probe)), None)
    factors = {name: values for name, values in probe.categories.items() if name != LABEL}
    return label_name(probe.categories[LABEL], factors)


def is_recorded(run: Run) -> bool:
    """Return whether a run was trained elsewhere: then it has no views to show."""
    try:
        return run.is_recorded
    except LabError:
        return False


def frame_block(run: Run, of: str, method: str, step: int, key: str = "") -> bytes:
    """Return where the pictures are on a map at a step.

    Args:
        of: "h" or "z".
        method: "umap" or "pca".
        step: with a snapshot.
        key: of the answer to a `layout_job`; empty: the default settings.

    Returns:
        A block: header step, bounds and kept; array xy (2P) float32.

    Raises:
        RunError: there is no such map, or its pictures are others.
    """
    xy, bounds = _place(run, of, method, step, key)
    if len(cache.vectors(run, step, of)) != len(xy):
        raise RunError(
            f"Run {run.id}: expected coordinates of its own pictures at step {step}, found those "
            "of others; choose another step."
        )
    sample = fixed_sample(len(xy))
    kept = kept_on_map(cache.neighbours_of(run, step, sample, of)[0], xy, sample)
    header = {"kind": "frame", "step": step, "of": of, "method": method, "bounds": bounds}
    return pack({**header, "kept": kept}, {"xy": xy.astype(np.float32).reshape(-1)})


def color_block(run: Run, name: str, step: int, key: str = "") -> bytes:
    """Return the colour of each picture at a step.

    Args:
        name: "label", a factor, "predicted", "cluster", "loss" or "views".
        key: of the answer to a `clusters_job`.

    Returns:
        A block: header names, counts and colors, and for a number its `range` and `value` for
        each shade; array category (P) uint8 or uint16, and for a number value (P) float32.

    Raises:
        RunError: there is no such colour.
    """
    probe = probe_of(run)
    if name in (LOSS, VIEWS):
        return _shades(run, name, cache.values(run, step, name))
    if name == NONE:
        plain = {"kind": "colors", "name": name, "names": [], "counts": [], "colors": [UNKNOWN]}
        return pack(plain, {"category": np.zeros(probe.count, np.uint8)})
    of, values = name, probe.categories.get(name)
    if name == PREDICTED:
        of = target(probe) or ""
        if not of:
            raise RunError("Expected labels to predict, found none: these pictures have no labels.")
        values = cache.predicted(run, step, probe.categories[of])
    elif name == CLUSTER:
        steps, clusters = _answered(run, key, "clusters")
        values = clusters[_at(steps, step, run)].astype(np.int64)
    if values is None:
        raise RunError(f"Expected a colour that these pictures have, found {name[:40]!r}.")
    names = (
        [f"cluster {i + 1}" for i in range(int(values.max(initial=-1)) + 1)]
        if name == CLUSTER
        else category_names(run, of, probe.categories[of])
    )
    kind = np.uint8 if len(names) < 256 else np.uint16
    category = np.where(values < 0, len(names), values).astype(kind)  # (P,)
    counts = np.bincount(category, minlength=len(names) + 1).tolist()
    header = {"kind": "colors", "name": name, "of": of, "step": step, "names": names}
    header |= {"counts": counts, "colors": [*live_colors(names), UNKNOWN]}
    return pack(header, {"category": category})


def coordinates(run: Run, of: str, method: str, step: int, key: str = "") -> np.ndarray:
    """Return (P, 2) as `frame_block` has them."""
    return _place(run, of, method, step, key)[0]


def _place(run: Run, of: str, method: str, step: int, key: str) -> tuple[np.ndarray, Bounds]:
    """Return coordinates (P, 2) of a step, and the part of the plane that all steps share."""
    if not key and of == "h":
        steps = run.coordinate_steps(method)
        _at(steps, step, run)
        with _viewports:
            return run.coordinates(method, step)["xy"], _viewport(run, method).bounds(steps)
    if key:
        steps, layouts = _answered(run, key)
    elif method == "pca":
        steps, layouts = _pca_chain(run, tuple(run.snapshot_steps()))
    else:
        raise RunError("Expected the key of a layout of z by UMAP, found none; ask for it first.")
    return layouts[_at(steps, step, run)], _bounds(layouts)


@functools.lru_cache(maxsize=32)
def _viewport(run: Run, method: str) -> Viewport:
    return Viewport(run, method)


def batch_of(run: Run) -> int:
    return min(run.config.training.batch_size, probe_of(run).count)


def _shades(run: Run, name: str, values: np.ndarray) -> bytes:
    """Return a number for each picture as shades; the scale is the same at every step."""
    low, high = (0.0, collapsed_loss(batch_of(run))) if name == LOSS else (-1.0, 1.0)
    shade = np.clip((values - low) / (high - low) * SHADES, 0, SHADES - 1).astype(np.uint8)
    header = {
        "kind": "colors",
        "name": name,
        "range": [low, high],
        "mean": float(values.mean()),
        "names": [],
        "counts": [],
        "colors": [*scale_colors(SHADES, centred=name == VIEWS), UNKNOWN],
    }
    return pack(header, {"category": shade, "value": values.astype(np.float32)})


def _at(steps: Sequence[int], step: int, run: Run) -> int:
    """Return the place of a step among those that there are."""
    steps = list(steps)
    if step not in steps:
        raise RunError(f"Run {run.id}: expected a map of step {step}, found none; choose another.")
    return steps.index(step)


def answered_steps(run: Run, key: str) -> list[int]:
    """Return the steps of an answer to a `layout_job`."""
    return _answered(run, key)[0]


def answer_of(run: Run, key: str, name: str) -> np.ndarray:
    """Return one array of an answer.

    Raises:
        RunError: there is none.
    """
    reply = read(run, key)
    if reply.arrays is None or name not in reply.arrays:
        reason = reply.words if reply.failed else ""
        raise RunError(reason or "Expected a finished answer, found none; ask again.")
    return reply.arrays[name]


@functools.lru_cache(maxsize=16)
def _answered(run: Run, key: str, name: str = "xy") -> tuple[list[int], np.ndarray]:
    """Return steps and one array for each of them out of an answer."""
    return answer_of(run, key, "steps").tolist(), answer_of(run, key, name)


@functools.lru_cache(maxsize=8)
def _pca_chain(run: Run, steps: tuple[int, ...]) -> tuple[list[int], np.ndarray]:
    """Return PCA of z at every step, (K, P, 2), each rotated to match the one before."""
    layouts: list[np.ndarray] = []
    readable = []
    for step in steps:
        previous = layouts[-1] if layouts else None
        try:
            layouts.append(projection.pca(cache.vectors(run, step, "z"), previous))
            readable.append(step)
        except LabError:  # a damaged snapshot; the others can be shown
            continue
    if not layouts:
        raise RunError(f"Run {run.id}: expected z in a snapshot, found none that can be read.")
    return readable, np.stack(layouts)


def _bounds(layouts: np.ndarray) -> Bounds:
    """Return middle and half the side of a square around all layouts (K, P, 2)."""
    low, high = layouts.min(axis=(0, 1)), layouts.max(axis=(0, 1))
    half = float((high - low).max()) / 2
    return float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2), max(half, 1e-6) * 1.12
