"""A lesson: a question, conditions to compare, and the effects expected before it is run."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..base.progress import Progress
from ..settings.config import RunConfig, replace
from ..settings.presets import preset_config

Conditions = Mapping[str, Mapping[str, float]]  # condition -> quantity -> value, of one seed
_SHARES = ("knn", "probe:", "z:", "accuracy", "best_accuracy", "hardest", "kept")


@dataclass(frozen=True)
class Condition:
    """One side of a comparison.

    Attributes:
        name: for people.
        changes: group of settings -> field -> value, on top of the lesson's.
        objective: a key of `objectives.OBJECTIVES`.
        steps: updates; 0 takes the lesson's.
    """

    name: str
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    objective: str = "nt-xent"
    steps: int = 0


@dataclass(frozen=True)
class Effect:
    """A difference that is expected, named before anything is run.

    Attributes:
        words: the expectation, as a sentence.
        quantity: a name of `quantities`.
        more: the condition in which it is larger.
        less: the condition in which it is smaller, or a number to compare with.
        least: of the mean over the seeds. From 0 up, every seed has to be above 0 as well; 0 says
            that only the direction is expected. Below 0 it says "no worse than by this much", for
            which the mean alone counts: seeds scatter to both sides of no difference.
        other: the quantity of `less`, if it is another one.
    """

    words: str
    quantity: str
    more: str
    less: str | float
    least: float
    other: str = ""

    @property
    def key(self) -> tuple[str, str, str | float, str]:
        """What is compared, apart from words and from the least difference."""
        return self.quantity, self.more, self.less, self.other

    @property
    def comparison(self) -> str:
        """What has to be larger than what, by the names of quantities and conditions."""
        if not isinstance(self.less, str):
            return f"{self.quantity} of {self.more!r} above {self.less:g}"
        return (
            f"{self.quantity} of {self.more!r} above {self.other or self.quantity} of {self.less!r}"
        )

    def of(self, values: Conditions) -> float:
        """Return the difference in one seed."""
        more = values[self.more][self.quantity]
        if not isinstance(self.less, str):
            return more - self.less
        return more - values[self.less][self.other or self.quantity]


@dataclass(frozen=True)
class Lesson:
    """A finding, how it is tried, and what it does not show.

    Attributes:
        name: on the command line and in links.
        title, question: for people.
        answers: predictions to choose from; `right` is the index of the expected one.
        about: what is compared, and on what.
        source, published: where the finding was published, and its figure there.
        why: the reason, in two sentences, shown with the answer.
        shows_not: what must not be concluded.
        tried: what was tried before the recorded runs, and what was changed after it.
        data: a built-in set, or "" if none is needed.
        quantities: name of `quantities` -> words, those that are drawn, in order.
        conditions, effects: what is compared and what is expected.
        steps: of a condition.
        base: settings that differ from the preset `minute`.
        run: takes (lesson, data, seed, progress); None compares the conditions.
        seconds: about what one seed takes on two cores.
        constants: of a module with its own `run`, as far as results depend on them.
        decides: indices of the effects that decide the question; () for all.
    """

    name: str
    title: str
    question: str
    answers: tuple[str, ...]
    right: int
    about: str
    source: str
    published: str
    why: str
    shows_not: str
    data: str
    quantities: Mapping[str, str]
    effects: tuple[Effect, ...]
    seconds: int
    conditions: tuple[Condition, ...] = ()
    steps: int = 0
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    run: Callable[[Lesson, str, int, Progress], dict[str, Any]] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    tried: str = ""
    decides: tuple[int, ...] = ()

    def config(self, condition: Condition, source: str, kind: str, seed: int) -> RunConfig:
        """Return all settings of a condition.

        Args:
            source, kind: of the data.
            seed: of weights, order and recipes.
        """
        config = preset_config("minute", source, kind)
        for changes in (self.base, condition.changes):
            groups = {
                name: replace(getattr(config, name), **values) for name, values in changes.items()
            }
            config = replace(config, **groups)
        training = replace(config.training, seed=seed, precision="float32", device="cpu")
        return replace(config, training=training)

    def settings(self, source: str, kind: str) -> dict[str, Any]:
        """Return what a result is made with, as JSON values.

        Args:
            source, kind: of the data.

        Returns:
            steps, the groups views, model and training as all conditions share them, and what
            each condition changes.
        """
        shared = asdict(self.config(Condition("all"), source, kind, 0))
        groups = {name: shared[name] for name in ("views", "model", "training")}
        changes = {
            each.name: {
                **each.changes,
                **({"objective": each.objective} if each.objective != "nt-xent" else {}),
                **({"steps": each.steps} if each.steps else {}),
            }
            for each in self.conditions
        }
        return {"steps": self.steps, **groups, "changes": changes}

    @property
    def measured(self) -> list[str]:
        """All quantities: those that are drawn, and those that effects need."""
        names = list(self.quantities)
        for effect in self.effects:
            names += [effect.quantity, effect.other]
        return [name for name in dict.fromkeys(names) if name]

    @property
    def version(self) -> str:
        """Changes with all that a result depends on: data, settings, and what is measured.

        It does not change with what is expected: a recording says itself what was expected when it
        was made (see `results.Results`).
        """
        what = (self.data, self.conditions, self.steps, sorted(self.base), self.base)
        made = (self.name, what, sorted(self.measured), sorted(self.constants.items()))
        return hashlib.sha256(repr(made).encode()).hexdigest()[:8]


def is_share(quantity: str) -> bool:
    """Return whether a quantity is a share of 1, to be written in per cent."""
    return quantity.startswith(_SHARES)


@dataclass(frozen=True)
class Outcome:
    """An effect over several seeds."""

    effect: Effect
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """From the smallest to the largest."""
        return max(self.values) - min(self.values)

    @property
    def agree(self) -> bool:
        """Whether every seed has the expected direction; "no worse than" asks for none."""
        return self.effect.least < 0 or min(self.values) > 0

    @property
    def held(self) -> bool:
        """The seeds agree on the direction, and the mean reaches `effect.least`."""
        return self.agree and self.mean >= self.effect.least


def outcomes(lesson: Lesson, seeds: Sequence[Conditions]) -> list[Outcome]:
    """Return the outcome of every effect.

    Args:
        seeds: the values of each seed; at least one.
    """
    return [
        Outcome(effect, tuple(effect.of(values) for values in seeds)) for effect in lesson.effects
    ]


def verdict(effects: Sequence[Outcome]) -> str:
    """Return "held", "held in part" or "did not hold": all effects of a lesson, some, or none."""
    if all(one.held for one in effects):
        return "held"
    return "held in part" if any(one.held for one in effects) else "did not hold"


def answered(lesson: Lesson, effects: Sequence[Outcome]) -> str:
    """Return how well the effects that decide the question bear its answer out.

    Returns:
        "found" if they held, "weaker" if only their directions are as expected, else "".
    """
    deciding = [effects[i] for i in lesson.decides or range(len(effects))]
    if all(one.held for one in deciding):
        return "found"
    return "weaker" if all(one.agree and one.mean > 0 for one in deciding) else ""
