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
    names = _names()
    chosen = st.selectbox(
        "Views",
        list(names),
        key="train_views",
        format_func=lambda name: names[name],
        help="How the two views of a picture are made (augmentation). "
        + " ".join(f"{key}: {words.lower()}." for key, (words, _) in VIEW_PRESETS.items()),
        bind="query-params",
    )
    return chosen or next(iter(names))


def views_words() -> list[str]:
    """Return what the menu offers, in words, as a link has them."""
    return list(_names().values())


def _names() -> dict[str, str]:
    """Return the views that can be chosen -> the words for them."""
    linked = [FROM_VIEWS] if st.query_params.get("views") else []
    return {name: _WORDS.get(name, name) for name in [*linked, *VIEW_PRESETS]}
