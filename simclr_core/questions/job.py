"""What can be asked of a run, as data: `jobs` asks it, `answers` computes it."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..measures.projection import METRIC, MIN_DIST, NEIGHBORS
from ..runs.layout import METHODS
from ..runs.run import Run
from ..runs.snapshots.weights import NONE, TRAINED


@dataclass(frozen=True, eq=False)
class Job:
    """A question to a run.

    Attributes:
        kind: a key of `answers.ANSWERS`.
        parameters: plain JSON values. `weights` ("trained", "untrained", or "none" where no network
            is needed) and `step` (None: the newest) name the state of the network.
        arrays: what the question is about, by name.
    """

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all of it."""
        hashed = hashlib.sha256(canonical([self.kind, dict(self.parameters)]))
        for name, array in sorted(self.arrays.items()):
            hashed.update(canonical([name, array.dtype.str, array.shape]))
            hashed.update(array.tobytes())
        return hashed.hexdigest()


def encode_job(images: np.ndarray, weights: str = TRAINED, step: int | None = None) -> Job:
    """Ask how a network represents pictures.

    Args:
        images: (N, S, S, 3) uint8, or float32 in [0, 1].
        weights: "trained" or "untrained".
        step: of the trained weights; None takes the newest.

    Returns:
        A job whose answer has h (N, D) and z (N, d) float32, and the weights' step () int64.
    """
    return Job("encode", {"weights": weights, "step": step}, {"images": images})


def layout_job(
    of: str = "h", neighbors: int = NEIGHBORS, min_dist: float = MIN_DIST, metric: str = METRIC
) -> Job:
    """Ask where UMAP with these settings puts the pictures, at every snapshot.

    Args:
        of: "h" or "z".
        neighbors, min_dist, metric: of UMAP.

    Returns:
        A job whose answer has steps (K,) and xy (K, P, 2).
    """
    settings = {"neighbors": neighbors, "min_dist": min_dist, "metric": metric}
    return Job("layout", {"weights": NONE, "of": of, **settings})


def clusters_job(k: int) -> Job:
    """Ask which k clusters the representations form, at every snapshot.

    Returns:
        A job whose answer has steps (K,) and clusters (K, P).
    """
    return Job("clusters", {"weights": NONE, "k": k})


def keeps_job(snapshots: int = 6) -> Job:
    """Ask what a linear probe reads from pixels, h and z.

    Args:
        snapshots: how many at most.

    Returns:
        A job whose answer has names (F,), steps (K,), h and z (K, F), pixels and chance (F,).
    """
    return Job("keeps", {"weights": NONE, "snapshots": snapshots})


def more_job(count: int) -> Job:
    """Ask for a map of many pictures of the run's data under its newest weights.

    Args:
        count: pictures at most.

    Returns:
        A job whose answer has the name () of a set (see `large_probe`) and its step ().
    """
    return Job("more", {"weights": TRAINED, "step": None, "count": count})


def occlude_job(images: np.ndarray, step: int | None = None) -> Job:
    """Ask which parts of two pictures make the network find them alike.

    Args:
        images: (2, S, S, 3) uint8, or float32 in [0, 1].
        step: of the trained weights; None takes the newest.

    Returns:
        A job whose answer has similarity (), lost (2, G, G) and the weights' step ().
    """
    return Job("occlude", {"weights": TRAINED, "step": step}, {"images": images})


def encoder_job(form: str = "keras", step: int | None = None) -> Job:
    """Ask for the encoder as a file for other programs.

    Args:
        form: "keras", or "savedmodel" for a zip of a folder.
        step: of the trained weights; None takes the newest.

    Returns:
        A job whose answer has the file's bytes (B,) uint8 and the weights' step ().
    """
    return Job("encoder", {"weights": TRAINED, "step": step, "form": form})


def animation_job(run: Run) -> Job:
    """Ask for the run's map as a GIF that loops; a run that gets more maps has another GIF.

    Returns:
        A job whose answer has the file's bytes (B,) uint8.
    """
    maps = {method: len(run.coordinate_steps(method)) for method in METHODS}
    return Job("animation", {"weights": NONE, "maps": maps})


def canonical(value: Any) -> bytes:
    """Return a value as JSON in which equal values are equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
