"""The GIF of a run's map: what Pillow reads from it, and where a picture is drawn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from fake_run import FakeRun
from simclr_core.base.errors import RunError
from simclr_core.export import animation, formats
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    fake = FakeRun(RunStore(tmp_path_factory.mktemp("runs")), probe=40, name="a name " * 20)
    for _ in range(3):
        fake.snapshot()
        fake.train(60)
    fake.snapshot()
    return fake.run


def test_it_loops_over_the_snapshots_and_rests_on_the_last(run: Run, monkeypatch) -> None:
    monkeypatch.setattr(animation, "MOST_FRAMES", 7)  # two for each glide between 4 snapshots
    told: list[float] = []
    body = animation.animation(run, lambda share, words: told.append(share))
    with Image.open(io.BytesIO(body)) as gif:
        assert gif.n_frames == 7 and gif.info["loop"] == 0
        assert gif.size == (animation.SIDE + 40, animation.HEAD + animation.SIDE + animation.FOOT)
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)]
        assert gif.info["duration"] == animation.LAST
    assert (frames[0] != frames[-1]).any(-1).mean() > 0.02
    assert told == sorted(told) and 0 < told[0] < told[-1] < 1


def test_a_picture_lies_where_the_map_has_it(run: Run) -> None:
    xy = np.stack([run.coordinates("umap", step)["xy"] for step in run.coordinate_steps("umap")])
    span, middle = np.ptp(xy, axis=(0, 1)).max(), (xy.max((0, 1)) + xy.min((0, 1))) / 2
    side = animation.SIDE
    wanted = (xy[-1] - middle) * (1, -1) / span * (side - 16) + side / 2
    canvas = np.full((side, side, 3), 255, np.uint8)
    tiles = animation.Tiles(run, run.probe())
    cells = tiles.draw(canvas, wanted)
    assert len(set(cells.values())) == len(cells) > 20  # no two in one cell
    for i, cell in cells.items():
        centre = (np.array(cell) + 0.5) * tiles.side
        assert np.abs(centre - wanted[i]).max() <= 1.5 * tiles.side + 1
        top, left = np.array(cell)[::-1] * tiles.side
        found = canvas[top : top + tiles.side - 1, left : left + tiles.side - 1]
        assert (found == tiles.tiles[i]).all()


def test_a_large_one_gets_fewer_frames(run: Run, monkeypatch) -> None:
    whole = formats.contents(run, 180, ".gif")
    monkeypatch.setattr(animation, "MOST_BYTES", len(whole) // 2)
    small = animation.animation(run)
    assert len(small) <= len(whole) // 2
    assert 4 <= Image.open(io.BytesIO(small)).n_frames < Image.open(io.BytesIO(whole)).n_frames


def test_without_a_map_it_says_so(tmp_path) -> None:
    fake = FakeRun(RunStore(tmp_path), probe=10)
    with pytest.raises(RunError, match="has no map yet"):
        animation.animation(fake.run)
