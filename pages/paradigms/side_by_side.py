"""The four ways to learn side by side: what they are here, and how well they did in a study."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup

from simclr_core.base.templates import render
from simclr_core.measures.classification import balanced
from simclr_core.paradigms.study import SELF, SEMI, SUPERVISED, UNSUPERVISED, WAYS
from simclr_core.runs.summary import percent

from .whole_table import words_of

CLEAR = 2.0  # standard errors of the difference: a smaller lead may be chance
MEANING = {"auc": "How often a picture of a class gets a higher score than one that is not of it."}
WORDS = {
    "accuracy": "correct answers (accuracy)",
    "balanced_accuracy": "mean over classes (balanced accuracy)",
    "auc": "ranking (AUC)",
}


def table(result: Mapping[str, Any]) -> Markup:
    """Return HTML: what the ways are in this app, and the figures of a study."""
    ways = result["ways"]
    others = (
        ("in other ways", [_also(ways[way]) for way in WAYS]),
        ("training", [_time(way, ways[way]) for way in WAYS]),
    )
    return render(
        "paradigms/side_by_side",
        ways=WAYS,
        rows=words_of("ways")["rows"],
        scores=score_rows(result),
        others=others,
        about=_about(result),
    )


def score_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row per score; for unbalanced classes, the score that suits them comes first.

    Returns:
        `words` and their `meaning`, and `cells`: for each way its value, a note, and whether it is
        the clear best.
    """
    ways = result["ways"]
    fair = balanced(np.array(ways[SUPERVISED]["support"]))
    names = ["accuracy", "balanced_accuracy", "auc"]
    names = names if fair else ["balanced_accuracy", "auc", "accuracy"]
    rows = []
    for i, name in enumerate(names):
        first = best_way(result, name)
        notes = _notes(result, name) if not i else {}
        cells = [
            {
                "value": _written(name, ways[way][name]),
                "note": notes.get(way, ""),
                "best": way == first,
            }
            for way in WAYS
        ]
        rows.append({"words": WORDS[name], "meaning": MEANING.get(name, ""), "cells": cells})
    return rows


def best_way(result: Mapping[str, Any], name: str) -> str:
    """Return the way whose score leads by more than chance would explain; "" if none does.

    AUC has no standard error here, so none leads by it.
    """
    ways = result["ways"]
    first, second = _leaders(result, name)
    errors = [standard_error(ways[way], name) for way in (first, second)]
    lead = (ways[first][name] or 0.0) - (ways[second][name] or 0.0)
    return first if lead > CLEAR * math.hypot(*errors) else ""


def standard_error(figures: Mapping[str, Any], name: str) -> float:
    """Return the standard error of a share of right answers; infinite for other scores.

    Args:
        figures: of one way (see `measures.classification.report`).
        name: "accuracy", or "balanced_accuracy", whose classes weigh the same.
    """
    support, recall = np.array(figures["support"]), np.array(figures["recall"])
    there = support > 0
    if name == "accuracy":
        share = figures["accuracy"]
        return math.sqrt(share * (1 - share) / max(support.sum(), 1))
    if name == "balanced_accuracy":
        variances = recall[there] * (1 - recall[there]) / support[there]
        return math.sqrt(variances.sum()) / max(there.sum(), 1)
    return math.inf


def _leaders(result: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the ways with the highest score and the next one."""
    ways = result["ways"]
    ordered = sorted(WAYS, key=lambda way: -(ways[way][name] or 0.0))
    return ordered[0], ordered[1]


def _notes(result: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return what has to be said below the first score of some ways."""
    notes = {
        UNSUPERVISED: "its groups are named with more labels than the others get",
        SELF: f"the encoder saw no label; its probe saw the same {result['labelled']:,}",
    }
    if not best_way(result, name):
        first = _leaders(result, name)[0]
        close = f"too close to the next one to tell with {result['test']:,} test pictures"
        notes[first] = "; ".join(filter(None, (notes.get(first, ""), close)))
    return notes


def _written(name: str, value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if name == "auc" else percent(value)


def _also(figures: Mapping[str, Any]) -> list[str]:
    variants = figures.get("variants", {})
    return [f"{name} {percent(value)}" for name, value in variants.items()]


def _time(way: str, figures: Mapping[str, Any]) -> list[str]:
    parts = []
    if way in (SEMI, SELF):
        parts.append(
            f"{figures['pretraining_seconds']:.0f} s without labels "
            f"({figures['pretraining_steps']:,} steps)"
        )
    if figures["steps"]:
        parts.append(f"{figures['seconds']:.0f} s ({figures['steps']:,} steps)")
    return parts


def _about(result: Mapping[str, Any]) -> str:
    counts = np.array(result["ways"][SUPERVISED]["support"])  # of the test pictures
    share, occur = counts.max() / max(counts.sum(), 1), int((counts > 0).sum())
    unfair = "" if balanced(counts) else (
        f" The classes are unbalanced ({percent(float(share))} of the test pictures are of the "
        "largest): always answering that class scores as much by accuracy, and 1 in "
        f"{occur} by balanced accuracy."
    )  # fmt: skip
    return (
        f"The labels of {result['labelled']:,} of {result['train']:,} training pictures are used; "
        f"{result['test']:,} test pictures. Encoder {result['encoder']}, seed "
        f"{result['study']['seed']}, {result['date']}. Guessing: 1 in {occur}.{unfair}"
    )
