"""The score of a run: how often the nearest neighbours of a picture in h vote for what is right.

There are two tests. While a run trains, the pictures on its map vote for one another. At its end,
all training pictures vote for the test pictures. A page shows the final test where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..measures.intervals import wilson_interval
from .findings import chance, what
from .record import RunData
from .validation import number


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
