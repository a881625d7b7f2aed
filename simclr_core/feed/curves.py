"""The block of bytes of the curves: loss, accuracy and what each snapshot scored."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np

from ..base.errors import LabError
from ..loss import nt_xent
from ..runs.run import Run
from ..runs.validation import number
from .metrics_tail import MetricsTail
from .packing import pack

PLOTLY = f"/lab/plotly.js?v={version('plotly')}"
SNAPSHOT_POINTS = 120  # of a small line; also of the accuracy's
SMOOTH_POINTS = 256
SCORES = (
    "knn_accuracy",
    "alignment",
    "uniformity",
    "effective_rank_h",
    "effective_rank_z",
)


def curves_block(
    run: Run, tail: MetricsTail, snapshots: list[dict[str, Any]], planned: int, message: str = ""
) -> bytes:
    """Return the block of the curves component.

    Args:
        tail: up to date.
        snapshots: rows of snapshots.jsonl.
        planned: steps that the run is to have, 0 if not known yet.
        message: shown over the curves while there is no step.
    """
    smooth_steps, smooth = tail.loss.smooth(SMOOTH_POINTS)
    accuracy_steps, accuracy = tail.accuracy.smooth(SNAPSHOT_POINTS)
    accuracy = np.clip(accuracy, 0, 1)
    last = snapshots[-1] if snapshots else {}
    first = next((row for row in snapshots if row.get("step") == 0), {})
    header = {
        "kind": "curves",
        "run": run.id,
        "plotly": PLOTLY,
        "planned": planned,
        "message": message,
        "step": tail.last.get("step"),
        "bad_step": tail.bad_step,
        "loss": float(smooth[-1]) if len(smooth) else None,
        "accuracy": float(accuracy[-1]) if len(accuracy) else None,
        "of": last.get("knn_of"),
        "pixels": number(last.get("knn_accuracy_pixels")),
        "untrained": number(first.get("knn_accuracy")),
        "snapshot": {name: number(last.get(name)) for name in ("step", *SCORES)},
        **_references(run),
    }
    rows = snapshots
    if len(rows) > SNAPSHOT_POINTS:  # evenly, the first and the last among them
        picked = np.linspace(0, len(rows) - 1, SNAPSHOT_POINTS).round().astype(int)
        rows = [rows[i] for i in picked]
    arrays = {
        "loss_step": tail.loss.steps.astype(np.uint32),
        "loss": tail.loss.values.astype(np.float32),
        "smooth_step": smooth_steps.round().astype(np.uint32),
        "smooth": smooth.astype(np.float32),
        "accuracy_step": accuracy_steps.round().astype(np.uint32),
        "accuracy": accuracy.astype(np.float32),
        "snapshot_step": np.array([row["step"] for row in rows], np.uint32),
    }
    for name in SCORES:
        arrays[name] = np.array([_score(row.get(name)) for row in rows], np.float32)
    return pack(header, arrays)


def _references(run: Run) -> dict[str, Any]:
    """Return the loss when all is alike, about its floor, and the accuracy of chance."""
    try:
        training = run.config.training
    except LabError:
        return {}
    size = training.batch_size
    floor = nt_xent.minimum_loss(size, training.temperature)
    return {"alike": nt_xent.collapsed_loss(size), "floor": floor, "chance": 1 / (2 * size - 1)}


def _score(value: Any) -> float:
    score = number(value)
    return np.nan if score is None else score
