"""The menu of views on Train: named ones, and those that were set on the Views page."""

from __future__ import annotations

import dataclasses
import difflib
import json
from typing import Any

import streamlit as st

from simclr_core.base.errors import ConfigError
from simclr_core.settings.config import ViewConfig, from_dict, to_dict
from simclr_core.settings.presets import VIEW_PRESETS

FROM_VIEWS = "from the Views page"
_WORDS = {  # in the sentence of the bar, after "with"
    FROM_VIEWS: "views from the Views page",
    "strong": "strong views",
    "no colour": "views without colour",
    "colour only": "views by colour only",
    "gentle": "gentle views",
    "paper": "the paper’s views",
}
_VIEWS = "train_views_config"  # in the session: a ViewConfig as a dict, by the Views page
_KNOWN = [field.name for field in dataclasses.fields(ViewConfig)]


def views_menu() -> str:
    """Show the menu.

    Returns:
        A key of `VIEW_PRESETS`, or `FROM_VIEWS`.
    """
    names = list(VIEW_PRESETS)
    if st.session_state.get(_VIEWS) or st.query_params.get("views"):
        names.insert(0, FROM_VIEWS)
        if not st.session_state.get("train_views_seen"):
            st.session_state["train_views"] = FROM_VIEWS
        st.session_state["train_views_seen"] = True
    chosen = st.selectbox(
        "Views",
        names,
        key="train_views",
        format_func=lambda name: _WORDS.get(name, name),
        help="How the two views of a picture are made (augmentation). "
        + " ".join(f"{key}: {words.lower()}." for key, (words, _) in VIEW_PRESETS.items()),
        persist_state="session",
    )
    if chosen == FROM_VIEWS and (mine := st.session_state.get(_VIEWS)):
        plain = to_dict(ViewConfig())
        changed = {name: value for name, value in mine.items() if value != plain.get(name)}
        st.query_params["views"] = json.dumps(changed, separators=(",", ":"))
    return chosen or names[0]


def incoming_views() -> ViewConfig | None:
    """Return the views that were set on the Views page: in the session, or in a link.

    Raises:
        ConfigError: the link has settings that are unknown or out of range.
    """
    values = st.session_state.get(_VIEWS)
    text = st.query_params.get("views")
    try:
        if values is None and text:
            values = _of_link(text)
        return None if values is None else from_dict(ViewConfig, values)
    except RecursionError as error:  # brackets in brackets, thousands deep
        raise _unreadable() from error


def _of_link(text: str) -> dict[str, Any]:
    """Return the settings in a link; all their names are known."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(values, dict):
        raise _unreadable()
    for name in values:
        if name not in _KNOWN:
            near = difflib.get_close_matches(name, _KNOWN, n=1)
            hint = f"did you mean {near[0]}?" if near else "copy it again, or choose other views."
            raise ConfigError(f"The link has an unknown view setting {name[:40]!r}; {hint}")
    return values


def _unreadable() -> ConfigError:
    return ConfigError("views: the settings in the link cannot be read; copy the link again.")
