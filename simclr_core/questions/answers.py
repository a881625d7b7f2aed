"""What can be asked of a run: one function for each kind of question, called by the analyst.

A new kind is a function like `encode` and its entry in `ANSWERS`. It reports its progress through
`progress`, which also ends it when nobody waits for the answer any more.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.progress import Progress
from ..loss.normalise import l2_normalise
from ..measures import projection
from ..measures.neighbours import METRICS
from ..measures.occlusion import occlusion
from ..model.encoder_file import encoder_file
from ..runs.run import Run
from ..runs.snapshots.coordinates import vectors
from ..runs.snapshots.networks import MOST_BATCH, Network, Networks
from ..runs.snapshots.weights import TRAINED, Weights
from .factor_probes import probe_factors
from .large_probe import COUNTS, make_set

Arrays = dict[str, np.ndarray]
MOST_CLUSTERS = 30


@dataclass(frozen=True)
class Question:
    """A question as the analyst reads it from its files: see `job.Job`."""

    run: Run
    kind: str
    parameters: Mapping[str, Any]
    arrays: Arrays
    weights: Weights
    networks: Networks

    def network(self, progress: Progress) -> Network:
        """Return the network that the question is about; says so if that takes a while."""
        if "keras" not in sys.modules:
            progress(0.0, "loading TensorFlow")
        role = str(self.parameters.get("weights", TRAINED))
        return self.networks.get(self.run, role, self.weights)


def encode(question: Question, progress: Progress) -> Arrays:
    """Return how a network represents pictures.

    Args:
        question: its array `images` is (N, S, S, 3) uint8, or float32 in [0, 1].
        progress: receives the share done, and words.

    Returns:
        h (N, D) and z (N, d) float32, and the weights' step () int64.

    Raises:
        ValueError: the pictures have another form.
        LabError: the run's weights cannot be used.
    """
    images = question.arrays.get("images", np.empty(0))
    if images.ndim != 4 or not len(images) or images.dtype not in (np.uint8, np.float32):
        raise ValueError(
            "expected pictures (N, S, S, 3) as bytes or as 32-bit numbers, "
            f"found an array {images.shape} of {images.dtype}"
        )
    network = question.network(progress)
    wanted = (network.size, network.size, 3)
    if images.shape[1:] != wanted:
        raise ValueError(f"expected pictures of {wanted}, found {images.shape[1:]}")
    parts = []
    for start in range(0, len(images), MOST_BATCH):
        progress(start / len(images), "encoding pictures")
        parts.append(network.encode(images[start : start + MOST_BATCH]))
    h, z = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"h": h, "z": z, "step": np.array(question.weights.step, np.int64)}


def layout(question: Question, progress: Progress) -> Arrays:
    """Return UMAP of every snapshot with other settings, each starting from the one before.

    Args:
        question: its parameters are `of` ("h" or "z"), `neighbors`, `min_dist` and `metric`.
        progress: receives the share done, and words.

    Returns:
        steps (K,) int64 and xy (K, P, 2) float32, in the order of the steps.

    Raises:
        ValueError: a parameter is out of range.
        RunDamaged: a snapshot cannot be read.
    """
    given = question.parameters
    of, metric = str(given.get("of", "h")), str(given.get("metric", projection.METRIC))
    neighbors = int(given.get("neighbors", projection.NEIGHBORS))
    min_dist = float(given.get("min_dist", projection.MIN_DIST))
    if of not in ("h", "z") or metric not in METRICS:
        raise ValueError(f"expected h or z, and {' or '.join(METRICS)}, found {of}, {metric}")
    steps, layouts = question.run.snapshot_steps(), list[np.ndarray]()
    for i, step in enumerate(steps):
        progress(i / len(steps), f"laying out snapshot {i + 1} of {len(steps)}")
        rows = vectors(question.run, step, of)
        xy = projection.umap_layout(
            rows,
            neighbors=neighbors,
            min_dist=min_dist,
            metric=metric,
            previous=layouts[-1] if layouts else None,
            reference=None if layouts else projection.pca(rows),
        )
        layouts.append(xy)
    return {"steps": np.array(steps, np.int64), "xy": np.stack(layouts).astype(np.float32)}


def clusters(question: Question, progress: Progress) -> Arrays:
    """Return k-means of h on the unit sphere at every snapshot.

    A cluster has the number of the cluster in the next snapshot with which it shares most
    pictures, so that colours mean the same while a map plays.

    Args:
        question: its parameter `k` is the number of clusters, 2 to 30.
        progress: receives the share done, and words.

    Returns:
        steps (K,) int64 and clusters (K, P) uint8, in the order of the steps.

    Raises:
        ValueError: k is out of range, or larger than the number of pictures.
        RunDamaged: a snapshot cannot be read.
    """
    progress(0.0, "loading scikit-learn")
    from scipy.optimize import linear_sum_assignment
    from sklearn.cluster import KMeans

    k = int(question.parameters.get("k", 8))
    steps, assignments = question.run.snapshot_steps(), list[np.ndarray]()
    for i, step in enumerate(reversed(steps)):
        progress(i / len(steps), f"clustering snapshot {i + 1} of {len(steps)}")
        h = l2_normalise(vectors(question.run, step, "h"))
        if not 2 <= k <= min(MOST_CLUSTERS, len(h)):
            most = min(MOST_CLUSTERS, len(h))
            raise ValueError(f"expected 2 to {most} clusters of {len(h)} pictures, found {k}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer different pictures than clusters
            labels = KMeans(k, n_init=4, random_state=0).fit_predict(h)  # (P,)
        if assignments:
            shared = np.zeros((k, k))
            np.add.at(shared, (labels, assignments[-1]), 1)
            labels = linear_sum_assignment(shared, maximize=True)[1][labels]
        else:  # the largest first
            sizes = np.bincount(labels, minlength=k)
            labels = np.argsort(np.argsort(-sizes, kind="stable"))[labels]
        assignments.append(labels.astype(np.uint8))
    return {"steps": np.array(steps, np.int64), "clusters": np.stack(assignments[::-1])}


def keeps(question: Question, progress: Progress) -> Arrays:
    """Return what a linear probe reads from pixels, from h and from z: see `probe_factors`.

    Args:
        question: its parameter `snapshots` is the largest number that is probed.
        progress: receives the share done, and words.
    """
    return probe_factors(question.run, int(question.parameters.get("snapshots", 6)), progress)


def more(question: Question, progress: Progress) -> Arrays:
    """Encode and lay out more pictures than the map has: see `large_probe.make_set`.

    Args:
        question: its parameter `count` is the largest number of pictures.
        progress: receives the share done, and words.

    Returns:
        name () str of the set in the run's folder, and step () int64.

    Raises:
        ValueError: too few or too many are asked for.
        LabError: the data or the weights cannot be read.
    """
    count = int(question.parameters.get("count", 0))
    if not 1 <= count <= max(COUNTS):
        raise ValueError(f"expected 1 to {max(COUNTS):,} pictures, found {count:,}")
    step = question.weights.step
    name = make_set(question.run, question.network(progress), step, count, progress)
    return {"name": np.array(name), "step": np.array(step, np.int64)}


def occlude(question: Question, progress: Progress) -> Arrays:
    """Return which parts of two pictures make a network find them alike: see `occlusion`.

    Args:
        question: its array `images` is (2, S, S, 3) uint8, or float32 in [0, 1].
        progress: receives the share done, and words.

    Returns:
        similarity () and lost (2, G, G) float32, and the weights' step () int64.

    Raises:
        ValueError: these are not two pictures of the network's size.
        LabError: the run's weights cannot be used.
    """
    images = question.arrays.get("images", np.empty(0))
    network = question.network(progress)
    wanted = (2, network.size, network.size, 3)
    if images.shape != wanted or images.dtype not in (np.uint8, np.float32):
        raise ValueError(f"expected pictures {wanted}, found {images.shape} of {images.dtype}")
    pair = images.astype(np.float32) / (255 if images.dtype == np.uint8 else 1)
    similarity, lost = occlusion(
        pair,
        lambda pictures: network.encode(pictures)[0],
        lambda share: progress(share, "hiding one part after another"),
    )
    step = np.array(question.weights.step, np.int64)
    return {"similarity": np.array(similarity, np.float32), "lost": lost, "step": step}


def encoder(question: Question, progress: Progress) -> Arrays:
    """Return the encoder as a file: see `encoder_file`.

    Args:
        question: its parameter `form` is "keras", or "savedmodel" for a zip of a folder.
        progress: receives the share done, and words.

    Returns:
        body (B,) uint8, and the weights' step () int64.

    Raises:
        ValueError: another form.
        LabError: the run's weights cannot be used.
    """
    form = str(question.parameters.get("form", "keras"))
    if form not in ("keras", "savedmodel"):
        raise ValueError(f"expected keras or savedmodel, found {form}")
    progress(0.1, "writing the encoder")
    body = encoder_file(question.network(progress).model.encoder, form)
    step = np.array(question.weights.step, np.int64)
    return {"body": np.frombuffer(body, np.uint8), "step": step}


def animation(question: Question, progress: Progress) -> Arrays:
    """Return the run's map as a GIF: see `export.animation`, of a room above this one.

    Args:
        question: its run.
        progress: receives the share done, and words.

    Returns:
        body (B,) uint8.

    Raises:
        LabError: the run has no map, or cannot be read.
    """
    export = importlib.import_module("simclr_core.export.animation")
    return {"body": np.frombuffer(export.animation(question.run, progress), np.uint8)}


ANSWERS: dict[str, Callable[[Question, Progress], Arrays]] = {
    "animation": animation,
    "encode": encode,
    "encoder": encoder,
    "layout": layout,
    "clusters": clusters,
    "keeps": keeps,
    "more": more,
    "occlude": occlude,
}
