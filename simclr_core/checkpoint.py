"""Weights and optimiser as plain arrays: what a run needs to go on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .backend import bring_home
from .errors import RunDamaged
from .files import read_npz, write_npz


def model_arrays(model: Any) -> dict[str, np.ndarray]:
    """Encoder's and head's weights (BatchNorm's statistics included), by position."""
    bring_home(model)
    parts = (("encoder", model.encoder), ("head", model.projection_head))
    return {
        f"{part}/{i:04d}": np.asarray(value)
        for part, net in parts
        for i, value in enumerate(net.get_weights())
    }


def save_checkpoint(path: Path, model: Any, step: int, steps: int, seconds: float) -> None:
    """Write weights, optimiser (with loss scale and schedule), step and seconds used."""
    bring_home(model)
    optimizer = {
        f"optimizer/{i:04d}": np.asarray(variable)
        for i, variable in enumerate(model.optimizer.variables)
    }
    counters = {"step": np.int64(step), "steps": np.int64(steps), "seconds": np.float64(seconds)}
    write_npz(path, {**model_arrays(model), **optimizer, **counters})  # type: ignore[dict-item]


def load_weights(model: Any, arrays: dict[str, np.ndarray], name: str) -> None:
    """Put stored weights into encoder and head.

    Raises:
        RunDamaged: the arrays do not fit the model.
    """
    for part, net in (("encoder", model.encoder), ("head", model.projection_head)):
        found = [arrays[key] for key in sorted(arrays) if key.startswith(part + "/")]
        wanted = net.get_weights()
        if [a.shape for a in found] != [w.shape for w in wanted]:
            raise _unfit(name)
        net.set_weights(found)


def load_checkpoint(path: Path, model: Any) -> tuple[int, float]:
    """Put a checkpoint into a compiled model.

    Returns:
        Step and training seconds used so far.

    Raises:
        RunDamaged: the file is missing, unreadable or of another model.
    """
    arrays = read_npz(path)
    load_weights(model, arrays, path.name)
    variables = model.optimizer.variables
    found = [arrays[key] for key in sorted(arrays) if key.startswith("optimizer/")]
    fits = [a.shape for a in found] == [tuple(v.shape) for v in variables]
    if not fits or not {"step", "seconds"} <= arrays.keys():
        raise _unfit(path.name)
    for variable, value in zip(variables, found, strict=True):
        variable.assign(value)
    return int(arrays["step"]), float(arrays["seconds"])


def _unfit(name: str) -> RunDamaged:
    return RunDamaged(
        f"Expected {name} to hold the weights of this run's network, found other shapes; "
        "start a new run with the same settings."
    )
