"""The panel of one run: one layout for every state, so that nothing jumps between them.

A head line (state, progress, pause and stop), a strip (what happens, what to do next), the map
with its controls on the left and the curves on the right. Until a run has ended, the panel is a
fragment that refreshes itself.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.shared import offer, run_actions, run_rows
from pages.shared.run_dialogs import delete_dialog
from pages.shell.live import (
    color_choices,
    coordinate_steps,
    interval,
    live_curves,
    live_map,
    live_pairs,
)
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.feed import missing_files
from simclr_core.runs import states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.workers import launch

from . import sentences
from .begin import begin_run
from .film_of_two import show_film_of_two
from .next_runs import next_runs

HEIGHT = 522  # pixels of the curves, and of the map with its controls: what 768 leave
PAIRS_HEIGHT = 224  # of the strip of pairs
CURVES_HEIGHT = HEIGHT - PAIRS_HEIGHT - 10
MAP_HEIGHT = HEIGHT - 46  # assets/css/train.css lets both grow with the window
AFTERGLOW = 60.0  # seconds in which a finished run's last layout may still come
LATEST = "latest"


def run_panel(store: RunStore, run: Run) -> None:
    """Show a run in any state, live until it has ended."""
    every = _interval(run, run.status)
    st.fragment(_panel, run_every=every)(store, run, every)


def empty_panel(store: RunStore, missing: str = "", ready: RunConfig | None = None) -> None:
    """Show a sketch of a finished run, and a button for the run that is training now.

    A fragment like a run's panel: the figures then stay in place when a run begins.

    Args:
        missing: the id that the URL asks for, where there is no such run.
        ready: what Start would start; None where it cannot be pressed.
    """
    st.fragment(_empty)(store, missing, ready)


def _empty(store: RunStore, missing: str, ready: RunConfig | None) -> None:
    with st.container(key="run-head"):
        st.html(render("train/empty", title="Not found" if missing else "No run is open"))
    with st.container(key="run-strip", horizontal=True, vertical_alignment="center"):
        st.html(sentences.strip(*_empty_words(missing, ready)))
        if missing:
            st.page_link("pages/runs/page.py", label="All runs")
        _offer(store)
    left, right = _figures()
    with left:
        _map(None, "The map of your run appears here")
    with right:
        live_curves(None, height=CURVES_HEIGHT, message="Its loss appears here")
        live_pairs(None, height=PAIRS_HEIGHT, message="The pairs of its newest step appear here")


def _offer(store: RunStore) -> None:
    """Show a button for the run that trains, or for one that can be resumed."""
    row, verb = offer.offered([row for row in run_rows.rows(store) if not row.run.is_shipped])
    if row is None or verb == offer.OPEN:
        return
    if st.button(f"{verb} {run_actions.escape_markdown(row.name)}", key="watch"):
        if verb == offer.RESUME:
            run_actions.attempt(lambda: run_actions.resume(store, row.run))
        st.query_params["run"] = row.run.id
        st.rerun()


def _empty_words(missing: str, ready: RunConfig | None) -> tuple[str, str]:
    """Return the two sentences of a page without a run."""
    if missing:
        return (
            f"There is no run {missing[:40]} here: it was deleted, or the link is from another "
            "machine.",
            "Use the settings above to start a new one.",
        )
    about = "It learns from pictures without labels: two random views of a picture belong together."
    if ready is None:
        return "You can start a run once the settings above are valid.", about
    return (
        f"Press Start: after {summary.budget(ready)}, pictures close together mostly look alike "
        "to the network.",
        about,
    )


def _panel(store: RunStore, run: Run, every: float | None) -> None:
    if not run.path.exists():  # deleted elsewhere: the page says so
        st.rerun()
    status = run.status
    if status["state"] == states.QUEUED:
        with contextlib.suppress(LabError):  # the server's log says why the queue does not move
            launch.advance(store)
        status = run.status
    again = st.session_state.pop("panel_again", False)
    if _interval(run, status) != every and not again:
        st.session_state["panel_again"] = True  # at most once in a row
        st.rerun()
    _head(store, run, status)
    config, kind = _settings(run)
    with st.container(key="run-strip", horizontal=True, vertical_alignment="center"):
        _strip(store, run, status, config, kind)
    show_film_of_two(store, run)
    left, right = _figures()
    over_map, over_curves = sentences.placeholders(status)
    with left:
        _map(run, over_map)
    with right:
        live_curves(run, height=CURVES_HEIGHT, message=over_curves)
        live_pairs(run, height=PAIRS_HEIGHT, message=_pairs_words(status))


def _pairs_words(status: dict[str, Any]) -> str:
    """Return what stands in the strip of pairs until a run that is on its way has some."""
    on_its_way = status["state"] in (states.QUEUED, *states.GOING)
    return "The pairs of the newest step appear here" if on_its_way else ""


def _interval(run: Run, status: dict[str, Any]) -> float | None:
    """Return the seconds between two refreshes; None once nothing more will come."""
    state = status["state"]
    if state not in states.ENDED:
        return 2.0 if state == states.QUEUED else interval()
    fresh = time.time() - float(status.get("updated") or 0) < AFTERGLOW
    steps = run.snapshot_steps() if fresh else []
    return 2.0 if steps and steps[-1] not in run.coordinate_steps("umap") else None


def _settings(run: Run) -> tuple[RunConfig | None, str]:
    """Return the run's settings and the kind of its pictures, as far as they can be read."""
    try:
        config = run.config
        return config, run.kind
    except (LabError, AttributeError):  # a record whose settings are no group of settings
        return None, ""


