"""What Explore says about one picture, and about a selection of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base.errors import LabError, RunError
from ...figures.colors import UNKNOWN, live_colors
from ...loss.nt_xent import collapsed_loss
from ...measures import per_picture
from ...measures.intervals import wilson_interval
from ...measures.neighbours import fixed_sample, kept_on_map
from ...runs.run import Run
from ...runs.snapshots import cache
from ..categories import category_names, choices
from .map_blocks import LOSS, batch_of, coordinates, probe_of, target

NEAREST = 14  # neighbours that a picture's pane lists


def neighbour_history(run: Run, index: int, step: int) -> list[dict[str, Any]]:
    """Return the nearest pictures of one, at every snapshot up to a step, the latest first.

    Returns:
        For each snapshot its step, and indices and similarities of the `NEAREST` neighbours.
    """
    history = []
    for known in reversed([s for s in run.snapshot_steps() if s <= step]):
        try:
            which, similarity = cache.neighbours_of(run, known, np.array([index]))
        except LabError:  # a damaged snapshot; the others can be read
            continue
        history.append(
            {
                "step": known,
                "neighbours": which[0, :NEAREST].tolist(),
                "similarities": similarity[0, :NEAREST].round(4).tolist(),
            }
        )
    return history


def picture_facts(run: Run, index: int, step: int) -> dict[str, Any]:
    """Return all that the pane of one picture shows.

    Args:
        index: 0..P-1.
        step: with a snapshot.

    Raises:
        RunError: there is no such picture or snapshot.
    """
    probe = probe_of(run)
    if not 0 <= index < probe.count:
        raise RunError(f"Expected a picture from 1 to {probe.count}, found {index + 1}.")
    facts: dict[str, Any] = {"index": index, "step": step, "row": int(probe.rows[index])}
    if probe.files is not None:
        facts["file"] = probe.files[index]
    facts["known"] = {
        name: category_names(run, name, values)[values[index]] if values[index] >= 0 else None
        for name, values in probe.categories.items()
        if name in choices(probe)
    }
    h = cache.vectors(run, step)
    facts["h"] = h[index].round(5).tolist()
    facts["h_range"] = float(np.abs(h).max())
    facts["history"] = neighbour_history(run, index, step)
    facts |= _of_views(run, index, step)
    of = target(probe)
    if of:
        labels = probe.categories[of]
        guess = cache.predicted_of(run, step, labels, index)
        names = category_names(run, of, labels)
        facts["predicted"] = {"of": of, "value": names[guess] if guess >= 0 else None}
        near = cache.neighbours_of(run, step, np.array([index]))[0][0]  # (k,)
        facts |= _votes(labels, names, index, near)
    return facts


def _votes(labels: np.ndarray, names: list[str], index: int, near: np.ndarray) -> dict[str, Any]:
    """Return what a picture and its neighbours are labelled.

    Args:
        labels: (P,) int; -1 is unknown.
        near: (k,) the neighbours, the nearest first.

    Returns:
        label; votes: name and count of each label among them, the most frequent first; marks: name
        and colour of each of the first `NEAREST`.
    """
    shades, said = [*live_colors(names), UNKNOWN], [*names, None]
    counts = np.bincount(labels[near][labels[near] >= 0], minlength=len(names))
    return {
        "label": said[labels[index]],
        "votes": [
            [names[i], int(counts[i])] for i in np.argsort(-counts, kind="stable") if counts[i]
        ],
        "marks": [[said[labels[i]], shades[labels[i]]] for i in near[:NEAREST]],
    }


def selection_facts(
    run: Run, chosen: np.ndarray, step: int, maps: Sequence[tuple[str, ...]]
) -> Any:
    """Return what some pictures have in common.

    Args:
        chosen: (n,) indices.
        step: with a snapshot.
        maps: of, method and key of each map on the screen.

    Returns:
        count, `mix` (name, count and colour of each category), `agree` (the share of pictures whose
        neighbours vote for their label) with its `interval`, and `kept` (for each map the share of
        these pictures' true neighbours that it keeps).
    """
    probe = probe_of(run)
    about: dict[str, Any] = {"count": len(chosen), "mix": [], "kept": []}
    of = target(probe)
    if of:
        labels = probe.categories[of]
        names = category_names(run, of, labels)
        counts = np.bincount(np.where(labels < 0, len(names), labels)[chosen])
        shades = [*live_colors(names), UNKNOWN]
        about["mix"] = [
            [[*names, "unknown"][i], int(counts[i]), shades[i]]
            for i in np.argsort(-counts, kind="stable")
            if counts[i]
        ]
        known = chosen[labels[chosen] >= 0]
        if len(known):
            right = cache.predicted(run, step, labels)[known] == labels[known]
            agree = float(right.mean())
            about |= {"of": of, "agree": agree, "interval": wilson_interval(agree, len(known))}
    some = chosen[fixed_sample(len(chosen))]
    for of_, method, key in maps:
        xy = coordinates(run, of_, method, step, key)
        true = cache.neighbours_of(run, step, some, of_)[0]
        about["kept"].append(kept_on_map(true, xy, some))
    return about


def _of_views(run: Run, index: int, step: int) -> dict[str, float]:
    """Return how alike a picture's two views are in h and z, and its loss."""
    similarities = {}
    held = cache.arrays(run, step)
    for name in ("h_views", "z_views"):
        if name in held:
            one = per_picture.view_similarity(held[name][index : index + 1])
            similarities["alike_" + name[0]] = round(float(one[0]), 4)
    if "z_views" in held:
        similarities["loss"] = round(float(cache.values(run, step, LOSS)[index]), 4)
        similarities["all_alike"] = collapsed_loss(batch_of(run))
    return similarities
