"""Which weights a run has, found without reading them: what a question to a run is about."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...base.errors import RunDamaged, RunError
from ..run import Run

TRAINED, UNTRAINED = "trained", "untrained"
NONE = "none"  # of a question about snapshots, for which no network is needed
ROLES = (TRAINED, UNTRAINED, NONE)

SNAPSHOT, CHECKPOINT, SEED, ENCODED = "snapshot", "checkpoint", "seed", "encoded"


@dataclass(frozen=True)
class Weights:
    """One state of a run's network.

    Attributes:
        source: where it lies: "snapshot", "checkpoint", "seed" for the network that is drawn
            from the run's seed, or "encoded" for what a snapshot has of the pictures.
        step: updates done.
        stamp: the file's time (ns) and size (bytes) when it was found; (0, 0) without a file.
    """

    source: str
    step: int
    stamp: tuple[int, int] = (0, 0)

    def path(self, run: Run) -> Path | None:
        """Return the file in a run's folder; None without one."""
        if self.source == SNAPSHOT:
            return run.weights_path(self.step)
        if self.source == ENCODED:
            return run.snapshot_path(self.step)
        return run.checkpoint_path if self.source == CHECKPOINT else None

    def is_current(self, run: Run) -> bool:
        """Return whether the file is still the one that was found."""
        path = self.path(run)
        return path is None or _stamp(path) == self.stamp


def find_weights(run: Run, role: str = TRAINED, step: int | None = None) -> Weights:
    """Find the weights that a question is about.

    While a run trains, its newest weights are those of its newest snapshot, as the checkpoint
    may be replaced at any moment.

    Args:
        run: any run.
        role: "trained", "untrained" for the network before its first step, or "none" for the
            newest snapshot alone.
        step: of the trained weights; None takes the newest.

    Raises:
        RunError: the run has none (of this step) yet, or is no longer there.
        ValueError: the role is not known.
    """
    if role not in ROLES:
        raise ValueError(f"weights: expected one of {', '.join(ROLES)}, found {role!r}")
    if not run.path.is_dir():
        raise gone(run)
    if role == UNTRAINED:
        return _of_snapshot(run, 0) or Weights(SEED, 0)
    if role == NONE:
        return _of_representations(run)
    steps = run.weight_steps()
    if step is None:
        newest = _newest(run, steps)
    else:
        newest = _of_snapshot(run, step) if step in steps else _of_checkpoint(run)
        newest = newest if newest and newest.step == step else None
    if newest is None:
        raise _none(run, step, steps)
    return newest


def has_learned(run: Run) -> bool:
    """Return whether the run has weights of any step but its first."""
    return run.checkpoint_path.exists() or any(run.weight_steps()[-1:])


def image_size(run: Run) -> int:
    """Return pixels per side of the pictures that the run's network takes; 0 as long as it is not
    known.

    Raises:
        RunDamaged: config.json cannot be read.
    """
    return run.data.image_size or run.config.data.image_size


def gone(run: Run) -> RunError:
    """Return the error for a run whose folder was deleted meanwhile."""
    return RunError(f"Run {run.id} is no longer there: it was deleted; choose another.")


def _newest(run: Run, steps: list[int]) -> Weights | None:
    snapshot = _of_snapshot(run, steps[-1]) if steps else None
    if snapshot and run.alive:
        return snapshot
    try:
        checkpoint = _of_checkpoint(run)
    except RunDamaged:
        if snapshot is None:
            raise
        checkpoint = None
    return max(filter(None, (snapshot, checkpoint)), key=lambda w: w.step, default=None)


def _of_snapshot(run: Run, step: int) -> Weights | None:
    stamp = _stamp(run.weights_path(step))
    return Weights(SNAPSHOT, step, stamp) if stamp else None


def _of_representations(run: Run) -> Weights:
    """Find what the newest snapshot has of the pictures."""
    for step in reversed(run.snapshot_steps()):
        stamp = _stamp(run.snapshot_path(step))
        if stamp:
            return Weights(ENCODED, step, stamp)
    raise RunError(f"Run {run.id} has no snapshot yet; wait for its first one.")


def _of_checkpoint(run: Run) -> Weights | None:
    """Find the checkpoint, which holds its step; None if there is none.

    Raises:
        RunDamaged: it cannot be read.
    """
    path = run.checkpoint_path
    stamp = _stamp(path)
    if stamp is None:
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            return Weights(CHECKPOINT, int(archive["step"]), stamp)
    except (
        *(OSError, ValueError, EOFError, TypeError, KeyError, OverflowError),
        zipfile.BadZipFile,
    ) as error:
        raise RunDamaged(
            f"Expected the file {path.name} in {run.id}, but it cannot be read; "
            "restore it from a copy, or delete the run."
        ) from error


def _stamp(path: Path) -> tuple[int, int] | None:
    """Time and size of a file; None if there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _none(run: Run, step: int | None, steps: list[int]) -> RunError:
    if step is None:
        if run.is_recorded:
            return RunError(
                f"Run {run.id} has no weights: it was recorded or imported without them."
            )
        return RunError(f"Run {run.id}: expected weights, found none yet; wait for its first ones.")
    known_steps = ", ".join(str(known) for known in steps[:20]) or "none"
    return RunError(
        f"Run {run.id}: expected the weights of step {step}, found those of steps {known_steps}; "
        "choose one of these, or the newest."
    )
