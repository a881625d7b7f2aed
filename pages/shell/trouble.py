"""What a page says where something is missing or went wrong."""

from __future__ import annotations

from html import escape

import streamlit as st


def show_trouble(words: str) -> None:
    """Show a sentence in the place of what cannot be shown; nothing if it is empty."""
    if words:
        st.html(f'<p class="lab-trouble">{escape(words)}</p>')
