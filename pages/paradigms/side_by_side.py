"""The four ways to learn side by side: how well they did in a study, and what they are here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from simclr_core.base.templates import render
from simclr_core.measures.classification import balanced
from simclr_core.measures.intervals import wilson_interval
from simclr_core.paradigms.study import SELF, SEMI, SUPERVISED, UNSUPERVISED, WAYS
from simclr_core.runs.summary import percent

from .scores import SEEDS, best_way, interval, leaders
from .whole_table import words_of

Result = Mapping[str, Any]
MEANING = {"auc": "How often a picture of a class gets a higher score than one that is not of it."}
WORDS = {
    "accuracy": "correct answers (accuracy)",
    "balanced_accuracy": "mean over classes (balanced accuracy)",
    "auc": "ranking (AUC)",
}


def table(result: Result, seeds: Sequence[Result] = ()) -> Markup:
    """Return HTML: the figures of a study, and what the ways are in this app.

    Args:
        result: the study.
        seeds: the same study with other seeds.
    """
    ways = result["ways"]
    first, *others = score_rows(result, seeds)
    rows = [
        _row("other variants", [_also(ways[way], result["test"]) for way in WAYS]),
        _row("training", [_time(way, ways[way]) for way in WAYS]),
    ]
    here = [_row(row["name"], [[row[way]] for way in WAYS]) for row in words_of("ways")["rows"]]
    return render(
        "paradigms/side_by_side",
        ways=WAYS,
        first=first,
        rows=rows,
        more=[*others, *here],
        about=_about(result),
    )


def _row(words: str, cells: list[list[str]]) -> dict[str, Any]:
    return {"words": words, "meaning": "", "cells": cells}


def score_rows(result: Result, seeds: Sequence[Result] = ()) -> list[dict[str, Any]]:
    """Return a row per score; for unbalanced classes, the score that suits them comes first.

    Args:
        result, seeds: as for `table`.

    Returns:
        `words` and their `meaning`, and `cells`. The first row has for each way a dict: `value`,
        `interval`, `at`, `low`, `high` and `chance` in per cent, `seeds` (pairs of words and per
        cent), a `note`, and whether it is the clear `best`. The others have lines of text.
    """
    fair = balanced(np.array(result["ways"][SUPERVISED]["support"]))
    names = ["accuracy", "balanced_accuracy", "auc"]
    first, *others = names if fair else ["balanced_accuracy", "auc", "accuracy"]
    return [
        {"words": WORDS[first], "meaning": "", "cells": _scores(result, seeds, first)},
        *(
            {
                "words": WORDS[name],
                "meaning": MEANING.get(name, ""),
                "cells": [_lines(result, seeds, way, name) for way in WAYS],
            }
            for name in others
        ),
    ]


def _scores(result: Result, seeds: Sequence[Result], name: str) -> list[dict[str, Any]]:
    notes, best = _notes(result, seeds, name), best_way([result, *seeds], name)
    cells = []
    for way in WAYS:
        share = result["ways"][way][name]
        low, high = interval(result["ways"][way], name) or (share, share)
        others = [(one["study"]["seed"], one["ways"][way][name]) for one in seeds]
        cells.append(
            {
                "value": percent(share),
                "interval": f"{percent(low)} to {percent(high)}",
                "at": 100 * share, "low": 100 * low, "high": 100 * high,
                "chance": 100 / _classes(result),
                "seeds": [(f"seed {seed}: {percent(each)}", 100 * each) for seed, each in others],
                "note": notes.get(way, ""),
                "best": way == best,
            }
        )  # fmt: skip
    return cells


def _lines(result: Result, seeds: Sequence[Result], way: str, name: str) -> list[str]:
    """Return a score in words: with its interval, or else how far apart the seeds are."""
    value, around = result["ways"][way][name], interval(result["ways"][way], name)
    if value is None:
        return ["–"]
    if around:
        return [f"{percent(value)} ({percent(around[0])} to {percent(around[1])})"]
    every = [value, *(one["ways"][way][name] for one in seeds)]
    known = [each for each in every if each is not None]
    apart = f" (seeds: {min(known):.3f} to {max(known):.3f})" if len(known) > 1 else ""
    return [f"{value:.3f}{apart}"]


def _notes(result: Result, seeds: Sequence[Result], name: str) -> dict[str, str]:
    """Return what has to be said below the first score of some ways."""
    notes = {
        UNSUPERVISED: "its groups are named with more labels than the others get",
        SELF: f"the encoder saw no label; its probe saw the same {result['labelled']:,}",
    }
    first, count = leaders(result, name)[0], 1 + len(seeds)
    if best := best_way([result, *seeds], name):
        first, words = best, f"leads with every one of {count} seeds"
    elif count < SEEDS:
        words = f"the highest here; it takes {SEEDS} seeds to call a way the best"
    else:
        words = (
            f"the highest here, but too close to the next one to tell with {count} seeds and "
            f"{result['test']:,} test pictures"
        )
    notes[first] = "; ".join(filter(None, (words, notes.get(first, ""))))
    return notes


def _also(figures: Mapping[str, Any], tested: int) -> list[str]:
    lines = []
    for name, share in figures.get("variants", {}).items():
        low, high = wilson_interval(share, tested)
        lines.append(f"{name} {percent(share)} ({percent(low)} to {percent(high)})")
    return lines


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


def _classes(result: Result) -> int:
    """Return how many classes the test pictures have."""
    return sum(1 for count in result["ways"][SUPERVISED]["support"] if count)


def _about(result: Result) -> str:
    counts = np.array(result["ways"][SUPERVISED]["support"])  # of the test pictures
    share, occur = counts.max() / max(counts.sum(), 1), _classes(result)
    unfair = "" if balanced(counts) else (
        f" The classes are unbalanced ({percent(float(share))} of the test pictures are of the "
        "largest): always answering that class scores as much by accuracy, and 1 in "
        f"{occur} by balanced accuracy."
    )  # fmt: skip
    return (
        f"The labels of {result['labelled']:,} of {result['train']:,} training pictures are used; "
        f"{result['test']:,} test pictures. Brackets and the thick line are 95% intervals for "
        "other test pictures of the same kind; dots are other seeds, with other weights, order, "
        f"views and labelled pictures. Encoder {result['encoder']}, seed "
        f"{result['study']['seed']}. Chance: 1 in {occur}.{unfair}"
    )
