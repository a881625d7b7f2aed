"""A replay says what the run folder says, and is one file that needs no other."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from fake_run import FakeRun
from simclr_core.base.errors import RunError
from simclr_core.base.files import write_npz
from simclr_core.data import shapes
from simclr_core.export import replay
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    fake = FakeRun(RunStore(tmp_path_factory.mktemp("runs")), probe=50, name="</script><b>mine")
    for _ in range(3):
        fake.snapshot()
        fake.train(60)
    fake.snapshot()
    return fake.run


def test_places_are_those_of_the_map_in_one_square(run):
    found = replay.data(run)
    held = np.frombuffer(base64.b64decode(found["places"]), "<u2").reshape(4, 50, 2)
    xy = np.stack([run.coordinates("umap", step)["xy"] for step in (0, 60, 120, 180)])
    assert found["steps"] == [0, 60, 120, 180] and found["method"] == "umap"
    # One scale and one shift for all frames and both axes give the places back.
    scale = np.ptp(xy[..., 0]) / np.ptp(held[..., 0].astype(float))
    for axis in (0, 1):
        shift = (xy[..., axis] - held[..., axis] * scale).mean()
        np.testing.assert_allclose(
            held[..., axis] * scale + shift, xy[..., axis], atol=np.ptp(xy) / 20_000
        )
    assert held.min() > 0 and held.max() < 65_535  # nothing touches the border


def test_the_sheet_has_every_picture_at_its_place(run):
    found, images = replay.data(run), run.probe()["images"]
    body = base64.b64decode(found["sheet"].removeprefix("data:image/webp;base64,"))
    sheet = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
    size, columns = found["size"], found["columns"]
    assert (size, columns, found["count"]) == (32, 8, 50)
    for i in (0, 9, 49):
        top, left = i // columns * size, i % columns * size
        assert (sheet[top : top + size, left : left + size] == images[i]).all()


def test_colours_curves_and_words_are_the_runs(run):
    found = replay.data(run)
    assert "label" not in found["colors"]  # it repeats the shape
    one = found["colors"]["shape"]
    assert one["names"] == list(shapes.SHAPES)[: len(one["names"])]
    assert one["values"] == run.probe()["labels"].tolist()
    rows = run.snapshot_rows()
    assert found["knn"]["steps"] == [row["step"] for row in rows]
    assert found["knn"]["values"] == pytest.approx([r["knn_accuracy"] for r in rows], abs=1e-5)
    assert found["knn"]["pixels"] == 0.44 and found["knn"]["of"] == "shape"
    assert len(found["loss"]["values"]) == 180
    assert found["loss"]["alike"] == pytest.approx(np.log(127))


def test_the_page_holds_its_data_and_asks_for_nothing(run):
    page = replay.page(run).decode()
    assert not re.search(r"(src|href)=|https?://(?!www\.w3)|import ", page)
    assert page.count("</script>") == 1 and "&lt;b&gt;mine, replayed</title>" in page
    held = re.search(r'replay\(document.getElementById\("replay"\), (.*)\);\n', page)
    assert held and json.loads(held[1]) == replay.data(run)


def test_a_run_without_labels_or_umap_plays_as_well(run, tmp_path):
    import shutil

    shutil.copytree(run.path, tmp_path / "abcd")
    copy = Run(tmp_path / "abcd")
    write_npz(
        copy.path / "probe.npz",
        {name: a for name, a in copy.probe().items() if name in ("images", "indices")},
    )
    for path in copy.path.glob("coordinates/umap-*"):
        path.unlink()
    found = replay.data(copy)
    assert found["method"] == "pca" and found["colors"] == {} and len(found["steps"]) == 4


def test_before_the_first_map_there_is_nothing_to_play(tmp_path):
    with pytest.raises(RunError, match="no map yet"):
        replay.data(FakeRun(RunStore(tmp_path), probe=12).run)
