"""Explore's panels of lists: hard pairs, label issues, copies and outliers; and the matrix."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.shell.link import change
from pages.shell.live import mount
from simclr_core.feed.explore.map_blocks import is_recorded
from simclr_core.feed.explore.pairs import AS_DRAWN, COUNTS, ORDERS
from simclr_core.feed.packing import pack
from simclr_core.runs.run import Run

from .ask import stamp
from .map import start_of, step_index, surroundings, to_link
from .tabs import COPIES, LABELS, PAIRS

HEIGHT = 560
LISTS = {PAIRS: "pairs", LABELS: "labels", COPIES: "copies"}  # panel: what the server lists


def show_matrix(run: Run, message: str) -> None:
    """Draw similarities of 2N views at a snapshot, and the weights of the negatives.

    Args:
        message: why there is nothing to show; empty if there is.
    """
    with st.container(key="explore-panel", horizontal=True, vertical_alignment="center"):
        step = _step(run)
        count = st.segmented_control(
            "Pictures", list(COUNTS), default=16, required=True,
            key="pairs", bind="query-params", label_visibility="collapsed",
            help="Pictures of the matrix, two views each; those selected on the map come first.",
        )  # fmt: skip
        if st.query_params.get("chosen"):
            st.html(
                '<span class="lab-of">those selected on the map come first</span>', width="content"
            )
        order = st.segmented_control(
            "Order", list(ORDERS), default=AS_DRAWN, required=True,
            key="order", bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    query = {
        "step": step,
        "count": int(count or 16),
        "order": str(order),
        "chosen": st.query_params.get("chosen", ""),
        "v": stamp(run.snapshot_path(step)),
    }
    message = message or _without_views(run)
    _mount(run, "matrix", step, f"matrix.bin?{urlencode(query)}", message)


def show_lists(run: Run, message: str, panel: str) -> None:
    """Draw what stands out at a snapshot, with the pane of a picture beside it.

    Args:
        message: why there is nothing to show; empty if there is.
        panel: one of `LISTS`.
    """
    with st.container(key="explore-panel", horizontal=True, vertical_alignment="center"):
        step = _step(run)
    if panel == PAIRS:
        message = message or _without_views(run)
    lists = LISTS[panel]
    _mount(run, "pairs", step, f"{lists}.json?step={step}", message, lists)


def _without_views(run: Run) -> str:
    """Return why nothing is known of views; empty if something is."""
    if not is_recorded(run):
        return ""
    return "This run was trained elsewhere: the views of its pictures are not known."


def _mount(run: Run, module: str, step: int, url: str, message: str, lists: str = "") -> None:
    start = start_of(run)
    header: dict[str, Any] = {
        "kind": module,
        "lists": lists,
        "step": step,
        "asked": start["step"],
        "picture": start["picture"],
        "closed": start["closed"],
        "message": message,
        **surroundings(run),
    }
    header["url"] = f"{header['base']}/{url}"
    key = f"explore-{module}"
    mount(f"explore/{module}", key, HEIGHT, pack(header, {}), on_place_change=to_link(key))


def _step(run: Run) -> int:
    """Return the URL's step, or the nearest before it, or the newest; draw a slider for it."""
    steps = run.snapshot_steps()
    step = steps[step_index(steps)] if steps else 0
    if len(steps) < 2:
        return step
    key = f"explore-step-{run.id}-{step}"
    st.select_slider(
        "Step", steps, step, key=key, on_change=_to_step, args=(key, steps[-1]), width=300,
        format_func=lambda step: f"step {step:,}", label_visibility="collapsed",
    )  # fmt: skip
    return step


def _to_step(key: str, newest: int) -> None:
    step = int(st.session_state[key])
    change(step=None if step == newest else str(step))
