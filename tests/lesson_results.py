"""Made-up results of lessons."""

from __future__ import annotations

from typing import Any

from simclr_core.lessons.lesson import Lesson


def found_of(lesson: Lesson, seed: int, value: float = 0.9) -> dict[str, Any]:
    """A made-up result in which every effect is there, and a line to beat."""
    rows: dict[str, dict[str, float]] = {}
    for effect in lesson.effects:
        rows.setdefault(effect.more, {})[effect.quantity] = value
        if isinstance(effect.less, str):
            rows.setdefault(effect.less, {})[effect.other or effect.quantity] = 0.1
    name = next(iter(lesson.quantities))
    beaten = {name: {"untrained": 0.3, "chance": 0.125}}
    return {"seed": seed, "seconds": 1.0, "conditions": rows, "references": beaten}
