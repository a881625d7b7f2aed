"""Batch size, at equal steps and at equal seconds."""

from __future__ import annotations

from typing import Any

from ..base.progress import Progress
from .lesson import Condition, Effect, Lesson

SIZES = (16, 64, 256)
PACE_FROM = 64  # its seconds are what the others get
_STEPS, _SECONDS = "N = {}, equal steps", "N = {}, equal seconds"


def run(lesson: Lesson, data: str, seed: int, progress: Progress) -> dict[str, Any]:
    """Train every size for the same steps, then the others for the seconds of the middle one."""
    # What imports Keras is imported late: pages read the lesson without it.
    from .lesson_data import load_lesson_data
    from .quantities import knn
    from .small_training import train

    dataset = load_lesson_data(lesson, data, progress, max(SIZES))
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
    return {"conditions": {name: conditions[name] for name in order}}


LESSON = Lesson(
    name="batch-size",
    title="Batch size, at equal steps and at equal seconds",
    question="With the same seconds on two cores, which batch size teaches most?",
    answers=("16", "64", "256"),
    right=1,
    about=(
        "Patterns with batches of 16, 64 and 256 pictures: first with the same number of steps "
        "each, then for as many seconds as 64 took. The learning rate is the same for all."
    ),
    source="Chen et al. 2020 (arXiv 2002.05709), figure 9",
    published=(
        "At equal epochs, between 256 and 8,192: larger batches do better in 100 epochs, and the "
        "gap shrinks or disappears with longer training (ImageNet, ResNet-50)."
    ),
    shows_not=(
        "What happens with thousands of pictures per step, or with rates tuned for each size. "
        "Neither comparison is the paper's, which is at equal epochs with rates scaled by the "
        "batch; at equal steps a larger batch also sees more pictures. On a GPU large batches cost "
        "little, and the second comparison can come out the other way."
    ),
    data="patterns",
    quantities={"knn": "neighbours share the motif (kNN accuracy)"},
    effects=(
        Effect("At equal steps 256 finds more than 16", "knn", _STEPS.format(256),
               _STEPS.format(16), 0.03),
        Effect("At equal seconds 64 finds more than 256", "knn", _SECONDS.format(64),
               _SECONDS.format(256), 0.03),
    ),
    steps=350,
    seconds=95,
    run=run,
)  # fmt: skip
