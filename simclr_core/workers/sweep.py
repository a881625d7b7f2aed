"""Several runs that differ in one setting and in their seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base.errors import ConfigError
from ..settings.config import RunConfig, replace

MOST = 8  # runs of a sweep: as many as are compared
SWEPT = (
    "training.temperature",
    "training.batch_size",
    "training.learning_rate",
    "training.weight_decay",
    "training.optimizer",
    "views.color_strength",
    "views.crop_min",
    "views.gray_p",
    "views.flip_p",
    "views.blur_p",
    "model.width",
    "model.head_layers",
    "model.head_dim",
)


def variants(
    config: RunConfig, field: str, values: Sequence[str], seeds: int = 1
) -> list[tuple[str, RunConfig]]:
    """Return the runs of a sweep, with their names.

    Args:
        config: all other settings. If its number of steps is known, all runs make as many.
        field: one of `SWEPT`.
        values: of the field, as text; those that are the same count once.
        seeds: 0, 1, ... for each value.

    Raises:
        ConfigError: no setting, a value it cannot have, or too many runs.
    """
    if field not in SWEPT:
        raise ConfigError(f"Expected one of {', '.join(SWEPT)}, found {field!r}.")
    group, name = field.split(".")
    part = getattr(config, group)
    plain = name.replace("_", " ")
    runs = []
    for value in dict.fromkeys(_typed(plain, text, getattr(part, name)) for text in values):
        changed = replace(config, **{group: replace(part, **{name: value})})
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        for seed in range(seeds):
            training = replace(changed.training, seed=seed)
            label = f"{plain} {shown}" + f", seed {seed}" * (seeds > 1)
            runs.append((label, replace(changed, training=training)))
    if not 2 <= len(runs) <= MOST:
        raise ConfigError(
            f"Expected 2 to {MOST} runs, found {len(runs)}; name other values or fewer seeds."
        )
    return runs


def _typed(name: str, text: str, present: Any) -> Any:
    """Return a value of the same kind as the present one."""
    text = text.strip()
    try:
        if isinstance(present, int) and not isinstance(present, bool):
            return int(text)
        return float(text) if isinstance(present, float) else text
    except ValueError as error:
        kind = "whole numbers" if isinstance(present, int) else "numbers"
        raise ConfigError(f"Expected {kind} for {name}, found {text[:40]!r}.") from error
