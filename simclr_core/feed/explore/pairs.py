"""What Explore shows of pairs: the similarity matrix of 2N views, hard pairs, copies, outliers."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

from ...base.errors import RunDamaged, RunError
from ...figures.colors import UNKNOWN, live_colors, scale_colors
from ...loss.normalise import l2_normalise
from ...measures import per_picture
from ...runs.run import Run
from ...runs.snapshots import cache
from ..categories import category_names
from ..packing import pack
from .link import decode_selection
from .map_blocks import is_recorded, probe_of, target
from .pictures import recipe_words

COUNTS = (8, 16, 32, 64)  # pictures of a matrix
AS_DRAWN, BY_CLASS, BY_CLUSTER = "as drawn", "by class", "by clustering"
ORDERS = (AS_DRAWN, BY_CLASS, BY_CLUSTER)
LISTED = 12  # pairs of a kind that are listed
BLOCK = 256  # pictures that are compared with all others at once
ALIKE = 0.98  # cosine of h from which two different pictures count as near duplicates


def matrix_block(run: Run, step: int, count: int, order: str, chosen: str = "") -> bytes:
    """Return projections of both views of some pictures, for the browser to compare.

    Args:
        step: with a snapshot.
        count: the largest number of pictures (N).
        order: one of `ORDERS`.
        chosen: a selection as a word of the link; its pictures come first.

    Returns:
        A block: header temperature and classes; arrays z (2N, d) float32 of length 1, partners
        side by side, index (N) uint32, and category (N) uint16 of its class.
    """
    probe, z_views = probe_of(run), _views(run, step)
    indices = _ordered(run, _pictures(run, count, chosen, len(z_views)), z_views, order)
    z = z_views[indices].reshape(2 * len(indices), -1)
    z = l2_normalise(z)
    of = target(probe)
    names = category_names(run, of, probe.categories[of]) if of else []
    values = probe.categories[of][indices] if of else np.full(len(indices), -1)
    header = {
        "kind": "matrix",
        "step": step,
        "temperature": run.config.training.temperature,
        "width": z.shape[1],
        "names": names,
        "colors": [*live_colors(names), UNKNOWN],
        "similarity": scale_colors(65, centred=True),
        "weight": scale_colors(65),
    }
    arrays = {
        "z": z.reshape(-1),
        "index": indices.astype(np.uint32),
        "category": np.where(values < 0, len(names), values).astype(np.uint16),
    }
    return pack(header, arrays)


def hard_pairs(run: Run, step: int) -> dict[str, Any]:
    """Return the pairs that the loss finds hard at a step, the hardest of each list first.

    Returns:
        among: how many pictures are searched for negatives; count: how many there are.
        positives: pictures whose two views are least alike in z; negatives: different pictures
        whose views are most alike in z.
    """
    z_views = _views(run, step)
    alike = cache.values(run, step, "views")
    hard = np.argsort(alike, kind="stable")[:LISTED]
    rows = _searched(len(z_views))
    return {
        "among": len(rows),
        "count": len(z_views),
        "positives": [
            {"a": int(i), "similarity": float(alike[i]), "views": recipe_words(run, int(i))}
            for i in hard
        ],
        "negatives": _hard_negatives(run, z_views[rows], rows),
    }


def copies_and_outliers(run: Run, step: int) -> dict[str, Any]:
    """Return pictures that occur twice, that are nearly the same to the network, or like no other.

    Returns:
        among: how many pictures are searched for similar ones; count: how many there are.
        identical: pictures with the same pixels as an earlier one, of all; copies: how many.
        alike: pictures with other pixels that are most alike in h; outliers: pictures that are
        least like their nearest neighbours in h.
    """
    h, first = cache.vectors(run, step), first_copies(run)
    cache.check_count(run, len(h), len(first))
    rows = _searched(len(h))
    if len(rows) == len(h):
        near, similarity = cache.neighbours(run, step)
    else:
        near, similarity = per_picture.ranked(h[rows])
        near = rows[near]
    again = np.flatnonzero(first != np.arange(len(first)))
    lonely = np.argsort(similarity.mean(axis=1), kind="stable")[:LISTED]
    return {
        "among": len(rows),
        "count": len(h),
        "copies": len(again),
        "identical": [_pair(run, int(first[i]), int(i), 1.0) for i in again[:LISTED]],
        "alike": _most_alike(run, rows, near, similarity, first),
        "outliers": [
            {"a": int(rows[i]), "b": int(near[i, 0]), "similarity": float(similarity[i].mean())}
            for i in lonely
        ],
    }


def first_copies(run: Run) -> np.ndarray:
    """Return (P,) the first picture with the same pixels as each; a few runs' are remembered."""
    return _first_copies(run, probe_of(run).digest)


