"""Results of lessons: recorded ones that come with the app, and those made here.

assets/lessons/NAME.json   at least five seeds, with command, date, hardware and expectations
RUNS/.lessons/NAME-VERSION-SEED.json   one seed run here
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import LabError
from ..base.files import read_json
from ..base.paths import ASSETS
from .lesson import Effect, Lesson, Outcome, outcomes, verdict

RECORDED = ASSETS / "lessons"
HERE = ".lessons"  # in the folder of runs
FIRST_HERE = 100  # seed of the first run of a lesson here: apart from the recorded ones


@dataclass(frozen=True)
class Results:
    """All seeds of a lesson that are known.

    Attributes:
        recorded, here: a result of `run_lesson` per seed.
        about: of the recorded ones: command, date, processor, cores, versions, data, and
            `declared`, the effects that were expected before they were made.
    """

    recorded: tuple[dict[str, Any], ...]
    here: tuple[dict[str, Any], ...]
    about: dict[str, Any]

    @property
    def seeds(self) -> tuple[dict[str, Any], ...]:
        """All of them, the recorded ones first."""
        return (*self.recorded, *self.here)

    def foretold(self, effect: Effect) -> bool:
        """Return whether an effect was expected before the recorded results were made."""
        return not self.recorded or foretold(effect, self.about)

    @property
    def references(self) -> dict[str, dict[str, float]]:
        """What a quantity has to beat, as means over the seeds: quantity -> name -> value."""
        found: dict[str, dict[str, list[float]]] = {}
        for row in self.seeds:
            for quantity, values in row.get("references", {}).items():
                for name, value in values.items():
                    found.setdefault(quantity, {}).setdefault(name, []).append(value)
        return {
            quantity: {name: statistics.fmean(each) for name, each in values.items()}
            for quantity, values in found.items()
        }


def recorded(lesson: Lesson) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Return the results that come with the app, and what they were made with; () if none do.

    Results of other versions of the lesson do not count.
    """
    try:
        file = json.loads((RECORDED / f"{lesson.name}.json").read_text())
    except (OSError, ValueError):
        return (), {}
    if file.get("version") != lesson.version:
        return (), {}
    return tuple(file["seeds"]), {k: v for k, v in file.items() if k != "seeds"}


def declared(lesson: Lesson) -> list[dict[str, Any]]:
    """Return what a lesson expects, to be kept with its results, as JSON values."""
    return [dataclasses.asdict(effect) for effect in lesson.effects]


def foretold(effect: Effect, about: Mapping[str, Any]) -> bool:
    """Return whether an effect was expected, just as it is, before results were made.

    Args:
        about: of the results; see `Results`.
    """
    before = (Effect(**each) for each in about.get("declared", ()))
    return any(each.key == effect.key and each.least == effect.least for each in before)


def results(root: Path, lesson: Lesson) -> Results:
    """Return recorded results and those of this folder of runs.

    Args:
        root: the folder of runs.
    """
    before, about = recorded(lesson)
    here = []
    for path in sorted((root / HERE).glob(f"{lesson.name}-{lesson.version}-*.json")):
        with contextlib.suppress(LabError):  # damaged: as if it had not been run
            result = read_json(path) or {}
            if fits(lesson, result):
                here.append(result)
    return Results(before, tuple(sorted(here, key=lambda row: row["seed"])), about)


def result_path(root: Path, lesson: Lesson, seed: int) -> Path:
    """Return the path of one seed's result."""
    return root / HERE / f"{lesson.name}-{lesson.version}-{seed}.json"


def settings_words(config: Mapping[str, Any]) -> str:
    """Return what a result was made with, in a line: the main settings, and what differs.

    Args:
        config: of `Lesson.settings`.
    """
    model, training, views = config["model"], config["training"], config["views"]
    words = [
        f"encoder {model['encoder']}, width {model['width']}",
        f"z of {model['head_dim']}",
        f"N = {training['batch_size']}",
        f"τ = {training['temperature']:g}",
        f"{training['optimizer']} at {training['learning_rate']:g}",
        f"{config['steps']:,} steps",
        f"crops from {views['crop_min']:g}",
        f"colour strength {views['color_strength']:g}",
        f"gray p {views['gray_p']:g}",
        f"flip p {views['flip_p']:g}",
        "float32",
    ]
    line = ", ".join(words)
    for name, changes in config["changes"].items():
        flat = []
        for group, value in changes.items():
            rows = value.items() if isinstance(value, Mapping) else [(group, value)]
            flat += [f"{key} {each}" for key, each in rows]
        if flat:
            line += f"; {name}: {', '.join(flat)}"
    return line


def task_key(lesson: Lesson, seed: int) -> str:
    """Return the key under which one seed is queued (see `workers.tasks`)."""
    return f"lesson-{lesson.name}-{lesson.version}-{seed}"


def fits(lesson: Lesson, result: Any) -> bool:
    """Return whether an object can be a seed's result: all effects can be computed."""
    try:
        for effect in lesson.effects:
            float(effect.of(result["conditions"]))
        values = [v for row in result["conditions"].values() for v in row.values()]
        return isinstance(result["seed"], int) and all(math.isfinite(v) for v in values)
    except (KeyError, TypeError, ValueError):
        return False


def next_seed(root: Path, lesson: Lesson) -> int:
    """Return the seed of the next run here."""
    known = {row["seed"] for row in results(root, lesson).here}
    seed = FIRST_HERE
    while seed in known:
        seed += 1
    return seed


def summary(lesson: Lesson, seeds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the outcome of a lesson, as plain JSON values.

    Args:
        seeds: results of `run_lesson`, at least one.
    """
    effects = outcomes(lesson, [row["conditions"] for row in seeds])
    return {
        "lesson": lesson.name,
        "version": lesson.version,
        "verdict": verdict(effects),
        "held": all(one.held for one in effects),
        "effects": [_summary_of(outcome) for outcome in effects],
        "seconds": [row["seconds"] for row in seeds],
    }


def _summary_of(outcome: Outcome) -> dict[str, Any]:
    effect = outcome.effect
    return {
        "expected": effect.words,
        "quantity": effect.quantity,
        "larger_in": effect.more,
        "smaller_in": effect.less,
        "least": effect.least,
        "mean": round(outcome.mean, 5),
        "spread": round(outcome.spread, 5),
        "values": [round(value, 5) for value in outcome.values],
        "held": outcome.held,
    }
