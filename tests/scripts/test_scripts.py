"""Scripts that make what docs/ records: each runs, on data that are made here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from child_processes import ROOT
from small_parts import tinted


def script(name: str, *words: str, folder: Path = ROOT) -> str:
    """Run a script of ours; what it printed."""
    command = [sys.executable, str(folder / "scripts" / name), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def tints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in three tints, as a file."""
    path = tmp_path_factory.mktemp("data") / "tints.npz"
    (x, y), (x_test, y_test) = tinted(150), tinted(60, seed=1)
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return path


@pytest.mark.slow
def test_what_presets_reach_is_measured_and_drawn(tints: Path, tmp_path: Path) -> None:
    (tmp_path / "docs" / "measured").mkdir(parents=True)
    (tmp_path / "scripts").mkdir()
    for name in ("draw_plots.py", "measure_presets.py"):
        (tmp_path / "scripts" / name).write_text((ROOT / "scripts" / name).read_text())
    (tmp_path / "simclr_core").symlink_to(ROOT / "simclr_core")
    record = tmp_path / "docs" / "measured" / "tints.json"
    words = ("--data", str(tints), "--seconds", "4", "--seeds", "2", "--record", str(record))
    told = script("measure_presets.py", *words)
    found = json.loads(record.read_text())
    assert [run["seed"] for run in found["runs"]] == [0, 1]
    for run in found["runs"]:
        assert run["supervised"] > 0.5  # of three tints, after four seconds with all labels
        assert 0 < run["knn_accuracy_pixels"] < 1 and run["steps"] > 20
        assert run["curve"][0][0] == 0 and run["curve"][-1][0] > 2
    assert "| knn_accuracy |" in told and "| supervised |" in told
    script("draw_plots.py", folder=tmp_path)
    picture = tmp_path / "assets" / "plots" / "tints.png"
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 5000


@pytest.mark.slow
def test_settings_are_searched_for_without_test_pictures(tints: Path) -> None:
    words = ("--data", str(tints), "--steps", "30", "--seeds", "2")
    told = script("search.py", *words, "optimizer=adamw", "encoder=strided width=8")
    rows = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert [(row["settings"], row["seed"], row["steps"]) for row in rows] == [
        ("optimizer=adamw", 0, 30),
        ("optimizer=adamw", 1, 30),
        ("encoder=strided width=8", 0, 30),
        ("encoder=strided width=8", 1, 30),
    ]
    assert told.count("|") > 20


@pytest.mark.slow
@pytest.mark.browser
def test_panels_are_measured(tints: Path, tmp_path: Path) -> None:
    out = tmp_path / "panels.json"
    words = ["--data", str(tints), "--counts", "40", "60", "--again", "1", "--record", str(out)]
    table = script("measure_panels.py", *words)
    found = json.loads(out.read_text())
    assert set(found) == {"40", "60"} and "| drawing the map, ms |" in table
    for one in found.values():
        glide = one.pop("glide")
        assert 0 < glide["draw"] < 1000 and 0 < glide["frame"] <= glide["frame95"]
        assert len(one) == 8
        assert all(0 < row[when] < 120 for row in one.values() for when in ("first", "again"))


@pytest.mark.slow
@pytest.mark.browser
def test_a_redraw_is_measured() -> None:
    said = script("measure_redraw.py", "--keys", "4")
    found = re.findall(r"^(\d+) ms, at most (\d+) ms, from key to (picture|new places)", said, re.M)
    assert [what for _, _, what in found] == ["picture", "new places"]
    assert all(0 < int(median) <= int(slowest) for median, slowest, _ in found)
