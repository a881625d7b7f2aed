"""UMAP can mislead: the same h under several settings, and clusters in pure noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from .lesson import Condition, Effect, Lesson, Tell

POINTS, NOISE_DIMENSIONS, CLUSTERS = 600, 64, 8
# Neighbours and least distance of a layout.
SETTINGS = ((3, 0.0), (15, 0.1), (15, 0.9), (150, 0.1))
TRAIN = 0.4  # share of the work, for the progress
STEP = 4000  # coordinates are kept as whole numbers of 0 to this
_NAME = "{}: {} neighbours, distance {:g}"


def run(lesson: Lesson, data: str, seed: int, tell: Tell) -> dict[str, Any]:
    """Train, lay h and noise out under every setting, and measure what the maps seem to show."""
    from ..datasets import load_dataset
    from ..projection import umap_layout
    from .small_training import train

    dataset = load_dataset(data)
    assert dataset.y_test is not None
    config = lesson.config(Condition("trained"), data, dataset.kind, seed)
    trained = train(config, dataset, lesson.steps, lambda s, w: tell(TRAIN * s, f"training: {w}"))
    h = trained.encode(dataset.x_test[:POINTS])[0]
    noise = np.random.default_rng([seed, 5]).standard_normal((POINTS, NOISE_DIMENSIONS))
    found: dict[str, Any] = {"conditions": {}, "maps": {}}
    layouts = [("h", h), ("noise", noise.astype(np.float32))]
    for i, (what, vectors) in enumerate(layouts):
        groups = clusters(vectors)
        for j, (neighbours, distance) in enumerate(SETTINGS):
            name = _NAME.format(what, neighbours, distance)
            share = (len(SETTINGS) * i + j) / (len(layouts) * len(SETTINGS))
            tell(TRAIN + (1 - TRAIN) * share, name)
            xy = umap_layout(vectors, neighbors=neighbours, min_dist=distance, seed=seed)
            found["conditions"][name] = {
                "apart": round(silhouette(xy, clusters(xy)), 5),
                "apart_before": round(silhouette(vectors, groups), 5),
                "kept": round(kept(vectors, xy), 5),
            }
            found["maps"][name] = whole(xy).tolist()
    found["classes"] = dataset.y_test[:POINTS].tolist()
    found["class_names"] = list(dataset.class_names)
    return found


def clusters(x: np.ndarray) -> np.ndarray:
    """(P,) which of eight clusters each point is in, by k-means."""
    from sklearn.cluster import KMeans

    return KMeans(CLUSTERS, n_init=5, random_state=0).fit_predict(x)


def silhouette(x: np.ndarray, groups: np.ndarray) -> float:
    """How far apart groups of points are (Rousseeuw 1987): -1 to 1, 0 where they overlap."""
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(x, groups))


def kept(vectors: np.ndarray, xy: np.ndarray, count: int = 15) -> float:
    """Share of each point's nearest neighbours (cosine) that are its nearest on the map."""
    from sklearn.neighbors import NearestNeighbors

    before = NearestNeighbors(n_neighbors=count, metric="cosine").fit(vectors).kneighbors()[1]
    after = NearestNeighbors(n_neighbors=count).fit(xy).kneighbors()[1]
    same = [len(set(a) & set(b)) for a, b in zip(before, after, strict=True)]
    return float(np.mean(same)) / count


def whole(xy: np.ndarray) -> np.ndarray:
    """Coordinates as whole numbers of 0 to `STEP`, one scale for both axes: (P, 2) int64."""
    low, span = xy.min(axis=0), float(np.ptp(xy, axis=0).max()) or 1.0
    return np.rint((xy - low) / span * STEP).astype(np.int64)


LESSON = Lesson(
    name="maps",
    title="A map can mislead",
    question="Points of pure noise are laid out by UMAP with 3 neighbours. What will one see?",
    answers=("One even cloud", "Clusters", "A line"),
    right=1,
    about=(
        "h of a short training on shapes, and noise without any structure, each laid out four "
        "times. Eight clusters are looked for on every map and before it (k-means); the number "
        "says how far apart they seem (silhouette; 0: not at all)."
    ),
    source=(
        "Coenen & Pearce, Understanding UMAP (Google PAIR); McInnes et al. 2018 (arXiv 1802.03426)"
    ),
    published=(
        "Its settings matter, sizes of clusters and distances between them mean little, and noise "
        "does not always look like noise."
    ),
    shows_not=(
        "That maps are useless: with enough neighbours noise looks like one cloud, and what h "
        "tells apart stays apart. Trust what stays under several settings."
    ),
    data="shapes",
    quantities={"apart": "how far apart clusters seem", "kept": "neighbours that are kept"},
    effects=(
        Effect("Noise seems to have clusters with 3 neighbours", "apart",
               _NAME.format("noise", 3, 0.0), _NAME.format("noise", 3, 0.0), 0.2, "apart_before"),
        Effect("With 150 neighbours it seems to have less", "apart",
               _NAME.format("noise", 3, 0.0), _NAME.format("noise", 150, 0.1), 0.03),
        Effect("The same h seems more clustered with points packed than with points apart", "apart",
               _NAME.format("h", 15, 0.1), _NAME.format("h", 15, 0.9), 0.05),
    ),
    steps=500,
    seconds=60,
    run=run,
)  # fmt: skip
