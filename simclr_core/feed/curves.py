"""The block of bytes of the curves: the loss, two scores, and figures of the newest snapshot."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np

from ..base.errors import LabError
from ..loss import nt_xent
from ..runs.run import Run
from ..runs.validation import number
from ..settings.config import TrainConfig
from .metrics_tail import MetricsTail
from .packing import pack
from .scores import partner_score

PLOTLY = f"/lab/plotly.js?v={version('plotly')}"
SMOOTH_POINTS = 256
FIGURES = ("alignment", "uniformity", "effective_rank_h")  # of the newest snapshot


def curves_block(
    run: Run,
    tail: MetricsTail,
    snapshots: list[dict[str, Any]],
    neighbours: dict[str, Any],
    planned: int,
    message: str = "",
) -> bytes:
    """Return the block of the curves component.

    Args:
        tail: up to date.
        snapshots: rows of snapshots.jsonl.
        neighbours: their votes (see `scores.neighbour_score`).
        planned: steps that the run is to have, 0 if not known yet.
        message: shown over the curve while there is no step.
    """
    steps, smooth = tail.loss.smooth(SMOOTH_POINTS)
    last = snapshots[-1] if snapshots else {}
    training = _training(run)
    header = {
        "kind": "curves",
        "run": run.id,
        "plotly": PLOTLY,
        "planned": planned,
        "message": message,
        "step": tail.last.get("step"),
        "bad_step": tail.bad_step,
        "loss": float(smooth[-1]) if len(smooth) else None,
        "scores": [partner_score(tail, training.batch_size if training else 0), neighbours],
        "snapshot": {name: number(last.get(name)) for name in ("step", *FIGURES)},
        **_references(training),
    }
    arrays = {
        "loss_step": tail.loss.steps.astype(np.uint32),
        "loss": tail.loss.values.astype(np.float32),
        "smooth_step": steps.round().astype(np.uint32),
        "smooth": smooth.astype(np.float32),
    }
    return pack(header, arrays)


def _training(run: Run) -> TrainConfig | None:
    try:
        return run.config.training
    except LabError:
        return None


def _references(training: TrainConfig | None) -> dict[str, float]:
    """Return the loss when all is alike, and about its floor."""
    if training is None:
        return {}
    size = training.batch_size
    return {
        "alike": nt_xent.collapsed_loss(size),
        "floor": nt_xent.minimum_loss(size, training.temperature),
    }
