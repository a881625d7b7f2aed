"""What can be asked of a run: one function a kind, carried out by the analyst.

A new kind is a function like `encode` and its entry in `KINDS`. It reports how far it is through
`tell`, which also ends it when nobody waits for the answer any more.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import projection
from .errors import RunDamaged
from .evaluation import PIXEL_AXES, label_name, linear_probe, small_pixels, unit
from .more import COUNTS, make
from .neighbours import METRICS
from .networks import MOST_BATCH, Network, Networks
from .occlusion import occlusion
from .properties import properties
from .runs import Run
from .weights import TRAINED, Weights

Arrays = dict[str, np.ndarray]
MOST_CLUSTERS = 30

Tell = Callable[[float, str], None]  # share of the work done, in [0, 1]; what is being done


@dataclass(frozen=True)
class Asked:
    """A question as the analyst reads it from its files: see `jobs.Job`."""

    run: Run
    kind: str
    parameters: Mapping[str, Any]
    arrays: Arrays
    weights: Weights
    networks: Networks

    def network(self) -> Network:
        """The network that is asked."""
        role = str(self.parameters.get("weights", TRAINED))
        return self.networks.get(self.run, role, self.weights)


def encode(asked: Asked, tell: Tell) -> Arrays:
    """How a network represents pictures.

    Args:
        asked: its array `images` is (N, S, S, 3) uint8, or float32 in [0, 1].
        tell: see `Tell`.

    Returns:
        h (N, D) and z (N, d) float32, and the weights' step () int64.

    Raises:
        ValueError: the pictures have another form.
        LabError: the run's weights cannot be used.
    """
    images = asked.arrays.get("images", np.empty(0))
    if images.ndim != 4 or not len(images) or images.dtype not in (np.uint8, np.float32):
        raise ValueError(
            "expected pictures (N, S, S, 3) as bytes or as 32-bit numbers, "
            f"found an array {images.shape} of {images.dtype}"
        )
    network = asked.network()
    wanted = (network.size, network.size, 3)
    if images.shape[1:] != wanted:
        raise ValueError(f"expected pictures of {wanted}, found {images.shape[1:]}")
    parts = []
    for start in range(0, len(images), MOST_BATCH):
        tell(start / len(images), "encoding pictures")
        parts.append(network.encode(images[start : start + MOST_BATCH]))
    h, z = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"h": h, "z": z, "step": np.array(asked.weights.step, np.int64)}


def layout(asked: Asked, tell: Tell) -> Arrays:
    """UMAP of every snapshot with settings of one's own, each starting from the one before.

    Args:
        asked: its parameters are `of` ("h" or "z"), `neighbors`, `min_dist` and `metric`.
        tell: see `Tell`.

    Returns:
        steps (K,) int64 and xy (K, P, 2) float32, in the order of the steps.

    Raises:
        ValueError: a parameter is out of range.
        RunDamaged: a snapshot cannot be read.
    """
    given = asked.parameters
    of, metric = str(given.get("of", "h")), str(given.get("metric", projection.METRIC))
    neighbors = int(given.get("neighbors", projection.NEIGHBORS))
    min_dist = float(given.get("min_dist", projection.MIN_DIST))
    if of not in ("h", "z") or metric not in METRICS:
        raise ValueError(f"expected h or z, and {' or '.join(METRICS)}, found {of}, {metric}")
    steps, layouts = asked.run.snapshot_steps(), list[np.ndarray]()
    for i, step in enumerate(steps):
        tell(i / len(steps), f"laying out snapshot {i + 1} of {len(steps)}")
        vectors = _representations(asked.run, step, of)
        previous = layouts[-1] if layouts else None
        xy = projection.umap_layout(
            vectors, neighbors=neighbors, min_dist=min_dist, metric=metric, previous=previous
        )
        layouts.append(xy if layouts else projection.procrustes(xy, projection.pca(vectors)))
    return {"steps": np.array(steps, np.int64), "xy": np.stack(layouts).astype(np.float32)}


def clusters(asked: Asked, tell: Tell) -> Arrays:
    """k-means of h on the unit sphere at every snapshot.

    A cluster has the number of the one of the snapshot after it with which it shares most
    pictures, so that colours mean the same while a map plays.

    Args:
        asked: its parameter `k` is the number of clusters, 2 to 30.
        tell: see `Tell`.

    Returns:
        steps (K,) int64 and clusters (K, P) uint8, in the order of the steps.

    Raises:
        ValueError: k is out of range, or larger than the number of pictures.
        RunDamaged: a snapshot cannot be read.
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.cluster import KMeans

    k = int(asked.parameters.get("k", 8))
    steps, found = asked.run.snapshot_steps(), list[np.ndarray]()
    for i, step in enumerate(reversed(steps)):
        tell(i / len(steps), f"clustering snapshot {i + 1} of {len(steps)}")
        h = unit(_representations(asked.run, step, "h"))
        if not 2 <= k <= min(MOST_CLUSTERS, len(h)):
            most = min(MOST_CLUSTERS, len(h))
            raise ValueError(f"expected 2 to {most} clusters of {len(h)} pictures, found {k}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer different pictures than clusters
            labels = KMeans(k, n_init=4, random_state=0).fit_predict(h)  # (P,)
        if found:
            shared = np.zeros((k, k))
            np.add.at(shared, (labels, found[-1]), 1)
            labels = linear_sum_assignment(shared, maximize=True)[1][labels]
        else:  # the largest first
            sizes = np.bincount(labels, minlength=k)
            labels = np.argsort(np.argsort(-sizes, kind="stable"))[labels]
        found.append(labels.astype(np.uint8))
    return {"steps": np.array(steps, np.int64), "clusters": np.stack(found[::-1])}


def keeps(asked: Asked, tell: Tell) -> Arrays:
    """What a linear probe reads of each factor from pixels, from h and from z, over snapshots.

    A probe learns from one half of the pictures on the map and is scored on the other.

    Args:
        asked: its parameter `snapshots` is how many are probed at most, the first and the last
            among them.
        tell: see `Tell`.

    Returns:
        names (F,) str, steps (K,) int64, h (K, F) and z (K, F) float32 accuracies (NaN: the
        snapshot has no z), pixels (F,) and chance (F,) float32: the share of the most frequent
        category. Factors are the pictures' own, else properties measured on them.

    Raises:
        ValueError: nothing can be asked for.
        RunDamaged: a snapshot cannot be read.
    """
    probe = asked.run.probe()
    images, factors = probe["images"], factors_of(probe)
    if not factors:
        raise ValueError("expected pictures that differ in something, found none")
    steps = spread_steps(asked.run.snapshot_steps(), int(asked.parameters.get("snapshots", 6)))
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    total, done = (2 * len(steps) + 1) * len(factors), 0

    def read(vectors: np.ndarray, axes: int | None = None) -> list[float]:
        nonlocal done
        found = []
        for name, values in factors.items():
            tell(done / total, f"asking for {name}")
            done += 1
            rows, others = train[values[train] >= 0], test[values[test] >= 0]
            score = linear_probe(
                vectors[rows], values[rows], vectors[others], values[others], axes=axes
            )
            found.append(score)
        return found

    pixels = read(small_pixels(images), axes=PIXEL_AXES)
    h, z = [], []
    for step in steps:
        arrays = asked.run.snapshot(step)
        h.append(read(_representations(asked.run, step, "h")))
        z.append(read(arrays["z"]) if "z" in arrays else [np.nan] * len(factors))
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


def more(asked: Asked, tell: Tell) -> Arrays:
    """Encode and lay out more pictures than the map has: see `more.make`.

    Args:
        asked: its parameter `count` is how many pictures at most.
        tell: see `Tell`.

    Returns:
        name () str of the set in the run's folder, and step () int64.

    Raises:
        ValueError: too few or too many are asked for.
        LabError: the data or the weights cannot be read.
    """
    count = int(asked.parameters.get("count", 0))
    if not 1 <= count <= max(COUNTS):
        raise ValueError(f"expected 1 to {max(COUNTS):,} pictures, found {count:,}")
    step = asked.weights.step
    name = make(asked.run, asked.network(), step, count, tell)
    return {"name": np.array(name), "step": np.array(step, np.int64)}


def occlude(asked: Asked, tell: Tell) -> Arrays:
    """Which parts of two pictures make a network find them alike: see `occlusion`.

    Args:
        asked: its array `images` is (2, S, S, 3) uint8, or float32 in [0, 1].
        tell: see `Tell`.

    Returns:
        similarity () and lost (2, G, G) float32, and the weights' step () int64.

    Raises:
        ValueError: these are not two pictures of the network's size.
        LabError: the run's weights cannot be used.
    """
    images = asked.arrays.get("images", np.empty(0))
    network = asked.network()
    wanted = (2, network.size, network.size, 3)
    if images.shape != wanted or images.dtype not in (np.uint8, np.float32):
        raise ValueError(f"expected pictures {wanted}, found {images.shape} of {images.dtype}")
    pair = images.astype(np.float32) / (255 if images.dtype == np.uint8 else 1)
    similarity, lost = occlusion(
        pair,
        lambda pictures: network.encode(pictures)[0],
        lambda share: tell(share, "hiding one part after another"),
    )
    step = np.array(asked.weights.step, np.int64)
    return {"similarity": np.array(similarity, np.float32), "lost": lost, "step": step}


def factors_of(probe: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a probe can be asked for: known factors, or the label and what pictures show.

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
    """At most `most` of the steps, evenly chosen, the first and the last among them."""
    if len(steps) <= most:
        return steps
    return [steps[i] for i in np.linspace(0, len(steps) - 1, most).round().astype(int)]


def _representations(run: Run, step: int, of: str) -> np.ndarray:
    """h or z of a snapshot, (P, D).

    Raises:
        RunDamaged: the snapshot does not hold it.
    """
    arrays = run.snapshot(step)
    if of not in arrays:
        raise RunDamaged(f"Run {run.id}: expected {of} in the snapshot of step {step}, found none.")
    return arrays[of]


KINDS: dict[str, Callable[[Asked, Tell], Arrays]] = {
    "encode": encode,
    "layout": layout,
    "clusters": clusters,
    "keeps": keeps,
    "more": more,
    "occlude": occlude,
}
