"""UMAP can mislead: the same h under several settings, and clusters in pure noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.progress import Progress
from ..data.labelled import labels_of
from .lesson import Condition, Lesson

POINTS, NOISE_DIMENSIONS = 600, 64
LEAST_CLUSTER = 8  # points that HDBSCAN calls a cluster
# Neighbours and least distance of a layout.
SETTINGS = ((3, 0.0), (15, 0.1), (15, 0.9), (150, 0.1))
TRAIN = 0.4  # share of the work, for the progress
STEP = 4000  # coordinates are kept as whole numbers of 0 to this
_NAME = "{}: {} neighbours, distance {:g}"


def run(lesson: Lesson, data: str, seed: int, progress: Progress) -> dict[str, Any]:
    """Train, lay out h and noise with every setting, and measure what the maps seem to show."""
    # What imports Keras or UMAP is imported late: pages read the lesson without it.
    from ..measures.neighbours import neighbours_kept
    from ..measures.projection import umap_layout
    from .lesson_data import load_lesson_data
    from .small_training import train

    dataset = load_lesson_data(lesson, data, progress)
    truth = labels_of(dataset)[1]
    config = lesson.config(Condition("trained"), data, dataset.kind, seed)
    trained = train(
        config, dataset, lesson.steps, lambda s, w: progress(TRAIN * s, f"training: {w}")
    )
    h = trained.encode(dataset.x_test[:POINTS])[0]
    noise = np.random.default_rng([seed, 5]).standard_normal((POINTS, NOISE_DIMENSIONS))
    result: dict[str, Any] = {"conditions": {}, "maps": {}}
    layouts = [("h", h), ("noise", noise.astype(np.float32))]
    for i, (what, vectors) in enumerate(layouts):
        before = clusters(vectors)
        for j, (neighbours, distance) in enumerate(SETTINGS):
            name = _NAME.format(what, neighbours, distance)
            share = (len(SETTINGS) * i + j) / (len(layouts) * len(SETTINGS))
            progress(TRAIN + (1 - TRAIN) * share, name)
            xy = umap_layout(vectors, neighbors=neighbours, min_dist=distance, seed=seed)
            result["conditions"][name] = {
                "clusters": clusters(xy),
                "clusters_before": before,
                "kept": round(neighbours_kept(vectors, xy), 5),
            }
            result["maps"][name] = whole(xy).tolist()
    result["classes"] = truth[:POINTS].tolist()
    result["class_names"] = list(dataset.class_names)
    return result


def clusters(x: np.ndarray) -> int:
    """Return how many clusters HDBSCAN finds among points (Campello et al. 2013); none: 0."""
    # Imported late: pages read the lesson without scikit-learn.
    from sklearn.cluster import HDBSCAN

    return int(HDBSCAN(min_cluster_size=LEAST_CLUSTER, copy=True).fit_predict(x).max()) + 1


def whole(xy: np.ndarray) -> np.ndarray:
    """Return coordinates as whole numbers of 0 to `STEP`, one scale for both axes: (P, 2) int64."""
    low, span = xy.min(axis=0), float(np.ptp(xy, axis=0).max()) or 1.0
    return np.rint((xy - low) / span * STEP).astype(np.int64)
