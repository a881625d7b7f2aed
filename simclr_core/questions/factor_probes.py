"""Linear probes of every factor over the snapshots: what a network keeps of its pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..base.progress import Progress
from ..data.properties import properties
from ..measures.linear_probes import PIXEL_AXES, linear_probe
from ..measures.vectors import label_name, small_pixels
from ..runs.run import Run
from ..runs.snapshots.coordinates import vectors


def probe_factors(run: Run, most: int, progress: Progress) -> dict[str, np.ndarray]:
    """Return what a linear probe reads of each factor from pixels, h and z, over snapshots.

    A probe learns from one half of the pictures on the map and is scored on the other.

    Args:
        run: any run.
        most: the largest number of snapshots that are probed, including the first and the last.
        progress: receives the share done, and words.

    Returns:
        names (F,) str, steps (K,) int64, h (K, F) and z (K, F) float32 accuracies (NaN: the
        snapshot has no z), pixels (F,) and chance (F,) float32: the share of the most frequent
        category. Factors are the pictures' own, else properties measured on them.

    Raises:
        ValueError: the pictures do not differ in anything that is known.
        RunDamaged: a snapshot cannot be read.
    """
    probe = run.probe()
    images, factors = probe["images"], factors_of(probe)
    if not factors:
        raise ValueError("expected pictures that differ in something, found none")
    steps = spread_steps(run.snapshot_steps(), most)
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    total, done = (2 * len(steps) + 1) * len(factors), 0

    def _read(known: np.ndarray, axes: int | None = None) -> list[float]:
        """Return the accuracy of a probe of each factor, from (P, ...) vectors."""
        nonlocal done
        readings = []
        for name, values in factors.items():
            progress(done / total, f"asking for {name}")
            done += 1
            rows, others = train[values[train] >= 0], test[values[test] >= 0]
            score = linear_probe(
                known[rows], values[rows], known[others], values[others], axes=axes
            )
            readings.append(score)
        return readings

    pixels = _read(small_pixels(images), axes=PIXEL_AXES)
    h, z = [], []
    for step in steps:
        arrays = run.snapshot(step)
        h.append(_read(vectors(run, step, "h")))
        z.append(_read(arrays["z"]) if "z" in arrays else [np.nan] * len(factors))
    chance = []
    for values in factors.values():
        known = values[test][values[test] >= 0]
        chance.append(np.bincount(known).max() / len(known) if len(known) else np.nan)
    return {
        "names": np.array(list(factors)),
        "steps": np.array(steps, np.int64),
        "h": np.array(h, np.float32),
        "z": np.array(z, np.float32),
        "pixels": np.array(pixels, np.float32),
        "chance": np.array(chance, np.float32),
    }


def factors_of(probe: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what a probe can read: known factors, or the label and properties of the pictures.

    Args:
        probe: arrays of a run's probe.npz.

    Returns:
        name -> (P,) int64, -1 where it is not known.
    """
    known = {
        name.removeprefix("factor__"): values
        for name, values in probe.items()
        if name.startswith("factor__")
    }
    labels = probe.get("labels")
    if labels is not None and label_name(labels, known) == "label":
        known = {"label": labels, **known}
    own = {name: values for name, values in known.items() if len(np.unique(values)) > 1}
    return own if len(own) > 1 else own | properties(probe["images"])


def spread_steps(steps: list[int], most: int) -> list[int]:
    """Return at most `most` of the steps, evenly chosen, including the first and the last."""
    if len(steps) <= most:
        return steps
    return [steps[i] for i in np.linspace(0, len(steps) - 1, most).round().astype(int)]
