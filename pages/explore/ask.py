"""What Explore's maps can show now; what has to be computed first is asked of the run."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shell.waiting import Wait, ask_run
from simclr_core.base.errors import LabError
from simclr_core.base.locks import is_locked
from simclr_core.feed.categories import choices
from simclr_core.feed.explore import map_blocks
from simclr_core.feed.thumbnails import probe_facts
from simclr_core.measures.projection import METRIC, MIN_DIST, NEIGHBORS
from simclr_core.questions.job import Job, clusters_job, layout_job, more_job
from simclr_core.questions.jobs import forget
from simclr_core.questions.large_probe import owner, set_of
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import cache

USUAL = (NEIGHBORS, MIN_DIST, METRIC)
_SHOWN = "explore_shown"  # in the session: what was shown last, until something newer is there
_PLAIN = {
    map_blocks.PREDICTED: "predicted label",
    map_blocks.CLUSTER: "clusters",
    map_blocks.LOSS: "loss",
    map_blocks.VIEWS: "similarity of its views",
}


@dataclass(frozen=True)
class Wanted:
    """What the user wants to see on the maps.

    Attributes:
        spaces: "h", "z" or both, in the order of the maps.
        method: "umap" or "pca".
        color: label, factor or one of the names in `map_blocks`; empty for the first there is.
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
class Answers:
    """The maps as they can be shown now, and what the page still waits for.

    Attributes:
        maps: as they are described to the browser.
        color: of the maps' points.
        notes: sentences to show.
        waiting: whether an answer is still to come.
        waits: the lines to show for questions that are open or were cancelled.
    """

    maps: list[dict[str, Any]]
    color: dict[str, str]
    notes: list[str]
    waiting: bool = False
    waits: list[Wait] = field(default_factory=list)


def color_names(run: Run) -> dict[str, str]:
    """Return what the maps can be coloured by -> the words for it."""
    try:
        probe = probe_facts(run)
    except LabError:
        probe = None
    if probe is None:
        return {}
    known = choices(probe)
    others = [map_blocks.PREDICTED] * bool(map_blocks.target(probe))
    if not map_blocks.is_recorded(run):
        others += [map_blocks.LOSS, map_blocks.VIEWS]
    others.append(map_blocks.CLUSTER)
    return {name: name for name in known} | {name: _PLAIN[name] for name in others}


def fill_maps(run: Run, wanted: Wanted, answers: Answers) -> None:
    """Fill in what can be shown now, and ask for what has to be computed first.

    Raises:
        LabError: the run cannot be read.
    """
    spaces = wanted.spaces if owner(run) == run else ("h",)
    if "z" in spaces and not _has_z(run):
        answers.notes.append("This run has no z: its maps are of h.")
        spaces = ("h",)
    for of in spaces:
        answers.maps.append(_map(run, of, wanted, answers))
    answers.color = _color(run, wanted, answers)


def larger(run: Run, wanted: Wanted, answers: Answers) -> Run:
    """Return the set of more pictures that is wanted, or the run itself until the set is there.

    Args:
        answers: gets a note, and whether the set will come.
    """
    if not wanted.points:
        return run
    if map_blocks.is_recorded(run):
        answers.notes.append("This run was trained elsewhere: it has no network for more pictures.")
        return run
    key = _key_of_answer(run, more_job(wanted.points), f"{wanted.points:,} pictures", answers)
    if not key:
        return run
    name = str(map_blocks.answer_of(run, key, "name"))
    there = set_of(run, name)
    if there is None:  # another set has taken its place meanwhile
        forget(run, key)
        answers.waiting = True
    return there or run


def _map(run: Run, of: str, wanted: Wanted, answers: Answers) -> dict[str, Any]:
    """Return the wanted map; until it is ready, the one shown before, or PCA."""
    own = wanted.method == "umap" and (of != "h" or wanted.layout != USUAL)
    if own:
        key, layout = _layout(run, of, wanted, answers)
        if key:
            steps = map_blocks.answered_steps(run, key)
            return described(run, of, "umap", steps, key, layout)
    if wanted.method == "umap" and of == "h":
        if steps := run.coordinate_steps("umap"):
            return described(run, of, "umap", steps)
        if not own:
            count = getattr(probe_facts(run), "count", 0)
            answers.notes.append(
                f"UMAP of {count:,} pictures is being computed; the map is by PCA until then."
            )
            answers.waiting |= is_locked(owner(run).root / "mapper.lock")
    steps = run.coordinate_steps("pca") if of == "h" else run.snapshot_steps()
    return described(run, of, "pca", steps)


