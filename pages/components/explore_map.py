"""Explore's maps as a Streamlit element: what to show travels to the browser, the rest it fetches.

The browser tells back where it is (step, picture, selection), so that the URL opens the same.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from simclr_core import analyst, jobs, more, runs, snapshots
from simclr_core.errors import LabError
from simclr_core.figures import VIEW_1, VIEW_2, VIEW_TEXT
from simclr_core.projection import METRIC, MIN_DIST, NEIGHBORS
from simclr_core.runs import Run, RunStore

from . import explore_blocks as blocks
from . import explore_link, explore_scores, lost
from .categories import choices
from .live import mount
from .packing import pack
from .thumbnails import Probe, probe_facts

KEY = "explore"
MOST_POINTS = 1_000_000  # whose selection is read out of a link
USUAL = (NEIGHBORS, MIN_DIST, METRIC)
_PLAIN = {
    blocks.PREDICTED: "predicted label",
    blocks.CLUSTER: "clusters",
    blocks.LOSS: "loss",
    blocks.VIEWS: "similarity of its views",
}


@dataclass(frozen=True)
class Wanted:
    """What a person has chosen to see.

    Attributes:
        spaces: "h", "z" or both, in the order of the maps.
        method: "umap" or "pca".
        color: a label, factor or one of `explore_blocks`' names; empty for the first there is.
        k: clusters.
        layout: neighbours, min_dist and metric of UMAP.
        points: pictures of a larger set; 0 for the run's own.
    """

    spaces: tuple[str, ...] = ("h",)
    method: str = "umap"
    color: str = ""
    k: int = 8
    layout: tuple[int, float, str] = USUAL
    points: int = 0


@dataclass
class Found:
    """The maps as they can be shown now, and what is still waited for."""

    maps: list[dict[str, Any]]
    color: dict[str, str]
    notes: list[str]
    waiting: bool = False


def color_names(run: Run) -> dict[str, str]:
    """What the maps can be coloured by -> the words for it."""
    try:
        probe = probe_facts(run)
    except LabError:
        probe = None
    if probe is None:
        return {}
    known = choices(probe)
    others = [blocks.PREDICTED] * bool(blocks.target(probe))
    if not blocks.is_recorded(run):
        others += [blocks.LOSS, blocks.VIEWS]
    others.append(blocks.CLUSTER)
    return {name: name for name in known} | {name: _PLAIN[name] for name in others}


def look(run: Run, wanted: Wanted, found: Found) -> None:
    """Fill in what can be shown now; asks for what has to be computed first.

    Raises:
        LabError: the run cannot be read.
    """
    spaces = wanted.spaces if more.owner(run) == run else ("h",)
    if "z" in spaces and not _has_z(run):
        found.notes.append("This run has no z: its maps are of h.")
        spaces = ("h",)
    for of in spaces:
        found.maps.append(_map(run, of, wanted, found))
    found.color = _color(run, wanted, found)


def larger(run: Run, wanted: Wanted, found: Found) -> Run:
    """The set of more pictures that is wanted, to be read like a run; the run until it is there.

    Args:
        found: gets a note, and whether the set will come.
    """
    if wanted.points and blocks.is_recorded(run):
        found.notes.append("This run was trained elsewhere: it has no network for more pictures.")
        return run
    key = _asked(run, jobs.more_job(wanted.points), found) if wanted.points else ""
    if not key:
        return run
    name = str(blocks.answer_of(run, key, "name"))
    there = more.set_of(run, name)
    if there is None:  # made room for another one meanwhile
        jobs.forget(run, key)
        found.waiting = True
    return there or run


def show(
    run: Run,
    found: Found,
    start: Mapping[str, Any],
    message: str = "",
    own: Mapping[str, Any] | None = None,
) -> None:
    """Mount or update the maps.

    Args:
        start: step, picture and selection to begin with (see `start_of`).
        message: over the maps while there are no snapshots.
        own: a picture of one's own and its neighbours (see `explore_own`).
    """
    found.maps = found.maps or [_described(run, "h", "umap", [])]  # a place for the message
    steps = _common([one["steps"] for one in found.maps]) if _probe(run) else []
    header: dict[str, Any] = {
        "kind": "explore",
        "maps": found.maps,
        "steps": steps,
        "color": found.color,
        "scores": explore_scores.scores(run, steps),
        "start": dict(start),
        "message": message,
        "own": dict(own) if own else None,
        "grows": more.owner(run).state not in runs.ENDED,
        **surroundings(run),
    }
    mount("explore", KEY, 600, pack(header, {}), on_place_change=to_link(KEY))


def address(run: Run) -> str:
    """Where the app's server has a run, or a set of its pictures."""
    owner = more.owner(run)
    return f"/lab/runs/{owner.id}" + (f"/sets/{run.id}" if owner != run else "")


def surroundings(run: Run) -> dict[str, Any]:
    """What every figure of Explore has to know: the run, its pictures, and the theme."""
    dark = st.context.theme.type == "dark"
    view_text = VIEW_TEXT["dark" if dark else "light"]
    tones = {"blue": VIEW_1, "orange": VIEW_2, "view-1": view_text[0], "view-2": view_text[1]}
    known = {"run": more.owner(run).id, "base": f"{address(run)}/map", "dark": dark, "tones": tones}
    return known | _pictures(run, _probe(run))


