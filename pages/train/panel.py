"""The panel of one run: one layout for every state, so that nothing jumps between them.

A head line (state, progress, pause and stop), a strip (what happens, what to do next), the map
with its controls on the left, and scores, loss and pairs on the right. Until a run has ended, the
panel is a fragment that refreshes itself.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.shared import offer, run_actions, run_rows
from pages.shared.estimate import is_busy
from pages.shared.run_dialogs import delete_dialog
from pages.shared.share import share_button
from pages.shell.link import change
from pages.shell.live import (
    awaits_map,
    interval,
    live_curves,
    live_map,
    live_pairs,
)
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.feed import missing_files
from simclr_core.feed.categories import color_choices
from simclr_core.feed.payload import coordinate_steps
from simclr_core.runs import shipped, states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.workers import launch

from . import sentences
from .begin import begin_run
from .film_of_two import show_film_of_two
from .next_runs import next_runs

MAP_HEIGHT = 540  # pixels that 768 leave; assets/css/train.css lets it grow with the window
PAIRS_HEIGHT = 224  # of the strip of pairs
CURVES_HEIGHT = MAP_HEIGHT - PAIRS_HEIGHT - 16
LATEST = "latest"


def run_panel(store: RunStore, run: Run) -> None:
    """Show a run in any state, live until it has ended."""
    every = _interval(run, run.status)
    st.fragment(_panel, run_every=every)(store, run, every)


def empty_panel(store: RunStore, missing: str = "", ready: RunConfig | None = None) -> None:
    """Show a recorded run at a third of its strength, and how to start a new one.

    A fragment like a run's panel: the figures then stay in place when a run begins.

    Args:
        missing: the id that the URL asks for, where there is no such run.
        ready: what Start would start; None where it cannot be pressed.
    """
    st.fragment(_empty)(store, missing, ready)


def _empty(store: RunStore, missing: str, ready: RunConfig | None) -> None:
    with st.container(key="run-head"):
        title = "Not found" if missing else "No run is open"
        st.html(render("train/empty", title=title, sketch=True))
    with st.container(key="run-strip", horizontal=True, vertical_alignment="center"):
        rows = run_rows.rows(store)
        st.html(sentences.strip(*_empty_words(missing, ready, is_busy(rows))))
        if missing:
            st.page_link("pages/runs/page.py", label="All runs")
        _offer(store, rows)
    _show_figures(_recorded(store), sketch=True)


def _recorded(store: RunStore) -> Run:
    """Return the recorded run that stands where there is none of the user's."""
    found = [run for run in store.shipped() if run.id == shipped.FIRST]
    return (found or shipped.originals())[0]


def _offer(store: RunStore, rows: Sequence[run_rows.Row]) -> None:
    """Show a button for the run that trains, or for one that can be resumed."""
    row, verb = offer.offered([row for row in rows if not row.run.is_shipped])
    if row is None or verb == offer.OPEN:
        return
    if st.button(f"{verb} {run_actions.escape_markdown(row.name)}", key="watch"):
        if verb == offer.RESUME:
            run_actions.attempt(lambda: run_actions.resume(store, row.run))
        change(run=row.run.id)
        st.rerun()


def _empty_words(missing: str, ready: RunConfig | None, busy: bool) -> tuple[str, str]:
    """Return the two sentences of a page without a run."""
    if missing:
        return (
            f"There is no run {missing[:40]} here: it was deleted, or the link is from another "
            "machine.",
            "Start a new one with the settings of this page.",
        )
    about = "A network learns without labels: it finds the two views that come from one picture."
    if ready is None:
        return "This is a recorded run. Start your own once the settings are valid.", about
    if busy:
        return "This is a recorded run. Another one is training: yours would wait for it.", about
    return f"This is a recorded run. Press Start: {summary.budget(ready)}.", about


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
        said = _strip(store, run, status, config, kind)
    show_film_of_two(store, run)
    over_map, over_curves = sentences.placeholders(status, said)
    _show_figures(run, over_map, over_curves, _pairs_words(status))


def _show_figures(
    run: Run, over_map: str = "", over_curves: str = "", over_pairs: str = "", sketch: bool = False
) -> None:
    """Show map, curves and pairs of a run.

    Args:
        run: any run.
        over_map, over_curves, over_pairs: sentences in the place of figures that are empty.
        sketch: whether the run only stands for one that is not there yet.
    """
    left, right = _figures()
    with left:
        _map(run, over_map, sketch)
    with right:
        live_curves(run, height=CURVES_HEIGHT, message=over_curves)
        live_pairs(run, height=PAIRS_HEIGHT, message=over_pairs)


