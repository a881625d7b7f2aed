"""A file of pictures that somebody uploads, and the name that it came with.

The file is kept under a name with the hash of its content; messages use the name that it came with.
"""

from __future__ import annotations

import streamlit as st

from pages.shared.data_picker import load_pictures
from pages.shared.run_actions import PROBLEM
from simclr_core.base.errors import LabError
from simclr_core.base.paths import safe_name
from simclr_core.data.uploads import ENDINGS, keep_upload
from simclr_core.runs.store import RunStore

_KEY = "train_upload"  # of the field for a file, unless a page names another
_NAMES = "upload_names"  # in the session: name of a kept file -> name that it came with


def own_file_field(store: RunStore, key: str = _KEY) -> None:
    """Show the field for a file; once it is there, it is the chosen data.

    Args:
        store: whose folder keeps the file.
        key: of the widget.
    """
    st.file_uploader(
        "Your own pictures: a .npz or .zip file",
        type=[ending[1:] for ending in ENDINGS],
        key=key,
        on_change=_take,
        args=(store, key),
        help="A zip has one folder per class, or pictures without folders if they have no labels. "
        "It stays on this machine.",
    )


def with_given_names(text: str) -> str:
    """Return a sentence in which uploaded files have the names that they came with."""
    for kept, given in st.session_state.get(_NAMES, {}).items():
        text = text.replace(kept, given)
    return text


def _take(store: RunStore, key: str) -> None:
    """Keep the uploaded file and choose it; the page shows a refusal."""
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        path = keep_upload(store.root, file.name, file)
        st.session_state.setdefault(_NAMES, {})[path.name] = safe_name(file.name)
        try:
            load_pictures(str(path))
        except LabError:
            path.unlink(missing_ok=True)  # what cannot be read is not kept
            raise
        st.session_state["data"] = str(path)
    except LabError as error:
        st.session_state[PROBLEM] = with_given_names(str(error))
