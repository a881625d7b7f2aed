"""The two scores beside a run's curves, as words and as places on a scale of 0 to 100%."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..measures.intervals import wilson_interval
from ..runs.scores import Score
from ..runs.summary import interval, score
from .metrics_tail import MetricsTail

STEPS = 50  # that contrastive accuracy is averaged over
_PARTNER = (
    "Higher is better. Contrastive accuracy: how often a view's nearest view, of all in the batch, is the other view "
    "of the same picture."
)
_NEIGHBOURS = (
    "Higher is better. kNN accuracy: how often the nearest pictures of a picture, by cosine similarity of h, vote "
    "for the right answer. The network itself never sees the answers."
)


def partner_score(tail: MetricsTail, batch: int) -> dict[str, Any]:
    """Return how often views found their partners during the last steps.

    Args:
        tail: up to date.
        batch: pictures per step (N); 0 if unknown.
    """
    value, steps = tail.accuracy.latest(STEPS)
    block: dict[str, Any] = {"name": "Finds the right partner", "tip": _PARTNER}
    chance = 1 / (2 * batch - 1) if batch else None
    note = "contrastive accuracy"
    if chance is not None:
        note = f"{note} · chance {score(chance)}"
    if value is None or not steps:
        return block | {"notes": ["", note], "ticks": _ticks([("chance", chance)])}
    between = wilson_interval(value, steps * batch) if batch else None
    mean = f"mean of the last {steps:,} steps" if steps > 1 else "the first step"
    return block | _shown(value, between, mean, note, [("chance", chance)])


def neighbour_score(final: Score | None, on_map: Score | None) -> dict[str, Any]:
    """Return how often neighbours vote right: in the final test if there was one, else on the map.

    Args:
        final: of the test pictures.
        on_map: of the pictures on the map. The explanation names the test that is not shown.
    """
    shown = final or on_map
    block: dict[str, Any] = {
        "name": f"Neighbours vote for the right {shown.of if shown else 'class'}",
        "tip": " ".join([_NEIGHBOURS, *_tests(final, on_map)]),
    }
    if shown is None:
        return block | {"notes": ["", "kNN accuracy"], "ticks": []}
    asked = f"{shown.asked:,} new pictures" if final else f"the {shown.asked:,} on the map"
    first = f"of {asked}" if shown.asked else ""
    note = "kNN accuracy"
    if shown.chance is not None:
        note = f"{note} · chance {score(shown.chance)}"
    return block | _shown(shown.value, shown.interval, first, note, shown.rivals)


def _tests(final: Score | None, on_map: Score | None) -> list[str]:
    """Return sentences about the test that is shown, and about the other one."""
    if final is None:
        return [
            "While the run trains, the pictures on the map vote for one another. In the end, all "
            "training pictures vote for new ones: more neighbours, so usually a higher score."
        ]
    bank = f"the {final.bank:,} training pictures" if final.bank else "all training pictures"
    words = [f"Here {bank} vote for {final.asked:,} pictures that the run never trained on."]
    if on_map:
        words.append(
            f"Before, during training, the {on_map.asked:,} pictures on the map voted for one "
            f"another: {score(on_map.value)} at the last step."
        )
    return words


def _shown(
    value: float,
    between: tuple[float, float] | None,
    first: str,
    note: str,
    rivals: Sequence[tuple[str, float | None]],
) -> dict[str, Any]:
    words = [first, interval(*between) if between else ""]
    return {
        "value": score(value),
        "share": value,
        "interval": between,
        "notes": [", ".join(filter(None, words)), note],
        "ticks": _ticks(rivals),
    }


def _ticks(rivals: Sequence[tuple[str, float | None]]) -> list[tuple[str, float]]:
    """Return the words and places of what a score has to beat; chance is named beside it."""
    return [
        (name if name == "chance" else f"{name} {score(value)}", value)
        for name, value in rivals
        if value is not None
    ]
