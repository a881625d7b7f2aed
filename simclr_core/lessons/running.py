"""Run a lesson: its conditions one after another, at one seed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..base.files import write_json, writing
from ..base.progress import Progress
from ..data.datasets import Dataset
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
        seed, seconds, conditions (name -> quantity -> value) and what the lesson adds, such as
        traces.

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
    from .quantities import measure_quantities
    from .small_training import train

    dataset = load_lesson_data(lesson, data, progress)
    traced = any(name in TRACED for name in lesson.quantities)
    result: dict[str, Any] = {"conditions": {}}
    shares = _shares(lesson)
    for condition, (start, share) in zip(lesson.conditions, shares, strict=True):

        def _report(done: float, words: str, name: str = condition.name) -> None:
            progress(start + share * done, f"{name}: {words}")  # noqa: B023

        _report(0.0, "compiling")
        config = lesson.config(condition, data, dataset.kind, seed)
        steps = steps_of(lesson, condition)
        trained = train(config, dataset, steps, _report, condition.objective, traced)
        _report(1.0, "measuring")
        wanted = [name for name in quantities_of(lesson) if _fits(name, dataset)]
        values = measure_quantities(trained, dataset, config, wanted)
        result["conditions"][condition.name] = {k: round(v, 5) for k, v in values.items()}
        if traced:
            rows = [(step, round(a, 4), round(u, 4)) for step, a, u in trained.trace]
            result.setdefault("traces", {})[condition.name] = rows
    return result


def quantities_of(lesson: Lesson) -> list[str]:
    """Return all that is measured: what is drawn, and what effects need."""
    names = list(lesson.quantities)
    for effect in lesson.effects:
        names += [effect.quantity, effect.other]
    return [name for name in dict.fromkeys(names) if name]


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


def _fits(name: str, dataset: Dataset) -> bool:
    """Return whether a quantity can be measured: factors are known for drawn pictures alone."""
    factor = name.partition(":")[2]
    return factor in ("", "label") or factor in dataset.factors_train
