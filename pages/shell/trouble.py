"""What a page says where something is missing or went wrong."""

from __future__ import annotations

from html import escape

import streamlit as st

from simclr_core.base.errors import LabError
from simclr_core.runs.store import RunStore


def show_trouble(words: str) -> None:
    """Show a sentence in the place of what cannot be shown; nothing if it is empty."""
    if words:
        st.html(f'<p class="lab-trouble">{escape(words)}</p>')


def open_store() -> RunStore | None:
    """Return the folder of runs; if it cannot be made, say so on the page and return None."""
    try:
        return RunStore()
    except LabError as error:
        st.error(str(error))
        return None
