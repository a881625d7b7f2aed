"""Open the zip of a run, or a file of embeddings as a run, from the browser."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from pages.shared.run_actions import PROBLEM
from simclr_core.base.errors import LabError
from simclr_core.base.paths import safe_name
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer.recorder import import_embeddings
from simclr_core.runs.transfer.unbundle import import_run

_KEY, _OPENED = "embeddings_file", "embeddings_opened"


def open_file_field(store: RunStore) -> None:
    """Show the field for a file; the file becomes a run at once, and Explore opens it."""
    with st.popover("Open a file…"):
        st.file_uploader(
            "The zip of a run, or an .npz with embeddings (P, D)", type=["zip", "npz"], key=_KEY,
            on_change=_take, args=(store,),
            help="An .npz needs the array embeddings; it may also hold labels (P,), class_names "
            "and images (P, S, S, 3) in uint8. It becomes a run with one snapshot.",
        )  # fmt: skip
    if run_id := st.session_state.pop(_OPENED, None):
        st.switch_page("pages/explore/page.py", query_params={"run": run_id})


def _take(store: RunStore) -> None:
    file = st.session_state.get(_KEY)
    if file is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(file.name)
        path.write_bytes(file.getbuffer())
        try:
            run = import_run(path, store) if path.suffix.lower() == ".zip" else None
            st.session_state[_OPENED] = (run or import_embeddings(path, store=store)).id
        except LabError as error:
            st.session_state[PROBLEM] = str(error)
