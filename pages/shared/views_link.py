"""Views as a setting in the URL of Train: what was set on the Views page."""

from __future__ import annotations

import dataclasses
import difflib
import json
from typing import Any

import streamlit as st

from simclr_core.base.errors import ConfigError
from simclr_core.settings.config import ViewConfig, from_dict, to_dict

FROM_VIEWS = "views from the Views page"  # in Train's menu of views, where the URL has some
_KNOWN = [field.name for field in dataclasses.fields(ViewConfig)]


def views_query(config: ViewConfig) -> dict[str, str]:
    """Return the settings in the URL of Train that choose these views."""
    plain = to_dict(ViewConfig())
    changed = {name: value for name, value in to_dict(config).items() if value != plain.get(name)}
    return {"views": json.dumps(changed, separators=(",", ":")), "train_views": FROM_VIEWS}


def linked_views() -> ViewConfig | None:
    """Return the views in the URL; None if there are none.

    Raises:
        ConfigError: the link has settings that are unknown or out of range.
    """
    text = st.query_params.get("views")
    try:
        return from_dict(ViewConfig, _values(text)) if text else None
    except RecursionError as error:  # brackets in brackets, thousands deep
        raise _unreadable() from error


def _values(text: str) -> dict[str, Any]:
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
