"""Maps side by side: every point in its square, and the colours of its class."""

from __future__ import annotations

import numpy as np

from simclr_core.feed.explore.side_by_side import side_by_side
from simclr_core.feed.packing import unpack
from simclr_core.figures.colors import UNKNOWN


def test_every_point_is_inside_the_square_of_its_map():
    random = np.random.default_rng(0)
    maps = {"h: 3": random.normal(5, [3, 1], (50, 2)), "noise: 3": random.normal(-9, 1, (50, 2))}
    header, arrays = unpack(side_by_side(maps, [0, 1] * 25, ["a", "b"], columns=2))
    assert header["titles"] == ["h: 3", "noise: 3"] and header["plain"] == [False, True]
    for i, xy in enumerate(maps.values()):
        np.testing.assert_allclose(arrays[f"xy_{i}"].reshape(-1, 2), xy, rtol=1e-6)
        x, y, half = header["bounds"][i]
        far = np.abs(xy - [x, y]).max()
        assert half * 0.8 < far < half  # all inside, with little room left


def test_the_sheet_of_the_pictures_is_named_beside_the_columns_of_maps():
    sheet = {"pictures": "/lab/pictures/0a.webp", "columns": 9, "size": 28}
    block = side_by_side({"a": np.zeros((3, 2))}, [0] * 3, ["x"], columns=2, pictures=sheet)
    header = unpack(block)[0]
    assert header["sheet"] == sheet and header["columns"] == 2
    assert unpack(side_by_side({"a": np.zeros((3, 2))}, [0] * 3, ["x"]))[0]["sheet"] == {}


def test_classes_are_counted_and_those_not_known_are_grey():
    header, arrays = unpack(side_by_side({"a": np.zeros((4, 2))}, [1, -1, 1, 0], ["x", "y", "z"]))
    assert arrays["category"].tolist() == [1, 3, 1, 0]
    assert header["counts"] == [1, 2, 0, 1] and header["names"] == ["x", "y", "z"]
    assert len(header["colors"]) == 4 and header["colors"][3] == UNKNOWN
    assert header["bounds"][0][2] > 0  # all points in one place still have a square
