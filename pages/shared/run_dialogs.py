"""Dialogs that rename, delete or download a run."""

from __future__ import annotations

import streamlit as st

from pages.server import downloads
from simclr_core.base.templates import render
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer import bundle

from .run_actions import attempt, escape_markdown


@st.dialog("Rename run")
def rename_dialog(run: Run) -> None:
    """Ask for a run's new name."""
    key = f"rename_{run.id}"
    with st.form("rename", border=False):
        st.text_input("Name", value=run.name, key=key)  # a long one is cut when it is written
        if st.form_submit_button(
            "Rename",
            type="primary",
            on_click=lambda: attempt(lambda: run.rename(st.session_state[key])),
        ):
            st.rerun()  # closes the dialog


@st.dialog("Delete run")
def delete_dialog(store: RunStore, run: Run, size: str) -> None:
    """Ask before a run's folder is deleted.

    Args:
        size: of the folder, in words.
    """
    st.markdown(
        f"Delete **{escape_markdown(run.name)}** ({size})? Its pictures, snapshots and scores are "
        "deleted from the disk and cannot be brought back."
    )
    with st.container(horizontal=True):
        if st.button(
            "Delete",
            type="primary",
            key=f"delete_{run.id}",
            on_click=lambda: attempt(lambda: store.delete(run)),
        ):
            st.rerun()
        if st.button("Keep it", key=f"keep_{run.id}"):
            st.rerun()


@st.dialog("Download run")
def download_dialog(run: Run, size: str) -> None:
    """Offer a run's folder as one zip, which is made on request.

    Args:
        size: of the folder, in words.
    """
    st.markdown(
        f"**{escape_markdown(run.name)}** as one zip of {size}: settings, the pictures on the map, "
        "snapshots, coordinates and scores, as plain JSON and NumPy arrays."
    )
    st.html(render("shared/download", address=downloads.address(run), name=bundle.bundle_name(run)))
