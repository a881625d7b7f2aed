"""Verdicts on made-up curves, by hand, and on real runs: made to fail in each way, and healthy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_npz
from simclr_core.base.paths import PROJECT
from simclr_core.data import unfit
from simclr_core.data.datasets import load_dataset
from simclr_core.runs import evidence
from simclr_core.runs.evidence import RunEvidence
from simclr_core.runs.health import (
    COLLAPSED,
    DIVERGING,
    EARLY,
    HEALTHY,
    NOT_STARTED,
    SATURATED,
    UNFIT,
    verdict,
)
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import preset_config
from trained_run import trained

DATA = PROJECT.parent / "shared" / "data"
ALIKE = math.log(127)  # N = 64


def told(losses, accuracies, first_rank=40.0, rank=40.0, uniformity=-3.0, **more) -> RunEvidence:
    """A run of 400 steps whose loss and accuracy go through these values at even distances."""
    places = np.linspace(0, 399, len(losses))
    steps = np.arange(400)
    noise = np.random.default_rng(0).normal(0, 0.05, 400)
    rows = [
        {"step": 0, "effective_rank_z": first_rank, "uniformity": -1.8},
        {"step": 400, "effective_rank_z": rank, "uniformity": uniformity},
    ]
    return RunEvidence(
        np.interp(steps, places, losses) + noise,
        np.clip(np.interp(steps, places, accuracies), 0, 1),
        64,
        rows,
        **more,
    )


@pytest.mark.parametrize(
    ("name", "run"),
    [
        (HEALTHY, told([6.2, 2, 1.2, 0.9], [0.05, 0.4, 0.7, 0.8])),
        (HEALTHY, told([6.2, 0.9, 0.9, 0.9], [0.05, 0.8, 0.8, 0.8])),  # stands still, not too easy
        (HEALTHY, told([6.2, 0.5, 0.2, 0.001], [0.3, 0.9, 0.99, 1])),  # easy, and still falling
        (HEALTHY, told([1.2, 1.1, 1.0, 0.9], [0.9, 0.92, 0.94, 0.96])),  # good from the first step
        (NOT_STARTED, told([6.2, 6.2, 6.2, 6.2], [0.04, 0.05, 0.04, 0.05])),
        (NOT_STARTED, told([6.2, 6.2, 6.2, 6.2], [0.04, 0.05, 0.04, 0.05], trained=True)),
        (HEALTHY, told([0.88, 0.8, 0.75, 0.72], [0.79, 0.79, 0.8, 0.8], trained=True)),  # a fork
        (NOT_STARTED, told([4.9, 4.8, 4.8, 4.8], [0.02, 0.02, 0.02, 0.02])),
        (COLLAPSED, told([5.0, 4.8, 4.7, 4.6], [0.04, 0.02, 0.03, 0.03], rank=4.0)),
        (COLLAPSED, told([5.0, ALIKE, ALIKE], [0.04, 0, 0], rank=0.0, uniformity=0.0)),
        (COLLAPSED, told([5.0, 2.0, ALIKE], [0.04, 0.5, 0], rank=1.0, uniformity=-0.01)),
        (SATURATED, told([0.5, 0.02, 0.01, 0.01], [1, 1, 1, 1])),
        (DIVERGING, told([6.2, 2.0, 1.5, 2.9], [0.05, 0.5, 0.6, 0.3])),
        (DIVERGING, told([6.2, 2.0], [0.05, 0.5], diverged=True)),
        (DIVERGING, told([6.2, 2.0, np.nan, np.nan], [0.05, 0.5, 0.5, 0.5])),
    ],
)
def test_verdicts_by_hand(name, run):
    found = verdict(run)
    assert found.name == name
    assert found.words and found.evidence and found.advice
    for sentence in (found.words, *found.evidence, *found.advice):
        assert sentence[0] in "z0123456789" or sentence[0].isupper()
        assert sentence.endswith(".") and "nan" not in sentence


COLLAPSE = {"losses": [5.0, ALIKE, ALIKE], "accuracies": [0.04, 0, 0], "rank": 0, "uniformity": 0}
LEARNING = {"losses": [6.2, 2, 1.2, 0.9], "accuracies": [0.05, 0.4, 0.7, 0.8]}


@pytest.mark.parametrize("kind", [unfit.IDENTICAL, unfit.FLAT, unfit.NOISE, unfit.BLACK])
def test_unfit_pictures_are_named_before_a_collapse(kind):
    """A lower learning rate would not help."""
    found = verdict(told(**COLLAPSE, unfit=kind))
    assert found.name == UNFIT and found.words == unfit.WORDS[kind]
    assert found.advice == (unfit.ADVICE[kind],) and "Loss 5" in found.evidence[0]
    few = RunEvidence(np.full(3, 6.0), np.zeros(3), 64, unfit=kind)
    assert verdict(few).name == UNFIT  # known before a single step


def test_noise_is_not_called_healthy_and_dark_pictures_that_are_learned_are():
    assert verdict(told(**LEARNING, unfit=unfit.NOISE)).name == UNFIT
    dark = verdict(told(**LEARNING, unfit=unfit.BLACK))
    assert dark.name == HEALTHY and "0 to 255" in dark.advice[-1]


@pytest.mark.parametrize("curves", [COLLAPSE, {"losses": [6.2, 6.2], "accuracies": [0.04, 0.05]}])
def test_a_learning_rate_of_0_is_named(curves):
    found = verdict(told(**curves, rate=0.0))
    assert found.name == NOT_STARTED and "learning rate is 0" in found.words
    assert not any("ten times" in line for line in found.advice)
    assert verdict(RunEvidence(np.empty(0), np.empty(0), 64, rate=0.0)).evidence == ()
    assert "learning rate is 0" not in verdict(told(**curves, rate=1e-9)).words


def test_healthy_says_what_it_does_not_mean():
    assert "What it keeps" in verdict(told(**LEARNING)).advice[-1]


def test_the_floor_of_the_loss_makes_no_verdict():
    """Far above it or right at it, with accuracy and slope as they are."""
    low = told([3.0, 0.012, 0.011, 0.0106], [0.5, 0.9, 0.95, 0.97])
    assert verdict(low).name == HEALTHY


@pytest.mark.parametrize("steps", [0, 1, 39])
def test_few_steps_say_nothing_yet(steps):
    found = verdict(RunEvidence(np.full(steps, 6.0), np.zeros(steps), 64))
    assert found.name == EARLY and str(steps) in found.words


def test_without_snapshots_there_is_still_a_verdict():
    run = told([6.2, 2, 1.2, 0.9], [0.05, 0.4, 0.7, 0.8])
    assert verdict(RunEvidence(run.losses, run.accuracies, 64)).name == HEALTHY


def test_dead_units_by_hand():
    h = np.float32([[1, 0, 5, 2], [1, 0, 6, 2.5], [1, 0, 5, 2]])
    assert evidence.dead_units(h) == 0.5
    assert evidence.dead_units(np.zeros((4, 3))) == 1


def test_a_run_folder_tells_and_damage_is_a_sentence(tmp_path):
    fake = FakeRun(RunStore(tmp_path), probe=30)
    fake.snapshot()
    fake.train(300)
    fake.snapshot()
    found = evidence.evidence_of(fake.run)
    assert len(found.losses) == 300 and found.batch == fake.config.training.batch_size
    assert [row["step"] for row in found.rows] == [0, 300] and found.dead == 0
    assert verdict(found).name == HEALTHY
    assert found.unfit == "" and found.rate == fake.config.training.learning_rate
    probe = fake.run.probe()
    same = {**probe, "images": np.repeat(probe["images"][:1], 30, axis=0)}
    write_npz(fake.run.path / "probe.npz", same)
    assert evidence.evidence_of(fake.run).unfit == unfit.IDENTICAL  # not recorded: looked at
    data = {**fake.run.record["data"], "unfit": unfit.NOISE}
    fake.run.write_record({**fake.run.record, "data": data})
    assert evidence.evidence_of(fake.run).unfit == unfit.NOISE  # recorded by the worker
    held = fake.run.snapshot(300)
    write_npz(fake.run.path / "snapshots" / "00000300.npz", {**held, "h": np.zeros((30, 16))})
    assert evidence.dead_share(fake.run) == 1
    (fake.run.path / "snapshots" / "00000300.npz").write_bytes(b"no archive")
    assert evidence.dead_share(fake.run) == 0  # of the snapshot before
    (fake.run.path / "config.json").write_text("{")
    with pytest.raises(LabError):
        evidence.evidence_of(fake.run)


# Real runs. The bounds in health.py were set on runs of the drawn shapes.

FAILING = {
    "a tiny learning rate": (NOT_STARTED, {"learning_rate": 1e-7}, {}),
    "adamw at 1": (COLLAPSED, {"optimizer": "adamw", "learning_rate": 1.0}, {}),
    "sgd at 50": (COLLAPSED, {"optimizer": "sgd", "learning_rate": 50.0}, {}),
    "kernels times -99 a step": (  # decoupled decay of 1 at a rate of 100
        DIVERGING,
        {"optimizer": "sgd", "learning_rate": 100.0, "warmup_steps": 0, "weight_decay": 1.0},
        {},
    ),
    "two times the same view": (
        SATURATED,
        {},
        {"crop_p": 0.0, "flip_p": 0.0, "jitter_p": 0.0, "gray_p": 0.0, "blur_p": 0.0},
    ),
}


def short_run(store: RunStore, source: str, steps: int, training: dict, views: dict) -> Run:
    data = load_dataset(source)
    config = preset_config("minute", source, data.kind)
    config = replace(
        config,
        views=replace(config.views, **views),
        training=replace(config.training, steps=steps, snapshots=2, probe_size=300, **training),
    )
    return attempted(store, config)


def attempted(store: RunStore, config: RunConfig) -> Run:
    """A run that was trained to its end, whatever that was; the worker says how it failed."""
    from simclr_core.base.errors import Diverged

    try:
        return trained(store, config)
    except Diverged:
        (run,) = list(store)[-1:]
        run.write_status(state="failed", error="Diverged")
        return run


@pytest.mark.slow
@pytest.mark.parametrize("way", FAILING)
def test_runs_made_to_fail_are_told(way, tmp_path):
    name, training, views = FAILING[way]
    run = short_run(RunStore(tmp_path), "shapes", 300, training, views)
    assert verdict(evidence.evidence_of(run)).name == name


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("source", ["digits", "cifar10.npz", "pneumoniamnist.npz", "chest_xray"])
def test_healthy_runs_give_no_false_alarm(source, tmp_path):
    """On data that set no bound: two seeds each; five were looked at when the bounds were set."""
    place = source if source == "digits" else str(DATA / source)
    if source != "digits" and not Path(place).exists():
        pytest.skip(f"{source} is not here; it lies in the data to try things on")
    for seed in range(2):
        run = short_run(RunStore(tmp_path), place, 150, {"seed": seed}, {})
        assert verdict(evidence.evidence_of(run)).name == HEALTHY, f"seed {seed}"
