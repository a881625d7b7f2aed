"""The line under Explore's maps: how a step scores, and what to compare it with."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import is_recorded, probe_of, target
from simclr_core.questions.large_probe import owner
from simclr_core.runs import findings, summary
from simclr_core.runs.run import Run

from .kept import known_accuracies

OF_ITS_OWN = " (Scored on the fewer pictures that every snapshot encodes.)"
UNLABELLED = "No labels: neighbours cannot be scored."


def score_words(run: Run, steps: Sequence[int]) -> dict[str, str]:
    """Return for each step how often neighbours vote right, and what to compare that with."""
    found: dict[str, str] = {}
    rows = {row["step"]: row for row in owner(run).snapshot_rows()}
    recorded = is_recorded(owner(run))
    untrained = None if recorded else rows.get(0, {}).get("knn_accuracy")
    read = known_accuracies(owner(run))
    evaluation: Mapping[str, object] = {}
    with contextlib.suppress(LabError):  # without a damaged file, the other scores are shown
        evaluation = owner(run).evaluation() or {}
    for step in steps:
        row = rows.get(step, {})
        score = row.get("knn_accuracy")
        if score is None:
            labelled = target(probe_of(run))
            words = "No scores for this step." if labelled else UNLABELLED
            found[str(step)] = words
            continue
        what = findings.what({"of": row.get("knn_of")})
        words = f"Neighbours vote for the right {what}: {summary.percent(score)}"
        words += " (kNN accuracy on the map"
        others = {"untrained": untrained, "pixels": row.get("knn_accuracy_pixels")}
        known = [f"{k} {summary.percent(v)}" for k, v in others.items() if v is not None]
        words += f"; {', '.join(known)})" if known else ")"
        if step == evaluation.get("step"):
            words += ". " + findings.probes(evaluation)
        elif step in read:
            words += f". A linear probe of h reads it in {summary.percent(read[step])} of cases"
        words = words.rstrip(". ") + "."
        found[str(step)] = words + OF_ITS_OWN * (owner(run) != run)
    return found
