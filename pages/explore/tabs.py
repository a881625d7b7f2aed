"""The tabs of Explore: one for each task, with how much there is to look at where that is known."""

from __future__ import annotations

import contextlib

import streamlit as st

from pages.shell.link import change
from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import probe_of, target
from simclr_core.feed.explore.pairs import first_copies
from simclr_core.runs.run import Run

MAP, PAIRS, MATRIX = "Map", "Pairs", "Similarity"
LABELS, COPIES = "Label issues", "Copies and outliers"
HEALTH, KEEPS, LOOKS = "Health", "What it keeps", "Where it looks"
COMPARE, EXPORT = "Compare", "Export"
PANELS = (MAP, PAIRS, MATRIX, LABELS, COPIES, HEALTH, KEEPS, LOOKS, COMPARE, EXPORT)
FORMER = {"Similarity matrix": MATRIX, "Hard pairs": PAIRS, "Take away": EXPORT}  # in old links


def open_panel() -> str:
    """Return the panel that the link opens."""
    panel = str(st.query_params.get("panel", MAP))
    return FORMER.get(panel, panel)


def words() -> dict[str, tuple[str, ...]]:
    """Return what a link may open: the tabs, and in an old link also their former names."""
    old = st.query_params.get("panel") in FORMER
    return {"panel": (*PANELS, *FORMER) if old else PANELS}


def show_tabs(run: Run, panel: str) -> None:
    """Draw the tabs.

    Args:
        run: the run that is open.
        panel: the tab that is open.
    """
    counts = _counts(run)
    with st.container(key="explore-panels"):
        if st.session_state.get("panel") != panel:  # of a link, or back in the browser's history
            st.session_state["panel"] = panel
        st.segmented_control(
            "Look at", list(PANELS), required=True, key="panel", on_change=_to_panel,
            label_visibility="collapsed",
            format_func=lambda name: f"{name} **{counts[name]:,}**" if counts.get(name) else name,
        )  # fmt: skip


def _to_panel() -> None:
    """Open another panel; the browser's back button leads back."""
    change(panel=str(st.session_state["panel"]))


def _counts(run: Run) -> dict[str, int]:
    """Return how many pictures are in question, for the tabs where the run knows it already."""
    found = {}
    with contextlib.suppress(LabError):
        found[COPIES] = sum(first != i for i, first in enumerate(first_copies(run)))
    with contextlib.suppress(LabError):
        row = (run.snapshot_rows() or [{}])[-1]
        probe, share = probe_of(run), row.get("knn_accuracy")
        of = target(probe)
        if of and row.get("knn_of") == of and isinstance(share, float):
            found[LABELS] = round((1 - share) * int((probe.categories[of] >= 0).sum()))
    return found