def _layout(
    run: Run, of: str, wanted: Wanted, answers: Answers
) -> tuple[str, tuple[int, float, str]]:
    """Return the key and the settings of the layout to show, which may be the one before."""
    neighbors, min_dist, metric = wanted.layout
    job = layout_job(of, neighbors, min_dist, metric)
    key = _key_of_answer(run, job, f"The map of {of}", answers)
    return _shown(run, of, (key, wanted.layout))


def _shown(run: Run, name: str, now: tuple[str, Any]) -> tuple[str, Any]:
    """Return what to show now, or what was shown before if there is no answer yet.

    Args:
        run: whose.
        name: of the place on the page.
        now: key of an answer, empty if there is none yet, and what it is an answer to.
    """
    before = st.session_state.setdefault(_SHOWN, {})
    place = (str(run.path), name)
    if now[0]:
        before[place] = now
    elif place in before:
        with contextlib.suppress(LabError):  # it may have been removed meanwhile
            map_blocks.answer_of(run, before[place][0], "steps")
            return before[place]
    return now


def _has_z(run: Run) -> bool:
    """Return whether the newest readable snapshot has projections."""
    for step in reversed(run.snapshot_steps()):
        with contextlib.suppress(LabError):
            return "z" in cache.arrays(run, step)
    return True  # then something else is wrong, and is said


def described(
    run: Run, of: str, method: str, steps: Sequence[int], key: str = "",
    layout: tuple[int, float, str] = USUAL,
) -> dict[str, Any]:  # fmt: skip
    """Return a map as the browser gets it: its title, and its steps with their files' versions.

    Args:
        of: "h" or "z".
        method: "umap" or "pca".
        steps: that it has.
        key: of the answer to a `layout_job`; empty: the run's own map.
        layout: neighbours, min_dist and metric of UMAP.
    """
    title = f"{method.upper()} of {of}"
    if method == "umap" and layout != USUAL:
        neighbors, min_dist, metric = layout
        title += f" ({neighbors} neighbours, min_dist {min_dist:g}, {metric})"
    of_snapshot = bool(key) or of == "z"
    files = {
        step: run.snapshot_path(step) if of_snapshot else run.coordinates_path(method, step)
        for step in steps
    }
    stamps = {str(step): stamp(file) for step, file in files.items()}
    known = {"of": of, "method": method, "key": key, "title": title}
    return known | {"steps": list(steps), "stamps": stamps}


def _color(run: Run, wanted: Wanted, answers: Answers) -> dict[str, Any]:
    names = color_names(run)
    first = next(iter(names), "")
    chosen = wanted.color if wanted.color in names else first
    key = ""
    if chosen == map_blocks.CLUSTER:
        job = clusters_job(wanted.k)
        key = _shown(run, chosen, (_key_of_answer(run, job, "The clusters", answers), wanted.k))[0]
        if not key:
            chosen = first if first != map_blocks.CLUSTER else map_blocks.NONE
    stamps = {str(step): stamp(run.snapshot_path(step)) for step in run.snapshot_steps()}
    return {"name": chosen, "title": names.get(chosen, ""), "key": key, "stamps": stamps}


def _key_of_answer(run: Run, job: Job, what: str, answers: Answers) -> str:
    """Return the key of an answer; empty if there is none, and `answers` says why.

    Args:
        what: is computed, such as "The map".
    """
    reply, wait = ask_run(run, job, what)
    if reply.arrays is not None:
        return reply.key
    if wait:
        answers.waits.append(wait)
    else:
        answers.notes.append(reply.words)
    answers.waiting |= reply.waiting
    return ""


def stamp(path: Path) -> str:
    """Return when a file was written, as a short word; empty if it is gone."""
    try:
        return f"{path.stat().st_mtime_ns:x}"
    except OSError:
        return ""
