"""The menu of runs whose network can be asked about the pictures of Views."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared import run_rows
from pages.shell.link import NO_RUN, change
from simclr_core.base.errors import LabError, RunError
from simclr_core.base.paths import expanded
from simclr_core.base.templates import render
from simclr_core.data.builtin import BUILT_IN
from simclr_core.data.readers.picture_files import resize_square
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import weights
from simclr_core.runs.store import RunStore

MOST = 20  # runs in the menu
UNASKED = "Choose a network above to see where it puts the two views."


@dataclass(frozen=True)
class Picked:
    """The run whose network is asked.

    Attributes:
        run: None if no network is asked.
        size: pixels per side of the pictures that it takes; 0 without a run.
        problem: a sentence if the run in the URL cannot be asked.
        message: why there is no map, in one sentence, if no network is asked.
        note: what the network has to do with these pictures, if it learned others.
    """

    run: Run | None = None
    size: int = 0
    problem: str = ""
    message: str = ""
    note: str = ""


def pick_run(source: str, size: int, key: str) -> Picked:
    """Show a small menu of the runs that learned from these pictures, or a hint if there is none.

    The choice is in the URL as `run`; the newest run is the default. Where no run learned from
    them, a recorded one is asked that takes pictures of this size; or of any size, if the pictures
    are the user's own.

    Args:
        source: of the pictures, as in `load_dataset`.
        size: pixels per side.
        key: of the widget.
    """
    any_size = source not in BUILT_IN
    try:
        store = RunStore()
        runs = {run.id: run for run in fitting_runs(store, source, size)}
        learned = set(runs)
        recorded = [] if runs else list(filter(weights.has_learned, store.shipped()))
    except (LabError, OSError) as error:
        return Picked(message=str(error))
    runs |= {run.id: run for run in recorded if any_size or run_rows.row(run).image_size == size}
    wanted, problem = st.query_params.get("run", ""), ""
    if wanted not in ("", NO_RUN, *runs):
        try:
            linked = _linked(store, wanted, 0 if any_size else size)
            runs, wanted = {linked.id: linked, **runs}, linked.id
        except RunError as error:
            wanted, problem = NO_RUN, str(error)
    if not runs:
        _hint()
        return Picked(problem=problem, message=_no_map(recorded, size))
    run = runs.get(_menu(runs, wanted, key))
    if run is None:
        return Picked(problem=problem, message=UNASKED)
    takes = run_rows.row(run).image_size
    note = "" if run.id in learned else _note(run, takes, size)
    return Picked(run, takes, problem, note=note)


def scaled(views: np.ndarray, size: int) -> np.ndarray:
    """Return views (N, 2, S, S, 3) at the size that a network takes, as for your own picture.

    Args:
        views: float in [0, 1].
        size: pixels per side.
    """
    if views.shape[2] == size:
        return views
    flat = views.reshape(-1, *views.shape[2:])  # (2N, S, S, 3)
    resized = np.stack([resize_square(view, size) for view in flat])
    return resized.reshape(*views.shape[:2], *resized.shape[1:])


def _no_map(recorded: Sequence[Run], size: int) -> str:
    """Return why there is no map of these pictures."""
    if not recorded:
        return "No network has learned these pictures yet, so there is no map of them."
    takes = run_rows.row(recorded[0]).image_size
    return (
        f"The recorded networks take pictures of {takes} pixels, and these have {size}. Train a "
        "network on these pictures to see their views on its map."
    )


def _note(run: Run, takes: int, size: int) -> str:
    """Return what a network has to do with pictures that it did not learn from."""
    data = run_rows.row(run).data
    smaller = f" Views are scaled from {size} to {takes} pixels." if takes != size else ""
    return f"This network learned from {data}, not from these pictures.{smaller}"


def fitting_runs(store: RunStore, source: str, size: int) -> list[Run]:
    """Return the runs that learned something from a source at an image size, newest first.

    Args:
        source: as in `load_dataset`.
        size: pixels per side.
    """
    place = _place(source)
    fitting = (
        row.run
        for row in run_rows.rows(store)
        if row.config
        and row.image_size == size
        and _place(row.config.data.source) == place
        and weights.has_learned(row.run)
    )
    return list(itertools.islice(fitting, MOST))


def _menu(runs: dict[str, Run], wanted: str, key: str) -> str:
    options = [*runs, NO_RUN]
    if st.session_state.get(key, options[0]) not in options:  # it was deleted meanwhile
        st.session_state[key] = options[0]
    st.html(render("views/words", words="as seen by", hint=False), width="content")
    chosen = st.selectbox(
        "as seen by the network of",
        options,
        index=options.index(wanted) if wanted in options else 0,
        format_func=lambda name: _label(runs[name]) if name in runs else "no network",
        key=key,
        on_change=_to_link,
        args=(key,),
        label_visibility="collapsed",
        width=260,
    )
    return str(chosen)


def _hint() -> None:
    """Offer training where no run fits."""
    words = "No network has learned these pictures yet:"
    st.html(render("views/words", words=words, hint=True), width="content")
    st.page_link("pages/train/page.py", label="Train one")


def _linked(store: RunStore, run_id: str, size: int) -> Run:
    """Return the run of the URL, which may have learned from other pictures of the same size.

    Args:
        size: pixels per side that it has to take; 0: any.

    Raises:
        RunError: it does not exist, has learned nothing yet, or needs another size.
    """
    try:
        run = store.get(run_id)
    except RunError as error:
        raise RunError(
            f"There is no run {run_id[:40]} here: it was deleted, or the link is from another "
            "machine; choose another."
        ) from error
    takes = run_rows.row(run).image_size
    if not takes or size not in (0, takes):
        words = f"{takes} pixels" if takes else "another size"
        raise RunError(
            f"Run {run.id} takes pictures of {words}, and these have {size}; choose another run."
        )
    if not weights.has_learned(run):
        raise RunError(f"Run {run.id} has learned nothing yet; choose another run.")
    return run


def _place(source: str) -> str:
    """Return one name for a source, however its path is written."""
    if source in BUILT_IN:
        return source
    try:
        return str(expanded(source).resolve())
    except (OSError, ValueError, RuntimeError):  # a name with a null byte, links in a circle
        return source


def _label(run: Run) -> str:
    if run.is_shipped:
        return f"{run.name} (recorded)"
    return f"run {run.id}" + (f", {run.name}" if run.name != run.id else "")


def _to_link(key: str) -> None:
    change(run=str(st.session_state[key]))
