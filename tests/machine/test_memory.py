"""Memory before a run: counted as the networks are built, and refused before the system ends it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import pytest

from simclr_core.machine import memory
from simclr_core.model.encoders import APPLICATIONS, build_encoder
from simclr_core.settings.config import ModelConfig, RunConfig, TrainConfig


def given(net: Any) -> int:
    """Values that all layers give for a picture."""
    total = 0
    for layer in net.layers:
        if isinstance(layer, keras.Model):
            total += given(layer)
        elif not isinstance(layer, keras.layers.InputLayer):
            total += math.prod(layer.output.shape[1:])
    return total


def run(batch: int = 64, **model: Any) -> RunConfig:
    return RunConfig(model=ModelConfig(**model), training=TrainConfig(batch_size=batch))


@pytest.mark.parametrize(
    ("encoder", "width", "size"),
    [
        *(("tiny", w, s) for w, s in ((16, 32), (32, 64), (32, 16), (16, 224), (8, 25))),
        *(("resnet18", w, s) for w, s in ((64, 32), (16, 224), (8, 33))),
        *(("resnet50-cifar", w, s) for w, s in ((64, 32), (32, 33))),
    ],
)
def test_the_count_is_that_of_the_network(encoder: str, width: int, size: int) -> None:
    net = build_encoder(ModelConfig(encoder=encoder, width=width), size)
    values, weights = memory._encoder(ModelConfig(encoder=encoder, width=width), size)
    assert values == pytest.approx(given(net), rel=0.02)
    assert weights == pytest.approx(net.count_params(), rel=0.03)


def test_every_family_of_keras_applications_is_known() -> None:
    assert set(memory._FAMILIES) == set(APPLICATIONS)


@pytest.mark.parametrize(("name", "size"), [("mobilenetv2", 64), ("vgg16", 32)])
def test_families_are_counted_by_the_pixel(name: str, size: int) -> None:
    net = build_encoder(ModelConfig(encoder=name), size)
    values, weights = memory._encoder(ModelConfig(encoder=name), size)
    assert values == pytest.approx(given(net), rel=0.1)
    assert weights == pytest.approx(net.count_params(), rel=0.02)


def test_memory_grows_with_the_batch_and_a_fitting_one_is_found() -> None:
    config = run(batch=100, encoder="resnet18", width=64)
    whole = memory.needed(config, 64)
    assert whole > memory.needed(run(batch=50, encoder="resnet18", width=64), 64)
    assert memory.fitting_batch(config, 64, math.inf) == 64
    room = memory.needed(run(batch=16, encoder="resnet18", width=64), 64)
    assert memory.fitting_batch(config, 64, room) == 16
    assert memory.fitting_batch(config, 64, 1e6) == 0
    assert memory.advice(config, 64, room) == "a batch size of 16 would fit"
    assert "smaller encoder" in memory.advice(config, 64, 1e6)


def test_what_is_available_is_no_more_than_the_machine_has() -> None:
    assert 0 < memory.available() <= memory.psutil.virtual_memory().total


def groups(system: Path, own: str, files: dict[str, str]) -> None:
    """Files as the kernel shows them: this process's groups, and what stands in the folders."""
    for name, text in {"proc/self/cgroup": own, **files}.items():
        path = system / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("own", "files", "left"),
    [
        ("0::/", {}, None),
        ("nonsense", {"memory.max": "3000000", "memory.current": "1000000"}, 2e6),
        ("0::/", {"memory.max": "max", "memory.current": "1000000"}, None),
        ("0::/a/b", {"a/memory.max": "3000000", "a/memory.current": "1000000"}, 2e6),
        ("0::/a", {"a/b/memory.max": "3000000", "a/b/memory.current": "1000000"}, None),
        (
            "0::/a",
            {
                "a/memory.max": "3000000",
                "a/memory.current": "2500000",
                "a/memory.stat": "anon 100\ninactive_file 1200000\n",
            },
            1.7e6,
        ),
        (
            "5:cpu,memory:/a\n0::/",
            {
                "memory/memory.limit_in_bytes": "9223372036854771712",
                "memory/memory.usage_in_bytes": "1000",
                "memory/a/memory.limit_in_bytes": "3000000",
                "memory/a/memory.usage_in_bytes": "3000000",
                "memory/a/memory.stat": "total_inactive_file 5000\n",
            },
            5e3,
        ),
    ],
)
def test_what_is_available_is_no_more_than_a_container_may_take(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own: str,
    files: dict[str, str],
    left: float | None,
) -> None:
    groups(tmp_path, own, {f"sys/fs/cgroup/{name}": text for name, text in files.items()})
    monkeypatch.setattr(memory, "SYSTEM", tmp_path)
    free = float(memory.psutil.virtual_memory().available)
    found = memory.available()
    assert found == left if left is not None else found == pytest.approx(free, rel=0.05)
