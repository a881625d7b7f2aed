"""Run folders that the version before the rooms wrote, and the losses of two of them.

`tests/fixtures/README.md` says how they were made.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from simclr_core.runs.store import RunStore

FIXTURES = Path(__file__).parent / "fixtures"
RECORDED = json.loads((FIXTURES / "older_losses.json").read_text())

FIRST, NEAR, FAR = 4, 1e-4, 0.03  # losses, and the shares of them that another processor may change

DATE = 1_767_225_600  # 2026-01-01 UTC, as when they were made

# The ids of the runs, by their states or by what made them.
FINISHED, PAUSED, STOPPED, FAILED, INTERRUPTED = "f1f1", "0a0a", "5705", "fa11", "d1ed"
FORK, RECORDER, RECORDING, IMPORTED, QUEUED = "f0f0", "4ec0", "4ec1", "1394", "9e9e"


def older_store(folder: Path) -> RunStore:
    """Unpack all runs into a folder and return them as a store."""
    with zipfile.ZipFile(FIXTURES / "older_runs.zip") as archive:
        archive.extractall(folder)
    for path in folder.rglob("*.npz"):
        os.utime(path, (DATE, DATE))  # an answer is about weights of this date
    return RunStore(folder)


def assert_same_losses(found: list[float], expected: list[float], muon: bool = False) -> None:
    """Compare losses: to the last digit where the same machine code computes them.

    Elsewhere another library or processor may add in another order, and `NEAR` of each is allowed.
    Muon's updates enlarge such differences (to 1.1% of the loss after 12 steps on a processor
    without AVX-512): `NEAR` is allowed for its first losses, `FAR` for the others. Two other seeds
    changed one of the first four by 19% and by 55%.

    Args:
        found, expected: (K,) losses of the first K steps.
        muon: whether Muon trained.
    """
    if _same_arithmetic():
        assert found == expected
        return
    exact = FIRST if muon else len(expected)
    np.testing.assert_allclose(found[:exact], expected[:exact], rtol=NEAR)
    np.testing.assert_allclose(found, expected, rtol=FAR)


def _same_arithmetic() -> bool:
    """Return whether libraries, processor and number of cores are those of the recorded losses."""
    now: dict[str, Any] = {
        "flags": _processor_flags(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
    }
    libraries = {name: RECORDED["versions"][name] for name in ("keras", "tensorflow", "numpy")}
    usual = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
    return (
        usual
        and all(RECORDED[name] == value for name, value in now.items())
        and all(importlib.metadata.version(name) == one for name, one in libraries.items())
    )


def _processor_flags() -> str:
    """Return what the processor can do, as Linux lists it; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    found = (line.split(":", 1)[1].split() for line in lines if line.startswith("flags"))
    return " ".join(sorted(next(found, [])))
