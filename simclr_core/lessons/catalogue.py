"""The lessons, in the order in which they are shown.

Effects were named before the recorded results were made; those that did not hold stay and say so.
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
    """Return a lesson by its name.

    Raises:
        ConfigError: it is not known; the message names the nearest.
    """
    for lesson in LESSONS:
        if lesson.name == name:
            return lesson
    raise ConfigError(unknown_name(name, [lesson.name for lesson in LESSONS], "lesson"))
