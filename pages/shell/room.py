"""For a room: large type, and panels left out, by the link (`?size=large&hide=map,figures`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

LARGE = 1.35  # times as large as usual
ROOT_PIXELS = 16  # of a letter, usually
NAMES = ("size", "hide")  # in the link of every page
LARGE_KEY = "room_large"  # in the session: whether type is large
_HIDDEN, _TOLD = "room_hidden", "room_told"

# What a link can leave out: where it is on the page.
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


def show() -> None:
    """Apply what the link or the button asked for; the button itself."""
    problem = _read_link()
    large = bool(st.session_state.get(LARGE_KEY))
    st.html(f"<style>{styles(large, st.session_state.get(_HIDDEN, ()))}</style>")
    with st.container(key="room-size"):
        words = "Usual type" if large else "Large type"
        st.button("Aa", key="room_button", type="tertiary", help=words, on_click=_turn)
    if problem:
        st.html(f'<p class="room-problem">{escape(problem)}</p>')


def carried(link: str) -> str:
    """A link within the app that loads the page anew: size and hidden panels go with it."""
    more = []
    if st.session_state.get(LARGE_KEY):
        more.append("size=large")
    if hidden := st.session_state.get(_HIDDEN):
        more.append(f"hide={','.join(hidden)}")
    return "".join([link, *(f"{'&' if '?' in link or i else '?'}{m}" for i, m in enumerate(more))])


def styles(large: bool, hidden: Iterable[str]) -> str:
    """The styles that make type large and leave panels out.

    Args:
        hidden: keys of `PANELS`.
    """
    found = [f"{PANELS[name]} {{ display: none !important; }}" for name in hidden]
    if large:
        found.append(f"html {{ font-size: {ROOT_PIXELS * LARGE:g}px !important; }}")
        found.append(f".stApp {{ --lab-scale: {LARGE}; }}")
    return "\n".join(found)


def chosen(text: str) -> tuple[list[str], list[str]]:
    """Panels of a link's `hide`: those that are known, and the others."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    names = list(dict.fromkeys(names))
    return [n for n in names if n in PANELS], [n for n in names if n not in PANELS]


def _read_link() -> str:
    """Take size and hidden panels from the URL; a sentence where something is not known."""
    if "size" in st.query_params:
        st.session_state[LARGE_KEY] = st.query_params["size"] == "large"
        if (size := st.query_params["size"]) not in ("large", "usual"):
            st.query_params["size"] = "usual"
            return f"size in the link: expected large or usual, found {size[:40]}."
    if "hide" not in st.query_params:
        return ""
    text = st.query_params["hide"]
    known, unknown = chosen(text)
    st.session_state[_HIDDEN] = known
    if not unknown or st.session_state.get(_TOLD) == text:
        return ""
    st.session_state[_TOLD] = text
    return _not_known(unknown)


def _not_known(names: Sequence[str]) -> str:
    found = ", ".join(name[:40] for name in names)
    return f"hide in the link: expected some of {', '.join(PANELS)}; found {found}."


def _turn() -> None:
    large = not st.session_state.get(LARGE_KEY)
    st.session_state[LARGE_KEY] = large
    st.query_params["size"] = "large" if large else "usual"
