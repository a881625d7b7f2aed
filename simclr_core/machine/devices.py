"""What this machine can train on, found without importing a deep-learning framework."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import ConfigError, DeviceError

# Instructions with which bfloat16 products run in hardware (x86 and Arm names).
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
_FLOAT16_FLAGS = {"avx512_fp16", "amx_fp16"}  # the same for float16


@dataclass(frozen=True)
class Device:
    """A place to train on: one slot of the queue.

    Attributes:
        id: "cpu", "gpu:0", ...
        name: for people: "2 cores, bfloat16", "NVIDIA H200".
        memory: bytes, 0 if not known.
        usable: whether a run can train on it.
        note: why it is not usable, and what to do.
        fast: the fastest precision of a GPU; that of a processor has to be measured.
    """

    id: str
    name: str
    memory: int
    usable: bool
    note: str = ""
    fast: str = "float32"


def core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def cpu_has_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 in hardware (False outside Linux)."""
    return bool(_BFLOAT16_FLAGS & _cpu_flags())


def check_precision(precision: str, device: Device) -> None:
    """Refuse float16 on a processor that has no instructions for it.

    Args:
        precision: auto, float32, bfloat16 or float16.
        device: where a run is to train.

    Raises:
        ConfigError: it would be emulated, and slow: steps of the preset `minute` took 6 to 17 times
            as long as in float32 on two cores of an AMD EPYC.
    """
    if precision == "float16" and device.id == "cpu" and not _FLOAT16_FLAGS & _cpu_flags():
        raise ConfigError(
            "precision: expected auto, float32 or bfloat16 on this processor, found float16, which "
            "it has to emulate (measured: about ten times as slow as float32); choose auto."
        )


def _cpu_flags() -> set[str]:
    """Return the names of the processor's instructions; none outside Linux."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    match = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return set(match[1].split()) if match else set()


@functools.cache
def list_devices() -> tuple[Device, ...]:
    """Return all devices, GPUs first; the processor is always the last."""
    return (*_gpus(), _cpu())


def find_device(wanted: str) -> Device:
    """Return a device by its id.

    Args:
        wanted: "cpu", "gpu:0", ...; "gpu" means "gpu:0", and "auto" the first usable device.

    Raises:
        DeviceError: if there is no such device, or it is not usable.
    """
    devices = list_devices()
    if wanted == "auto":
        return next(device for device in devices if device.usable)
    wanted = "gpu:0" if wanted == "gpu" else wanted
    for device in devices:
        if device.id == wanted:
            if device.usable:
                return device
            raise DeviceError(f"Expected to use {device.id} ({device.name}), but {device.note}")
    there = ", ".join(device.id for device in devices)
    raise DeviceError(
        f"Expected the device {wanted!r}, found only {there}; choose one of these, or auto."
    )


BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def backend_name() -> str:
    """Return the name of Keras' backend, TensorFlow unless KERAS_BACKEND names another."""
    name = os.environ.get("KERAS_BACKEND") or "tensorflow"
    return BACKENDS.get(name, name)


def describe(device: Device) -> str:
    """Describe a device in a line, such as "gpu:0: NVIDIA H200, 140 GiB, TensorFlow"."""
    memory = f", {device.memory / 2**30:.0f} GiB" if device.memory else ""
    line = f"{device.id}: {device.name}{memory}, {backend_name()}"
    return line if device.usable else f"{line}; not usable: {device.note}"


def unusable_gpu() -> str:
    """Return what is missing if there is a GPU and none can be used; empty otherwise."""
    gpus = [device for device in list_devices() if device.id != "cpu"]
    if not gpus or any(device.usable for device in gpus):
        return ""
    return f"This machine has a GPU ({gpus[0].name}), but {gpus[0].note}"


def _cpu() -> Device:
    cores = core_count()
    name = f"{cores} core{'s' * (cores != 1)}" + ", bfloat16" * cpu_has_bfloat16()
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        memory = 0
    return Device("cpu", name, memory, usable=True)


def _gpus() -> list[Device]:
    """Return the GPUs that the driver lists; usable if the CUDA libraries are installed too."""
    if not shutil.which("nvidia-smi"):
        return []
    note = _missing_for_gpu()
    capable = _ask_driver("compute_cap")  # drivers before 2021 do not know this query
    rows = [line.rsplit(",", 1) for line in _ask_driver("name,memory.total") if "," in line]
    return [
        Device(f"gpu:{i}", name.strip(), int(mib) * 2**20, not note, note, _fast(capable, i))
        for i, (name, mib) in enumerate(rows)
        if mib.strip().isdigit()
    ]


def _ask_driver(what: str) -> list[str]:
    """Return a line per GPU, none if the driver fails."""
    query = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, errors="replace", timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.splitlines()


def _fast(capable: list[str], i: int) -> str:
    """Return bfloat16 from compute capability 8.0 on, float16 for 7.x, float32 below."""
    capability = capable[i].strip() if i < len(capable) else ""
    if not re.fullmatch(r"\d+\.\d+", capability):
        return "bfloat16"  # not known, and most GPUs are newer
    number = float(capability)
    return "bfloat16" if number >= 8 else "float16" if number >= 7 else "float32"


def _missing_for_gpu() -> str:
    """Return why the backend cannot use a GPU that the driver lists; empty if it can."""
    if platform.system() != "Linux":
        return "TensorFlow uses GPUs on Linux only; train on the processor."
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow" and not importlib.util.find_spec("nvidia"):
        return "TensorFlow's CUDA libraries are missing; run `make run` again to install them."
    return ""
