"""A run in words: what was learned, what was changed, how long it takes. Pure text, no disk.

Plain words come first and the field's word second; every score is shown beside what it has to
beat: the untrained encoder, raw pixels, chance.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import ConfigError
from ..settings.config import RunConfig, ViewConfig, differences
from ..settings.presets import BUILT_IN_KINDS, VIEW_PRESETS, preset_config, view_config
from .layout import EVALUATION
from .record import RunData, group
from .validation import number

GAIN = 0.02  # a smaller lead over the untrained encoder or raw pixels is called a little

_ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_NAMES = {  # field of a config: its name on the page
    "training.seconds": "seconds",
    "training.steps": "steps",
    "training.batch_size": "batch",
    "training.learning_rate": "learning rate",
    "training.weight_decay": "weight decay",
    "training.warmup_steps": "warm-up steps",
    "training.probe_size": "pictures on the map",
    "data.image_size": "pixels a side",
    "data.max_images": "pictures at most",
    "model.head_layers": "head layers",
    "model.head_width": "head width",
    "model.head_dim": "head dim",
}
_NOT_SHOWN = ("data.source", "data.content_hash", "preset")


def learned(evaluation: Mapping[str, Any], data: RunData | None = None) -> str:
    """Say what a finished run learned, in one sentence with numbers.

    Args:
        evaluation: evaluation.json; scores are shares in [0, 1] and may be missing or None.
        data: of the run, for the number of classes (chance); None leaves chance out.

    Returns:
        One sentence, plain text.
    """
    score = number(evaluation.get("knn_accuracy"))
    if score is None:
        loss = number(evaluation.get("loss"))
        end = f", to a loss of {loss:.2f}" if loss is not None else ""
        why = "without labels"
        if evaluation.get("knn_accuracy") is not None:
            why = f"its accuracy in {EVALUATION} cannot be read, so that"
        elif data and len(data.class_names) == 1:
            why = "with one and the same label on every picture"
        return f"Trained for {_steps(evaluation)}{end}; {why} there is no score to give."
    rivals = _rivals(evaluation, data)
    if other := _instead(evaluation, score):
        return other
    lead = min((score - rival for _, rival in rivals), default=score)
    opening = "Learned a little without labels" if lead > 0 else "Not much learned yet"
    opening = "Learned without labels" if lead >= GAIN else opening
    against = "; " + ", ".join(f"{name} {percent(value)}" for name, value in rivals)
    return (
        f"{opening}: the nearest neighbours of new pictures vote for the right {what(evaluation)} "
        f"in {percent(score)} of cases (kNN accuracy{_bank(evaluation)})"
        f"{against if rivals else ''}."
    )


def _instead(evaluation: Mapping[str, Any], score: float) -> str:
    """Say what a run learned whose neighbours vote less well than before for what was asked."""
    own = what(evaluation)
    untrained = number(evaluation.get("knn_accuracy_untrained"))
    if untrained is None or score >= untrained:
        return ""
    factors = group(evaluation, "knn_factors")
    pairs = {
        name: (number(scores.get("knn_accuracy")), number(scores.get("knn_accuracy_untrained")))
        for name in factors
        if name != own and (scores := group(factors, name))
    }
    gains = {n: new - old for n, (new, old) in pairs.items() if new is not None and old}
    best = sorted((n for n in gains if gains[n] >= GAIN), key=lambda n: -gains[n])[:2]
    if not best:
        return ""
    shares = ", ".join(
        f"the right {n} in {percent(pairs[n][0])} of cases (untrained {percent(pairs[n][1])})"
        for n in best
    )
    return (
        f"It learned {' and '.join(best)}, not {own}: the nearest neighbours of new pictures vote "
        f"for {shares}, the right {own} in {percent(score)} (untrained {percent(untrained)}; kNN "
        "accuracy)."
    )


def probes(evaluation: Mapping[str, Any]) -> str:
    """Return what a linear probe reads from h, strongest first; empty before `evaluate`."""
    read = group(group(evaluation, "linear_probe"), "h")
    known = {name: number(value) for name, value in read.items()}
    best = sorted(((v, n) for n, v in known.items() if v is not None), reverse=True)
    if not best:
        return ""
    return "A linear probe of h reads " + ", ".join(f"{n} {percent(v)}" for v, n in best) + "."


def what(evaluation: Mapping[str, Any]) -> str:
    """Return what the neighbours are asked for: "class", or the name of a factor."""
    of = str(evaluation.get("of") or "label")
    return "class" if of == "label" else of


def chance(evaluation: Mapping[str, Any], data: RunData | None) -> float | None:
    """Return the score of guessing among the categories, None where their number is not known."""
    of = str(evaluation.get("of") or "label")
    names = data.names_of(of) if data else ()
    return 1 / len(names) if names else None


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


def _rivals(evaluation: Mapping[str, Any], data: RunData | None) -> list[tuple[str, float]]:
    """Say what the score has to beat, as far as it is known."""
    rivals = (
        ("untrained", number(evaluation.get("knn_accuracy_untrained"))),
        ("raw pixels", number(evaluation.get("knn_accuracy_pixels"))),
        ("chance", chance(evaluation, data)),
    )
    return [(name, value) for name, value in rivals if value is not None]


def _bank(evaluation: Mapping[str, Any]) -> str:
    """Say how many pictures the neighbours come from; "" if unknown."""
    bank = number(evaluation.get("bank"))
    return "" if bank is None else f", {bank:,.0f} pictures to compare with"


def _steps(evaluation: Mapping[str, Any]) -> str:
    steps = number(evaluation.get("step"))
    return f"{steps:,.0f} steps" if steps is not None else "its whole budget"


def _with_steps(plain: RunConfig, config: RunConfig) -> Any:
    """Set the steps that the budget of seconds became; they are no setting of anybody's."""
    return dataclasses.replace(plain.training, steps=config.training.steps)
