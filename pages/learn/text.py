"""How the parts of Learn are laid out: words on the left, a figure on the right."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def columns(title: str, paragraphs: Sequence[str]) -> DeltaGenerator:
    """A title over short paragraphs of HTML; returns the place of the figure beside them."""
    left, right = st.columns([1.0, 1.55], gap="large")
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    left.html(f'<div class="learn-text"><h2>{escape(title)}</h2>{body}</div>')
    return right


def recorded(place: DeltaGenerator) -> None:
    """Where the numbers beside the text come from."""
    from simclr_core.feed import demo

    told = demo.about()
    place.html(
        f'<p class="lab-caption">Recorded: {escape(told["about"])} (the run on Home, made by '
        "scripts/make_demo.py).</p>"
    )