def start_of(run: Run) -> dict[str, Any]:
    """What the URL says of step, picture and selection."""
    count = getattr(_probe(run), "count", 0)
    query = st.query_params
    step, picture = (query.get(name, "") for name in ("step", "picture"))
    index = int(picture) - 1 if picture.isdecimal() and len(picture) < 9 else -1
    return {
        "step": int(step) if step.isdecimal() and len(step) < 13 else None,
        "picture": index if 0 <= index < count else None,
        "chosen": explore_link.decode(query.get("chosen", ""), count),
    }


def to_link(key: str) -> Callable[[], None]:
    """What brings the URL up to date with the place that the element `key` tells."""
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
            "chosen": explore_link.encode(chosen, count) if chosen else "",
        }
        for name, value in values.items():
            if value:
                st.query_params[name] = value
            else:
                st.query_params.pop(name, None)


def _map(run: Run, of: str, wanted: Wanted, found: Found) -> dict[str, Any]:
    """One map: its own if it is there, PCA of the same until it is."""
    own = wanted.method == "umap" and (of != "h" or wanted.layout != USUAL)
    if own:
        neighbors, min_dist, metric = wanted.layout
        key = _asked(run, jobs.layout_job(of, neighbors, min_dist, metric), found)
        if key:
            steps = blocks.answered_steps(run, key)
            return _described(run, of, "umap", steps, key, wanted.layout)
    elif wanted.method == "umap":
        if steps := run.coordinate_steps("umap"):
            return _described(run, of, "umap", steps)
        found.notes.append("UMAP is warming up; until then the maps are by PCA.")
    steps = run.coordinate_steps("pca") if of == "h" else run.snapshot_steps()
    return _described(run, of, "pca", steps)


def _has_z(run: Run) -> bool:
    """Whether the newest readable snapshot has projections."""
    for step in reversed(run.snapshot_steps()):
        with contextlib.suppress(LabError):
            return "z" in snapshots.arrays(run, step)
    return True  # then something else is wrong, and is said


def _described(
    run: Run, of: str, method: str, steps: Sequence[int], key: str = "",
    layout: tuple[int, float, str] = USUAL,
) -> dict[str, Any]:  # fmt: skip
    title = f"{method.upper()} of {of}"
    if method == "umap" and layout != USUAL:
        neighbors, min_dist, metric = layout
        title += f" ({neighbors} neighbours, min_dist {min_dist:g}, {metric})"
    folder = run.path / ("snapshots" if key or of == "z" else "coordinates")
    name = "{:08d}.npz" if key or of == "z" else method + "-{:08d}.npz"
    stamps = {str(step): stamp(folder / name.format(step)) for step in steps}
    known = {"of": of, "method": method, "key": key, "title": title}
    return known | {"steps": list(steps), "stamps": stamps}


def _color(run: Run, wanted: Wanted, found: Found) -> dict[str, Any]:
    names = color_names(run)
    first = next(iter(names), "")
    chosen = wanted.color if wanted.color in names else first
    key = ""
    if chosen == blocks.CLUSTER:
        key = _asked(run, jobs.clusters_job(wanted.k), found)
        if not key:
            chosen = first if first != blocks.CLUSTER else blocks.NONE
    stamps = {
        str(step): stamp(run.path / "snapshots" / f"{step:08d}.npz")
        for step in run.snapshot_steps()
    }
    return {"name": chosen, "title": names.get(chosen, ""), "key": key, "stamps": stamps}


def _asked(run: Run, job: jobs.Job, found: Found) -> str:
    """The key of an answer that is there; else asks, and notes what is waited for."""
    try:
        key = jobs.ask(run, job)
        answer = jobs.answer(run, key)
        if answer.state == jobs.ANSWERED:
            return key
        if answer.state == jobs.FAILED:
            found.notes.append(answer.error)
            return ""
        trouble = analyst.wake(RunStore(more.owner(run).path.parent))
        found.waiting = not trouble
        share = f" ({answer.share:.0%})" if answer.share else ""
        found.notes.append(trouble or f"{(answer.words or 'computing').capitalize()}{share} …")
    except LabError as error:
        found.notes.append(str(error))
    return ""


def _pictures(run: Run, probe: Probe | None) -> dict[str, Any]:
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


def _probe(run: Run) -> Probe | None:
    try:
        return probe_facts(run)
    except LabError:
        return None


def _common(lists: Sequence[Sequence[int]]) -> list[int]:
    """Steps that every map has."""
    return sorted(set(lists[0]).intersection(*lists[1:])) if lists else []


def stamp(path: Path) -> str:
    """When a file was written, as a short word; empty if it is gone."""
    try:
        return f"{path.stat().st_mtime_ns:x}"
    except OSError:
        return ""


def trouble(run: Run) -> str:
    """Why nothing can be shown, in a sentence; empty if there is nothing wrong."""
    try:
        probe = probe_facts(run)
    except LabError as error:
        return str(error)
    steps = run.snapshot_steps()
    if probe is None or not steps:
        count = probe.count if probe else None
        return lost.map_words(run, steps, count, None)
    return ""
