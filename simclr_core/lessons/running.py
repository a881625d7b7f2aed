"""Run a lesson: its conditions one after another, at one seed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..base.files import write_json, writing
from ..base.progress import Progress
from .lesson import Condition, Lesson
from .results import result_path

TRACED = ("alignment", "uniformity")  # quantities that are also measured during training


def run_lesson(lesson: Lesson, seed: int, progress: Progress, data: str = "") -> dict[str, Any]:
    """Run one seed of a lesson in this process, whose backend is up already.

    Args:
        seed: of weights, order and recipes.
        progress: called with the share of the work done, and words.
        data: pictures to use instead of the lesson's own.

    Returns:
        seed, seconds, conditions (name -> quantity -> value), references (quantity -> name ->
        value, see `quantities.measure_references`) and what the lesson adds, such as traces.

    Raises:
        DataError: the data are missing, or lack labels or properties that the lesson asks for.
    """
    began = time.monotonic()
    run = lesson.run or compare
    result = run(lesson, data or lesson.data, seed, progress)
    return {"seed": seed, "seconds": round(time.monotonic() - began, 1), **result}


def serve(root: Path, payload: dict[str, Any], progress: Progress) -> None:
    """Run one seed of a lesson for the app and write its result (see `workers.tasks`).

    Args:
        root: the folder of runs.
        payload: lesson and seed.
        progress: as for `run_lesson`.
    """
    from .catalogue import lesson_named

    lesson, seed = lesson_named(str(payload["lesson"])), int(payload["seed"])
    result = run_lesson(lesson, seed, progress)
    path = result_path(root, lesson, seed)
    with writing(path.parent):
        path.parent.mkdir(exist_ok=True)
    write_json(path, result | {"date": time.strftime("%Y-%m-%d")})


def compare(lesson: Lesson, data: str, seed: int, progress: Progress) -> dict[str, Any]:
    """Train every condition and measure the lesson's quantities."""
    # What imports Keras is imported late: the command line lists lessons without it.
    from .lesson_data import load_lesson_data
    from .quantities import fitting, measure_on_others, measure_quantities, references
    from .small_training import train, view_vectors

    dataset = load_lesson_data(lesson, data, progress)
    traced = any(name in TRACED for name in lesson.quantities)
    names = fitting(lesson, dataset)
    progress(0.0, "what has to be beaten")
    result: dict[str, Any] = {"conditions": {}}
    result["references"] = references(lesson, dataset, data, seed)
    views = {}
    shares = _shares(lesson)
    for condition, (start, share) in zip(lesson.conditions, shares, strict=True):

        def _report(done: float, words: str, name: str = condition.name) -> None:
            progress(start + share * done, f"{name}: {words}")  # noqa: B023

        _report(0.0, "compiling")
        config = lesson.config(condition, data, dataset.kind, seed)
        steps = steps_of(lesson, condition)
        trained = train(config, dataset, steps, _report, condition.objective, traced)
        _report(1.0, "measuring")
        own = [name for name in names if "@" not in name]
        values = measure_quantities(trained, dataset, config, own)
        if len(own) < len(names):
            views[condition.name] = view_vectors(trained.observer, dataset, config)
        result["conditions"][condition.name] = {k: round(v, 5) for k, v in values.items()}
        if traced:
            rows = [(step, round(a, 4), round(u, 4)) for step, a, u in trained.trace]
            result.setdefault("traces", {})[condition.name] = rows
    for name, values in measure_on_others(lesson, views, names if views else ()).items():
        result["conditions"][name] |= {k: round(v, 5) for k, v in values.items()}
    return result


def steps_of(lesson: Lesson, condition: Condition) -> int:
    """Return the updates of a condition."""
    return condition.steps or lesson.steps


def _shares(lesson: Lesson) -> list[tuple[float, float]]:
    """Return where each condition begins and what part of the whole it is, by views made."""
    works = []
    for condition in lesson.conditions:
        batch = {**lesson.base.get("training", {}), **condition.changes.get("training", {})}
        works.append(steps_of(lesson, condition) * batch.get("batch_size", 64))
    total = sum(works)
    return [(sum(works[:i]) / total, work / total) for i, work in enumerate(works)]
