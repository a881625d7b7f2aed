"""Bad input to the command line as a process: one line on stderr, an exit code, nothing lost."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from child_processes import ROOT, run_holder, wait_for
from fake_run import FakeRun
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from small_disk import fill, read_only, small_disk

pytestmark = pytest.mark.heavy

SHARED = ROOT.parent / "shared" / "data"
Done = subprocess.CompletedProcess[str]
RNG = np.random.default_rng(3)


def lab(store: RunStore | Path, *words: str, **options: object) -> Done:
    """Run a command in a separate process, without input."""
    place = store.root if isinstance(store, RunStore) else store
    command = [sys.executable, "-m", "simclr_core", *words, "--runs", str(place)]
    pipes = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
    return subprocess.run(command, cwd=ROOT, timeout=240, **pipes, **options)


def refused(done: Done, code: int = 2) -> str:
    """Return the one error line of a refused command; progress lines may precede it."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    found = re.fullmatch(r"(?:[^\n]+ · \d+%\n)*(error: [^\n]+\n)", done.stderr)
    assert found, done.stderr
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr
    return found[1]


def all_refused(store: RunStore, commands: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the error lines of many commands; two run at a time."""
    with ThreadPoolExecutor(2) as pool:
        found = [refused(done) for done in pool.map(lambda words: lab(store, *words), commands)]
    assert list(store) == []
    return found


def noise(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def write_pictures(folder: Path, sides: Iterable[int], classes: int = 2) -> str:
    """Write PNG files of noise, one folder per class; no folders for 0 classes."""
    for i, side in enumerate(sides):
        path = folder / (f"class {i % classes}" if classes else "") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise(side, side, 3)).save(path)
    return str(folder)


# Settings: each out of its range once, by the option's own name

OUT_OF_RANGE = {
    "--image-size": "7",
    "--max-images": "-1",
    "--crop-p": "1.01",
    "--crop-min": "0",
    "--crop-max": "nan",
    "--crop-ratio": "0.9",
    "--flip-p": "-0.1",
    "--color-strength": "2.1",
    "--jitter-p": "2",
    "--brightness": "-1",
    "--contrast": "1.5",
    "--saturation": "inf",
    "--hue": "0.51",
    "--gray-p": "1e9",
    "--gray-strength": "-inf",
    "--blur-p": "-1",
    "--blur-min": "21",
    "--blur-max": "0.01",
    "--encoder": "resnet99",
    "--width": "3",
    "--head-layers": "7",
    "--head-width": "1",
    "--head-dim": "4097",
    "--seconds": "0.5",
    "--epochs": "-1",
    "--steps": "-5",
    "--batch-size": "1e6",
    "--temperature": "0",
    "--optimizer": "lars",
    "--learning-rate": "-1",
    "--weight-decay": "1.1",
    "--momentum": "1",
    "--warmup-steps": "-1",
    "--seed": "3000000000",
    "--precision": "float64",
    "--snapshots": "0",
    "--probe-size": "9",
}


def test_every_setting_out_of_range_is_refused_by_its_name(store: RunStore) -> None:
    from simclr_core.cli.options import HELP, option

    assert set(OUT_OF_RANGE) == {option(name) for name in HELP} - {"--device"}
    commands = [("train", "--data", "shapes", *pair) for pair in OUT_OF_RANGE.items()]
    for name, line in zip(OUT_OF_RANGE, all_refused(store, commands), strict=True):
        assert line.startswith(f"error: {name}: "), line


# Data


def test_data_that_cannot_be_used(store: RunStore, tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", images=noise(20, 16, 16, 3))
    np.savez(tmp_path / "labels.npz", images=noise(40, 16, 16, 3), labels=np.zeros(39, int))
    np.savez(tmp_path / "point.npz", images=noise(40, 1, 1, 3))
    np.savez(tmp_path / "nan.npz", images=np.full((40, 16, 16, 3), np.nan))
    objects = np.array([{}] * 40, object)
    np.savez(tmp_path / "objects.npz", images=objects, allow_pickle=True)
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps([1]))
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.zip")
    write_pictures(tmp_path / "points", [1] * 40)
    write_pictures(tmp_path / "few", [16, 24, 40])
    cases = {
        "two.npz": "at least 64 training pictures for a batch, found 16 in two.npz; choose a "
        "batch size of at most 16",
        "labels.npz": r"one label for each of the 40",
        "point.npz": "at least 4 pixels per side",
        "nan.npz": "NaN",
        "objects.npz": "Python objects",
        "pickle.npz": "an .npz file",
        "cut.zip": "a zip archive",
        "notes.txt": "found notes.txt",
        "empty": "no files",
        "pipe.zip": "found pipe.zip",
        "points": "at least 4 pixels per side",
        "few": "found 3 in few",
        "gone": "found nothing at",
        "shapes\udcff": "found nothing at",
    }
    commands = [("train", "--data", str(tmp_path / name)) for name in cases]
    extra = [("train", "--data", word) for word in ("", " ", "~nouser/x", "shpaes")]
    found = all_refused(store, [*commands, *extra])
    for words, line in zip([*cases.values(), *["found nothing"] * 4], found, strict=True):
        assert words in line
    assert "did you mean shapes?" in found[-1] and "'~nouser/x'" in found[-2]


def test_damaged_pictures_are_passed_over_without_noise(store: RunStore, tmp_path: Path) -> None:
    """libpng and libjpeg print to stderr themselves."""
    folder = Path(write_pictures(tmp_path / "pictures", [32] * 20))
    for number, (kind, start) in enumerate((("png", 60), ("jpg", 700)) * 2):
        path = folder / f"broken{number}.{kind}"
        Image.fromarray(noise(64, 64, 3)).save(path)
        content = bytearray(path.read_bytes())
        content[start : start + 200] = bytes(200)
        path.write_bytes(content)
    line = refused(lab(store, "train", "--data", str(folder)))
    assert "at least 64 training pictures" in line and list(store) == []


def test_the_development_data_that_are_bad(store: RunStore) -> None:
    if not SHARED.exists():
        pytest.skip("the development data are not beside the project")
    paths = [*sorted((SHARED / "bad_zips").iterdir()), SHARED / "messy", SHARED / "messy.zip"]
    size = ("--batch-size", "60000")  # more than any of them has
    commands = [("train", "--data", str(path), *size) for path in paths]
    for path, line in zip(paths, all_refused(store, commands), strict=True):
        assert path.name in line


# Runs, folders and devices


def test_runs_that_are_not_there(store: RunStore) -> None:
    verbs = ("pause", "stop", "resume", "evaluate", "project", "delete")
    commands = [*((verb, "zz") for verb in verbs), ("rename", "zz", "x"), ("delete", "../x")]
    for line in all_refused(store, commands):
        assert "Expected one run named" in line and "found none" in line


def test_no_gpu(store: RunStore, tmp_path: Path) -> None:
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'\nexit 9\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    words = ("train", "--data", "shapes", "--device", "gpu")
    done = lab(store, *words, env={**os.environ, "PATH": path})
    assert "device 'gpu:0', found only cpu; choose one of these, or auto" in refused(done)
    assert list(store) == []


def test_a_folder_of_runs_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for place in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        for words in (("list",), ("train", "--data", "shapes")):
            line = refused(lab(place, *words))
            assert str(place) in line and "--runs or SIMCLR_LAB_RUNS" in line
    line = refused(lab(Path("~nouser/x"), "list"))
    assert "~nouser/x, found no user of that name" in line
    assert not (ROOT / "~nouser").exists()
    assert (tmp_path / "file").read_text() == "kept" and os.listdir(tmp_path) == ["file"]


def test_a_folder_of_runs_where_nobody_may_write(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    fake = FakeRun(store, probe=10, steps=5)
    fake.snapshot(umap=False)
    fake.end(states.PAUSED)
    np.savez(tmp_path / "noise.npz", images=noise(200, 16, 16, 3))
    before = sorted(str(path) for path in store.root.rglob("*"))
    with read_only(store.root):
        done = lab(store, "list")
        assert done.returncode == 0 and fake.run.id in done.stdout
        for words in (
            ("rename", fake.run.id, "other"),
            ("delete", fake.run.id, "--yes"),
            ("resume", fake.run.id),
            ("train", "--data", str(tmp_path / "noise.npz")),
        ):
            assert "could not (" in refused(lab(store, *words), 1)
        done = lab(store, "project", fake.run.id, "--method", "pca")  # writes nothing
        assert (done.returncode, done.stderr) == (0, "")
    assert sorted(str(path) for path in store.root.rglob("*")) == before


def test_damaged_run_folders(store: RunStore) -> None:
    fake = FakeRun(store, probe=10, steps=5)
    fake.train(5)
    fake.snapshot(umap=False)
    fake.end(states.PAUSED)
    run = fake.run
    (run.path / "checkpoint.npz").write_bytes(b"damaged")
    (run.path / "snapshots" / "00000005.npz").write_bytes(b"damaged")
    (run.path / "evaluation.json").write_text("{")
    assert "00000005.npz" in refused(lab(store, "project", run.id, "--method", "pca"), 1)
    assert re.search(rf"{run.id} +paused +5/5 +shapes +-", lab(store, "list").stdout)
    (run.path / "config.json").write_text('{"format": 99}')
    for verb in ("resume", "evaluate", "pause", "stop"):
        line = refused(lab(store, verb, run.id), 1)
        assert "newer SimCLR Lab" in line or "damaged" in line
    (run.path / "config.json").unlink()
    row = json.loads(lab(store, "list", "--json").stdout.splitlines()[-1])["runs"][0]
    assert row["status"] == "damaged" and "config.json" in row["message"]
    assert lab(store, "delete", run.id, "--yes").returncode == 0
    assert os.listdir(store.root) == []


def test_a_running_run_is_left_alone(store: RunStore) -> None:
    fake = FakeRun(store, probe=10, steps=5)
    with run_holder(fake.run, state=states.RUNNING):
        for words in (("delete", fake.run.id, "--yes"), ("resume", fake.run.id)):
            assert "held by a running worker" in refused(lab(store, *words), 1)
        assert lab(store, "rename", fake.run.id, "Größe 日本 🙂").returncode == 0
    assert fake.run.name == "Größe 日本 🙂" and fake.run.probe()


def test_project_with_bad_arguments(store: RunStore, tmp_path: Path) -> None:
    fake = FakeRun(store, probe=10, steps=5)
    (tmp_path / "folder").mkdir()
    for more, said in (
        (("--neighbors", "1"), "--neighbors: expected 2 to 200"),
        (("--neighbors", "1e99"), "--neighbors: expected 2 to 200"),
        (("--min-dist", "nan"), "--min-dist: expected 0 to 1"),
        (
            ("--out", str(tmp_path / "none" / "x.csv")),
            "--out: expected a file in an existing folder",
        ),
        (("--out", str(tmp_path / "folder")), "--out: expected a file in an existing folder"),
        (("--out", ""), "--out: expected a file in an existing folder"),
        (("--method", "tsne"), "--method"),
    ):
        assert said in refused(lab(store, "project", fake.run.id, *more))
    assert "expected a snapshot, found none" in refused(lab(store, "project", fake.run.id), 1)


# Streams that are closed or full


@pytest.mark.parametrize(
    ("redirection", "code"),
    [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), (">/dev/full", 1), ("2>/dev/full", 0)],
)
def test_streams_that_take_nothing(store: RunStore, redirection: str, code: int) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    run = store.create(FakeRun(RunStore(store.root / "other"), probe=10).config, "日本")
    command = f'"{sys.executable}" -m simclr_core list --runs "{store.root}" {redirection}'
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (1 if redirection == ">/dev/full" else 0)
    assert (run.id in done.stdout) == (">&-" not in redirection.split() and code == 0)


def test_names_that_a_terminal_has_no_letters_for(store: RunStore) -> None:
    FakeRun(store, probe=10, name="Größe 日本 🙂")
    done = lab(
        store,
        "list",
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
        encoding="latin-1",
    )
    assert (done.returncode, done.stderr) == (0, "") and "Größe \\u65e5" in done.stdout
    done = lab(store, "list", "--json", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert json.loads(done.stdout)["runs"][0]["name"] == "Größe 日本 🙂"


# With a training


SMALL = ("--batch-size", "16", "--width", "4", "--snapshots", "1", "--probe-size", "20")


def pictures_of_many_sizes(folder: Path) -> str:
    """One class, no useful labels, sides from 5 to 60 pixels, and an odd name."""
    name = os.fsdecode(b"caf\xe9 \xf0\x9f\x99\x82 'x' $y")
    return write_pictures(folder / name, range(5, 61), classes=1)


def test_pictures_of_many_sizes_and_one_class_are_trained_on(
    store: RunStore, tmp_path: Path
) -> None:
    source = pictures_of_many_sizes(tmp_path)
    done = lab(store, "train", "--data", source, "--steps", "3", "--json", *SMALL)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    result = json.loads(done.stdout)
    assert (result["status"], result["steps"], result["knn_accuracy"]) == ("finished", 3, None)
    run = store.get(result["run"])
    assert run.config.data.source == source and run.state == states.FINISHED
    assert not (run.path / ".reserve").exists()
    listed = lab(store, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    shutil.rmtree(source)
    line = refused(lab(store, "evaluate", run.id))
    assert "found nothing at" in line
    assert run.state == states.FINISHED and run.evaluation()


@pytest.mark.slow
@pytest.mark.parametrize("when", ["at a snapshot", "in between"])
def test_a_full_disk_ends_a_run_with_a_sentence_and_it_can_go_on(tmp_path: Path, when: str) -> None:
    np.savez(tmp_path / "noise.npz", images=noise(300, 16, 16, 3))
    words = ("train", "--data", str(tmp_path / "noise.npz"), *SMALL, "--steps", "100000")
    if when == "at a snapshot":
        words += ("--snapshots", "2000", "--probe-size", "200")
    with small_disk(tmp_path / "disk", "size=5m") as folder:
        store = RunStore(folder)
        command = [sys.executable, "-m", "simclr_core", *words, "--runs", str(folder)]
        program = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        if when == "in between":
            wait_for(lambda: any(len(run.metrics()[0]) > 20 for run in store))
            fill(folder)
        said = program.communicate(timeout=240)[1]
        assert program.returncode == 1 and "Traceback" not in said
        assert re.search(r"\nerror: Expected room on the disk for [^\n]+resume the run\.\n$", said)
        run = next(iter(store))
        assert run.state == states.FAILED and "free some space" in run.status["message"]
        (folder / "filler").unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=500m", str(folder)], check=True)
        goes_on(store, run)


def goes_on(store: RunStore, run: Run) -> None:
    """Resume a run, then pause it after some steps."""
    command = [sys.executable, "-m", "simclr_core", "resume", run.id, "--runs", str(store.root)]
    program = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: run.status.get("attempt") == 2 and run.state == states.RUNNING)
    program.send_signal(signal.SIGINT)
    said = program.communicate(timeout=240)[1]
    assert run.state == states.PAUSED and "Traceback" not in said
    assert run.status["step"] > 0 and (run.path / "checkpoint.npz").exists()
