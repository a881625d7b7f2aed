"""Paradigms: four ways to learn, on the same pictures, side by side."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.paradigms import form as paradigm_form
from pages.paradigms import results as paradigm_results
from pages.paradigms.side_by_side import table
from pages.paradigms.whole_table import whole_table
from pages.shared import data_picker
from pages.shell.link import clean_link
from pages.shell.trouble import show_trouble
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.paradigms import study as studies
from simclr_core.runs.store import RunStore

WHOLE, BESIDE, LABELS, CLASSES, MAPS = TABS = (
    "The whole table", "Side by side", "Over labels", "Class by class", "Maps",
)  # fmt: skip


def main() -> None:
    """Check the link, read the form, and show the results."""
    st.html(ASSETS / "css" / "paradigms.css")
    words = {"tab": TABS, **paradigm_form.WORDS}
    for problem in clean_link(paradigm_form.WHOLE, words, ("data", *paradigm_form.OTHER)):
        show_trouble(problem)
    with st.container(key="paradigm-form", horizontal=True, vertical_alignment="bottom"):
        source = data_picker.data_picker()
        form = paradigm_form.show_form() if source else None
    if form is None:
        st.html('<p class="lab-caption">Choose pictures with labels: a folder for each class.</p>')
        st.html(whole_table())
        return
    try:
        study = paradigm_form.study_of(source, form)
        root = RunStore().root
    except LabError as error:
        show_trouble(str(error))
        return
    paradigm_form.controls(study, root)
    _show_results(study, root)


def _show_results(study: studies.Study, root: Path) -> None:
    """Show what the four ways are, and their results as far as there are any."""
    result = studies.result(root, study)
    every = studies.results(root, study)
    if result is None and not every:
        st.html(whole_table())
        return
    tab = st.segmented_control(
        "Part", TABS, default=BESIDE, required=True, key="tab",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    if tab == LABELS:
        paradigm_results.curves(every)
        paradigm_form.every_budget(study, root)
    elif result is None or tab == WHOLE:
        st.html(whole_table())
    elif tab == BESIDE:
        st.html(table(result[0]))
    elif tab == CLASSES:
        paradigm_results.classes(*result, lambda: studies.pictures(root, study))
    else:
        paradigm_results.maps(*result, studies.pictures(root, study))


main()
