"""A run in words: its name, what was changed, how long it takes. Pure text, no disk."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

from ..base.errors import ConfigError
from ..settings.config import RunConfig, ViewConfig, differences
from ..settings.presets import BUILT_IN_KINDS, VIEW_PRESETS, preset_config, view_config

_ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_NAMES = {  # field of a config: its name on the page
    "training.seconds": "seconds",
    "training.steps": "steps",
    "training.batch_size": "batch",
    "training.learning_rate": "learning rate",
    "training.weight_decay": "weight decay",
    "training.warmup_steps": "warm-up steps",
    "training.probe_size": "pictures on the map",
    "data.image_size": "pixels per side",
    "data.max_images": "pictures at most",
    "model.head_layers": "head layers",
    "model.head_width": "head width",
    "model.head_dim": "head dim",
}
_NOT_SHOWN = ("data.source", "data.content_hash", "preset")


def settings_words(config: RunConfig, kind: str = "") -> list[str]:
    """Say what differs from the preset, a few words each; the views by their preset's name if any.

    Args:
        config: the run's settings.
        kind: `Dataset.kind`; "" if it is not known.
    """
    kind = kind or BUILT_IN_KINDS.get(config.data.source, "")
    words = [views_words(config.views, kind)]
    try:
        plain = preset_config(config.preset, config.data.source, kind or "drawn")
    except ConfigError:  # from the command line, or a preset of another version
        plain = RunConfig()
    config = dataclasses.replace(config, views=plain.views)
    if config.training.steps and config.training.seconds == plain.training.seconds:
        plain = dataclasses.replace(plain, training=_with_steps(plain, config))
    for name, (value, _) in differences(config, plain).items():
        if name not in _NOT_SHOWN:
            label = _NAMES.get(name, name.rpartition(".")[2].replace("_", " "))
            words.append(f"{label} {value:g}" if isinstance(value, float) else f"{label} {value}")
    return words


def default_name(config: RunConfig, data: str = "", kind: str = "") -> str:
    """Return a name for a run that got none: its data and views.

    Args:
        config: the run's settings.
        data: name of the data set; "" takes it from the source.
        kind: `Dataset.kind`; "" if it is not known.
    """
    return f"{data or Path(config.data.source).stem}, {views_words(config.views, kind)}"


def views_words(views: ViewConfig, kind: str = "") -> str:
    """Name the views preset that a view config is, or "own views"."""
    name = views_name(views, kind)
    return f"{name} views" if name else "own views"


def views_name(views: ViewConfig, kind: str = "") -> str | None:
    """Return the preset of `VIEW_PRESETS` that equals `views` for this kind of picture."""
    kinds = [kind] if kind else ["drawn", "patterns", "photographs", "characters", "gray pictures"]
    for each in kinds:
        for name in VIEW_PRESETS:
            if view_config(each, name) == views:
                return name
    return None


def percent(value: float | None) -> str:
    """Write a share as whole per cent; a dash if it is not known.

    What is neither none nor all is not rounded to it: 0.999 is 99.9%.
    """
    if value is None:
        return "–"
    if 0 < value < 1 and f"{value:.0%}" in ("0%", "100%"):
        return f"{min(max(value, 0.001), 0.999):.1%}"
    return f"{math.floor(100 * value + 0.5)}%"  # as browsers round, not to the even number


def score(value: float | None) -> str:
    """Write a score with one digit after the point, 99.4%; a dash if it is not known.

    What is neither none nor all is not rounded to it.
    """
    if value is None or value in (0, 1):
        return percent(value)
    return f"{math.floor(1000 * min(max(value, 0.001), 0.999) + 0.5) / 10:.1f}%"  # as numbers.js


def interval(low: float, high: float) -> str:
    """Write the ends of an interval of shares: 98.7–99.7%."""
    return "–".join(f"{100 * end:.1f}".removesuffix(".0") for end in (low, high)) + "%"


def clock(seconds: float | None) -> str:
    """Write seconds as on a clock, 1:05 or 1:02:05; a dash if they are not known."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def span(seconds: float) -> str:
    """Write a stretch of time in words, rounded: "about 40 s", "about 2 min", "about 3 h"."""
    if seconds < 90:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def budget(config: RunConfig) -> str:
    """Say how long a run trains: "about a minute", "100 epochs", "1,500 steps"."""
    training = config.training
    if training.steps:
        return f"{training.steps:,} steps"
    if training.epochs:
        return f"{training.epochs:,g} epochs"
    return "about a minute" if training.seconds == 60 else span(training.seconds)


def ordinal(position: int) -> str:
    """Write a place in the line: next, second, third, ..., 10th. Positions count from 1."""
    if 1 <= position <= len(_ORDINALS):
        return _ORDINALS[position - 1]
    ending = "th" if 10 <= position % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(position % 10)
    return f"{position}{ending or 'th'}"


def size_words(count: int) -> str:
    """Write bytes in words: 12 kB, 3.4 MB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def _with_steps(plain: RunConfig, config: RunConfig) -> Any:
    """Set the steps that the budget of seconds became; they are no setting of anybody's."""
    return dataclasses.replace(plain.training, steps=config.training.steps)