@cached(LRUCache(16), key=lambda run, digest: digest, lock=threading.Lock())
def _first_copies(run: Run, digest: str) -> np.ndarray:
    seen: dict[bytes, int] = {}
    pixels = (hashlib.sha256(image.tobytes()).digest() for image in run.probe()["images"])
    return np.array([seen.setdefault(one, i) for i, one in enumerate(pixels)])


def _searched(count: int) -> np.ndarray:
    """Return the pictures that are compared with one another: all, or a fixed choice of many."""
    return np.linspace(0, count - 1, min(count, cache.MANY)).round().astype(int)


def _hard_negatives(run: Run, z_views: np.ndarray, rows: np.ndarray) -> list[dict[str, Any]]:
    """Return different pictures whose views are most alike: one entry for each pair of pictures.

    Args:
        z_views: (n, 2, d) of the pictures `rows`.
    """
    count = len(z_views)
    z = l2_normalise(z_views.reshape(2 * count, -1))  # (2P, d)
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, count, BLOCK):  # blocks bound the memory
        part = z[2 * start : 2 * (start + BLOCK)]  # (2b, d)
        s = (part @ z.T).reshape(len(part) // 2, 2, count, 2).max(axis=(1, 3))  # (b, P)
        above = np.arange(count)[None] > start + np.arange(len(s))[:, None]
        s[~above] = -np.inf  # each pair once, and no picture with itself
        some = np.argpartition(-s, min(LISTED, s.size) - 1, axis=None)[:LISTED]
        pairs += [(start + int(i // count), int(i % count), float(s.flat[i])) for i in some]
    pairs = sorted((one for one in pairs if one[2] > -2), key=lambda one: (-one[2], one))
    return [_pair(run, int(rows[a]), int(rows[b]), value) for a, b, value in pairs[:LISTED]]


def _most_alike(
    run: Run, rows: np.ndarray, near: np.ndarray, similarity: np.ndarray, first: np.ndarray
) -> list[dict[str, Any]]:
    """Return the most alike pictures in h, if they are as alike as near duplicates are.

    Args:
        rows: (n,) pictures; near, similarity: (n, k) their neighbours.
        first: (P,) as `first_copies`; copies are listed as such.
    """
    pairs = np.stack([np.repeat(rows, near.shape[1]), near.reshape(-1)], axis=1)
    values = similarity.reshape(-1)
    once = np.unique(np.sort(pairs, axis=1), axis=0, return_index=True)[1]
    once = once[(values[once] >= ALIKE) & (first[pairs[once, 0]] != first[pairs[once, 1]])]
    order = sorted(once, key=lambda i: (-values[i], i))[:LISTED]
    pairs.sort(axis=1)
    return [_pair(run, int(pairs[i, 0]), int(pairs[i, 1]), float(values[i])) for i in order]


def _pair(run: Run, a: int, b: int, value: float) -> dict[str, Any]:
    """Return two pictures, and whether their labels agree (None: not known)."""
    probe = probe_of(run)
    of = target(probe)
    values = probe.categories[of][[a, b]] if of else np.array([-1, -1])
    agree = bool(values[0] == values[1]) if values.min() >= 0 else None
    return {"a": int(a), "b": int(b), "similarity": float(value), "agree": agree}


def _pictures(run: Run, count: int, chosen: str, total: int) -> np.ndarray:
    """Return the pictures of a matrix: those that were selected, then others spread over all."""
    first = decode_selection(chosen, total)[:count]
    spread = np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist()
    return np.array(list(dict.fromkeys([*first, *spread]))[: min(count, total)])


def _ordered(run: Run, indices: np.ndarray, z_views: np.ndarray, order: str) -> np.ndarray:
    if order == BY_CLASS:
        probe = probe_of(run)
        of = target(probe)
        if not of:
            raise RunError("Expected labels to order by, found none; order by clustering.")
        return indices[np.argsort(probe.categories[of][indices], kind="stable")]
    if order == BY_CLUSTER and len(indices) > 2:
        from scipy.cluster.hierarchy import leaves_list, linkage

        middle = l2_normalise(z_views[indices]).reshape(len(indices), -1)
        return indices[leaves_list(linkage(middle, "average", optimal_ordering=True))]
    return indices


def _views(run: Run, step: int) -> np.ndarray:
    z_views = cache.arrays(run, step).get("z_views")
    if z_views is None:
        if is_recorded(run):
            raise RunError(
                f"Run {run.id} was trained elsewhere: the views of its pictures are not known, "
                "but its map and its linear probes can be shown."
            )
        raise RunDamaged(f"Run {run.id}: expected z_views in the snapshot of step {step}.")
    return z_views
