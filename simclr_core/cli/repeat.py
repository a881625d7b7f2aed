"""The command that repeats a run: `train` with the options that its settings need, or `fork`."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from typing import Any

from ..base.errors import RunError
from ..runs.record import Origin
from ..runs.run import Run
from ..settings import config as settings
from ..settings.config import RunConfig
from ..settings.presets import PRESETS
from .options import GROUPS, chosen_config, option

PROGRAM = "python -m simclr_core"
_BUDGET = ("seconds", "epochs", "steps")
_OTHER = ("source", "content_hash", *_BUDGET)  # told by options of their own


def command(run: Run) -> str:
    """One line for a terminal that makes the run again.

    The number of steps and the precision that the run found out are part of it, so that in
    float32 the same machine, versions and threads give the same numbers.

    Raises:
        RunError: it was not trained here: nothing here could repeat it.
        RunDamaged: its settings cannot be read.
    """
    if run.is_recorded:
        raise RunError("It was not trained here: nothing here can repeat it.")
    config, came = run.config, run.origin
    if came:
        words = fork_options(_parent(run, came).config, config, came.step)
        return shlex.join([*PROGRAM.split(), "fork", came.run, *words])
    found = str(run.status.get("precision") or "")
    if config.training.precision == "auto" and found:
        training = settings.replace(config.training, precision=found)
        config = settings.replace(config, training=training)
    return shlex.join([*PROGRAM.split(), "train", *options(config, run.kind)])


def options(config: RunConfig, kind: str) -> list[str]:
    """Words after `train` that give these settings for pictures of a kind.

    Beside the budget, only what the preset does not say by itself.
    """
    training = config.training
    preset = config.preset if config.preset in PRESETS else "minute"
    words = ["--data", config.data.source, "--preset", preset]
    given: dict[str, Any] = {}
    budget = "steps" if training.steps else "epochs" if training.epochs else "seconds"
    given[budget] = getattr(training, budget)
    for _ in range(len(_fields())):  # one option may bring another setting with it
        missing = _missing(_chosen(config.data.source, preset, given, kind), config)
        if not missing:
            break
        given |= missing
    return words + [word for name, value in given.items() for word in (option(name), _text(value))]


def _missing(found: RunConfig, wanted: RunConfig) -> dict[str, Any]:
    """Settings that the options so far do not give."""
    every = settings.differences(found, wanted)
    names = {dotted.split(".")[-1]: pair[1] for dotted, pair in every.items()}
    return {name: value for name, value in names.items() if name in _fields()}


def _chosen(source: str, preset: str, given: dict[str, Any], kind: str) -> RunConfig:
    """The settings that the options would give."""
    every = dict.fromkeys([*_fields(), *_BUDGET]) | {
        "data": source,
        "preset": preset,
        "views": None,
    }
    return chosen_config(argparse.Namespace(**(every | given)), kind)


def _fields() -> list[str]:
    """Settings that have an option of their own beside the budget."""
    return [f.name for g in GROUPS.values() for f in dataclasses.fields(g) if f.name not in _OTHER]


def fork_options(old: RunConfig, new: RunConfig, step: int) -> list[str]:
    """Words after `fork RUN` that make settings out of those of the run that is left."""
    every = settings.differences(old, new)
    names = {dotted.split(".")[-1]: pair[1] for dotted, pair in every.items()}
    names = {name: value for name, value in names.items() if name in _fields()}
    words = ["--step", str(step), "--until", str(new.training.steps)]
    return words + [word for name, value in names.items() for word in (option(name), _text(value))]


def _parent(run: Run, came: Origin) -> Run:
    """The run that a fork leaves.

    Raises:
        RunError: it is gone.
    """
    parent = Run(run.path.parent / came.run)
    if not parent.path.is_dir():
        raise RunError(f"It goes on from run {came.run}, which is no longer there.")
    return parent


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
