"""What TensorBoard itself reads out of a run's event file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from fake_run import FakeRun
from simclr_core.base.files import append_lines
from simclr_core.export import tensorboard
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    fake = FakeRun(RunStore(tmp_path_factory.mktemp("runs")), probe=30)
    fake.snapshot()
    fake.train(50)
    fake.snapshot()
    with (fake.run.path / "metrics.jsonl").open("ab") as file:
        append_lines(file, [{"step": 51, "loss": float("nan"), "seconds": 3.4}])
    return fake.run


def test_tensorboard_reads_every_step_and_every_snapshot(run, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    archive = zipfile.ZipFile(io.BytesIO(tensorboard.zipped(run, 50)))
    archive.extractall(tmp_path)
    (path,) = Path(tmp_path / "curves").iterdir()
    assert path.name == f"events.out.tfevents.{int(run.created)}.simclr"
    read = EventAccumulator(str(tmp_path / "curves"), size_guidance={"scalars": 0})
    read.Reload()
    assert set(read.Tags()["scalars"]) == {
        *(f"training/{name}" for name in tensorboard.STEP_FIGURES),
        *(f"pictures on the map/{name}" for name in tensorboard.SNAPSHOT_FIGURES[:-1]),
    }
    rows = run.metrics()[0]
    found = read.Scalars("training/loss")
    assert [one.step for one in found] == list(range(1, 51))  # the last row has no number
    assert [one.value for one in found] == pytest.approx([r["loss"] for r in rows[:-1]], rel=1e-6)
    times = [run.created + row["seconds"] for row in rows[:-1]]
    assert [one.wall_time for one in found] == pytest.approx(times, abs=1e-3)
    found = read.Scalars("pictures on the map/uniformity")
    expected = [row["uniformity"] for row in run.snapshot_rows()]
    assert [one.step for one in found] == [0, 50]
    assert [one.value for one in found] == pytest.approx(expected, rel=1e-6)


def test_the_event_file_names_no_machine(run):
    import socket

    name = socket.gethostname().encode()
    assert len(name) < 3 or name not in tensorboard.events(run)
