"""The layout of a part of Learn: words on the left, a figure on the right."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from simclr_core.feed import demo


def columns(title: str, paragraphs: Sequence[str]) -> DeltaGenerator:
    """Show a title over paragraphs of HTML, and return the place of the figure beside them."""
    left, right = st.columns([1.0, 1.55], gap="large")
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    left.html(f'<div class="learn-text"><h2>{escape(title)}</h2>{body}</div>')
    return right


def recorded(place: DeltaGenerator) -> None:
    """Show where the numbers beside the text come from."""
    place.html(
        f'<p class="lab-caption">Recorded: {escape(demo.about()["about"])} (the run on Home, made '
        "by scripts/make_demo.py).</p>"
    )
