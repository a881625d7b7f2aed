"""Experiments, most of them on published findings, that anybody can run in two minutes.

catalogue (what is compared and expected) -> lesson_data -> small_training -> quantities -> results.
May import `training` and the rooms that it may import.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "catalogue": ["LESSONS", "lesson_named"],
        "lesson": ["Condition", "Effect", "Lesson", "outcomes"],
        "results": ["Results", "recorded"],
    },
)
