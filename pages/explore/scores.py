"""What stands under Explore's maps: how a step scores, with what to compare it with."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from simclr_core.base.errors import LabError
from simclr_core.feed import map_blocks as blocks
from simclr_core.questions import large_probe as more
from simclr_core.runs import summary
from simclr_core.runs.run import Run

from . import kept as explore_keeps

OF_ITS_OWN = " (Scored on the fewer pictures that every snapshot encodes.)"
UNLABELLED = "No labels: neighbours cannot be scored."


def scores(run: Run, steps: Sequence[int]) -> dict[str, str]:
    """For each step what its neighbours say, with what to compare it with."""
    found: dict[str, str] = {}
    rows = {row["step"]: row for row in more.owner(run).snapshot_rows()}
    recorded = blocks.is_recorded(more.owner(run))
    untrained = None if recorded else rows.get(0, {}).get("knn_accuracy")
    read = explore_keeps.known(more.owner(run))
    evaluation: Mapping[str, object] = {}
    with contextlib.suppress(LabError):  # a damaged file takes its own words away, no others
        evaluation = more.owner(run).evaluation() or {}
    for step in steps:
        row = rows.get(step, {})
        score = row.get("knn_accuracy")
        if score is None:
            labelled = blocks.target(blocks.probe_of(run))
            words = "Of this step no scores are there." if labelled else UNLABELLED
            found[str(step)] = words
            continue
        what = summary.what({"of": row.get("knn_of")})
        words = f"Neighbours share the {what}: {summary.percent(score)} (kNN accuracy on the map"
        others = {"untrained": untrained, "pixels": row.get("knn_accuracy_pixels")}
        known = [f"{k} {summary.percent(v)}" for k, v in others.items() if v is not None]
        words += f"; {', '.join(known)})" if known else ")"
        if step == evaluation.get("step"):
            words += ". " + summary.probes(evaluation)
        elif step in read:
            words += f". A linear probe of h reads it for {summary.percent(read[step])}"
        words = words.rstrip(". ") + "."
        found[str(step)] = words + OF_ITS_OWN * (more.owner(run) != run)
    return found
