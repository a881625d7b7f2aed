"""What goes out of a run, read back by the programs that it is for."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
import zipfile

import cv2
import numpy as np
import pytest
from pyarrow import parquet

from simclr_core.base.errors import ConfigError, LabError
from simclr_core.base.files import write_npz
from simclr_core.cli.main import main
from simclr_core.data import shapes
from simclr_core.export import formats
from simclr_core.runs import tables
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from trained_run import observer, trained_shapes


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return trained_shapes(RunStore(tmp_path_factory.mktemp("runs")))


def test_a_table_has_a_line_a_picture_in_both_forms(run, tmp_path):
    probe, held = run.probe(), run.snapshot(12)
    formats.write(run, tmp_path / "t.csv")
    formats.write(run, tmp_path / "t.parquet")
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    read = parquet.read_table(tmp_path / "t.parquet").to_pydict()
    count, width = held["h"].shape
    assert len(rows) == count and list(rows[0]) == list(read)
    assert [int(row["picture"]) for row in rows] == list(range(1, count + 1)) == read["picture"]
    assert read["row"] == probe["indices"].tolist()
    assert read["shape"] == [shapes.SHAPES[i] for i in probe["labels"]]
    h = np.array([[float(row[f"h_{i}"]) for i in range(width)] for row in rows])
    assert h == pytest.approx(held["h"], rel=1e-6)
    z = np.stack([read[f"z_{i}"] for i in range(held["z"].shape[1])], axis=1)
    assert (z.astype(np.float32) == held["z"]).all()
    assert read["pca_x"] == run.coordinates("pca", 12)["xy"][:, 0].tolist()


def test_another_step_can_be_asked_for_and_none_but_those_there_are(run, tmp_path):
    assert formats.write(run, tmp_path / "t.csv", 0) == 0
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    assert float(rows[0]["h_0"]) == pytest.approx(float(run.snapshot(0)["h"][0, 0]))
    with pytest.raises(LabError, match="snapshot of step 999, found "):
        formats.write(run, tmp_path / "u.csv", 999)
    assert not (tmp_path / "u.csv").exists()


def test_what_is_not_known_is_empty_and_numbers_stand_where_there_are_no_names(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "abcd")
    copy = Run(tmp_path / "abcd")
    probe = copy.probe()
    labels = probe["labels"].copy()
    labels[0], labels[1] = -1, 40
    write_npz(copy.path / "probe.npz", {**probe, "labels": labels})
    found = tables.columns(copy, 12)["label"]
    assert found[0] == "" and found[1] == "40" and found[2] == shapes.SHAPES[labels[2]]


def test_no_name_of_a_class_is_a_formula_in_a_spreadsheet(run, tmp_path):
    copy = Run(shutil.copytree(run.path, tmp_path / "abcd"))
    record, names = copy.record, ["=cmd()", "@x", "-1", "+a", "b=1", "-0.5", "-", ""]
    copy.write_record({**record, "data": {**record["data"], "class_names": names}})
    rows = list(csv.DictReader(io.StringIO(tables.table(copy, 12, ".csv").decode())))
    plain = ["'=cmd()", "'@x", "-1", "'+a", "b=1", "-0.5", "'-", ""]
    assert [row["label"] for row in rows] == [plain[i] for i in copy.probe()["labels"]]


def test_the_projectors_files_say_the_same(run, tmp_path):
    formats.write(run, tmp_path / "p.zip")
    archive = zipfile.ZipFile(tmp_path / "p.zip")
    vectors = np.loadtxt(io.BytesIO(archive.read("vectors.tsv")), delimiter="\t")
    assert vectors == pytest.approx(run.snapshot(12)["h"], rel=1e-6)
    head, *rows = archive.read("metadata.tsv").decode().splitlines()
    assert head.split("\t")[:3] == ["picture", "row", "label"] and len(rows) == len(vectors)
    images = run.probe()["images"]
    sheet = cv2.imdecode(np.frombuffer(archive.read("sprite.png"), np.uint8), cv2.IMREAD_COLOR)
    side = int(np.ceil(np.sqrt(len(images))))
    assert sheet.shape == (side * 32, side * 32, 3)
    top, left = 9 // side * 32, 9 % side * 32
    assert (sheet[top : top + 32, left : left + 32, ::-1] == images[9]).all()
    config = archive.read("projector_config.pbtxt").decode()
    assert config.count("single_image_dim: 32") == 2 and 'tensor_path: "vectors.tsv"' in config


LOAD = """
import sys, numpy as np, keras
x = np.load(sys.argv[2])["x"]
if sys.argv[1].endswith(".keras"):
    h = keras.saving.load_model(sys.argv[1], compile=False).predict(x, verbose=0)
else:
    import tensorflow as tf
    encoder = tf.saved_model.load(sys.argv[1])  # keep it: its variables go with it
    h = encoder.serve(x).numpy()
np.savez(sys.argv[3], h=h)
"""


@pytest.mark.parametrize("name", ["encoder.keras", "encoder"])
def test_the_encoder_loads_without_this_package_and_gives_the_same(run, tmp_path, name):
    assert formats.write(run, tmp_path / name) == 12
    x = run.probe()["images"][:10].astype(np.float32) / 255
    np.savez(tmp_path / "x.npz", x=x)
    words = [str(tmp_path / name), str(tmp_path / "x.npz"), str(tmp_path / "h.npz")]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    expected, _ = observer(run).encode(x)
    assert np.load(tmp_path / "h.npz")["h"] == pytest.approx(expected, abs=1e-4)


def test_other_names_and_a_folder_that_is_there_are_refused(run, tmp_path):
    with pytest.raises(ConfigError, match=r"found x\.txt"):
        formats.write(run, tmp_path / "x.txt")
    (tmp_path / "t.csv").write_text("mine")
    with pytest.raises(LabError, match="a file at"):
        formats.write(run, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "mine"
    (tmp_path / "there").mkdir()
    with pytest.raises(LabError, match="a folder at"):
        formats.write(run, tmp_path / "there")


def test_the_command_writes_and_says_what(run, tmp_path, capsys):
    words = ["export", run.id, str(tmp_path / "t.csv"), "--runs", str(run.path.parent)]
    assert main(words) == 0 and (tmp_path / "t.csv").exists()
    assert "at step 12" in capsys.readouterr().out
    assert main([*words[:2], str(tmp_path / "t.doc"), *words[3:]]) == 2
    assert "found t.doc" in capsys.readouterr().err
