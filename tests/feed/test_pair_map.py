"""The map beside the pairs of Views: which pictures each view stands between."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_npz
from simclr_core.feed import packing
from simclr_core.feed.pair_map import Pair, pair_map_block, pair_map_message
from simclr_core.feed.placing import nearest_pictures, newest_mapped_step
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

P = 6
ANGLES = np.array([0, 10, 30, 90, 180, 270])  # degrees: the representations of the map's pictures
PAIR = Pair("star", ".50", ".90", ("data:1", "data:2"))


def at(*degrees: float) -> np.ndarray:
    """Representations (N, 2) of any length in these directions."""
    angles = np.radians(degrees)
    return np.stack([3 * np.cos(angles), 3 * np.sin(angles)], axis=1).astype(np.float32)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a map of six pictures."""
    fake = FakeRun(RunStore(tmp_path), probe=P)
    fake.snapshot()
    write_npz(fake.run.path / "snapshots" / "00000000.npz", {"h": at(*ANGLES)})
    return fake.run


def test_neighbours_are_by_cosine_nearest_first(run: Run) -> None:
    which, similarity = nearest_pictures(run, 0, at(4, 100), 3)
    assert which.tolist() == [[0, 1, 2], [3, 2, 4]]
    apart = np.array([[4, 6, 26], [10, 70, 80]])  # degrees, by hand
    np.testing.assert_allclose(similarity, np.cos(np.radians(apart)), atol=1e-6)


def test_the_block_has_the_map_and_each_views_neighbours(run: Run) -> None:
    block = pair_map_block(run, [PAIR], at(4, 100), 0, strangers=(".1", ".9"), note="Scaled.")
    header, arrays = packing.unpack(block)
    assert (header["run"], header["note"], header["strangers"]) == (run.id, "Scaled.", [".1", ".9"])
    (pair,) = header["pairs"]
    assert pair == {**vars(PAIR), "pictures": ["data:1", "data:2"]}
    assert arrays["nearest"].reshape(2, 5).tolist() == [[0, 1, 2, 3, 5], [3, 2, 4, 1, 0]]
    known, points = packing.unpack(arrays["map"].tobytes())
    assert (known["kind"], known["step"], len(points["xy"])) == ("map", 0, 2 * P)


def test_without_an_answer_the_block_has_the_map_alone(run: Run) -> None:
    header, arrays = packing.unpack(pair_map_block(run, chosen=3))
    assert list(arrays) == ["map"] and (header["chosen"], header["pairs"]) == (3, [])
    header, arrays = packing.unpack(pair_map_message("No network."))
    assert (header["message"], arrays) == ("No network.", {})


def test_what_belongs_to_another_network_is_refused(run: Run) -> None:
    with pytest.raises(ValueError, match="expected 2 representations, found 3"):
        pair_map_block(run, [PAIR], at(1, 2, 3), 0)
    with pytest.raises(ValueError, match="expected representations like"):
        pair_map_block(run, [PAIR], np.ones((2, 7), np.float32), 0)
    with pytest.raises(LabError, match="no snapshot"):
        pair_map_block(run, [PAIR], at(1, 2), 40)


def test_the_newest_step_that_has_both_weights_and_a_snapshot(tmp_path: Path) -> None:
    fake = FakeRun(RunStore(tmp_path), probe=P)
    assert newest_mapped_step(fake.run) is None
    for _ in range(3):
        fake.snapshot()
        fake.train(10)
    fake.weigh(0, 10, 30)
    assert newest_mapped_step(fake.run) == 10
