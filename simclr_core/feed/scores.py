"""The two scores of a run: how often views find their partners, how often neighbours vote right.

There are two tests of the votes. While a run trains, the pictures on its map vote on one another.
At its end, all training pictures vote on the test pictures. A page shows the final test where
there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..measures.intervals import wilson_interval
from ..runs.findings import chance, what
from ..runs.record import RunData
from ..runs.summary import interval, score
from ..runs.validation import number
from .metrics_tail import MetricsTail

STEPS = 50  # that contrastive accuracy is averaged over
_PARTNER = (
    "Higher is better. Contrastive accuracy: how often a view's nearest view, of all in the batch, "
    "is the other view of the same picture."
)
_NEIGHBOURS = (
    "Higher is better. kNN accuracy: how often a picture's nearest neighbours, by cosine "
    "similarity of h, vote for the right answer. The network itself never sees the answers."
)


@dataclass(frozen=True)
class Score:
    """How often neighbours vote right; all scores are shares in [0, 1].

    Attributes:
        of: what they vote for: "class" or a factor.
        value: the share of right votes.
        asked: pictures that were asked for; 0 if unknown.
        bank: pictures that vote; 0 if unknown.
        is_final: whether new pictures were asked for, not those on the map.
        untrained, pixels, chance: what it has to beat; None if unknown.
    """

    of: str
    value: float
    asked: int
    bank: int
    is_final: bool
    untrained: float | None
    pixels: float | None
    chance: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95% interval; None if the number of pictures is unknown."""
        return wilson_interval(self.value, self.asked) if self.asked else None

    @property
    def rivals(self) -> list[tuple[str, float]]:
        """Return the names and values of what the score has to beat, as far as they are known."""
        values = (("chance", self.chance), ("untrained", self.untrained), ("pixels", self.pixels))
        return [(name, value) for name, value in values if value is not None]


def final_score(evaluation: Mapping[str, Any], data: RunData | None) -> Score | None:
    """Return the score of the test pictures; None without one.

    Args:
        evaluation: evaluation.json.
        data: of the run, for the number of classes (chance).
    """
    value = number(evaluation.get("knn_accuracy"))
    if value is None:
        return None
    return Score(
        of=what(evaluation),
        value=value,
        asked=int(number(evaluation.get("queries")) or 0),
        bank=int(number(evaluation.get("bank")) or 0),
        is_final=True,
        untrained=number(evaluation.get("knn_accuracy_untrained")),
        pixels=number(evaluation.get("knn_accuracy_pixels")),
        chance=chance(evaluation, data),
    )


def map_score(
    rows: Sequence[Mapping[str, Any]], data: RunData | None, pictures: int = 0
) -> Score | None:
    """Return the score of the newest snapshot; None without one.

    Args:
        rows: of snapshots.jsonl.
        data: as in `final_score`.
        pictures: on the map; 0 if unknown.
    """
    last = rows[-1] if rows else {}
    value = number(last.get("knn_accuracy"))
    if value is None:
        return None
    of = {"of": last.get("knn_of")}
    first = next((row for row in rows if row.get("step") == 0), {})
    return Score(
        of=what(of),
        value=value,
        asked=pictures,
        bank=max(pictures - 1, 0),
        is_final=False,
        untrained=number(first.get("knn_accuracy")),
        pixels=number(last.get("knn_accuracy_pixels")),
        chance=chance(of, data),
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
            "While the run trains, the pictures on the map vote on one another. At its end, all "
            "training pictures vote on new ones: more voters, so usually a higher score."
        ]
    bank = f"the {final.bank:,} training pictures" if final.bank else "all training pictures"
    words = [f"Here {bank} vote on {final.asked:,} pictures that the run never trained on."]
    if on_map:
        words.append(
            f"During training, the {on_map.asked:,} pictures on the map voted on one "
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
