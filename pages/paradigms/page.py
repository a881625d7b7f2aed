"""Paradigms: four ways to learn, on the same pictures, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.paradigms import form as paradigm_form
from pages.paradigms import results as paradigm_results
from pages.paradigms.head import head
from pages.paradigms.scores import other_seeds
from pages.paradigms.side_by_side import table
from pages.paradigms.whole_table import whole_table
from pages.shared import data_picker
from pages.shell.link import clean_link
from pages.shell.trouble import show_trouble
from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.paradigms import study as studies
from simclr_core.runs.store import RunStore

BESIDE, LABELS, CLASSES, MAPS = TABS = (
    "Side by side", "Over labels", "Class by class", "Maps",
)  # fmt: skip


def main() -> None:
    """Check the link, read the form, and show the results above the table of the four ways."""
    st.html(ASSETS / "css" / "paradigms.css")
    words = {"tab": TABS, **paradigm_form.WORDS}
    for problem in clean_link(paradigm_form.WHOLE, words, ("data", *paradigm_form.OTHER)):
        show_trouble(problem)
    study, root, offered = _chosen()
    if study and root:
        paradigm_form.progress(study, root)
        _show_results(study, root, paradigm_form.promise(study, root) if offered else "")
    st.html(whole_table())


def _chosen() -> tuple[studies.Study | None, Path | None, bool]:
    """Draw the form; return the study that it describes, and whether Compare is offered."""
    with st.container(key="paradigm-form", horizontal=True, vertical_alignment="bottom"):
        source = data_picker.data_picker(first=studies.OPENING.source)
        if source:
            form = paradigm_form.show_form()
            try:
                study, root = paradigm_form.study_of(source, form), RunStore().root
                return study, root, paradigm_form.compare_button(study, root)
            except LabError as error:
                problem = str(error)
    if source:
        show_trouble(problem)
    else:
        st.html('<p class="lab-caption">Choose pictures with labels: a folder for each class.</p>')
    return None, None, False


def _show_results(study: studies.Study, root: Path, promise: str) -> None:
    """Show where the figures are from, and the chosen part of them, as far as there are any."""
    result = studies.result(root, study)
    every = studies.results(root, study)
    st.html(head(result[0] if result else None, every, promise))
    if result is None:
        if every:
            _show_curves(study, root, every)
        return
    tab = st.segmented_control(
        "Part", TABS, default=BESIDE, required=True, key="tab",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    if tab == BESIDE:
        st.html(table(result[0], other_seeds(result[0], every)))
    elif tab == LABELS:
        _show_curves(study, root, every)
    elif tab == CLASSES:
        paradigm_results.classes(*result, lambda: studies.pictures(root, study))
    else:
        paradigm_results.maps(*result, studies.pictures(root, study))


def _show_curves(study: studies.Study, root: Path, every: list[dict[str, Any]]) -> None:
    paradigm_results.curves(every)
    paradigm_form.every_budget(study, root)


main()
