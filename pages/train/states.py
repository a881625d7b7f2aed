"""The panel of one run: one skeleton for every state, so that nothing jumps between them.

A head line (state, progress, pause and stop), a strip (what is going on, what to do next), the
map with its controls on the left and the curves on the right. While a run is not over, the panel
is a fragment that refreshes itself; afterwards it stands still.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.shared import run_actions as actions
from pages.shared import run_rows, run_words
from pages.shell.live import color_choices, coordinate_steps, interval, live_curves, live_map
from simclr_core.base.errors import LabError
from simclr_core.feed import missing_files as lost
from simclr_core.runs import states, summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import BUILT_IN_KINDS
from simclr_core.workers import launch

HEIGHT = 522  # pixels of the curves, and of the map with its controls: what 768 leave
MAP_HEIGHT = HEIGHT - 46  # assets/css/train.css lets both grow with the window
AFTERGLOW = 60.0  # seconds in which a finished run's last layout may still come
LATEST = "latest"
GOING = run_words.GOING


def run_panel(store: RunStore, run: Run) -> None:
    """Show a run in whatever state it is, live while it is not over."""
    every = _interval(run, run.status)
    st.fragment(_panel, run_every=every)(store, run, every)


def empty_panel(store: RunStore, missing: str = "", ready: RunConfig | None = None) -> None:
    """Nothing yet: a ghost of a finished run, and the run that is going on.

    A fragment like a run's panel: the figures then stay in place when a run begins.

    Args:
        missing: the id that the URL asks for, where there is no such run.
        ready: what Start would start; None where it cannot be pressed.
    """
    st.fragment(_nothing)(store, missing, ready)


def _nothing(store: RunStore, missing: str, ready: RunConfig | None) -> None:
    going = [r for r in run_rows.rows(store) if r.state in GOING]
    with st.container(key="run-head"):
        st.html(
            f'<div class="run-head"><b>{"Not found" if missing else "No run is open"}</b></div>'
        )
    with st.container(key="run-strip", horizontal=True, vertical_alignment="center"):
        if missing:
            st.html(
                run_words.strip(
                    f"There is no run {missing[:40]} here: it was deleted, or the link is from "
                    "another machine.",
                    "The settings above start a new one.",
                )
            )
            st.page_link("pages/runs/page.py", label="All runs")
        else:
            st.html(
                run_words.strip(
                    f"Press Start: {summary.budget(ready)}, then pictures that the network sees as "
                    "alike lie together."
                    if ready
                    else "A run can start once the settings above are right.",
                    "It learns from unlabelled pictures alone: two random views of one picture "
                    "belong together.",
                )
            )
        for r in going[:1]:
            if st.button(f"Watch {actions.escape(r.name)}", key="watch"):
                st.query_params["run"] = r.run.id
                st.rerun()
    left, right = _figures()
    with left:
        _map(None, "The map of your run appears here")
    with right:
        live_curves(None, height=HEIGHT, message="Its loss appears here")


def _panel(store: RunStore, run: Run, every: float | None) -> None:
    if not run.path.exists():  # deleted elsewhere: the page says so
        st.rerun()
    status = run.status
    if status["state"] == states.QUEUED:
        with contextlib.suppress(LabError):  # the server's log says why the queue stands still
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
    left, right = _figures()
    over_map, over_curves = run_words.placeholders(status)
    with left:
        _map(run, over_map)
    with right:
        live_curves(run, height=HEIGHT, message=over_curves)


def _interval(run: Run, status: dict[str, Any]) -> float | None:
    """Seconds between two refreshes; None once nothing more will come."""
    state = status["state"]
    if state not in states.ENDED:
        return 2.0 if state == states.QUEUED else interval()
    fresh = time.time() - float(status.get("updated") or 0) < AFTERGLOW
    steps = run.snapshot_steps() if fresh else []
    return 2.0 if steps and steps[-1] not in run.coordinate_steps("umap") else None


def _settings(run: Run) -> tuple[RunConfig | None, str]:
    """The run's settings and its kind of pictures, as far as they can be read."""
    try:
        config = run.config
        kind = summary.group(run.record, "data").get("kind") or BUILT_IN_KINDS.get(
            config.data.source, ""
        )
        return config, str(kind)
    except (LabError, AttributeError):  # a record whose settings are no group of settings
        return None, ""


