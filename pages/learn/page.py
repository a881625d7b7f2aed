"""Learn: the idea, part by part, each beside a small figure that can be moved."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.learn import encoder as learn_encoder
from pages.learn import head as learn_head
from pages.learn import improving as learn_improving
from pages.learn import loss as learn_loss
from pages.learn import views as learn_views
from pages.learn import why as learn_why
from pages.shell.link import clean_link
from simclr_core.base.paths import ASSETS

PARTS = (
    ("Why without labels", learn_why.part),
    ("Two views of one picture", learn_views.part),
    ("The base encoder", learn_encoder.part),
    ("The projection head", learn_head.part),
    ("The loss", learn_loss.part),
    ("Improving", learn_improving.part),
)


def main() -> None:
    """Guard, read, call, show."""
    st.html(ASSETS / "css" / "learn.css")
    problems = clean_link({"part": (1, len(PARTS)), "round": (1, 10**6)}, {})
    for problem in problems:
        st.html(f'<p class="explore-trouble">{escape(problem)}</p>')
    at = int(float(st.query_params.get("part", "1"))) - 1
    _way(at)
    title, show = PARTS[at]
    with st.container(key=f"learn-part-{at + 1}"):
        show(f"{at + 1}. {title}")


def _way(at: int) -> None:
    """The parts, to jump between."""
    names = [f"{i} {title}" for i, (title, _) in enumerate(PARTS, 1)]
    with st.container(key="learn-way", horizontal=True, vertical_alignment="center"):
        if st.session_state.get("learn_way") != names[at]:  # of a link, or of the buttons
            st.session_state["learn_way"] = names[at]
        st.segmented_control(
            "Part", names, required=True, key="learn_way", on_change=_jump,
            label_visibility="collapsed",
        )  # fmt: skip
        _steps(at)


def _jump() -> None:
    st.query_params["part"] = str(st.session_state["learn_way"]).split(" ", 1)[0]


def _steps(at: int) -> None:
    """Previous and next."""
    if at > 0:
        st.button("Previous", on_click=_go, args=(at,), key="learn_previous")
    if at + 1 < len(PARTS):
        words = f"Next: {PARTS[at + 1][0].lower()}"
        st.button(words, type="primary", on_click=_go, args=(at + 2,), key="learn_next")
    else:
        st.page_link("pages/train/page.py", label="Train your own")


def _go(part: int) -> None:
    st.query_params["part"] = str(part)


main()
