"""Batch size, at equal steps and at equal seconds."""

from __future__ import annotations

from typing import Any

from ..base.progress import Progress
from .lesson import Condition, Lesson

SIZES = (16, 64, 256)
PACE_FROM = 64  # its seconds are what the others get
_STEPS, _SECONDS = "N = {}, equal steps", "N = {}, equal seconds"
CONSTANTS = {"sizes": SIZES, "pace from": PACE_FROM}  # what results depend on


def run(lesson: Lesson, data: str, seed: int, progress: Progress) -> dict[str, Any]:
    """Train every size for the same steps, then the others for the seconds of the middle one."""
    # What imports Keras is imported late: pages read the lesson without it.
    from .lesson_data import load_lesson_data
    from .quantities import knn, references
    from .small_training import train

    dataset = load_lesson_data(lesson, data, progress, max(SIZES))
    progress(0.0, "what has to be beaten")
    beaten = references(lesson, dataset, data, seed)
    conditions: dict[str, dict[str, float]] = {}
    paces: dict[int, float] = {}
    # Shares of the whole: views made in the first part, then twice the seconds of the middle one.
    works = [size * lesson.steps for size in SIZES]
    works += [PACE_FROM * lesson.steps] * (len(SIZES) - 1)
    done = 0.0

    def _one(size: int, steps: int, name: str, work: float) -> None:
        nonlocal done

        def _report(share: float, words: str) -> None:
            progress((done + share * work) / sum(works), f"{name}: {words}")

        changes = {"training": {"batch_size": size}}
        config = lesson.config(Condition(name, changes), data, dataset.kind, seed)
        trained = train(config, dataset, steps, _report)
        paces[size] = trained.seconds / max(steps - 1, 1)
        conditions[name] = {
            "knn": round(knn(trained, dataset, config), 5),
            "steps": float(steps),
            "training_seconds": round(trained.seconds, 2),
        }
        done += work

    for size in SIZES:
        _one(size, lesson.steps, _STEPS.format(size), size * lesson.steps)
    seconds = paces[PACE_FROM] * lesson.steps
    conditions[_SECONDS.format(PACE_FROM)] = conditions[_STEPS.format(PACE_FROM)]
    for size in SIZES:
        if size != PACE_FROM:
            steps = max(round(seconds / paces[size]), 1)
            _one(size, steps, _SECONDS.format(size), PACE_FROM * lesson.steps)
    order = [form.format(size) for form in (_STEPS, _SECONDS) for size in SIZES]
    return {"conditions": {name: conditions[name] for name in order}, "references": beaten}
