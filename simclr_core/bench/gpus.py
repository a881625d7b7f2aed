"""Speed, share of the machine and memory on a GPU, encoder by encoder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from ..machine.devices import Device

# What the time is spent on first comes first: encoder, precision, batches, and the batch that is
# measured without views and NT-Xent as well.
CASES: tuple[tuple[str, str, tuple[int, ...], int], ...] = (
    ("resnet18", "fast", (512, 1024), 512),
    ("resnet50-cifar", "fast", (256, 512), 256),
    ("tiny", "fast", (512, 2048), 512),
    ("resnet18", "float32", (512,), 512),
    ("tiny", "float32", (512,), 512),
    ("resnet50-cifar", "float32", (256,), 256),
)


def measure_gpu(
    device: Device, budget: float, tell: Callable[[str], None], cases: Any = CASES
) -> list[dict[str, Any]]:
    """Measure every case, each in a process of its own.

    Args:
        device: the GPU.
        budget: seconds for all; what does not fit is left out.
        tell: called with every line as it comes.
        cases: as `CASES`; the precision "fast" is the one that suits the device.

    Returns:
        An object a case and batch, as `gpu_case` prints them, those of one case and batch merged.
    """
    end = time.monotonic() + budget
    measured: dict[tuple[str, str, int], dict[str, Any]] = {}
    for encoder, precision, batches, bare in cases:
        precision = device.fast if precision == "fast" else precision
        left = end - time.monotonic()
        if left <= 0:
            tell(f"{encoder}, {precision}: no time left")
            continue
        wanted = {"encoder": encoder, "precision": precision, "batches": batches, "bare": bare}
        for line in _lines(wanted | {"device": device.id}, left):
            tell(line)
            row = json.loads(line)
            measured.setdefault((encoder, precision, row["batch"]), {}).update(row)
    return [_with_share(row) for row in measured.values()]


def _lines(wanted: dict[str, Any], seconds: float) -> list[str]:
    """Return what a case printed within its time."""
    command = [sys.executable, "-m", "simclr_core.bench.gpu_case", json.dumps(wanted)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, env=os.environ.copy()
        )
        printed, wrong = done.stdout, done.stderr if done.returncode else ""
    except subprocess.TimeoutExpired as error:
        out = error.stdout or b""
        printed, wrong = out.decode() if isinstance(out, bytes) else out, ""
    if wrong:
        sys.stderr.write(wrong[-2000:])
    return [line for line in printed.splitlines() if line.startswith("{") and line.endswith("}")]


def _with_share(row: dict[str, Any]) -> dict[str, Any]:
    """Add what a full step reaches of the bare one, where both were measured."""
    if row.get("bare_images_per_second") and row.get("images_per_second"):
        row["share_of_bare"] = round(row["images_per_second"] / row["bare_images_per_second"], 4)
    return row
