"""An engine made beforehand: the same run, to the last bit, as with one made for it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from simclr_core.machine.devices import Device
from simclr_core.model.simclr import SimCLR
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, ViewConfig, replace
from simclr_core.training.engine import WarmEngine, build_engine
from simclr_core.training.trainer import Trainer
from small_parts import MODEL, SIZE, TRAINING, VIEWS, assert_same, config, source, weights_of

CPU = Device("cpu", "a processor", 0, usable=True)


def wanted(**training: object) -> RunConfig:
    return RunConfig(views=VIEWS, model=MODEL, training=replace(TRAINING, **training))


@pytest.mark.parametrize("seed", [TRAINING.seed, 11])
def test_it_begins_where_a_new_engine_begins(seed: int) -> None:
    warm = WarmEngine(wanted(), SIZE)
    run = wanted(seed=seed, steps=9, snapshots=2)
    engine = warm.take(run, SIZE)
    assert engine is not None
    new = build_engine(run.model, run.training, SIZE, jit=False)
    assert_same(weights_of(engine.model), weights_of(new.model))
    state, fresh = ([np.asarray(v) for v in e.model.optimizer.variables] for e in (engine, new))
    assert_same(state, fresh)
    assert warm.take(run, SIZE) is None  # there was one


@pytest.mark.parametrize(
    "other",
    [
        (wanted(temperature=0.2), SIZE),
        (wanted(learning_rate=1e-4), SIZE),
        (wanted(warmup_steps=3), SIZE),
        (wanted(batch_size=4), SIZE),
        (wanted(optimizer="sgd"), SIZE),
        (wanted(optimizer="adamw"), SIZE),
        (wanted(precision="bfloat16"), SIZE),
        (replace(wanted(), model=replace(MODEL, width=8)), SIZE),
        (replace(wanted(), views=ViewConfig(blur_p=0.5)), SIZE),
        (wanted(), 2 * SIZE),
    ],
)
def test_a_run_with_another_step_is_not_given_it(
    other: tuple[RunConfig, int], ready: WarmEngine
) -> None:
    assert ready.take(*other) is None


@pytest.fixture(scope="module")
def ready() -> WarmEngine:
    return WarmEngine(wanted(), SIZE)


def test_views_that_need_no_other_step_are_fine(ready: WarmEngine) -> None:
    run = replace(wanted(), views=ViewConfig(crop_min=0.1, color_strength=0.0))
    assert ready.take(run, SIZE) is not None


def trained(store: RunStore, settings: RunConfig, warm: WarmEngine | None) -> Run:
    run = store.create(settings)
    Trainer(run, CPU, "float32", warm).train()
    return run


def test_a_run_is_the_same_and_traces_nothing_anew(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch runs every step as it is written and traces nothing")
    traces: list[SimCLR] = []  # Python comes by only while a step is traced
    call = SimCLR.call
    monkeypatch.setattr(
        SimCLR, "call", lambda self, *a, **k: (traces.append(self), call(self, *a, **k))[1]
    )
    settings = config(source(tmp_path), steps=7, warmup_steps=3)
    warm = WarmEngine(settings, SIZE)
    assert traces
    traced = len(traces)
    runs = [trained(store, settings, warm)]
    assert len(traces) == traced
    runs.append(trained(store, settings, None))
    assert len(traces) > traced
    rows = [[row["loss"] for row in run.metrics()[0]] for run in runs]
    assert len(rows[0]) == 7 and rows[0] == rows[1]
    for at in runs[0].snapshot_steps():
        one, other = (run.snapshot(at) for run in runs)
        assert_same(list(one.values()), list(other.values()))
