"""The layout of a part of Learn: words on the left, a figure on the right."""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from simclr_core.base.templates import render
from simclr_core.feed import film


def columns(title: str, text: str, **values: object) -> DeltaGenerator:
    """Show a title over a text, and return the place of the figure beside them.

    Args:
        title: of the part.
        text: the template in assets/templates/learn, without its ending.
        values: those that the template names.
    """
    left, right = st.columns([1.0, 1.55], gap="large")
    left.html(render("learn/part", title=title, text=render(f"learn/{text}", **values)))
    return right


def recorded(place: DeltaGenerator) -> None:
    """Show where the numbers beside the text come from."""
    place.html(
        f'<p class="lab-caption">Recorded: {escape(film.about()["about"])} (the run on Home, made '
        "by scripts/make_demo.py).</p>"
    )
