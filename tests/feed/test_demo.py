"""What the app ships of a run: whole, of one piece, and no better than it says."""

from __future__ import annotations

import numpy as np

from simclr_core.data import shapes
from simclr_core.feed import demo


def test_a_round_is_the_same_wherever_it_is_drawn():
    one, other = demo.game_round(3), demo.game_round(3)
    np.testing.assert_array_equal(one.views, other.views)
    assert one.views.shape == (12, 32, 32, 3) and one.views.dtype == np.float32
    assert sorted(one.picture.tolist()) == sorted([*range(6)] * 2)
    assert not (demo.game_round(4).views == one.views).all()
    for picture in range(6):  # both views of every picture are there
        assert sorted(one.which[one.picture == picture].tolist()) == [0, 1]


def test_views_are_paired_by_what_is_most_alike():
    """By hand: 0 and 3 are most alike; of the rest 1 and 2 are left, however little alike."""
    alike = np.array(
        [
            [1.0, 0.8, 0.1, 0.9],
            [0.8, 1.0, -0.5, 0.7],
            [0.1, -0.5, 1.0, 0.6],
            [0.9, 0.7, 0.6, 1.0],
        ]
    )
    assert demo.matched(alike) == [(0, 3), (1, 2)]


def right_pairs(alike: np.ndarray, picture: np.ndarray) -> int:
    return sum(bool(picture[a] == picture[b]) for a, b in demo.matched(alike))


def test_the_trained_network_plays_better_than_the_untrained_one():
    story = demo.story()
    alike = story["alike"].astype(np.float32)
    assert np.allclose(alike, alike.swapaxes(-1, -2), atol=2e-3)
    assert np.allclose(np.diagonal(alike, axis1=-2, axis2=-1), 1, atol=2e-3)
    right = np.array(
        [
            [right_pairs(m, demo.game_round(int(seed)).picture) for m in both]
            for seed, both in zip(story["rounds"], alike, strict=True)
        ]
    ).mean(axis=0)
    assert right[0] < 3 < 5 < right[1] <= 6


def test_the_story_is_of_one_piece():
    story = demo.story()
    count = len(story["images"])
    assert story["images"].shape == (count, 32, 32, 3) and story["images"].dtype == np.uint8
    assert story["shapes"].tolist() == list(shapes.SHAPES)
    assert set(story["shape"].tolist()) == set(range(8))
    for name in ("h_first", "h_last", "z_last"):
        assert len(story[name]) == count and np.isfinite(story[name]).all()
    factors = len(story["factors"])
    for name in ("chance", "pixels", "h_first", "h_last", "z_last"):
        scores = story[f"probe_{name}"]
        assert scores.shape == (factors,) and (scores >= 0).all() and (scores <= 1).all()
