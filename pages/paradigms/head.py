"""The line above the results: what is compared, and where the figures come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from simclr_core.base.templates import render
from simclr_core.data.builtin import BUILT_IN
from simclr_core.paradigms.study import is_recorded

BUSY = 2.0  # load per core beyond which other programs took steps: a study alone makes about 1


def head(
    result: Mapping[str, Any] | None, every: Sequence[Mapping[str, Any]], promise: str
) -> Markup:
    """Return as HTML whether the figures are recorded or made here, and how others come about.

    Args:
        result: the study that is shown; None if it was not made.
        every: the studies of the same pictures and seconds.
        promise: what Compare does; "" if it is not offered.
    """
    return render(
        "paradigms/head",
        result=result,
        recorded=result is not None and is_recorded(result),
        title=_title(result) if result else "",
        busy=result is not None and result.get("load", 0) > BUSY * result.get("cores", 1),
        made=_made(every),
        promise=promise,
    )


def _title(result: Mapping[str, Any]) -> str:
    """Return pictures, labels and seconds of a study."""
    study = result["study"]
    source = study["source"]
    name = source if source in BUILT_IN else source.replace("\\", "/").rstrip("/").split("/")[-1]
    labels = "all labels"
    if study["budget"]:
        labels = f"{study['budget']:,} label{'s' * (study['budget'] != 1)} per class"
    return f"{name}, {labels}, {study['seconds']:g} seconds for each way"


def _made(every: Sequence[Mapping[str, Any]]) -> str:
    """Return the numbers of labels that have figures, in words; "" if there are none."""
    budgets = sorted({one["study"]["budget"] for one in every}, key=lambda n: n or float("inf"))
    words = [f"{budget:,}" if budget else "all" for budget in budgets]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