def _figures() -> Sequence[Any]:
    with st.container(key="run-figures"):
        return st.columns([1, 1.15], gap="medium")


def _head(store: RunStore, run: Run, status: dict[str, Any]) -> None:
    state = status["state"]
    request = run.requested(int(status.get("attempt") or 0)) if state in GOING else None
    with st.container(key="run-head", horizontal=True, vertical_alignment="center"):
        st.html(run_words.head(run, status, request))
        if state in GOING:
            busy = request is not None
            _button("Pause", "pause", functools.partial(actions.pause, run), busy)
            _button("Stop", "stop", functools.partial(actions.stop, run), busy)
        elif state == states.QUEUED:
            _button("Leave the line", "stop", functools.partial(actions.stop, run))
        elif state in states.RESUMABLE:
            label = "Try again" if state == states.FAILED else "Resume"
            first = status.get("error") != "Diverged"  # it would diverge again
            _button(label, "pause", functools.partial(actions.resume, store, run), primary=first)


def _button(label: str, key: str, action: Any, busy: bool = False, primary: bool = False) -> None:
    """A button that acts before the panel is drawn again, so that the panel shows its effect."""
    st.button(
        label,
        key=f"run_{key}",
        disabled=busy,
        type="primary" if primary else "secondary",
        on_click=actions.attempt,
        args=(action,),
    )


def _strip(
    store: RunStore, run: Run, status: dict[str, Any], config: RunConfig | None, kind: str
) -> None:
    """What is going on, and the buttons that start what comes next."""
    problem = st.session_state.pop(actions.PROBLEM, "")
    text, more = (problem, "") if problem else run_words.sentences(store, run, status)
    if status["state"] in states.ENDED:
        more = f"{more} {lost.scores_words(run)}".strip()
    st.html(run_words.strip(text, more))
    if config is None or status["state"] == states.DAMAGED:
        if st.button("Delete", key="run_delete"):
            actions.delete_dialog(store, run, summary.size_words(run_rows.size(run)))
        st.page_link("pages/runs/page.py", label="All runs")
        return
    record = run.record
    for label, changed in _next(status, record, config, kind):
        if st.button(label, key=f"next_{label}"):
            data = summary.group(record, "data").get("name") or changed.data.source
            name = summary.default_name(changed, str(data), kind)
            actions.begin(store, changed, name)
            st.rerun()
    if status["state"] in (states.FINISHED, states.STOPPED) and run.snapshot_steps():
        st.page_link("pages/explore/page.py", label="Explore it", query_params={"run": run.id})
    if status["state"] in (states.FINISHED, states.FAILED, states.STOPPED):
        st.page_link("pages/runs/page.py", label="All runs")


def _next(
    status: dict[str, Any], record: dict[str, Any], config: RunConfig, kind: str
) -> list[tuple[str, RunConfig]]:
    """Runs that are worth starting after this one, with their buttons' labels."""
    state = status["state"]
    if record.get("steps_from") in ("seconds", "epochs"):  # such a budget finds its steps anew
        config = replace(config, training=replace(config.training, steps=0))
    if state == states.FINISHED and summary.group(record, "data").get("origin") != "recorded":
        return [actions.without_color(config, kind), actions.longer(config)]
    if state == states.FAILED and status.get("error") == "Diverged":
        return [actions.gentler(config)]
    return []


def _map(run: Run | None, message: str = "") -> None:
    """The map with its controls below; its own caption says how far it can be trusted."""
    place = st.container(key="run-map")
    with st.container(key="run-controls"):
        method, color, step = _controls(run)
    with place:
        live_map(run, method=method, color=color, step=step, height=MAP_HEIGHT, message=message)


def _controls(run: Run | None) -> tuple[str, str | None, int | None]:
    """Layout, what colours the dots, and the step (None: the newest)."""
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
