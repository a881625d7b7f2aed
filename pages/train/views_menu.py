"""The menu of views on Train: named ones, and those that were set on the Views page."""

from __future__ import annotations

import streamlit as st

from pages.shared.views_link import FROM_VIEWS
from simclr_core.settings.presets import VIEW_PRESETS

_WORDS = {  # in the sentence of the bar, after "with"
    "strong": "strong views",
    "no colour": "views without colour",
    "colour only": "views by colour only",
    "gentle": "gentle views",
    "paper": "the paper’s views",
}


def views_menu() -> str:
    """Show the menu.

    Returns:
        A key of `VIEW_PRESETS`, or `FROM_VIEWS`.
    """
    names = list(VIEW_PRESETS)
    if st.query_params.get("views"):
        names.insert(0, FROM_VIEWS)
    chosen = st.selectbox(
        "Views",
        names,
        key="train_views",
        format_func=lambda name: _WORDS.get(name, name),
        help="How the two views of a picture are made (augmentation). "
        + " ".join(f"{key}: {words.lower()}." for key, (words, _) in VIEW_PRESETS.items()),
        bind="query-params",
    )
    return chosen or names[0]
