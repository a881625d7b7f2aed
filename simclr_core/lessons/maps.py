"""UMAP can mislead: the same h under several settings, and clusters in pure noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.progress import Progress
from ..data.labelled import labels_of
from .lesson import Condition, Lesson

POINTS, NOISE_DIMENSIONS = 600, 64
NEAR = 8  # points within reach of each other, of which a cluster has at least one
GAP = 1.3  # between clusters, over the median distance to the `NEAR`th neighbour
# Neighbours and least distance of a layout.
SETTINGS = ((3, 0.0), (15, 0.1), (15, 0.9), (150, 0.1))
TRAIN = 0.4  # share of the work, for the progress
STEP = 4000  # coordinates are kept as whole numbers of 0 to this
_NAME = "{}: {} neighbours, distance {:g}"
CONSTANTS = {  # what results depend on
    "points": (POINTS, NOISE_DIMENSIONS),
    "clusters": (NEAR, GAP),
    "settings": SETTINGS,
}


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
    flat = np.random.default_rng([seed, 6]).random((POINTS, 2))
    result["references"] = {
        "clusters": {"points spread evenly": clusters(flat)},
        "kept": {"chance": round(neighbours_kept(h, flat), 5)},
    }
    result["classes"] = truth[:POINTS].tolist()
    result["class_names"] = list(dataset.class_names)
    return result


def clusters(x: np.ndarray) -> int:
    """Return how many clusters are apart from each other (DBSCAN, Ester et al. 1996).

    Points are in reach if they are nearer than `GAP` times the median distance to the `NEAR`th
    neighbour. One even cloud is one cluster, whatever its scale.

    Args:
        x: (P, D) points.
    """
    # Imported late: pages read the lesson without scikit-learn.
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    near = min(NEAR, len(x) - 1)
    distances = NearestNeighbors(n_neighbors=near).fit(x).kneighbors()[0][:, -1]
    reach = max(GAP * float(np.median(distances)), 1e-9)
    return int(DBSCAN(eps=reach, min_samples=near).fit_predict(x).max()) + 1


def whole(xy: np.ndarray) -> np.ndarray:
    """Return coordinates as whole numbers of 0 to `STEP`, one scale for both axes: (P, 2) int64."""
    low, span = xy.min(axis=0), float(np.ptp(xy, axis=0).max()) or 1.0
    return np.rint((xy - low) / span * STEP).astype(np.int64)
