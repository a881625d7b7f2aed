"""Weights and optimiser as plain arrays: what a run needs to go on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...base.errors import RunDamaged
from ...base.files import read_npz, write_npz
from ...model.backend import bring_home

_LATER = {"first_step", "gradient_norms"}  # variables that optimisers did not have at first


def model_arrays(model: Any) -> dict[str, np.ndarray]:
    """Encoder's and head's weights (BatchNorm's statistics included), by position."""
    bring_home(model)
    parts = (("encoder", model.encoder), ("head", model.projection_head))
    return {
        f"{part}/{i:04d}": np.asarray(value)
        for part, net in parts
        for i, value in enumerate(net.get_weights())
    }


def bare_checkpoint(
    path: Path, weights: dict[str, np.ndarray], step: int, steps: int, seconds: float
) -> None:
    """Write a checkpoint of weights alone, from which training begins with a new optimiser.

    Args:
        weights: as `model_arrays` gives them; other arrays are left out.
    """
    kept = {key: value for key, value in weights.items() if key.startswith(("encoder/", "head/"))}
    write_npz(path, {**kept, **_counters(step, steps, seconds)})


def _counters(step: int, steps: int, seconds: float) -> dict[str, Any]:
    return {"step": np.int64(step), "steps": np.int64(steps), "seconds": np.float64(seconds)}


def save_checkpoint(path: Path, model: Any, step: int, steps: int, seconds: float) -> None:
    """Write weights, optimiser (with loss scale and schedule), step and seconds used."""
    bring_home(model)
    optimizer = {
        f"optimizer/{i:04d}": np.asarray(variable)
        for i, variable in enumerate(model.optimizer.variables)
    }
    arrays = {**model_arrays(model), **optimizer, **_counters(step, steps, seconds)}
    write_npz(path, arrays)


def load_weights(model: Any, arrays: dict[str, np.ndarray], name: str) -> None:
    """Put stored weights into encoder and head.

    Raises:
        RunDamaged: the arrays do not fit the model.
    """
    for part, net in (("encoder", model.encoder), ("head", model.projection_head)):
        saved = [arrays[key] for key in sorted(arrays) if key.startswith(part + "/")]
        wanted = net.get_weights()
        if [a.shape for a in saved] != [w.shape for w in wanted]:
            raise _unfit(name)
        net.set_weights(saved)


def load_checkpoint(path: Path, model: Any) -> tuple[int, float]:
    """Put a checkpoint into a compiled model.

    One without an optimiser, such as a fork begins with, leaves it as new. One of an earlier
    version lacks what its optimiser did not have yet.

    Returns:
        Step and training seconds used so far.

    Raises:
        RunDamaged: the file is missing, unreadable or of another model.
    """
    arrays = read_npz(path)
    load_weights(model, arrays, path.name)
    variables = model.optimizer.variables
    saved = [arrays[key] for key in sorted(arrays) if key.startswith("optimizer/")]
    fits = [a.shape for a in saved] == [tuple(v.shape) for v in variables[: len(saved)]]
    later = {v.name for v in variables[len(saved) :]} <= _LATER
    if not (fits and (later or not saved)) or not {"step", "seconds"} <= arrays.keys():
        raise _unfit(path.name)
    for variable, value in zip(variables, saved, strict=False):
        variable.assign(value)
    return int(arrays["step"]), float(arrays["seconds"])


def _unfit(name: str) -> RunDamaged:
    return RunDamaged(
        f"Expected {name} to hold the weights of this run's network, found other shapes; "
        "start a new run with the same settings."
    )
