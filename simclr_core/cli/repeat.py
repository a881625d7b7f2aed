"""The command that repeats a run: `train` or `fork`, with the options that its settings need."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from typing import Any

from ..base.errors import RunError
from ..runs.layout import SHIPPED
from ..runs.record import Origin
from ..runs.run import Run
from ..settings.config import RunConfig, differences, replace
from ..settings.presets import PRESETS
from .options import GROUPS, chosen_config, option

PROGRAM = "python -m simclr_core"
_BUDGET = ("seconds", "epochs", "steps")
_OTHER = ("source", "content_hash", *_BUDGET)  # these have options of their own


def repeat_command(run: Run) -> str:
    """Return the command line that makes the run again.

    It includes the number of steps and the precision that the run determined, so that in float32
    the same machine, versions and threads give the same numbers.

    Raises:
        RunError: if the run was not trained here, or is a fork of a deleted run.
        RunDamaged: if its settings cannot be read.
    """
    if run.is_recorded:
        raise RunError("This run was not trained here, so it cannot be repeated here.")
    config, fork = run.config, run.origin
    if fork:
        words = fork_options(_parent(run, fork).config, config, fork.step)
        return shlex.join([*PROGRAM.split(), "fork", fork.run, *words])
    measured = str(run.status.get("precision") or "")
    if config.training.precision == "auto" and measured:
        training = replace(config.training, precision=measured)
        config = replace(config, training=training)
    return shlex.join([*PROGRAM.split(), "train", *train_options(config, run.kind)])


def train_options(config: RunConfig, kind: str) -> list[str]:
    """Return the words after `train` that give these settings.

    Beside the budget, they name only the settings that the preset does not give by itself.

    Args:
        config: the settings of a run.
        kind: `Dataset.kind` of its pictures.
    """
    training = config.training
    preset = config.preset if config.preset in PRESETS else "minute"
    words = ["--data", config.data.source, "--preset", preset]
    given: dict[str, Any] = {}
    budget = "steps" if training.steps else "epochs" if training.epochs else "seconds"
    given[budget] = getattr(training, budget)
    for _ in range(len(_option_fields())):  # one option can change another setting
        current = _settings_of(config.data.source, preset, given, kind)
        missing = _changed_fields(current, config)
        if not missing:
            break
        given |= missing
    return words + _option_words(given)


def _changed_fields(old: RunConfig, new: RunConfig) -> dict[str, Any]:
    """Return the values of `new` that differ from `old` and have an option of their own."""
    pairs = differences(old, new)
    values = {dotted.split(".")[-1]: pair[1] for dotted, pair in pairs.items()}
    return {name: value for name, value in values.items() if name in _option_fields()}


def _settings_of(source: str, preset: str, given: dict[str, Any], kind: str) -> RunConfig:
    """Return the settings that these options would give."""
    every = dict.fromkeys([*_option_fields(), *_BUDGET]) | {
        "data": source,
        "preset": preset,
        "views": None,
    }
    return chosen_config(argparse.Namespace(**(every | given)), kind)


def _option_fields() -> list[str]:
    """Return the names of the settings with an option of their own, without the budget."""
    return [f.name for g in GROUPS.values() for f in dataclasses.fields(g) if f.name not in _OTHER]


def fork_options(old: RunConfig, new: RunConfig, step: int) -> list[str]:
    """Return the words after `fork RUN`.

    Args:
        old: the settings of the parent run.
        new: those of the fork.
        step: at which the fork leaves its parent.
    """
    words = ["--step", str(step), "--until", str(new.training.steps)]
    return words + _option_words(_changed_fields(old, new))


def _option_words(values: dict[str, Any]) -> list[str]:
    return [word for name, value in values.items() for word in (option(name), _text(value))]


def _parent(run: Run, fork: Origin) -> Run:
    """Return the run that a fork leaves.

    Raises:
        RunError: if it was deleted.
    """
    for folder in (run.root, run.root / SHIPPED):
        if (folder / fork.run).is_dir():
            return Run(folder / fork.run)
    raise RunError(f"This run is a fork of run {fork.run}, which was deleted.")


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
