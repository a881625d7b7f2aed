"""Runs that are worth starting after another one, and the labels of their buttons."""

from __future__ import annotations

from typing import Any

from simclr_core.runs import states, summary
from simclr_core.runs.run import Run
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import view_config

LONGER = 5  # times the budget
GENTLER = 10  # times less learning rate, as the worker advises


def next_runs(
    run: Run, status: dict[str, Any], config: RunConfig, kind: str
) -> list[tuple[str, RunConfig]]:
    """Return a button's label and the settings for each run that is worth starting now.

    Args:
        run: the run before.
        status: its status.json.
        config: its settings.
        kind: `Dataset.kind` of its pictures.
    """
    config = replace(config, data=replace(config.data, content_hash=""))  # data are read again
    budget = config
    if run.has_found_steps:  # a budget of seconds or epochs finds its steps again
        budget = replace(config, training=replace(config.training, steps=0))
    if status["state"] == states.FINISHED and not run.is_recorded:
        return [_other_color(config, kind), _longer(budget)]  # only equal steps can be compared
    if status["state"] == states.FAILED and status.get("error") == "Diverged":
        return [_gentler(budget)]
    return []


def _other_color(config: RunConfig, kind: str) -> tuple[str, RunConfig]:
    """Return the same run without colour distortion, or with it where it was off."""
    views = config.views.without_color()
    if views != config.views:
        return "Try without colour", replace(config, views=views)
    plain = view_config(kind)
    views = replace(views, color_strength=plain.color_strength, gray_p=plain.gray_p)
    return "Try with colour", replace(config, views=views)


def _longer(config: RunConfig) -> tuple[str, RunConfig]:
    """Return the same run with five times the budget."""
    training = config.training
    seconds, epochs = training.seconds * LONGER, training.epochs * LONGER
    steps = training.steps * LONGER
    words = summary.span(seconds).removeprefix("about ")
    if steps or epochs:
        words = f"{steps:,} steps" if steps else f"{epochs:,g} epochs"
        seconds = training.seconds  # has no effect
    training = replace(training, seconds=seconds, steps=steps, epochs=epochs)
    return f"Train {words}", replace(config, training=training)


def _gentler(config: RunConfig) -> tuple[str, RunConfig]:
    """Return the same run with a tenth of the learning rate."""
    rate = float(f"{config.training.learning_rate / GENTLER:.1g}")
    training = replace(config.training, learning_rate=rate)
    return f"Start again at learning rate {rate:g}", replace(config, training=training)
