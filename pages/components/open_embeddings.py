"""Open a file of embeddings as a run, from the browser."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from pages.components.run_actions import PROBLEM
from simclr_core.archives import safe_name
from simclr_core.errors import LabError
from simclr_core.recorder import import_embeddings
from simclr_core.runs import RunStore

_KEY, _OPENED = "embeddings_file", "embeddings_opened"


def field(store: RunStore) -> None:
    """The field for a file; what is in it is a run at once, and Explore opens it."""
    with st.popover("Open embeddings…"):
        st.file_uploader(
            "An .npz with embeddings (P, D)", type=["npz"], key=_KEY, on_change=_take,
            args=(store,),
            help="Arrays: embeddings; if there are any, labels (P,), class_names and images "
            "(P, S, S, 3) in uint8. It becomes a run of one snapshot.",
        )  # fmt: skip
    if run_id := st.session_state.pop(_OPENED, None):
        st.switch_page("pages/explore.py", query_params={"run": run_id})


def _take(store: RunStore) -> None:
    file = st.session_state.get(_KEY)
    if file is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(file.name)
        path.write_bytes(file.getbuffer())
        try:
            st.session_state[_OPENED] = import_embeddings(path, store=store).id
        except LabError as error:
            st.session_state[PROBLEM] = str(error)
