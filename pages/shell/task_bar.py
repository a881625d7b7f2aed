"""How far a task is that was asked for on a page: a bar that refreshes until it is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from simclr_core.workers import tasks
from simclr_core.workers.queue import Standing

EVERY = 1.0  # seconds between two looks


@st.fragment(run_every=EVERY)
def watch(
    root: Path,
    look: Callable[[], Standing | None],
    name: str,
    stop: Callable[[], None] | None = None,
) -> None:
    """Bar, words and a button that stops it; the page is drawn anew when it is done.

    Args:
        root: the folder of runs.
        look: tells how far it is now.
        name: of the elements.
        stop: what the button does; it withdraws the task if nothing else is given.
    """
    going = look()
    if going is None or going.failed:
        st.rerun()
        return
    words = going.words
    if going.ahead:
        words = f"waiting for {going.ahead} other task{'s' * (going.ahead != 1)}"
    with st.container(horizontal=True, vertical_alignment="center", key=f"{name}-going"):
        st.progress(going.share or 0.0, words[:1].upper() + words[1:])
        end = stop or partial(tasks.withdraw, root, going.key)
        words = "For every browser that waits for it."
        st.button("Stop", key=f"{name}_stop", on_click=end, help=words)
