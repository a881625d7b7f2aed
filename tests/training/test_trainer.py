"""Attempts in this process: what a run holds afterwards, and that a pause changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simclr_core.base.errors import ConfigError, DataError, MemoryShort
from simclr_core.base.files import append_lines, read_npz, write_json
from simclr_core.machine.devices import Device
from simclr_core.runs import states
from simclr_core.runs.provenance import average_speed, describe_data
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import replace
from simclr_core.training import clock, trainer
from simclr_core.training.trainer import Trainer
from simclr_core.workers import worker
from small_parts import config, dataset, source
from trained_run import CPU
from trainer_with_request import TrainerWithRequest


def checkpoint(run: Run) -> dict[str, np.ndarray]:
    """All of a checkpoint but the time it took."""
    found = read_npz(run.path / "checkpoint.npz")
    found.pop("seconds")
    return found


def losses(run: Run) -> list[float]:
    return [row["loss"] for row in run.metrics()[0]]


def test_a_pause_at_any_step_changes_nothing(store: RunStore, tmp_path: Path) -> None:
    settings = config(source(tmp_path), steps=7, warmup_steps=3)
    whole = store.create(settings)
    Trainer(whole, CPU, "float32").train()
    assert whole.state == states.FINISHED and len(losses(whole)) == 7

    parts = store.create(settings)
    TrainerWithRequest(parts, "pause", after=4).train()
    assert parts.state == states.PAUSED and parts.status["step"] == 4
    assert losses(parts) == losses(whole)[:4]
    assert parts.evaluation() is None
    Trainer(parts, CPU, "float32").train()
    assert parts.state == states.FINISHED
    assert [row["step"] for row in parts.metrics()[0]] == list(range(1, 8))
    assert losses(parts) == losses(whole)

    one, other = checkpoint(whole), checkpoint(parts)
    assert one.keys() == other.keys() and one["step"] == 7
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    assert parts.snapshot_steps() == whole.snapshot_steps()
    for name, array in whole.snapshot(7).items():
        np.testing.assert_array_equal(parts.snapshot(7)[name], array)
    same = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels", "loss", "step")
    assert [parts.evaluation()[n] for n in same] == [whole.evaluation()[n] for n in same]


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are launched by fours once the pace is known, as they may be on a GPU."""
    monkeypatch.setattr(trainer, "several_steps", lambda device: True)
    monkeypatch.setattr(clock, "steps_per_launch", lambda seconds: 4)


