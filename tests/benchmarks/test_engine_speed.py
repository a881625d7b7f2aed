"""What `python -m simclr_core bench` measures in its own process, under pytest-benchmark.

    .venv/bin/python -m pytest tests/benchmarks --benchmark-enable

Without the option every action is called once, to see that it works; nothing has a time limit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simclr_core.bench import steps
from simclr_core.bench.layouts import frames
from simclr_core.measures import projection
from simclr_core.settings.config import TrainConfig, replace
from simclr_core.settings.presets import preset_config
from simclr_core.views.recipes import draw_recipes


@pytest.mark.parametrize(
    ("name", "size"),
    [*((name, 32) for name in steps.OPERATIONS), *(("all", size) for size in steps.SIZES)],
)
def test_views(benchmark: Any, name: str, size: int) -> None:
    """One call renders two views of `SIZES[size]` pictures."""
    count = steps.SIZES[size]
    call = steps.views_call(steps.OPERATIONS[name], size, count)
    found = np.asarray(benchmark(call))
    assert found.shape == (count, 2, size, size, 3) and 0 <= found.min() < found.max() <= 1


def test_recipes(benchmark: Any) -> None:
    config = steps.OPERATIONS["all"]
    found = benchmark(lambda: draw_recipes(config, 256, 0, 1, image_size=32))
    assert len(found) == 256


@pytest.mark.parametrize("kind", ["bare", "reference", "preset"])
def test_step(benchmark: Any, kind: str) -> None:
    """Bare step, full step of the reference encoder, full step of the preset `minute`."""
    config = preset_config("minute")
    training = replace(config.training, precision="float32")
    trainer = {
        "bare": lambda: steps.bare_trainer(jit=False),
        "reference": lambda: steps.reference_trainer(jit=False),
        "preset": lambda: steps.trainer(config.model, training, 32, jit=False),
    }[kind]()
    benchmark(trainer.step)
    assert trainer.batch == (TrainConfig().batch_size if kind == "preset" else 128)


@pytest.mark.parametrize("points", [500, 1000, 2000, 5000])
def test_pca(benchmark: Any, points: int) -> None:
    (h,) = frames(points, 1)
    assert benchmark(lambda: projection.pca(h)).shape == (points, 2)
