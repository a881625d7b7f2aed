"""Figures as files: what programs that open them find inside."""

from __future__ import annotations

import io
import re
import threading
import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from fake_run import FakeRun
from simclr_core.base.errors import ConfigError, LabError, RunError
from simclr_core.base.files import write_npz
from simclr_core.data import shapes
from simclr_core.export import static_figures
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    fake = FakeRun(RunStore(tmp_path_factory.mktemp("runs")), probe=60, name="mine & yours")
    fake.snapshot()
    fake.train(60)
    fake.snapshot()
    return fake.run


def parsed(body: bytes) -> tuple[list[str], int]:
    """Words and number of marks of an SVG."""
    root = ET.fromstring(body)
    words = [(one.text or "").strip() for one in root.iter(f"{SVG}text")]
    groups = [g for g in root.iter(f"{SVG}g") if (g.get("id") or "").startswith("PathCollection")]
    return words, sum(len(list(group.iter(f"{SVG}use"))) for group in groups)


def test_a_map_has_every_picture_and_its_legend_every_count(run):
    words, marks = parsed(static_figures.map_figure(run, 60, ".svg"))
    count = len(run.probe()["images"])
    kinds = Counter(run.probe()["labels"].tolist())
    assert f"{run.name}, step 60" in words and "UMAP of h; axes have no units" in words
    assert marks == count + len(kinds)  # one more of each in the legend
    for kind, held in kinds.items():
        assert f"{shapes.SHAPES[kind]} ({held})" in words


def test_pictures_whose_label_is_not_known_are_there_as_well(run, tmp_path):
    import shutil

    shutil.copytree(run.path, tmp_path / "abcd")
    copy = Run(tmp_path / "abcd")
    probe = copy.probe()
    labels = probe["labels"].copy()
    labels[:7] = -1
    write_npz(copy.path / "probe.npz", {**probe, "labels": labels})
    words, marks = parsed(static_figures.map_figure(copy, 60, ".svg", color="label"))
    assert "not known" in words and marks == len(labels) + len(set(labels.tolist()))


@pytest.mark.parametrize(
    ("of", "method", "words"), [("h", "pca", "PCA of h"), ("z", "umap", "PCA of z")]
)
def test_the_axis_says_what_was_laid_out(run, of, method, words):
    found, _ = parsed(static_figures.map_figure(run, 0, ".svg", of, method))
    assert f"{words}; axes have no units" in found


def test_numbers_get_a_scale(run):
    for color, label in static_figures.NUMBERS.items():
        assert label in parsed(static_figures.map_figure(run, 60, ".svg", color=color))[0]


def test_curves_name_what_they_are_and_what_they_have_to_beat(run):
    words, _ = parsed(static_figures.curves_figure(run, ".svg"))
    for one in ("loss", "finds the right partner", "untrained 32%", "pixels 44%", "all alike 4.84"):
        assert one in words, words
    assert any(word.startswith("neighbours vote for the right shape") for word in words)


def test_png_and_pdf_are_what_they_are_called(run):
    picture = Image.open(io.BytesIO(static_figures.map_figure(run, 60, ".png")))
    assert picture.format == "PNG" and picture.size == (1280, 1120)
    assert np.asarray(picture.convert("RGB")).std() > 5
    assert static_figures.curves_figure(run, ".pdf").startswith(b"%PDF-")


def test_the_same_run_gives_the_same_file(run):
    assert static_figures.map_figure(run, 60, ".svg") == static_figures.map_figure(run, 60, ".svg")


def test_no_machine_and_no_date_is_written_into_it(run):
    body = static_figures.map_figure(run, 60, ".svg").decode()
    assert not re.search(r"<dc:date>", body)


def test_figures_can_be_drawn_by_several_threads(run):
    expected, found = static_figures.map_figure(run, 60, ".svg"), []
    threads = [
        threading.Thread(target=lambda: found.append(static_figures.map_figure(run, 60, ".svg")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_what_cannot_be_drawn_says_why(run, tmp_path):
    with pytest.raises(ConfigError, match=r"label, .* as colour, found 'hat'"):
        static_figures.map_figure(run, 60, ".svg", color="hat")
    with pytest.raises(RunError, match="a map of step 7"):
        static_figures.map_figure(run, 7, ".svg")
    with pytest.raises(LabError, match=r"\.png"):
        static_figures.map_figure(run, 60, ".bmp")
    empty = FakeRun(RunStore(tmp_path / "runs"), probe=12).run
    with pytest.raises(RunError, match="no step yet"):
        static_figures.curves_figure(empty, ".png")
