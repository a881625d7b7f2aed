"""The bench: how its figures come about, and that every part measures a real thing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from child_processes import ROOT
from simclr_core.bench import layouts, precisions, rounds, slopes, steps, whole_runs
from simclr_core.bench.benchmark import PARTS, Benchmark
from simclr_core.bench.rounds import Figure, seconds_each
from simclr_core.cli import main as cli
from simclr_core.machine.devices import Device, find_device


def test_a_figure_is_the_median_and_the_whole_spread() -> None:
    figure = Figure((4.0, 1.0, 2.0))
    assert figure.median == 2.0 and figure.spread == 1.5
    assert figure.per(Figure((2.0, 1.0, 4.0))).values == (2.0, 1.0, 0.5)
    assert figure.times(3).values == (12.0, 3.0, 6.0)


def test_actions_take_turns() -> None:
    order: list[str] = []
    actions = {name: (lambda name=name: order.append(name)) for name in "ab"}
    found = seconds_each(actions, rounds=2, budget=0)
    assert "".join(order) == "aaabbb" + 2 * "aaabbb"  # three to warm up, then three a turn
    assert set(found) == {"a", "b"} and all(len(f.values) == 2 for f in found.values())


def test_a_turn_measures_what_an_action_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now, calls = [0.0], []

    def action() -> None:
        calls.append(1)
        now[0] += 0.02 if len(calls) % 2 else 0.03

    monkeypatch.setattr(rounds, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    found = seconds_each({"action": action}, rounds=1, budget=0.09)
    assert len(calls) == 3 + 4  # to warm up, then until 0.09 s are over: 0.03, 0.02, 0.03, 0.02
    assert found["action"].median == pytest.approx(0.025)


def test_the_reference_encoder_stays_as_it_is() -> None:
    """Four strided convolutions, 16 to 128 channels: figures of years can be compared."""
    net = steps.reference_encoder(32, steps.REFERENCE_WIDTH)
    assert net.output_shape == (None, 128)
    kernels = [w.shape for w in net.trainable_weights if len(w.shape) == 4]
    assert kernels == [(3, 3, 3, 16), (3, 3, 16, 32), (3, 3, 32, 64), (3, 3, 64, 128)]
    assert net.count_params() == 97_200 + 2 * 2 * 240  # and four numbers a channel of BatchNorm


def test_the_bare_step_learns_and_the_full_one_as_well() -> None:
    bare, full = steps.bare_trainer(jit=False), steps.reference_trainer(jit=False)
    for trainer in (bare, full):
        losses = [float(np.ravel(trainer.step())[0]) for _ in range(12)]
        assert np.isfinite(losses).all() and min(losses[6:]) < losses[0]


def test_frames_move_a_little() -> None:
    one, other = layouts.frames(400, 2)
    assert one.shape == (400, layouts.DIMENSIONS) and one.dtype == np.float32
    assert 0.05 < np.std(other - one) < 0.2 < np.std(one)


def test_the_json_has_the_promised_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts themselves are tried below and by hand: here is only what becomes of them."""
    one = Figure((1.0, 2.0, 3.0))
    monkeypatch.setattr(steps, "measure_steps", lambda *_, **__: dict.fromkeys(_STEPS, one))
    views = {name: dict.fromkeys(map(str, steps.SIZES), one) for name in steps.OPERATIONS}
    monkeypatch.setattr(steps, "measure_views", lambda *_, **__: views)
    monkeypatch.setattr("simclr_core.bench.benchmark.measure_layouts", lambda *_: {"warm": one})
    monkeypatch.setattr("simclr_core.bench.benchmark.training", _nothing)
    monkeypatch.setattr("simclr_core.bench.benchmark.first_loss_seconds", lambda *_, **__: 2.0)
    length = {"step": 1.01, "memory": 2e6, "steps": 9.0}
    monkeypatch.setattr(slopes, "by_length", lambda *_: length)
    sizes = dict.fromkeys([*(f"{count:,}" for count in slopes.COUNTS), slopes.MAPPED], one)
    monkeypatch.setattr(slopes, "by_data_size", lambda *_, **__: (sizes, 1.0))
    both = {"float32": Figure((4.0, 4.0)), "bfloat16": Figure((2.0, 4.0))}
    monkeypatch.setattr(precisions, "measure_precisions", lambda *_, **__: {"minute": both})
    parts = {"worker": 0.05, "mapper": 0.02, "total": 0.07}
    monkeypatch.setattr("simclr_core.bench.benchmark.observation", lambda *_: parts)
    benchmark = Benchmark(Device("cpu", "2 cores", 0, usable=True), 3, lambda words: None)
    benchmark.measure(PARTS)
    found = json.loads(json.dumps(benchmark.json))
    assert found["encoder_images_per_second"] == found["train_images_per_second"] == 2.0
    assert found["train_over_encoder"] == 1.0
    assert found["views_per_second"] == {"32": 2.0, "64": 2.0, "96": 2.0, "224": 2.0}
    assert found["observation_cost"] == 0.07
    assert found["mapped_over_resident"] == found["large_over_small"] == 1.0
    assert found["images_per_second_by_pictures"]["200,000"] == 2.0
    assert found["length"]["step"] == 1.01
    assert found["bfloat16_times_as_fast"] == {"minute": 1.5}
    assert found["umap_seconds"]["1000"] == {"warm": 2.0, "warm_beside_training": 2.0}
    assert found["first_loss_seconds"] == {"cold": 2.0, "warm": 2.0}
    assert all(len(row) == 3 and row[1] for row in benchmark.rows)


