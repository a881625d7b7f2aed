"""For a classroom: a link sets large type and hides panels (`?size=large&hide=map,figures`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st
from markupsafe import Markup

from simclr_core.base.templates import render

from .link import change

LARGE = 1.35  # times the usual size
ROOT_PIXELS = 15  # the usual size of type, as in .streamlit/config.toml
LARGE_KEY = "room_large"  # in the session: whether type is large
_HIDDEN, _REPORTED = "room_hidden", "room_told"

# Panels that a link can hide, with their CSS selectors.
PANELS: dict[str, str] = {
    "machine": ".lab-machine",
    "captions": ".lab-caption",
    "form": ".st-key-train-form, .st-key-explore-form, .st-key-paradigm-form",
    "operations": ".st-key-views-operations",
    "map": ".st-key-live-map",
    "curves": ".st-key-live-curves",
    "figures": ".st-key-run-figures",
    "text": ".learn-text",
    "lessons": ".st-key-lesson_list",
    "verdict": ".lesson-verdict",
    "limits": ".lesson-limits",
}


def apply_classroom() -> None:
    """Apply the size and the hidden panels of the link, and show the button for large type."""
    problem = _read_link()
    large = bool(st.session_state.get(LARGE_KEY))
    css = Markup(classroom_styles(large, st.session_state.get(_HIDDEN, ())))
    st.html(render("shell/style", css=css))
    with st.container(key="room-size"):
        words = "Normal type" if large else "Large type"
        st.button("Aa", key="room_button", type="tertiary", help=words, on_click=_toggle)
    if problem:
        st.html(render("shell/problem", problem=problem))


def classroom_link(link: str) -> str:
    """Return a link within the app that keeps the size and the hidden panels."""
    more = []
    if st.session_state.get(LARGE_KEY):
        more.append("size=large")
    if hidden := st.session_state.get(_HIDDEN):
        more.append(f"hide={','.join(hidden)}")
    return "".join([link, *(f"{'&' if '?' in link or i else '?'}{m}" for i, m in enumerate(more))])


def classroom_styles(large: bool, hidden: Iterable[str]) -> str:
    """Return the CSS for large type and for hidden panels.

    Args:
        large: whether type is large.
        hidden: keys of `PANELS`.
    """
    rules = [f"{PANELS[name]} {{ display: none !important; }}" for name in hidden]
    if large:
        rules.append(f"html {{ font-size: {ROOT_PIXELS * LARGE:g}px !important; }}")
        rules.append(f".stApp {{ --lab-scale: {LARGE}; }}")
    return "\n".join(rules)


def split_panels(text: str) -> tuple[list[str], list[str]]:
    """Return the known and the unknown panels of a link's `hide`."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    names = list(dict.fromkeys(names))
    return [n for n in names if n in PANELS], [n for n in names if n not in PANELS]


def _read_link() -> str:
    """Take size and hidden panels from the URL; return a sentence about what is unknown."""
    if "size" in st.query_params:
        st.session_state[LARGE_KEY] = st.query_params["size"] == "large"
        if (size := st.query_params["size"]) not in ("large", "usual"):
            change(size="usual")
            return f"size in the link: expected large or usual, found {size[:40]}."
    if "hide" not in st.query_params:
        return ""
    text = st.query_params["hide"]
    known, unknown = split_panels(text)
    st.session_state[_HIDDEN] = known
    if not unknown or st.session_state.get(_REPORTED) == text:
        return ""
    st.session_state[_REPORTED] = text
    return _unknown_words(unknown)


def _unknown_words(names: Sequence[str]) -> str:
    unknown = ", ".join(name[:40] for name in names)
    return f"hide in the link: expected some of {', '.join(PANELS)}; found {unknown}."


def _toggle() -> None:
    large = not st.session_state.get(LARGE_KEY)
    st.session_state[LARGE_KEY] = large
    change(size="large" if large else "usual")
