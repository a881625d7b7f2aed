"""Rounds of measurements that take turns, and their figures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Action = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """One measured quantity: a value a round, all in the same unit."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """From the slowest round to the fastest, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0

    def per(self, other: Figure) -> Figure:
        """Return the ratio to another figure, round by round."""
        return Figure(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))

    def times(self, factor: float) -> Figure:
        """Multiply every round, for another unit."""
        return Figure(tuple(value * factor for value in self.values))


def seconds_each(actions: Mapping[str, Action], rounds: int, budget: float) -> dict[str, Figure]:
    """Measure the seconds that one call of each action takes.

    Args:
        actions: by name; each is called a few times first, to compile and to warm the caches.
        rounds: every action has a turn in every round.
        budget: seconds of a turn; at least three calls are made.

    Returns:
        The median call of each round, by name.
    """
    for action in actions.values():
        for _ in range(3):
            action()
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            seconds[name].append(_turn(action, budget))
    return {name: Figure(tuple(values)) for name, values in seconds.items()}


def _turn(action: Action, budget: float) -> float:
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
