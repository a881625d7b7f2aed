"""What is said in the place of a figure whose files are gone or damaged."""

from __future__ import annotations

from typing import Any

from ..base.errors import RunDamaged
from ..base.files import damaged
from ..runs import states
from ..runs.run import Run

_RESTORE = "restore it from a copy, or delete the run."


def map_words(run: Run, steps: list[int], pictures: int | None, points: int | None) -> str:
    """Say why a run's map cannot be drawn; "" if nothing is lost.

    Args:
        run: any run.
        steps: that have coordinates.
        pictures: of the probe set; None without one.
        points: of the coordinates; None without any.
    """
    snapshots = run.snapshot_steps()
    if pictures is None and (steps or snapshots):
        return str(damaged(run.probe_path, FileNotFoundError()))
    if pictures is not None and points is not None and pictures != points:
        return (
            f"Run {run.id}: expected coordinates of the {pictures:,} pictures in "
            f"{run.probe_path.name}, found {points:,}; restore the file from a copy, or "
            "delete the run."
        )
    if steps or not _trained(run):
        return ""
    if snapshots:
        return (
            f"Run {run.id}: expected coordinates of its snapshots, found none; the app lays them "
            "out again: open the run once more in a minute."
        )
    return (
        f"Run {run.id}: expected files in its folders snapshots and coordinates, found none; "
        "restore them from a copy, or delete the run."
    )


def curves_words(run: Run, trouble: str) -> str:
    """Say why a run's curves cannot be drawn; "" if nothing is lost.

    Args:
        run: a run without any step in metrics.jsonl.
        trouble: why that file cannot be read, "" if it can.
    """
    step = _trained(run)
    if trouble or not step:
        return trouble
    path = run.metrics_path
    if not path.exists():
        return str(damaged(path, FileNotFoundError()))
    return (
        f"Run {run.id}: expected the loss of {step:,} steps in {path.name}, found none; {_RESTORE}"
    )


def scores_words(run: Run) -> str:
    """Say why an ended run's snapshots have no scores; "" if nothing is lost."""
    try:
        rows: list[dict[str, Any]] = run.snapshot_rows()
    except RunDamaged as error:
        return str(error)
    if rows or not _trained(run) or not run.snapshot_steps():
        return ""
    return f"Run {run.id}: expected scores in {run.scores_path.name}, found none; {_RESTORE}"


def _trained(run: Run) -> int:
    """Return the steps that an ended run has made; 0 for a run that goes on."""
    status = run.status
    return int(status.get("step") or 0) if status["state"] in states.ENDED else 0