def test_every_part_can_be_asked_for() -> None:
    for part in PARTS:
        assert cli.build_parser().parse_args(["bench", "--only", part]).only == [part]


def test_growth_is_the_last_tenth_over_the_second() -> None:
    assert slopes._growth([9.0] * 10 + [2.0] * 10 + [5.0] * 70 + [3.0] * 10) == 1.5
    assert slopes._growth([1.0, 2.0, 4.0]) == 2.0


def test_sets_of_any_size_and_a_set_on_the_disk_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCLR_LAB_CACHE", str(tmp_path))
    found, read = slopes.by_data_size(False, 2, 0.2, counts=(100, 300))
    assert list(found) == ["100", "300", slopes.MAPPED]
    assert all(len(figure.values) == 2 and figure.median > 0 for figure in found.values())
    assert read >= 0
    assert list(tmp_path.iterdir()) == []  # the file is gone


_STEPS = ("encoder", "train", "preset", "views")


class _nothing:
    def __init__(self, device: str) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *details: object) -> None: ...


def test_layouts_are_measured_in_a_process_of_their_own() -> None:
    found = layouts.measure_layouts(60, 1)
    assert set(found) == {"compile", "pca", "cold", "warm"}
    assert [len(found[name].values) for name in ("pca", "cold", "warm")] == [2, 2, 1]
    assert all(value > 0 for figure in found.values() for value in figure.values)


@pytest.mark.slow
def test_a_start_and_what_observes_it_are_measured_on_real_runs() -> None:
    seconds = whole_runs.first_loss_seconds("cpu", warm=True)
    assert 0.1 < seconds < 60
    length = slopes.by_length("cpu", 10.0)
    assert length["steps"] > 20 and 0.2 < length["step"] < 5
    found = whole_runs.observation("cpu", 8.0)
    assert found["total"] == pytest.approx(found["worker"] + found["mapper"])
    assert 0 < found["worker"] < 1 and 0 <= found["mapper"] < 1


@pytest.mark.slow
def test_steps_of_both_precisions_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precisions, "SETTINGS", (("minute", "drawn"),))
    (found,) = precisions.measure_precisions(2, 0.05).values()
    assert set(found) == {"float32", "bfloat16"}
    assert all(len(f.values) == 2 and f.median > 0 for f in found.values())


@pytest.mark.parametrize("part", ["steps", "views", "precision"])
def test_the_framework_is_prepared_before_it_is_imported(part: str) -> None:
    """Else oneDNN would be off on some processors, and every figure too low."""
    code = (
        "import os, sys\n"
        "from simclr_core.bench import benchmark\n"
        "from simclr_core.machine.devices import find_device\n"
        "def prepare(device):\n"
        "    assert 'keras' not in sys.modules\n"
        "    sys.exit(7)\n"
        "benchmark.prepare = prepare\n"
        f"benchmark.Benchmark(find_device('cpu'), 1, print).measure(('{part}',))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 7


@pytest.mark.slow
def test_the_command_prints_one_json_object() -> None:
    command = [sys.executable, "-m", "simclr_core", "bench", "--device", "cpu", "--json"]
    command += ["--rounds", "1", "--only", "steps"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["train_over_encoder"] == pytest.approx(
        found["train_images_per_second"] / found["encoder_images_per_second"], rel=1e-3
    )
    assert found["device"] == find_device("cpu").name


def test_operations_of_a_network_are_counted_by_hand() -> None:
    import keras

    from simclr_core.bench.gpu_case import products

    inner = keras.Sequential([keras.Input((8, 8, 4)), keras.layers.Conv2D(5, 1, use_bias=False)])
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    x = keras.layers.DepthwiseConv2D(3, padding="same")(x)
    x = keras.layers.GlobalAveragePooling2D()(inner(x))
    net = keras.Model(inputs, keras.layers.Dense(10)(x))
    by_hand = 2 * (64 * 4 * 27 + 64 * 4 * 9 + 64 * 5 * 4 + 5 * 10)
    assert products(net) == by_hand


@pytest.mark.slow
def test_a_gpu_case_prints_a_line_a_figure_and_shares_are_told() -> None:
    from simclr_core.bench.gpus import measure_gpu

    lines: list[str] = []
    case = (("tiny", "float32", (4, 8), 8),)
    found = measure_gpu(find_device("cpu"), 120.0, lines.append, case)
    assert [row["batch"] for row in found] == [4, 8] and len(lines) == 3
    assert "bare_images_per_second" not in found[0] and 0 < found[1]["share_of_bare"] < 3
    assert found[0]["gigaflop_per_image"] == found[1]["gigaflop_per_image"] > 0
    assert measure_gpu(find_device("cpu"), 0.0, lines.append, case) == []


def test_without_a_gpu_its_figures_stay_blank() -> None:
    benchmark = Benchmark(find_device("cpu"), 1, lambda words: None)
    benchmark.measure(("gpu",))
    assert benchmark.rows == [] and "gpu" not in benchmark.json
