"""Labels that neighbours dispute, and the hard picture that Explore opens first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...base.errors import RunError
from ...measures import per_picture
from ...measures.knn import K, vote_shares
from ...measures.neighbours import fixed_sample
from ...runs.run import Run
from ...runs.snapshots import cache
from ..categories import category_names
from .map_blocks import VIEWS, probe_of, target

LISTED = 48  # issues that are listed
SHOWN = 6  # neighbours that are shown beside each


@dataclass(frozen=True)
class Disputed:
    """Pictures whose neighbours vote for another label than theirs, the clearest first.

    Attributes:
        of: the label's name.
        among: how many pictures were asked.
        rows: (n,) indices of the pictures.
        votes: (n,) the label that their neighbours vote for.
        near: (n, k) their neighbours, the most similar first.
    """

    of: str
    among: int
    rows: np.ndarray
    votes: np.ndarray
    near: np.ndarray


def disputed_labels(run: Run, step: int) -> Disputed | None:
    """Compare every label with the vote of the nearest other pictures, as kNN accuracy does.

    Of more than `cache.MANY` pictures, a fixed choice is asked.

    Returns:
        None without labels.
    """
    probe = probe_of(run)
    of = target(probe)
    if not of:
        return None
    labels = probe.categories[of]
    known = np.flatnonzero(labels >= 0)
    if len(known) < 2:
        return None
    h = cache.vectors(run, step)
    cache.check_count(run, len(h), len(labels))
    chosen = np.arange(len(known)) if len(known) <= cache.MANY else fixed_sample(len(known))
    rows = known[chosen]
    if len(known) == len(labels):
        near, similarity = cache.neighbours_of(run, step, rows)
    else:  # pictures without a label do not vote
        near, similarity = per_picture.ranked(h[known], K, chosen)
        near = known[near]
    shares = vote_shares((near, similarity), labels)  # (n, C)
    own = shares[np.arange(len(rows)), labels[rows]]
    votes = shares.argmax(axis=1)
    wrong = np.flatnonzero(votes != labels[rows])
    order = wrong[np.argsort(own[wrong], kind="stable")]
    return Disputed(of, len(rows), rows[order], votes[order], near[order])


def label_issues(run: Run, step: int) -> dict[str, Any]:
    """Return the disputed labels at a step as the panel lists them.

    Returns:
        of, count (disputed labels), among (pictures that were asked) and issues: picture, label,
        vote, agree (neighbours with its label), asked (neighbours) and the nearest of them.

    Raises:
        RunError: there are no labels.
    """
    found = disputed_labels(run, step)
    if found is None:
        raise RunError("These pictures have no labels that neighbours could dispute.")
    labels = probe_of(run).categories[found.of]
    names = category_names(run, found.of, labels)
    issues = [
        {
            "a": int(row),
            "label": names[labels[row]],
            "vote": names[vote],
            "agree": int((labels[near] == labels[row]).sum()),
            "asked": len(near),
            "near": near[:SHOWN].tolist(),
        }
        for row, vote, near in zip(
            found.rows[:LISTED], found.votes[:LISTED], found.near[:LISTED], strict=True
        )
    ]
    return {"of": found.of, "count": len(found.rows), "among": found.among, "issues": issues}


def hard_picture(run: Run, step: int) -> int | None:
    """Return the picture to look at first: its label is disputed most, else its pair is worst.

    Returns:
        None where neither labels nor views are known.
    """
    found = disputed_labels(run, step)
    if found is not None and len(found.rows):
        return int(found.rows[0])
    if "z_views" in cache.arrays(run, step):
        return int(cache.values(run, step, VIEWS).argmin())
    return None
