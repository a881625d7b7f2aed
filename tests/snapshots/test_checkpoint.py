"""Checkpoints: training goes on as if nothing had happened, and no damaged file gets in."""

from __future__ import annotations

import dataclasses
import functools
import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from simclr_core.base.errors import RunDamaged
from simclr_core.base.files import read_npz, write_npz
from simclr_core.runs.snapshots.checkpoint import (
    load_checkpoint,
    load_weights,
    model_arrays,
    save_checkpoint,
)
from simclr_core.settings.config import TrainConfig, replace
from small_parts import MODEL, TRAINING, assert_same, compiled, differ, feed, weights_of

SETTINGS = {
    "muon": TRAINING,
    "adamw": replace(TRAINING, optimizer="adamw"),
    "sgd": replace(TRAINING, optimizer="sgd"),
    "float16": replace(TRAINING, precision="float16"),
}


def train(model: Any, training: TrainConfig, start: int, steps: int) -> list[float]:
    """Some steps; the loss of each."""
    batches = feed(training, start)
    return [model.train_on_batch(batches[i][0], return_dict=True)["loss"] for i in range(steps)]


def state_of(model: Any) -> list[np.ndarray]:
    """All that training changes."""
    return weights_of(model) + [ops.convert_to_numpy(v) for v in model.optimizer.variables]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_next_steps_equal_those_of_a_run_without_a_break(tmp_path: Path, name: str) -> None:
    training, path = SETTINGS[name], tmp_path / "checkpoint.npz"
    whole = compiled(training, eager=True)
    train(whole, training, 0, 3)
    save_checkpoint(path, whole, step=3, steps=60, seconds=1.5)
    kept = state_of(whole)
    expected = train(whole, training, 3, 3)

    fresh = compiled(replace(training, seed=99), eager=True)  # other weights, all of which must go
    assert load_checkpoint(path, fresh) == (3, 1.5)
    assert_same(state_of(fresh), kept)
    assert train(fresh, training, 3, 3) == expected
    assert_same(state_of(fresh), state_of(whole))
    assert differ(state_of(whole), kept)


def test_a_checkpoint_holds_plain_arrays_alone(tmp_path: Path) -> None:
    path, model = tmp_path / "checkpoint.npz", compiled()
    save_checkpoint(path, model, step=2**40, steps=2**41, seconds=1e6 + 1 / 3)
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    assert {array.dtype.kind for array in arrays.values()} <= set("fiu")
    assert (arrays["step"], arrays["steps"], arrays["seconds"]) == (2**40, 2**41, 1e6 + 1 / 3)
    found = [value for name, value in sorted(arrays.items()) if "/" in name]
    count = len(weights_of(model)) + len(model.optimizer.variables)
    assert len(found) == count
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.npz"]  # nothing left aside


def test_weights_alone_fit_a_fresh_model() -> None:
    trained = compiled(eager=True)
    train(trained, TRAINING, 0, 2)
    fresh = compiled(replace(TRAINING, seed=99))
    load_weights(fresh, model_arrays(trained), "weights.npz")
    assert_same(weights_of(fresh), weights_of(trained))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a good checkpoint."""
    path = tmp_path_factory.mktemp("good") / "checkpoint.npz"
    save_checkpoint(path, compiled(), step=3, steps=60, seconds=1.5)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, good: bytes) -> Path:
    """A good checkpoint, to be damaged."""
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(good)
    return path


@functools.cache
def victim() -> Any:
    """A model that is to refuse files."""
    return compiled()


def refusal(path: Path) -> str:
    """The one sentence with which a model refuses the file."""
    with pytest.raises(RunDamaged) as error:
        load_checkpoint(path, victim())
    text = str(error.value)
    assert text.startswith("Expected") and text.endswith(".") and "\n" not in text
    assert path.name in text and ";" in text  # what to do
    return text


def test_a_good_checkpoint_is_not_refused(path: Path) -> None:
    assert load_checkpoint(path, victim()) == (3, 1.5)


def zipped(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


FOREIGN: dict[str, Callable[[Path], Any]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("weights\n" * 100),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"step": 3})),
    "zip": lambda path: zipped(path, notes=b"hello"),
    "npy": lambda path: path.write_bytes(npy_bytes(np.arange(9))),
    "zip of bytes": lambda path: zipped(path, **{"encoder/0000": b"x", "step": b"y"}),
    "nothing inside": lambda path: zipped(path),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


def npy_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_file_is_refused(path: Path, what: str) -> None:
    FOREIGN[what](path)
    assert "checkpoint.npz" in refusal(path)


def test_a_missing_file_is_told_as_missing(tmp_path: Path) -> None:
    assert "missing" in refusal(tmp_path / "checkpoint.npz")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9999])
def test_a_truncated_file_is_refused(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "checkpoint.npz" in refusal(path)


class Trap:
    """Calls something when it is unpickled."""

    sprung = False

    def __reduce__(self) -> Any:
        return spring, ()


def spring() -> str:
    Trap.sprung = True
    return "sprung"


def test_pickles_are_neither_loaded_nor_written(path: Path) -> None:
    arrays = read_npz(path)
    trap = np.array([Trap()], dtype=object)
    np.savez(path, allow_pickle=True, **{**arrays, "encoder/0000": trap})
    refusal(path)
    assert not Trap.sprung
    with pytest.raises(TypeError, match="expected a plain array, found objects"):
        write_npz(path, {"encoder/0000": trap})
    np.load(path, allow_pickle=True)["encoder/0000"]
    assert Trap.sprung  # the trap works


def changed(path: Path, **changes: Any) -> None:
    """Replace arrays of a checkpoint; None leaves one out."""
    arrays: dict[str, Any] = {**read_npz(path), **changes}
    write_npz(path, {name: value for name, value in arrays.items() if value is not None})


@pytest.mark.parametrize("name", ["encoder/0000", "head/0001", "optimizer/0003", "step", "seconds"])
def test_a_checkpoint_that_lacks_something_is_refused(path: Path, name: str) -> None:
    assert name in read_npz(path)
    changed(path, **{name: None})
    assert "start a new run" in refusal(path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    for model in (
        replace(MODEL, width=8),
        replace(MODEL, head_layers=3),
        replace(MODEL, head_dim=9),
    ):
        save_checkpoint(path, compiled(model=model), step=3, steps=60, seconds=1.5)
        assert "other shapes" in refusal(path)


def test_a_checkpoint_of_another_optimiser_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, compiled(SETTINGS["sgd"]), step=3, steps=60, seconds=1.5)
    assert "checkpoint.npz" in refusal(path)


def test_the_old_checkpoint_stays_when_writing_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    model = compiled()

    @dataclasses.dataclass
    class Broken:
        variables: tuple[Any, ...] = (np.array([Trap()], dtype=object),)

    monkeypatch.setattr(model, "optimizer", Broken())
    with pytest.raises(TypeError):
        save_checkpoint(path, model, step=4, steps=60, seconds=2.0)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint.npz"]
