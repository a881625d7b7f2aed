"""What a run folder is written with: whole files are replaced, growing ones are appended to."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..base.files import append_lines, keep_lines, read_json, write_json, write_npz
from .layout import RunFolder

Arrays = Mapping[str, Any]  # arrays and scalars of NumPy


class RunWriter(RunFolder):
    """The writers of a run folder. Except for `write_record`, only the holder of the lock and the
    mapper may call them; `layout` says who writes which file.

    Each raises LabError if the disk is full, and RunError if the folder may not be written.
    """

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Replace config.json."""
        write_json(self.config_path, record)

    def write_status(self, **changes: Any) -> None:
        """Merge changes into status.json."""
        status = read_json(self.status_path) or {}
        write_json(self.status_path, {**status, **changes, "updated": time.time()})

    def write_evaluation(self, scores: Mapping[str, Any]) -> None:
        """Replace the final scores."""
        write_json(self.evaluation_path, scores)

    def write_probe(self, arrays: Arrays) -> None:
        """Write the probe set: images (P,S,S,3), indices (P,), labels, factor__<name>, files."""
        _write(self.probe_path, arrays)

    def write_pairs(self, arrays: Arrays) -> None:
        """Replace the pairs of the newest step: step, views (n,3,S,S,3), alike, other, of."""
        _write(self.pairs_path, arrays)

    def write_snapshot(self, step: int, arrays: Arrays) -> None:
        """Write what the probe set is encoded as at a step: h, z, h_views, z_views."""
        _write(self.snapshot_path(step), arrays)

    def write_weights(self, step: int, arrays: Arrays) -> None:
        """Write the network's weights at a step (see `checkpoint.model_arrays`)."""
        _write(self.weights_path(step), arrays)

    def write_coordinates(self, method: str, step: int, arrays: Arrays) -> None:
        """Write a layout: xy (P, 2), and scalars that say how far it can be trusted."""
        self.coordinates_folder.mkdir(exist_ok=True)
        _write(self.coordinates_path(method, step), arrays)

    def write_neighbours(self, step: int, which: np.ndarray, similarity: np.ndarray) -> None:
        """Write each picture's nearest neighbours, (P, k) indices and similarities."""
        write_npz(self.neighbours_path(step), {"which": which, "similarity": similarity})

    def append_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows to metrics.jsonl, one per step."""
        _append(self.metrics_path, rows)

    def append_scores(self, row: Mapping[str, Any]) -> None:
        """Append the row of a snapshot to snapshots.jsonl."""
        _append(self.scores_path, [row])

    def drop_beyond(self, step: int) -> None:
        """Forget what the logs and folders hold beyond a step (-1: everything)."""
        for path in (self.metrics_path, self.scores_path):
            keep_lines(path, lambda row: _step(row) <= step)
        self.remove_beyond(step)


def _write(path: Path, arrays: Arrays) -> None:
    write_npz(path, {name: np.asarray(array) for name, array in arrays.items()})


def _append(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("ab") as file:
        append_lines(file, [dict(row) for row in rows])


def _step(row: Mapping[str, Any]) -> float:
    """Return the step of a row; a row without one belongs to no step that is kept."""
    step = row.get("step")
    return step if isinstance(step, int | float) else math.inf
