"""float32 or bfloat16: what is asked for, what the device does, what was measured."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from simclr_core.base.files import read_json, write_json
from simclr_core.machine.devices import Device
from simclr_core.settings.config import ModelConfig, RunConfig, TrainConfig, replace
from simclr_core.training import precision
from simclr_core.training.precision import choose, faster

pytestmark = pytest.mark.heavy

CPU = Device("cpu", "2 cores", 0, usable=True)
SMALL = RunConfig(model=ModelConfig(width=4, head_width=8, head_dim=4))
SMALL = replace(SMALL, training=TrainConfig(batch_size=4))
SIZE = 8


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if the processor multiplied bfloat16; what is measured is remembered in a folder."""
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: True)
    monkeypatch.setenv("SIMCLR_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "precision.json"


@pytest.mark.parametrize(
    ("wanted", "device", "found"),
    [
        ("auto", Device("gpu:0", "NVIDIA H200", 0, usable=True, fast="bfloat16"), "bfloat16"),
        ("auto", Device("gpu:0", "Tesla T4", 0, usable=True, fast="float16"), "float16"),
        ("float16", Device("gpu:0", "NVIDIA H200", 0, usable=True, fast="bfloat16"), "float16"),
        ("bfloat16", CPU, "bfloat16"),
        ("float32", CPU, "float32"),
    ],
)
def test_a_wish_is_followed_and_gpus_tell(
    wanted: str, device: Device, found: str, hardware: Path
) -> None:
    assert choose(wanted, device, SMALL, SIZE) == found
    assert not hardware.exists()  # nothing had to be measured


def test_without_the_instructions_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, hardware: Path
) -> None:
    monkeypatch.setattr(precision, "cpu_has_bfloat16", lambda: False)
    monkeypatch.setattr(precision, "faster", lambda *a: pytest.fail("measured"))
    assert choose("auto", CPU, SMALL, SIZE) == "float32"


@pytest.mark.parametrize(
    ("turn", "found"),
    [  # seconds of a turn of float32, then of bfloat16
        ((1.0, 0.5), "bfloat16"),
        ((1.0, 0.98), "float32"),  # too little to be sure
        pytest.param((1.0, 3.0), "float32", marks=pytest.mark.slow),
    ],
)
def test_the_faster_one_is_taken(turn: tuple[float, float], found: str) -> None:
    """The clock is asked before and after every turn; turns alternate."""
    times = itertools.cycle([(0.0, turn[0]), (0.0, turn[1])])
    clock = itertools.chain.from_iterable(times)
    assert faster(SMALL, SIZE, lambda: next(clock)) == found


def test_it_is_measured_once_for_a_shape_of_step(
    monkeypatch: pytest.MonkeyPatch, hardware: Path
) -> None:
    asked: list[tuple[int, int]] = []

    def measure(config: RunConfig, size: int) -> str:
        asked.append((config.training.batch_size, size))
        return "bfloat16"

    monkeypatch.setattr(precision, "faster", measure)
    other = replace(SMALL, training=replace(SMALL.training, batch_size=8))
    seeded = replace(SMALL, training=replace(SMALL.training, seed=5))
    for config, size in ((SMALL, 8), (seeded, 8), (other, 8), (SMALL, 16), (SMALL, 8)):
        assert choose("auto", CPU, config, size) == "bfloat16"
    assert asked == [(4, 8), (8, 8), (4, 16)]
    assert set((read_json(hardware) or {}).values()) == {"bfloat16"}


@pytest.mark.parametrize("content", ["no json", "[]", ""])
def test_what_was_remembered_may_be_damaged(
    content: str, monkeypatch: pytest.MonkeyPatch, hardware: Path
) -> None:
    monkeypatch.setattr(precision, "faster", lambda *a: "bfloat16")
    hardware.parent.mkdir()
    hardware.write_text(content)
    assert choose("auto", CPU, SMALL, SIZE) == "bfloat16"
    write_json(hardware, {precision._key(SMALL, SIZE): "float99"})
    assert choose("auto", CPU, SMALL, SIZE) == "bfloat16"


def test_where_nothing_can_be_remembered_it_is_measured_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hardware: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIMCLR_LAB_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(precision, "faster", lambda *a: "bfloat16")
    assert choose("auto", CPU, SMALL, SIZE) == "bfloat16"