@pytest.mark.slow
def test_steps_launched_together_are_the_same_steps(
    store: RunStore, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One step is not timed, ten tell the pace; then come 15, 19, 23, and three more, 26."""
    settings = config(source(tmp_path), steps=26, warmup_steps=3, snapshots=4)
    one = store.create(settings)
    Trainer(one, CPU, "float32").train()
    assert one.snapshot_steps() == [0, 3, 9, 17, 26] and "steps_per_launch" not in one.record

    request.getfixturevalue("together")
    four = store.create(settings)
    Trainer(four, CPU, "float32").train()
    assert four.state == states.FINISHED and four.record["steps_per_launch"] == 4
    assert four.snapshot_steps() == [0, 3, 9, 19, 26]
    rows, expected = four.metrics()[0], one.metrics()[0]
    for name in ("step", "loss", "contrastive_accuracy", "learning_rate"):
        found = [row[name] for row in rows]
        assert found == pytest.approx([row[name] for row in expected], abs=2e-5)
    seconds = [row["seconds"] for row in rows]
    assert seconds == sorted(seconds)
    a, b = checkpoint(one), checkpoint(four)
    assert a.keys() == b.keys() and b["step"] == 26
    for name in a:
        np.testing.assert_allclose(a[name], b[name], atol=1e-4)


@pytest.mark.slow
def test_a_pause_waits_for_the_end_of_a_launch(
    store: RunStore, tmp_path: Path, together: None
) -> None:
    run = store.create(config(source(tmp_path), steps=40))
    TrainerWithRequest(run, "pause", after=17).train()
    assert run.state == states.PAUSED and run.status["step"] == 19
    assert [row["step"] for row in run.metrics()[0]] == list(range(1, 20))
    TrainerWithRequest(run, "pause", after=25).train()
    assert run.status["step"] == 25  # its pace is measured again, step by step
    Trainer(run, CPU, "float32").train()
    assert [row["step"] for row in run.metrics()[0]] == list(range(1, 41))


@pytest.mark.slow
def test_where_seconds_become_steps_their_pace_stays(
    store: RunStore, tmp_path: Path, together: None
) -> None:
    run = store.create(config(source(tmp_path), steps=0, seconds=60.0))
    TrainerWithRequest(run, "pause", after=45).train()
    assert "steps_per_launch" not in run.record and run.status["step"] == 45
    assert run.config.training.steps > 60
    TrainerWithRequest(run, "pause", after=57).train()  # how many there are is known now
    assert run.record["steps_per_launch"] == 4 and run.status["step"] == 60


@pytest.mark.slow
def test_an_attempt_elsewhere_tells_of_no_launches(
    store: RunStore, tmp_path: Path, together: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(config(source(tmp_path), steps=20))
    TrainerWithRequest(run, "pause", after=13).train()
    assert run.record["steps_per_launch"] == 4 and run.status["step"] == 15
    monkeypatch.setattr(trainer, "several_steps", lambda device: False)
    Trainer(run, CPU, "float32").train()
    assert run.state == states.FINISHED and "steps_per_launch" not in run.record


@pytest.mark.parametrize(
    ("device", "backend", "several"),
    [("cpu", "tensorflow", False), ("gpu:0", "tensorflow", True), ("gpu:1", "jax", True)],
)
def test_steps_are_launched_together_on_gpus(
    monkeypatch: pytest.MonkeyPatch, device: str, backend: str, several: bool
) -> None:
    monkeypatch.setattr(trainer.keras.backend, "backend", lambda: backend)
    assert trainer.several_steps(Device(device, "a device", 0, usable=True)) is several
    monkeypatch.setattr(trainer.keras.backend, "backend", lambda: "torch")
    assert not trainer.several_steps(Device(device, "a device", 0, usable=True))


def test_a_stop_keeps_what_is_there(store: RunStore, tmp_path: Path) -> None:
    run = store.create(config(source(tmp_path), steps=50))
    TrainerWithRequest(run, "stop", after=2).train()
    assert run.state == states.STOPPED and run.status["step"] == 2
    assert run.snapshot_steps()[-1] == 2 and checkpoint(run)["step"] == 2
    assert run.record["data"]["content_hash"] == run.config.data.content_hash != ""
    assert run.record["versions"]["keras"] and run.record["hardware"]["device"] == "a processor"
    assert run.probe()["images"].shape == (20, 16, 16, 3)


@pytest.mark.parametrize("request_", ["pause", "stop"])
def test_a_request_before_the_first_step(store: RunStore, tmp_path: Path, request_: str) -> None:
    run = store.create(config(source(tmp_path), steps=50))
    TrainerWithRequest(run, request_, after=0).train()
    assert run.state == {"pause": states.PAUSED, "stop": states.STOPPED}[request_]
    assert losses(run) == [] and not (run.path / "checkpoint.npz").exists()


def test_a_signal_is_a_pause(store: RunStore) -> None:
    trainer = Trainer(store.create(config()), CPU, "float32")
    assert trainer.asked() is None
    trainer.signalled = True
    assert trainer.asked() == "pause"


def test_unfit_data_are_refused_before_anything_is_built(store: RunStore, tmp_path: Path) -> None:
    run = store.create(config(source(tmp_path), steps=5, batch_size=41))
    with pytest.raises(DataError, match="at least 41 training pictures for a batch, found 40"):
        Trainer(run, CPU, "float32").train()
    settings = config(source(tmp_path), steps=5)
    settings = replace(settings, model=replace(settings.model, encoder="vgg16"))
    with pytest.raises(ConfigError, match="at least 32 pixels, found 16"):
        Trainer(store.create(settings), CPU, "float32").train()


@pytest.mark.parametrize(("epochs", "steps"), [(2.0, 10), (0.5, 2), (0.01, 1)])
def test_epochs_become_steps_once_the_pictures_are_counted(
    epochs: float, steps: int, store: RunStore, tmp_path: Path
) -> None:
    """40 pictures in batches of 8 make 5 steps an epoch; at least one step is made."""
    run = store.create(config(source(tmp_path), steps=0, epochs=epochs))
    Trainer(run, CPU, "float32").train()
    assert run.status["step"] == run.status["steps"] == run.config.training.steps == steps
    assert run.record["steps_from"] == "epochs"


def test_steps_go_before_epochs(store: RunStore, tmp_path: Path) -> None:
    run = store.create(config(source(tmp_path), steps=3, epochs=2.0))
    Trainer(run, CPU, "float32").train()
    assert run.status["step"] == 3 and "steps_from" not in run.record


def test_a_precision_is_settled_for_the_network_at_hand(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def choose(wanted: str, device: Any, found: Any, size: int) -> str:
        asked.append((wanted, size))
        return "bfloat16"

    monkeypatch.setattr(trainer.precision, "choose", choose)
    run = store.create(config(source(tmp_path), steps=2, precision="auto"))
    Trainer(run, CPU, "auto").train()
    assert asked == [("auto", 16)]
    assert run.status["precision"] == "bfloat16"
    assert run.config.training.precision == "auto"  # what was asked for stays


def test_other_pictures_than_before_are_refused(store: RunStore, tmp_path: Path) -> None:
    run = store.create(config(source(tmp_path), steps=5))
    record = run.record
    record["config"]["data"]["content_hash"] = "0" * 64
    write_json(run.path / "config.json", record)
    with pytest.raises(DataError, match="found others; put the old ones back, or start a new run"):
        Trainer(run, CPU, "float32").train()


def filled(store: RunStore) -> Run:
    """A run with rows and files of steps 0, 5, 10 and 100000000."""
    run = store.create(config())
    steps = (0, 5, 10, 100_000_000)
    for name in ("metrics.jsonl", "snapshots.jsonl"):
        with (run.path / name).open("ab") as file:
            append_lines(file, [{"step": step, "images_per_second": 2.0} for step in steps])
    for step in steps:
        for name in (f"snapshots/{step:08d}.npz", f"snapshots/{step:08d}.weights.npz"):
            (run.path / name).touch()
        for method in ("pca", "umap"):
            (run.path / "coordinates" / f"{method}-{step:08d}.npz").touch()
    return run


@pytest.mark.parametrize(("beyond", "kept"), [(-1, []), (0, [0]), (7, [0, 5]), (10, [0, 5, 10])])
def test_what_lies_beyond_the_checkpoint_is_forgotten(
    store: RunStore, beyond: int, kept: list[int]
) -> None:
    run = filled(store)
    run.drop_beyond(beyond)
    assert [row["step"] for row in run.metrics()[0]] == kept
    assert [row["step"] for row in run.snapshot_rows()] == kept
    assert run.snapshot_steps() == kept
    assert run.coordinate_steps("pca") == run.coordinate_steps("umap") == kept
    weights = sorted(p.name for p in run.path.glob("snapshots/*.weights.npz"))
    assert weights == [f"{step:08d}.weights.npz" for step in kept]


def test_speed_is_the_median_of_all_steps(store: RunStore) -> None:
    run = store.create(config())
    assert average_speed(run) is None
    with (run.path / "metrics.jsonl").open("ab") as file:
        speeds = (None, 10.0, 900.0, 20.04, 30.0, 5.0)
        append_lines(file, [{"step": i, "images_per_second": s} for i, s in enumerate(speeds)])
    assert average_speed(run) == 20.0


def test_data_are_described() -> None:
    data = dataset(factor_names={"half": ("first", "second")})
    assert describe_data(data) == {
        "name": "tinted",
        "class_names": ["red", "green", "blue"],
        "factors": {"half": ["first", "second"]},
        "train": 40,
        "test": 12,
        "is_gray": False,
        "kind": "photographs",
        "image_size": 16,
        "notes": [],
        "content_hash": data.content_hash,
        "unfit": "noise",
        "trained_classes": 3,
    }


def test_versions_and_hardware_are_told() -> None:
    import keras

    found = trainer.versions()
    assert found["keras"] == keras.__version__ and found["numpy"] == np.__version__
    assert trainer.hardware(CPU)["device"] == "a processor"


def test_a_run_that_cannot_fit_is_refused_before_anything_is_built(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create(config(source(tmp_path), steps=3))
    trainer = Trainer(run, CPU, "float32")
    monkeypatch.setattr(trainer, "room", lambda: 7e8)
    monkeypatch.setattr(trainer, "_engine", None)  # not to be reached
    with pytest.raises(MemoryShort, match=r"at least 0\.8 GB .* of 8 pictures of 16 pixels, found"):
        trainer.train()


@pytest.mark.slow
def test_memory_that_runs_out_is_told_with_a_batch_that_fits(
    store: RunStore, tmp_path: Path
) -> None:
    run = store.create(config(source(tmp_path), steps=3))
    trainer = Trainer(run, CPU, "float32")
    trainer.train()
    for error in (MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: out of memory")):
        words, kind = worker._explained(error, trainer)
        assert "start again with a batch size of 4" in words and kind == "MemoryError"
