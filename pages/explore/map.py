"""Explore's maps as a Streamlit element: the browser gets what to show, and fetches the rest.

The browser reports its step, picture and selection, so that the URL opens the same view.
"""

from __future__ import annotations

import contextlib
import functools
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.shell.link import change, linked_number
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.feed.explore.link import decode_selection, encode_selection
from simclr_core.feed.missing_files import map_words
from simclr_core.feed.packing import pack
from simclr_core.feed.thumbnails import ProbeFacts, probe_facts
from simclr_core.questions.large_probe import owner
from simclr_core.runs import states
from simclr_core.runs.run import Run

from .ask import Answers, described
from .scores import score_words

KEY = "explore"
DOTS = "dots"
DRAWN = ("pictures", DOTS)  # how points are drawn
CLOSED = "closed"
PANES = ("open", CLOSED)  # of the picture beside the map
MOST_POINTS = 1_000_000  # whose selection is read out of a link


def show_map(
    run: Run,
    answers: Answers,
    start: Mapping[str, Any],
    message: str = "",
    own: Mapping[str, Any] | None = None,
) -> None:
    """Mount or update the maps.

    Args:
        start: step, picture and selection to begin with (see `start_of`).
        message: over the maps while there are no snapshots.
        own: the user's picture and its neighbours (see `own`).
    """
    answers.maps = answers.maps or [described(run, "h", "umap", [])]  # a place for the message
    steps = _common([one["steps"] for one in answers.maps]) if _probe(run) else []
    header: dict[str, Any] = {
        "kind": "explore",
        "maps": answers.maps,
        "steps": steps,
        "color": answers.color,
        "scores": score_words(run, steps),
        "start": dict(start),
        "message": message,
        "own": dict(own) if own else None,
        "grows": owner(run).state not in states.ENDED,
        **surroundings(run),
    }
    mount("explore/explore", KEY, 600, pack(header, {}), on_place_change=to_link(KEY))


def address(run: Run) -> str:
    """Return where the app's server has a run, or a set of its pictures."""
    whole = owner(run)
    return f"/lab/runs/{whole.id}" + (f"/sets/{run.id}" if whole != run else "")


def surroundings(run: Run) -> dict[str, Any]:
    """Return what every figure of Explore has to know: the run, its pictures, and the theme."""
    dark = st.context.theme.type == "dark"
    known = {"run": owner(run).id, "base": f"{address(run)}/map", "dark": dark}
    return known | _pictures(run, _probe(run))


def start_of(run: Run) -> dict[str, Any]:
    """Return what the URL says: step, picture, selection, whether all points are dots, and whether
    no picture opens by itself."""
    count = getattr(_probe(run), "count", 0)
    query, index = st.query_params, (linked_number("picture") or 0) - 1
    return {
        "step": linked_number("step"),
        "picture": index if 0 <= index < count else None,
        "chosen": decode_selection(query.get("chosen", ""), count),
        "dots": query.get("draw") == DOTS,
        "closed": query.get("pane") == CLOSED,
    }


def step_index(steps: Sequence[int]) -> int:
    """Return the place of the URL's step, or of the nearest before it; without one, the last place.

    Args:
        steps: ascending, at least one; the first is used for any earlier step.
    """
    wanted = linked_number("step")
    return len(steps) - 1 if wanted is None else max(bisect_right(steps, wanted) - 1, 0)


def unusable(run: Run) -> list[str]:
    """Remove from the URL what the run does not have; return one sentence for each."""
    count = getattr(_probe(run), "count", 0)
    if not count:
        return []
    start, problems = start_of(run), []
    if st.query_params.get("picture") and start["picture"] is None:
        problems.append(f"picture in the link: this run has pictures 1 to {count:,}.")
        change(picture=None)
    steps = run.snapshot_steps()
    if start["step"] is not None and steps and start["step"] > steps[-1] and not run.alive:
        problems.append(f"step in the link: the last one of this run is {steps[-1]:,}.")
        change(step=None)
    if st.query_params.get("chosen") and not start["chosen"]:
        problems.append("The selection in the link is damaged, or is about other pictures.")
        change(chosen=None)
    return problems


def to_link(key: str) -> Callable[[], None]:
    """Return a function that updates the URL with the place that the element `key` reports."""
    return functools.partial(_to_link, key)


def _to_link(key: str) -> None:
    place = getattr(st.session_state.get(key), "place", None)
    if not isinstance(place, Mapping) or place.get("run") != st.query_params.get("run"):
        return
    step, picture, chosen = (place.get(name) for name in ("step", "picture", "chosen"))
    with contextlib.suppress(LabError, TypeError, ValueError, IndexError):
        count = min(max(int(place["count"]), 0), MOST_POINTS)
        values = {
            "step": "" if step is None else str(int(step)),
            "picture": "" if picture is None else str(int(picture) + 1),
            "chosen": encode_selection(chosen, count) if chosen else "",
        }
        if "closed" in place:
            values["pane"] = CLOSED if place["closed"] is True else ""
        if "draw" in place:  # other panels report their place as well, and draw no map
            values["draw"] = DOTS if place["draw"] == DOTS else ""
        change(**{name: value or None for name, value in values.items()})


def _pictures(run: Run, probe: ProbeFacts | None) -> dict[str, Any]:
    if probe is None:
        return {"digest": "", "count": 0, "columns": 1, "size": 1, "pictures": "", "points": ""}
    return {
        "digest": probe.digest,
        "count": probe.count,
        "columns": probe.columns,
        "size": probe.size,
        "pictures": f"{address(run)}/thumbnails.webp?v={probe.digest}",
        "points": f"{address(run)}/points.json?v={probe.digest}",
    }


def _probe(run: Run) -> ProbeFacts | None:
    try:
        return probe_facts(run)
    except LabError:
        return None


def _common(lists: Sequence[Sequence[int]]) -> list[int]:
    """Return the steps that every map has."""
    return sorted(set(lists[0]).intersection(*lists[1:])) if lists else []


def trouble(run: Run) -> str:
    """Return why nothing can be shown, in a sentence; empty if there is nothing wrong."""
    try:
        probe = probe_facts(run)
    except LabError as error:
        return str(error)
    steps = run.snapshot_steps()
    if probe is None or not steps:
        count = probe.count if probe else None
        return map_words(run, steps, count, None)
    return ""
