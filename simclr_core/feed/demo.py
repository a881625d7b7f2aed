"""What the app ships of one genuine run, so that its story can be shown before anything is trained.

    assets/recorded/            the run's folder, and that of its sister (see `runs.shipped`)
    assets/demo/story.npz       of a part of the pictures on its map: images (P, S, S, 3) uint8 and
                                shape (P,), an index into shapes (K,); h_first, h_last (P, D) and
                                z_last (P, d), before its first and after its last step.
                                factors (F,) and what linear probes read of them: probe_chance,
                                probe_pixels, probe_h_first, probe_h_last, probe_z_last (F,).
                                rounds (R,) seeds of the match game, and alike (R, 2, 12, 12):
                                cosines of h of their views, before and after

`scripts/make_demo.py` makes both.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ..base.files import read_npz
from ..base.paths import ASSETS
from ..data.shapes import draw_shapes
from ..settings.presets import view_config
from ..views.recipes import Recipes, draw_recipes
from ..views.render import render_views

FOLDER = ASSETS / "demo"
PICTURES = 6  # of a round of the match game
SIZE = 32  # pixels per side


@dataclass(frozen=True, eq=False)
class Round:
    """A round of the match game.

    Attributes:
        pictures: (6, S, S, 3) uint8.
        views: (12, S, S, 3) float32 in [0, 1], shuffled.
        picture: (12,) which picture each is a view of.
        recipes: of the pictures.
        which: (12,) 0 or 1: which of its picture's two views each is.
    """

    pictures: np.ndarray
    views: np.ndarray
    picture: np.ndarray
    recipes: Recipes
    which: np.ndarray


def game_round(seed: int) -> Round:
    """Draw the round of a seed: the same pictures, views and order wherever it is drawn."""
    pictures = draw_shapes(PICTURES, 10_000 + seed, SIZE).images
    recipes = draw_recipes(view_config("drawn"), PICTURES, 10_000 + seed, 0, image_size=SIZE)
    views = render_views(pictures, recipes).reshape(2 * PICTURES, SIZE, SIZE, 3)
    order = np.random.default_rng(seed).permutation(2 * PICTURES)
    return Round(pictures, views[order], order // 2, recipes, order % 2)


def matched(alike: np.ndarray) -> list[tuple[int, int]]:
    """Match the most similar views, the most similar pair first; each view is used once.

    Args:
        alike: (2N, 2N) similarities.

    Returns:
        N pairs of indices, the smaller first.
    """
    left = np.array(alike, np.float64)
    np.fill_diagonal(left, -np.inf)
    pairs = []
    for _ in range(len(left) // 2):
        a, b = sorted(int(i) for i in np.unravel_index(int(left.argmax()), left.shape))
        pairs.append((a, b))
        left[[a, b]] = left[:, [a, b]] = -np.inf
    return pairs


@functools.cache
def story() -> dict[str, np.ndarray]:
    """Return the arrays of story.npz.

    Raises:
        RunDamaged: the file is missing or cannot be read.
    """
    return read_npz(FOLDER / "story.npz", "images", "h_last")
