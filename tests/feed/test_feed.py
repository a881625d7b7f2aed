"""Batches as functions of (seed, step)."""

from __future__ import annotations

import numpy as np
import pytest

from simclr_core.model.simclr import Feed
from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_arrays, render_views


def numbered(count: int, height: int = 8, width: int = 8) -> np.ndarray:
    """Pictures that tell their number: (count, H, W, 3) uint8, in noise."""
    images = np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    images[:, 0, 0] = np.arange(count)[:, None]
    return images


def numbers(batch: tuple[dict[str, np.ndarray]]) -> list[int]:
    """Which pictures a batch holds."""
    return batch[0]["images"][:, 0, 0, 0].tolist()


def feed(images: int = 20, batch: int = 6, seed: int = 1, start: int = 0) -> Feed:
    return Feed(numbered(images), ViewConfig(), batch, seed, start)


def test_any_step_drawn_alone_equals_that_of_a_sequence() -> None:
    sequence = feed()
    for step in range(14):
        one, other = sequence[step][0], feed()[step][0]
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_steps_in_any_order_give_the_same() -> None:
    forward = [numbers(feed()[step]) for step in range(9)]
    backward = feed()
    assert [numbers(backward[step]) for step in range(8, -1, -1)] == forward[::-1]


@pytest.mark.parametrize(("images", "batch"), [(20, 5), (20, 6), (7, 7), (9, 8)])
def test_an_epoch_is_a_permutation_without_repeats(images: int, batch: int) -> None:
    found, per_epoch = feed(images, batch), images // batch
    orders = []
    for epoch in range(4):
        steps = range(epoch * per_epoch, (epoch + 1) * per_epoch)
        order = [number for step in steps for number in numbers(found[step])]
        assert len(set(order)) == len(order) == per_epoch * batch
        orders.append(tuple(order))
    assert len(set(orders)) == 4  # a new one every epoch


def test_what_does_not_fill_a_batch_waits_for_another_epoch() -> None:
    found = feed(20, 6)
    seen = {number for step in range(60) for number in numbers(found[step])}
    assert seen == set(range(20))


def test_start_shifts_the_steps() -> None:
    whole, later = feed(), feed(start=5)
    for index in range(7):
        one, other = later[index][0], whole[5 + index][0]
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_seeds_differ_in_order_and_in_recipes() -> None:
    one, other = feed(seed=1)[0][0], feed(seed=2)[0][0]
    assert not np.array_equal(one["images"], other["images"])
    assert not np.array_equal(one["rows"], other["rows"])


@pytest.mark.parametrize(("height", "width", "size"), [(8, 8, 8), (8, 8, 12), (9, 14, 10)])
def test_a_batch_renders_to_the_views_of_its_step(height: int, width: int, size: int) -> None:
    images, config = numbered(20, height, width), ViewConfig(blur_p=0.5, blur_max=20)
    found = Feed(images, config, 6, 3, view_size=size)
    batch = dict(found[4][0])
    pictures = batch.pop("images")
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures, images[found.indices(4)])
    recipes = draw_recipes(config, 6, 3, 4, image_size=size)
    expected = render_views(pictures, recipes, size)
    np.testing.assert_allclose(render_arrays(pictures, batch, size), expected, atol=1e-6)


def test_every_batch_has_the_same_keys() -> None:
    """A compiled step wants one signature, also where no view of a batch happens to blur."""
    images = numbered(4)
    rare = Feed(images, ViewConfig(blur_p=0.01, blur_max=5), 2, 0)
    keys = {tuple(sorted(rare[step][0])) for step in range(30)}
    assert keys == {("blur", "columns", "images", "lift", "mix", "rows")}
    never = Feed(images, ViewConfig(blur_p=0.0), 2, 0)
    assert "blur" not in never[0][0]


def test_a_feed_has_no_end_of_its_own() -> None:
    assert feed().num_batches is None
    assert len(numbers(feed()[10**6])) == 6


@pytest.mark.parametrize(("images", "batch"), [(5, 6), (5, 0)])
def test_a_batch_that_the_images_cannot_fill_is_refused(images: int, batch: int) -> None:
    with pytest.raises(
        ValueError, match=f"expected at least .*found 5 images and a batch of {batch}"
    ):
        feed(images, batch)
