"""A file of pictures that somebody hands over in the browser, and the name that they gave it.

The file is kept under a name with the hash of its content; people are told theirs.
"""

from __future__ import annotations

import streamlit as st

from simclr_core.base.errors import LabError
from simclr_core.base.paths import safe_name
from simclr_core.data.uploads import ENDINGS, keep_upload
from simclr_core.runs.store import RunStore

from . import data_picker
from .run_actions import PROBLEM

_KEY = "train_upload"
_NAMES = "upload_names"  # in the session: name of a kept file -> name that it came with


def own_file(store: RunStore) -> None:
    """The field for a file; once it is there, it becomes the data that are chosen.

    Args:
        store: whose folder keeps the file.
    """
    st.file_uploader(
        "Own pictures: a .npz or .zip file",
        type=[ending[1:] for ending in ENDINGS],
        key=_KEY,
        on_change=_take,
        args=(store,),
        help="A zip of one folder a class, or flat without labels. It stays on this machine.",
    )


def as_given(text: str) -> str:
    """A sentence in which files that were handed over have the names that they came with."""
    for kept, given in st.session_state.get(_NAMES, {}).items():
        text = text.replace(kept, given)
    return text


def _take(store: RunStore) -> None:
    """Keep the file that was handed over and choose it; a refusal is shown by the page."""
    file = st.session_state.get(_KEY)
    if file is None:
        return
    try:
        path = keep_upload(store.root, file.name, file)
        st.session_state.setdefault(_NAMES, {})[path.name] = safe_name(file.name)
        try:
            data_picker.load_pictures(str(path))
        except LabError:
            path.unlink(missing_ok=True)  # what cannot be read is not kept
            raise
        st.session_state["data"] = str(path)
    except LabError as error:
        st.session_state[PROBLEM] = as_given(str(error))
