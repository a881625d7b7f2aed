"""What the network makes of some pairs of a step, drawn again from (seed, step)."""

from __future__ import annotations

import cv2
import numpy as np

from ..loss.nt_xent import similarities
from ..model.simclr import Feed
from ..runs.snapshots.observer import Observer
from ..views.recipes import draw_recipes
from ..views.render import render_views

SHOWN = 8  # pairs
SIDE = 48  # pixels of a view that is shown, at most
MOST = 64  # pairs among which a partner is looked for
_PIXELS = MOST * 32 * 32  # of these pairs; of larger pictures there are fewer


def compared(feed: Feed) -> int:
    """Return how many pairs of a step are compared with each other."""
    return min(feed.batch_size, max(SHOWN, min(MOST, _PIXELS // feed.view_size**2)))


def step_pairs(observer: Observer, feed: Feed, step: int) -> dict[str, np.ndarray]:
    """Compare the two views of some pictures of a step, under the network's present weights.

    Args:
        observer: of the network; a batch of 2 * `compared(feed)` images is the quickest.
        feed: of the training.
        step: from 0, as `Feed.indices` counts.

    Returns:
        step (): steps done. views (n, 3, S, S, 3) uint8: view 1, view 2, and the other view that is
        most similar to view 1. alike (n,) and other (n,) float32: cosine similarities of view 1's z
        to view 2's and to that other view's. of (): views among which view 1 looks for its partner.
    """
    size, count = feed.view_size, compared(feed)
    recipes = draw_recipes(feed.config, feed.batch_size, feed.seed, step, image_size=size)
    images = feed.images[feed.indices(step)[:count]]
    views = render_views(images, recipes.take(np.arange(count))).reshape(-1, size, size, 3)
    s = similarities(observer.encode(views)[1])  # (2n, 2n)
    first = 2 * np.arange(min(SHOWN, count))  # view 1 of each pair that is shown
    alike = s[first, first + 1]
    s[first, first] = s[first, first + 1] = -np.inf
    closest = s[first].argmax(axis=1)
    shown = np.stack([views[first], views[first + 1], views[closest]], axis=1)
    return {
        "step": np.int64(step + 1),
        "views": _small(shown),
        "alike": alike,
        "other": s[first, closest],
        "of": np.int64(2 * count - 1),
    }


def _small(views: np.ndarray) -> np.ndarray:
    """Return (n, 3, S, S, 3) float views as uint8, at most `SIDE` pixels a side."""
    pixels = np.rint(np.clip(views, 0, 1) * 255).astype(np.uint8)
    size = pixels.shape[2]
    if size <= SIDE:
        return pixels
    flat = pixels.reshape(-1, size, size, 3)
    small = [cv2.resize(view, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for view in flat]
    return np.stack(small).reshape(*pixels.shape[:2], SIDE, SIDE, 3)
