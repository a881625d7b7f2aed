"""How a step of Explore's maps scores, and what to compare it with."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import is_recorded, probe_of, target
from simclr_core.measures.intervals import wilson_interval
from simclr_core.measures.knn import K
from simclr_core.questions.large_probe import owner
from simclr_core.runs import findings, states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.validation import number

from .kept import known_accuracies

OF_ITS_OWN = " Scored on the smaller set of pictures that every snapshot encodes."
UNLABELLED = "No labels: neighbours cannot be scored."
PENDING, MISSING = "This step is being scored.", "No scores for this step."


def score_words(run: Run, steps: Sequence[int]) -> dict[str, dict[str, str]]:
    """Return for each step how often neighbours vote right, and what to compare that with.

    Every step is scored by the same test; what other tests found is in its tip.

    Returns:
        step -> words, and tip (what the test is, and what others found; may be empty).
    """
    whole = owner(run)
    rows = {row["step"]: row for row in whole.snapshot_rows()}
    untrained = None if is_recorded(whole) else rows.get(0, {}).get("knn_accuracy")
    read = known_accuracies(whole)
    evaluation: Mapping[str, object] = {}
    with contextlib.suppress(LabError):  # without a damaged file, the other scores are shown
        evaluation = whole.evaluation() or {}
    labels = _labels(whole)
    data = None
    with contextlib.suppress(LabError):
        data = whole.data
    is_scoring = whole.state in states.GOING
    found = {}
    for step in steps:
        row = rows.get(step, {})
        score = row.get("knn_accuracy")
        if score is None or not labels:
            words = PENDING if is_scoring and step > max(rows, default=-1) else MISSING
            found[str(step)] = {"words": words if labels else UNLABELLED, "tip": ""}
            continue
        asked = {"of": row.get("knn_of")}
        rivals = {
            "chance": findings.chance(asked, data),
            "untrained": untrained,
            "pixels": row.get("knn_accuracy_pixels"),
        }
        known = ", ".join(f"{k} {summary.score(v)}" for k, v in rivals.items() if v is not None)
        words = f"Neighbours vote for the right {findings.what(asked)}: {_share(score, labels)}"
        tip = (
            f"kNN accuracy on the map: for each of {labels:,} pictures, the {K} nearest others "
            "vote, the more similar ones with more weight."
        )
        tip += OF_ITS_OWN * (whole != run)
        if step == evaluation.get("step"):
            tip += _final(evaluation)
        elif step in read:
            half = labels - labels // 2
            tip += f" A linear probe of h reads it in {_share(read[step], half)} of cases."
        found[str(step)] = {"words": f"{words}; {known}." if known else f"{words}.", "tip": tip}
    return found


def _labels(run: Run) -> int:
    """Return how many pictures of the map neighbours can be scored by."""
    with contextlib.suppress(LabError):
        probe = probe_of(run)
        of = target(probe)
        return int((probe.categories[of] >= 0).sum()) if of else 0
    return 0


def _final(evaluation: Mapping[str, object]) -> str:
    """Return what the run's final test found, which is another one."""
    score, queries = number(evaluation.get("knn_accuracy")), number(evaluation.get("queries"))
    bank, words = number(evaluation.get("bank")), ""
    if score is not None and queries and bank:
        words = (
            f" In the run's final test, {bank:,.0f} training pictures vote on {queries:,.0f} new "
            f"ones: {_share(score, int(queries))}."
        )
    return " ".join([words, findings.probes(evaluation)]).rstrip()


def _share(share: float, count: int) -> str:
    ends = summary.interval(*wilson_interval(share, count))
    return f"{summary.score(share)} (95% interval {ends})"
