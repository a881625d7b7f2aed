"""The lessons, in the order in which they are shown; `assets/lessons` has a file for each.

Effects are named before the recorded results are made; a recording keeps what was expected of it.
Those that did not hold stay and say so.
"""

from __future__ import annotations

import tomllib
from typing import Any

from ..base.errors import ConfigError
from ..base.paths import ASSETS
from ..settings.config import unknown_name
from . import batch_sizes, few_labels, maps
from .lesson import Condition, Effect, Lesson

_NAMES = (
    *("color", "color-photographs", "composition", "composition-photographs", "head"),
    *("temperature", "negatives", "batch-size", "collapse", "alignment", "few-labels", "maps"),
)
_MODULES: dict[str, Any] = {"batch-size": batch_sizes, "few-labels": few_labels, "maps": maps}


def _fields(name: str) -> dict[str, Any]:
    """Return what a lesson's file holds; `like` names the lesson that gives the rest."""
    own = tomllib.loads((ASSETS / "lessons" / f"{name}.toml").read_text(encoding="utf-8"))
    return _fields(own.pop("like")) | own if "like" in own else own


def _read(name: str) -> Lesson:
    """Return a lesson; the keys of its file are the fields of `Lesson`."""
    fields = _fields(name)
    fields |= {
        "answers": tuple(fields["answers"]),
        "conditions": tuple(Condition(**each) for each in fields.get("conditions", ())),
        "effects": tuple(Effect(**each) for each in fields["effects"]),
        "decides": tuple(fields.get("decides", ())),
    }
    if module := _MODULES.get(name):
        fields |= {"run": module.run, "constants": module.CONSTANTS}
    return Lesson(name=name, **fields)


LESSONS: tuple[Lesson, ...] = tuple(_read(name) for name in _NAMES)


def lesson_named(name: str) -> Lesson:
    """Return a lesson by its name.

    Raises:
        ConfigError: it is not known; the message names the nearest.
    """
    for lesson in LESSONS:
        if lesson.name == name:
            return lesson
    raise ConfigError(unknown_name(name, [lesson.name for lesson in LESSONS], "lesson"))
