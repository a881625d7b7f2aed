"""Learn: the idea in six parts, each beside a small figure to play with."""

from __future__ import annotations

import streamlit as st

from pages.learn.encoder import show_encoder
from pages.learn.head import show_head
from pages.learn.improving import show_improving
from pages.learn.loss import show_loss
from pages.learn.views import show_views
from pages.learn.why import show_why
from pages.shell.link import change, clean_link, linked_number
from pages.shell.trouble import show_trouble
from simclr_core.base.paths import ASSETS

PARTS = (
    ("Why without labels", show_why),
    ("Two views of one picture", show_views),
    ("The base encoder", show_encoder),
    ("The projection head", show_head),
    ("The loss", show_loss),
    ("Improving", show_improving),
)


def main() -> None:
    """Check the link, and show the part it names."""
    st.html(ASSETS / "css" / "learn.css")
    problems = clean_link({"part": (1, len(PARTS)), "round": (1, 10**6)}, {})
    for problem in problems:
        show_trouble(problem)
    at = (linked_number("part") or 1) - 1
    _navigation(at)
    title, show = PARTS[at]
    with st.container(key=f"learn-part-{at + 1}"):
        show(f"{at + 1}. {title}")


def _navigation(at: int) -> None:
    """Show the parts to jump between, and the buttons Previous and Next."""
    names = [f"{i} {title}" for i, (title, _) in enumerate(PARTS, 1)]
    with st.container(key="learn-way", horizontal=True, vertical_alignment="center"):
        if st.session_state.get("learn_way") != names[at]:  # changed by a link, or by the buttons
            st.session_state["learn_way"] = names[at]
        st.segmented_control(
            "Part", names, required=True, key="learn_way", on_change=_jump,
            label_visibility="collapsed",
        )  # fmt: skip
        _previous_and_next(at)


def _jump() -> None:
    change(part=str(st.session_state["learn_way"]).split(" ", 1)[0])


def _previous_and_next(at: int) -> None:
    if at > 0:
        st.button("Previous", on_click=_go, args=(at,), key="learn_previous")
    if at + 1 < len(PARTS):
        words = f"Next: {PARTS[at + 1][0].lower()}"
        st.button(words, type="primary", on_click=_go, args=(at + 2,), key="learn_next")
    else:
        st.page_link("pages/train/page.py", label="Train your own")


def _go(part: int) -> None:
    change(part=str(part))


main()
