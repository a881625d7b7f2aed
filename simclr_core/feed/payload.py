"""What the live figures show, as blocks of bytes: built once for all who watch a run.

Nothing here knows Streamlit. A reader is kept for each of the last runs. It looks at the folder at
every call, reads only what is new, and packs only what has changed.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

from ..base.errors import LabError, RunDamaged
from ..base.files import read_json
from ..figures.colors import UNKNOWN, live_colors
from ..runs import validation
from ..runs.run import Run
from . import missing_files
from .categories import category_names, choices
from .curves import curves_block
from .metrics_tail import MetricsTail
from .packing import pack
from .scores import final_score, map_score, neighbour_score
from .thumbnails import ProbeFacts, probe_facts
from .viewport import Viewport

RUNS_KEPT, BLOCKS_KEPT = 32, 32
SERVER_SHARE = 0.2  # of a core, for all watchers together
REFRESH_COST = 0.012  # seconds of server time for one browser's refresh, Streamlit's part included


def map_payload(
    run: Run,
    method: str = "umap",
    color: str | None = None,
    step: int | None = None,
    message: str = "",
) -> bytes:
    """Return the block of a run's map as it is now (see `packing`).

    Args:
        run: any run, also a damaged one: then the map says what is wrong.
        method: "umap" or "pca"; PCA is shown until there is a UMAP.
        color: "label", a factor's name, or None for the first there is.
        step: of the coordinates; the nearest one at or before it is taken. None: the newest.
        message: a sentence over a figure that has no points yet.
    """
    reader = _reader(run)
    with reader.lock:
        return reader.map(method, color, step, message)


def curves_payload(run: Run, message: str = "") -> bytes:
    """Return the block of a run's curves as they are now.

    Args:
        run, message: as `map_payload`.
    """
    reader = _reader(run)
    with reader.lock:
        return reader.curves(message)


def coordinate_steps(run: Run, method: str) -> list[int]:
    """Return the steps that the map can show by a method, ascending: by PCA if it has none."""
    return run.coordinate_steps(method) or run.coordinate_steps("pca")


def refresh_interval(watchers: int) -> float:
    """Return seconds between refreshes: 1 for a few watchers, then longer, so that all of them
    together take no more than `SERVER_SHARE` of a core.

    Args:
        watchers: browsers that look on.
    """
    return max(1.0, round(max(1, watchers) * REFRESH_COST / SERVER_SHARE, 1))


@cached(LRUCache(RUNS_KEPT), key=lambda run: str(run.path), condition=threading.Condition())
def _reader(run: Run) -> _Reader:
    return _Reader(run)


class _Reader:
    """One run's folder, read as it grows. Use under `lock`."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.lock = threading.Lock()
        self.tail = MetricsTail(run.metrics_path)
        self.viewports = {"pca": Viewport(run, "pca"), "umap": Viewport(run, "umap")}
        self.blocks: LRUCache[tuple, bytes] = LRUCache(BLOCKS_KEPT)
        self.rows: tuple[tuple, list[dict[str, Any]]] = ((), [])

    def map(self, method: str, color: str | None, step: int | None, message: str) -> bytes:
        """Return the map's block; see `map_payload`."""
        used, steps = self._steps(method)
        probe, newest, trouble = None, None, ""
        try:
            probe = probe_facts(self.run)
            newest = self._coordinates(used, steps, step)
        except LabError as error:
            trouble = str(error)
        pictures = probe.count if probe else None
        points = len(newest[1]["xy"]) if newest else None
        if probe is None or newest is None or pictures != points:
            trouble = trouble or missing_files.map_words(self.run, steps, pictures, points)
            return _empty_map(trouble or message, self.run.id)
        shown, coordinates = newest
        color = color if color in probe.categories else next(iter(choices(probe)), None)
        names = ("kept", "preservation", "pca_kept")
        trust = {name: _known(coordinates.get(name)) for name in names}
        facts = {"method": used, "step": shown, "asked": method, **trust}
        file = self.run.coordinates_path(used, shown)
        bounds = self.viewports[used].bounds(steps)
        key = ("map", method, used, shown, _stamp(file), color, probe.digest, bounds)
        return self._block(key, lambda: self._map(facts, coordinates["xy"], probe, color, bounds))

    def _steps(self, method: str) -> tuple[str, list[int]]:
        """Return the method to show, and its steps: PCA stands in until there is a UMAP."""
        steps = self.run.coordinate_steps(method)
        if steps or method == "pca":
            return method, steps
        return "pca", self.run.coordinate_steps("pca")

    def _coordinates(
        self, method: str, steps: list[int], step: int | None
    ) -> tuple[int, dict[str, np.ndarray]] | None:
        """Return the newest readable coordinates up to `step`, or the oldest if all are later."""
        wanted = [s for s in steps if step is None or s <= step] or steps[:1]
        trouble: RunDamaged | None = None
        for candidate in reversed(wanted[-3:]):
            try:
                return candidate, self.run.coordinates(method, candidate)
            except RunDamaged as error:
                trouble = trouble or error
        if trouble:
            raise trouble
        return None

    def _map(
        self,
        facts: dict[str, Any],
        xy: np.ndarray,
        probe: ProbeFacts,
        color: str | None,
        bounds: tuple,
    ) -> bytes:
        values = probe.categories[color] if color else np.full(probe.count, -1)
        names = category_names(self.run, color or "", values)
        kind = np.uint8 if len(names) < 256 else np.uint16
        category = np.where(values < 0, len(names), values).astype(kind)  # (P,)
        counts = np.bincount(category, minlength=len(names) + 1)
        header = {
            "kind": "map",
            "run": self.run.id,
            **facts,
            "count": probe.count,
            "bounds": bounds,
            "color": color,
            "names": names,
            "counts": counts.tolist(),
            "colors": [*live_colors(names), UNKNOWN],
            "pictures": f"/lab/runs/{self.run.id}/thumbnails.webp?v={probe.digest}",
            "points": f"/lab/runs/{self.run.id}/points.json?v={probe.digest}",
            "columns": probe.columns,
            "size": probe.size,
        }
        return pack(header, {"xy": xy.astype(np.float32).reshape(-1), "category": category})

    def curves(self, message: str) -> bytes:
        """Return the block of the curves; see `curves_payload`."""
        snapshots, stamp = self._snapshots()
        planned = _planned(self.run)
        version = self.tail.update()
        if not self.tail.last:
            message = missing_files.curves_words(self.run, self.tail.trouble) or message
        tested = _stamp(self.run.evaluation_path)
        key = ("curves", version, stamp, tested, planned, message)
        return self._block(
            key,
            lambda: curves_block(
                self.run, self.tail, snapshots, self._neighbours(snapshots), planned, message
            ),
        )

    def _neighbours(self, snapshots: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the votes of neighbours, as far as the run's files can be read."""
        data, probe, evaluation = None, None, {}
        with contextlib.suppress(LabError):
            data = self.run.data
        with contextlib.suppress(LabError):
            probe = probe_facts(self.run)
        with contextlib.suppress(LabError):
            evaluation = self.run.evaluation() or {}
        pictures = probe.count if probe else 0
        last = snapshots[-1]["step"] if snapshots else 0
        if (validation.count(evaluation.get("step")) or last) < last:  # resumed after that
            evaluation = {}
        return neighbour_score(final_score(evaluation, data), map_score(snapshots, data, pictures))

    def _snapshots(self) -> tuple[list[dict[str, Any]], tuple]:
        stamp = _stamp(self.run.scores_path)
        if stamp != self.rows[0] or not stamp:
            self.rows = (stamp, [])  # of a file that cannot be read; `lost` says it
            with contextlib.suppress(RunDamaged):
                self.rows = (stamp, self.run.snapshot_rows())
        return self.rows[1], stamp

    def _block(self, key: tuple, build: Callable[[], bytes]) -> bytes:
        if key not in self.blocks:
            self.blocks[key] = build()
        return self.blocks[key]


def _empty_map(message: str, run_id: str) -> bytes:
    """Return the block of a map without points: a sentence stands in its place."""
    header = {
        "kind": "map", "run": run_id, "message": message, "count": 0,
        "bounds": (0.0, 0.0, 1.0), "names": [], "counts": [], "colors": [],
    }  # fmt: skip
    return pack(header, {"xy": np.zeros(0, np.float32), "category": np.zeros(0, np.uint8)})


def _known(value: np.ndarray | None) -> float | None:
    return None if value is None else validation.number(float(value))


def _stamp(path: Path) -> tuple:
    try:
        info = path.stat()
    except OSError:
        return ()
    return info.st_ino, info.st_mtime_ns, info.st_size


def _planned(run: Run) -> int:
    """Return steps that the run is to have; 0 as long as they are not known."""
    try:
        return validation.count((read_json(run.status_path) or {}).get("steps")) or 0
    except RunDamaged:
        return 0