def _figures() -> Sequence[Any]:
    with st.container(key="run-figures"):
        return st.columns([1, 1.15], gap="medium")


def _head(store: RunStore, run: Run, status: dict[str, Any]) -> None:
    state = status["state"]
    going = state in states.GOING
    request = run.requested(int(status.get("attempt") or 0)) if going else None
    with st.container(key="run-head", horizontal=True, vertical_alignment="center"):
        st.html(sentences.head_line(run, status, request))
        if going:
            busy = request is not None
            _button("Pause", "pause", functools.partial(run_actions.pause, run), busy)
            _button("Stop", "stop", functools.partial(run_actions.stop, run), busy)
        elif state == states.QUEUED:
            _button("Leave the queue", "stop", functools.partial(run_actions.stop, run))
        elif state in states.RESUMABLE:
            label = "Try again" if state == states.FAILED else "Resume"
            first = status.get("error") != "Diverged"  # it would diverge again
            resume = functools.partial(run_actions.resume, store, run)
            _button(label, "pause", resume, primary=first)


def _button(label: str, key: str, action: Any, busy: bool = False, primary: bool = False) -> None:
    """Show a button that acts before the panel is drawn again, so that this shows its effect."""
    st.button(
        label,
        key=f"run_{key}",
        disabled=busy,
        type="primary" if primary else "secondary",
        on_click=run_actions.attempt,
        args=(action,),
    )


def _strip(
    store: RunStore, run: Run, status: dict[str, Any], config: RunConfig | None, kind: str
) -> None:
    """Show what happens, and the buttons that start what comes next."""
    state = status["state"]
    problem = st.session_state.pop(run_actions.PROBLEM, "")
    text, more = (problem, "") if problem else sentences.sentences(store, run, status)
    if state in states.ENDED:
        more = f"{more} {missing_files.scores_words(run)}".strip()
    st.html(sentences.strip(text, more))
    if config is None or state == states.DAMAGED:
        if st.button("Delete", key="run_delete"):
            delete_dialog(store, run, summary.size_words(run_rows.size(run)))
        st.page_link("pages/runs/page.py", label="All runs")
        return
    for label, changed in next_runs(run, status, config, kind):
        if st.button(label, key=f"next_{label}"):
            data = run.data.name or changed.data.source
            begin_run(store, changed, summary.default_name(changed, data, kind))
            st.rerun()
    if state in (states.FINISHED, states.STOPPED) and run.snapshot_steps():
        st.page_link("pages/explore/page.py", label="Explore it", query_params={"run": run.id})
    if state in (states.FINISHED, states.FAILED, states.STOPPED):
        st.page_link("pages/runs/page.py", label="All runs")


def _map(run: Run | None, message: str = "") -> None:
    """Show the map with its controls below; its own caption says how far it can be trusted."""
    place = st.container(key="run-map")
    with st.container(key="run-controls"):
        method, color, step = _controls(run)
    with place:
        live_map(run, method=method, color=color, step=step, height=MAP_HEIGHT, message=message)


def _controls(run: Run | None) -> tuple[str, str | None, int | None]:
    """Return the layout, the colours of the dots, and the step (None: the newest)."""
    columns = st.columns([1.3, 1.35, 2.2], gap="small", vertical_alignment="center")
    names = color_choices(run) if run else []
    suffix = run.id if run else "none"
    color = columns[0].selectbox(
        "Colour by",
        names or ["colour"],
        format_func=lambda name: "class" if name == "label" else name,
        label_visibility="collapsed",
        disabled=not names,
        key=f"color-{suffix}",
    )
    method = columns[1].segmented_control(
        "Layout",
        ["umap", "pca"],
        default="umap",
        required=True,
        format_func=str.upper,
        label_visibility="collapsed",
        disabled=not names,
        key=f"method-{suffix}",
    )
    steps: list[Any] = list(coordinate_steps(run, method or "umap")) if run else []
    step = columns[2].select_slider(
        "Step",
        [*steps, LATEST] if steps else ["", LATEST],
        value=LATEST,
        format_func=lambda s: f"step {s:,}" if isinstance(s, int) else str(s),
        label_visibility="collapsed",
        disabled=not steps,
        key=f"step-{suffix}",
    )
    return method or "umap", color if names else None, step if isinstance(step, int) else None
