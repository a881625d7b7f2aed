"""Devices: what the driver lists, what the backend can use, and what is said when it cannot."""

from __future__ import annotations

import importlib.machinery
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from child_processes import ROOT
from simclr_core.base.errors import ConfigError, DeviceError
from simclr_core.machine import devices
from simclr_core.machine.devices import (
    Device,
    check_precision,
    core_count,
    cpu_has_bfloat16,
    find_device,
    list_devices,
)

Driver = Callable[[str], None]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Devices are listed once per process; list them again for each test, and afterwards."""
    list_devices.cache_clear()
    yield
    list_devices.cache_clear()


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Installs a program `nvidia-smi` that does what a shell script says."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def install(script: str) -> None:
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        list_devices.cache_clear()

    return install


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow's CUDA libraries, as far as one can see without loading them."""
    (tmp_path / "nvidia").mkdir()
    (tmp_path / "nvidia" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(devices.platform, "system", lambda: "Linux")


TWO = "echo 'NVIDIA H200, 143771'; echo 'NVIDIA A100-SXM4, 80GB, 81920'"


def test_the_processor_is_always_there() -> None:
    found = list_devices()[-1]
    assert (found.id, found.usable, found.note) == ("cpu", True, "")
    assert found.memory == psutil.virtual_memory().total
    assert re.fullmatch(r"\d+ cores?(, bfloat16)?", found.name)
    assert find_device("cpu") == found


def test_cores_are_those_that_this_process_may_use() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot confine a process to one core")
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from simclr_core.machine.devices import core_count, list_devices\n"
        "print(core_count(), list_devices()[-1].name)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"1 1 core(, bfloat16)?\n", done.stdout)
    assert core_count() == len(os.sched_getaffinity(0))


def test_bfloat16_as_lscpu_sees_it() -> None:
    if not shutil.which("lscpu"):
        pytest.skip("there is no lscpu here")
    text = subprocess.run(["lscpu"], capture_output=True, text=True).stdout
    assert cpu_has_bfloat16() == bool(re.search(r"\b(avx512_bf16|amx_bf16|bf16)\b", text))


@pytest.mark.parametrize(
    ("precision", "device", "flags", "refused"),
    [
        ("float16", "cpu", {"avx512f", "avx512_bf16"}, True),
        ("float16", "cpu", set(), True),
        ("float16", "cpu", {"avx512_fp16"}, False),
        ("float16", "gpu:0", set(), False),
        ("bfloat16", "cpu", set(), False),
        ("auto", "cpu", set(), False),
    ],
)
def test_float16_is_refused_where_a_processor_has_to_emulate_it(
    monkeypatch: pytest.MonkeyPatch, precision: str, device: str, flags: set[str], refused: bool
) -> None:
    monkeypatch.setattr(devices, "_cpu_flags", lambda: flags)
    place = Device(device, "some", 0, usable=True)
    if not refused:
        check_precision(precision, place)
        return
    with pytest.raises(ConfigError, match=r"^precision: .* found float16, .*; choose auto\.$"):
        check_precision(precision, place)


def test_no_driver_no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [device.id for device in list_devices()] == ["cpu"]
    assert find_device("auto").id == "cpu"
    for wanted in ("gpu", "gpu:0"):
        with pytest.raises(DeviceError, match=r"device 'gpu:0', found only cpu; choose"):
            find_device(wanted)


@pytest.mark.usefixtures("libraries")
def test_gpus_come_first_and_auto_takes_the_first(driver: Driver) -> None:
    driver(TWO)
    assert list_devices()[:-1] == (
        Device("gpu:0", "NVIDIA H200", 143771 * 2**20, usable=True, fast="bfloat16"),
        Device("gpu:1", "NVIDIA A100-SXM4, 80GB", 81920 * 2**20, usable=True, fast="bfloat16"),
    )
    assert find_device("auto").id == find_device("gpu").id == "gpu:0"
    assert find_device("gpu:1").name == "NVIDIA A100-SXM4, 80GB"
    for wanted in ("gpu:2", "cuda", "", "GPU:0", "cpu:0"):
        with pytest.raises(DeviceError) as told:
            find_device(wanted)
        assert f"{wanted!r}, found only gpu:0, gpu:1, cpu; choose" in str(told.value)


@pytest.mark.usefixtures("libraries")
def test_a_gpu_tells_which_numbers_it_multiplies_fast(driver: Driver) -> None:
    """By its compute capability; an old driver does not know the word."""
    driver(
        'case "$1" in *compute_cap*) printf "9.0\\n7.5\\n6.1\\n[N/A]\\n";; '
        "*) for i in a b c d e; do echo $i, 1024; done;; esac"
    )
    kinds = ("bfloat16", "float16", "float32", "bfloat16", "bfloat16")
    assert tuple(device.fast for device in list_devices()[:-1]) == kinds
    driver('case "$1" in *compute_cap*) exit 2;; *) echo A, 1024;; esac')
    assert [device.fast for device in list_devices()] == ["bfloat16", "float32"]


@pytest.mark.usefixtures("libraries")
def test_a_gpu_without_libraries_is_told_and_auto_passes_it_over(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver(TWO)
    known = importlib.util.find_spec
    assert devices.unusable_gpu() == ""
    assert devices.describe(list_devices()[1]) == (
        "gpu:1: NVIDIA A100-SXM4, 80GB, 80 GiB, TensorFlow"
    )

    def hidden(name: str) -> importlib.machinery.ModuleSpec | None:
        return None if name == "nvidia" else known(name)

    monkeypatch.setattr(importlib.util, "find_spec", hidden)
    list_devices.cache_clear()
    assert find_device("auto").id == "cpu"
    assert devices.unusable_gpu() == (
        "This machine has a GPU (NVIDIA H200), but TensorFlow's CUDA libraries are missing; "
        "run `make run` again to install them."
    )
    assert "TensorFlow; not usable: TensorFlow's CUDA" in devices.describe(list_devices()[0])
    with pytest.raises(DeviceError, match=r"gpu:0 \(NVIDIA H200\), but .*missing; run `make run`"):
        find_device("gpu")
    list_devices.cache_clear()
    monkeypatch.setenv("KERAS_BACKEND", "jax")  # it brings its own
    assert devices.describe(list_devices()[0]) == "gpu:0: NVIDIA H200, 140 GiB, JAX"
    assert find_device("auto").id == "gpu:0"
    list_devices.cache_clear()
    monkeypatch.setattr(devices.platform, "system", lambda: "Windows")
    with pytest.raises(DeviceError, match="on Linux only; train on the processor"):
        find_device("gpu:0")


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize(
    "script",
    [
        "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18",
        "echo 'No devices were found'",
        "exit 0",
        "echo 'NVIDIA H200'",
        "echo ', '; echo ','; echo 'NVIDIA, [N/A]'",
        "printf '\\377\\376, 5\\n'; exit 1",
        "kill -9 $$",
    ],
)
def test_a_driver_in_trouble_means_no_gpu(driver: Driver, script: str) -> None:
    driver(script)
    assert [device.id for device in list_devices()] == ["cpu"]


@pytest.mark.usefixtures("libraries")
def test_a_gpu_that_is_lost_keeps_the_numbers_of_the_others(driver: Driver) -> None:
    driver("echo 'NVIDIA A, [N/A]'; echo 'NVIDIA B, 1024'")
    assert [device.id for device in list_devices()] == ["gpu:1", "cpu"]


def test_a_driver_that_cannot_be_run_means_no_gpu(driver: Driver, tmp_path: Path) -> None:
    driver("exit 0")
    (tmp_path / "nvidia-smi").write_bytes(b"\x7fELF no program")
    assert [device.id for device in list_devices()] == ["cpu"]