def _pairs_words(status: dict[str, Any]) -> str:
    """Return what stands in the strip of pairs until a run that is on its way has some."""
    on_its_way = status["state"] in (states.QUEUED, *states.GOING)
    return "The pairs of the newest step appear here" if on_its_way else ""


def _interval(run: Run, status: dict[str, Any]) -> float | None:
    """Return the seconds between two refreshes; None once nothing more will come."""
    state = status["state"]
    if state not in states.ENDED:
        return 2.0 if state == states.QUEUED else interval()
    return 2.0 if awaits_map(run, status) else None


def _settings(run: Run) -> tuple[RunConfig | None, str]:
    """Return the run's settings and the kind of its pictures, as far as they can be read."""
    try:
        return run.config, run.kind
    except LabError:
        return None, ""


def _figures() -> Sequence[Any]:
    with st.container(key="run-figures"):
        return st.columns([42, 56], gap="medium")


def _head(store: RunStore, run: Run, status: dict[str, Any]) -> None:
    state = status["state"]
    going = state in states.GOING
    request = run.requested(int(status.get("attempt") or 0)) if going else None
    with st.container(key="run-head", horizontal=True, vertical_alignment="center"):
        st.html(sentences.head_line(run, status, request))
        if going:
            busy = request is not None
            pause, stop = (functools.partial(f, run) for f in (run_actions.pause, run_actions.stop))
            _button("Pause", "pause", pause, busy, icon=":material/pause:")
            _button("Stop", "stop", stop, busy, icon=":material/stop:")
        elif state == states.QUEUED:
            _button("Leave the queue", "stop", functools.partial(run_actions.stop, run))
        elif state in states.RESUMABLE:
            label = "Try again" if state == states.FAILED else "Resume"
            first = status.get("error") != "Diverged"  # it would diverge again
            resume = functools.partial(run_actions.resume, store, run)
            _button(label, "pause", resume, primary=first)


def _button(
    label: str,
    key: str,
    action: Any,
    busy: bool = False,
    primary: bool = False,
    icon: str | None = None,
) -> None:
    """Show a button that acts before the panel is drawn again, so that this shows its effect."""
    st.button(
        label,
        key=f"run_{key}",
        disabled=busy,
        icon=icon,
        type="primary" if primary else "secondary",
        on_click=run_actions.attempt,
        args=(action,),
    )


def _strip(
    store: RunStore, run: Run, status: dict[str, Any], config: RunConfig | None, kind: str
) -> str:
    """Show what happens, and the buttons that start what comes next; return the sentence."""
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
        return text
    for label, changed in next_runs(run, status, config, kind):
        if st.button(label, key=f"next_{label}"):
            data = run.data.name or changed.data.source
            begin_run(store, changed, summary.default_name(changed, data, kind))
            st.rerun()
    if state in (states.FINISHED, states.STOPPED) and run.snapshot_steps():
        st.page_link("pages/explore/page.py", label="Explore it", query_params={"run": run.id})
        share_button(run)
    if state in (states.FINISHED, states.FAILED, states.STOPPED):
        st.page_link("pages/runs/page.py", label="All runs")
    return text


def _map(run: Run, message: str, sketch: bool) -> None:
    """Show the map with its controls on it; its own caption says how far it can be trusted."""
    place = st.container(key="run-map")
    with st.container(key="run-controls", horizontal=True, vertical_alignment="center"):
        method, color, step = _controls(run, sketch)
    with place:
        live_map(run, method=method, color=color, step=step, height=MAP_HEIGHT, message=message)


def _controls(run: Run, sketch: bool) -> tuple[str, str | None, int | None]:
    """Return the layout, the colours of frames and dots, and the step (None: the newest)."""
    names = color_choices(run)
    color = st.selectbox(
        "Frame",
        names or ["colour"],
        format_func=lambda name: "class" if name == "label" else name,
        disabled=not names or sketch,
        key=f"color-{run.id}",
    )
    method = st.segmented_control(
        "Layout",
        ["umap", "pca"],
        default="umap",
        required=True,
        format_func=str.upper,
        label_visibility="collapsed",
        disabled=not names or sketch,
        key=f"method-{run.id}",
    )
    steps: list[Any] = list(coordinate_steps(run, method or "umap"))
    step = st.select_slider(
        "Step",
        [*steps, LATEST] if steps else ["", LATEST],
        value=LATEST,
        format_func=lambda s: f"step {s:,}" if isinstance(s, int) else str(s),
        label_visibility="collapsed",
        disabled=not steps or sketch,
        key=f"step-{run.id}",
    )
    return method or "umap", color if names else None, step if isinstance(step, int) else None
