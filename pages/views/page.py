"""Views: what the network is shown. Move a slider and see what it does to pairs of views."""

from __future__ import annotations

import contextlib

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.data_picker import data_picker, load_pictures
from pages.shared.own_file import own_file_field
from pages.shared.run_actions import show_problem
from pages.shared.views_link import views_query
from pages.shell.link import clean_link, go, linked_run
from pages.views.chosen import LAST_SKIPPED, chosen_pictures, skip_pictures
from pages.views.controls import BY_KEY, view_controls
from pages.views.panels import MOST, SHOWN, show_views
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import ViewConfig

LARGEST_SEED = 2**31 - 1
_SHOWN_RUN = "views_pictures_of"  # in the session: the run whose pictures were shown last
WHOLE = {
    "pictures": (1, MOST),
    "seed": (0, LARGEST_SEED),
    "row": (1, MOST),
    "skip": (0, LAST_SKIPPED),
}
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def main() -> None:
    """Check the link, read the pictures, and show their views."""
    problems = clean_link(WHOLE, {"show": SHOWN}, ("data", "run"), BY_KEY)
    _data_of_run()
    source, count, seed, corner = _settings_row()
    notice = st.empty()
    if problems:
        notice.warning("  \n".join(problems))
    show_problem()  # of a file that was uploaded
    if not source:
        _own_pictures()
        return
    try:
        dataset = load_pictures(source)
    except LabError as error:
        st.error(str(error))
        return
    left, right = st.columns([1.12, 2.6], gap="medium")
    with left, st.container(key="views-operations"):
        config = view_controls(dataset.kind)
        if notes := (*dataset.notes, *dataset.problems):
            st.caption(" ".join(notes))
    if corner.button("Train with these views", type="primary", width="stretch"):
        _train(source, config)
    with right:
        show_views(source, dataset, chosen_pictures(dataset, count), config, seed)


def _settings_row() -> tuple[str, int, int, DeltaGenerator]:
    """Return source, number of pictures, seed, and the place of the button to Train."""
    with st.container(key="views-settings"):
        row = st.columns([2.3, 1.1, 1.15, 1.1, 1.15, 0.5, 1.9], vertical_alignment="bottom")
        with row[0]:
            source = data_picker()
        count = row[1].number_input("Pictures", 1, MOST, 8, key="pictures", bind="query-params")
        label = f"Another {NUMBERS[count - 1] if count <= len(NUMBERS) else count}"
        row[2].button(label, on_click=skip_pictures, args=(count,), width="stretch")
        seed = row[3].number_input(
            "Seed", 0, LARGEST_SEED, 7, key="seed", bind="query-params",
            help="The same seed draws the same views, so you see what a slider alone changes.",
        )  # fmt: skip
        row[4].button("Draw again", on_click=_draw_again, width="stretch")
    return source, int(count), int(seed), row[6]


def _data_of_run() -> None:
    """Show the pictures that the run of a link learned from, unless the link names others.

    This happens once per run, so pictures that the user chooses afterwards stay.
    """
    run_id = linked_run()
    before, st.session_state[_SHOWN_RUN] = st.session_state.get(_SHOWN_RUN, ""), run_id
    if run_id in ("", before) or "data" in st.query_params:
        return
    with contextlib.suppress(LabError):  # the menu of runs says why it cannot be asked
        run = RunStore().get(run_id)
        if not run.is_recorded:  # such a run names no pictures
            st.session_state["data"] = run.config.data.source


def _own_pictures() -> None:
    """Take a file of pictures, where some are wanted and none are chosen yet."""
    with st.container(key="views-own"):
        st.html(render("views/own"))
        try:
            own_file_field(RunStore(), key="views_upload")
        except LabError as error:
            st.error(str(error))


def _draw_again() -> None:
    st.session_state["seed"] = (int(st.session_state["seed"]) + 1) % (LARGEST_SEED + 1)


def _train(source: str, config: ViewConfig) -> None:
    """Take data and views to Train."""
    go("train", {"data": source, **views_query(config)})


main()
