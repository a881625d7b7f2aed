"""The lessons, in the order in which they are told.

Effects were named before the recorded results were made; what did not hold stays and says so.
"""

from __future__ import annotations

from ..base.errors import ConfigError
from ..settings.config import unknown_name
from . import about_loss, about_views, batch_sizes, few_labels, maps
from .lesson import Lesson

_TEMPERATURE, _NEGATIVES, *_MORE = about_loss.LESSONS
LESSONS: tuple[Lesson, ...] = (
    *about_views.LESSONS,
    _TEMPERATURE,
    _NEGATIVES,
    batch_sizes.LESSON,
    *_MORE,
    few_labels.LESSON,
    maps.LESSON,
)


def lesson_named(name: str) -> Lesson:
    """A lesson by its name.

    Raises:
        ConfigError: it is not known; the nearest is named.
    """
    for lesson in LESSONS:
        if lesson.name == name:
            return lesson
    raise ConfigError(unknown_name(name, [lesson.name for lesson in LESSONS], "lesson"))
