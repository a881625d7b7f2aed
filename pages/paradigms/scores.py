"""How sure the scores of a study are, and which way may be called the best."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simclr_core.measures.intervals import Z, wilson_interval
from simclr_core.paradigms.study import WAYS

CLEAR = 2.0  # standard errors of the difference: a smaller lead may be chance
SEEDS = 3  # at least, before a way is called the best
SETTINGS = ("budget", "frozen", "rate", "staged")  # of studies that differ in their seed alone


def other_seeds(
    result: Mapping[str, Any], every: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the studies that differ from one in their seed alone, by rising seed.

    Args:
        every: studies of the same pictures and seconds.
    """
    own = result["study"]
    same = [one for one in every if all(one["study"][k] == own[k] for k in SETTINGS)]
    others = [one for one in same if one["study"]["seed"] != own["seed"]]
    return sorted(others, key=lambda one: one["study"]["seed"])


def best_way(seeds: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return the way that leads with every seed, by more than chance would explain; else "".

    The seeds share their test pictures, so more seeds do not make the standard error smaller. AUC
    has none here, so no way leads by it.

    Args:
        seeds: results of one study with different seeds.
        name: of the score.
    """
    if len(seeds) < SEEDS:
        return ""
    first = leaders(seeds[0], name)[0]
    leads, errors = [], []
    for one in seeds:
        leader, second = leaders(one, name)
        if leader != first:
            return ""
        ways = one["ways"]
        leads.append((ways[first][name] or 0.0) - (ways[second][name] or 0.0))
        errors.append(math.hypot(*(standard_error(ways[way], name) for way in (first, second))))
    return first if statistics.fmean(leads) > CLEAR * statistics.fmean(errors) else ""


def leaders(result: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the ways with the highest score and the next one."""
    ways = result["ways"]
    ordered = sorted(WAYS, key=lambda way: -(ways[way][name] or 0.0))
    return ordered[0], ordered[1]


def interval(figures: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    """Return the 95% interval of a score over other test pictures; None for AUC.

    Args:
        figures: of one way (see `measures.classification.report`).
        name: of the score.
    """
    if name == "accuracy":
        return wilson_interval(figures["accuracy"], max(sum(figures["support"]), 1))
    error = standard_error(figures, name)
    if math.isinf(error):
        return None
    return max(figures[name] - Z * error, 0.0), min(figures[name] + Z * error, 1.0)


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
