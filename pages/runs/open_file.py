"""Open the zip of a run, or a file of embeddings as a run, from the browser."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.shared.run_actions import PROBLEM
from pages.shell.link import go
from pages.shell.waiting import Wait, show_waits
from simclr_core.base.errors import LabError
from simclr_core.base.paths import safe_name
from simclr_core.runs.store import RunStore
from simclr_core.workers import opening

EVERY = 0.5  # seconds between looks at how far a file is
_KEY, _ASKED = "embeddings_file", "embeddings_asked"
_CANCELLED = "cancelled"  # in the place of a request's key


def open_file_field(store: RunStore) -> None:
    """Show the field for a file, and how far it is; Explore opens once the run has a map."""
    with st.popover("Open a file…"):
        st.file_uploader(
            "The zip of a run, or an .npz with embeddings (P, D)", type=["zip", "npz"], key=_KEY,
            on_change=_take, args=(store,),
            help="An .npz needs the array embeddings; it may also hold labels (P,), class_names "
            "and images (P, S, S, 3) in uint8. It becomes a run with one snapshot.",
        )  # fmt: skip
    key, name = st.session_state.get(_ASKED, ("", ""))
    if key == _CANCELLED:
        show_waits(
            [Wait(f"Opening {name}", "wait-open", partial(_take, store), cancelled=True)],
            floats=True,
        )
    elif key and (run_id := opening.opened(store.root, key)):
        st.session_state.pop(_ASKED)
        go("explore", {"run": run_id})
    elif key:
        st.fragment(_follow, run_every=EVERY)(store, key, name)


def _take(store: RunStore) -> None:
    file = st.session_state.get(_KEY)
    st.session_state.pop(_ASKED, None)
    if file is None:
        return
    try:
        name = safe_name(file.name)
        st.session_state[_ASKED] = (opening.ask(store.root, name, file.getbuffer()), name)
    except LabError as error:
        st.session_state[PROBLEM] = str(error)


def _follow(store: RunStore, key: str, name: str) -> None:
    """Draw how far the file is; the page runs again once it is open, or cannot be opened."""
    going = opening.state(store.root, key)
    if opening.opened(store.root, key):
        st.rerun()
    if going is None or going.failed:
        st.session_state.pop(_ASKED, None)
        st.session_state[PROBLEM] = going.words if going else f"{name} was not opened; try again."
        st.rerun()
        return

    def cancel() -> None:
        opening.withdraw(store.root, key)
        st.session_state[_ASKED] = (_CANCELLED, name)

    wait = Wait(f"Opening {name}", "wait-open", cancel, going.words, going.share, going.line)
    show_waits([wait], floats=True)
