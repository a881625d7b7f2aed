"""A run to pass on: a link, its map as a GIF that loops, and its replay as one file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from pages.server.export_routes import MOVING, address
from pages.shell.trouble import show_trouble
from pages.shell.waiting import ask_run, show_waits
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.export import replay
from simclr_core.questions.job import Job, animation_job
from simclr_core.runs.run import Run
from simclr_core.runs.summary import size_words

_OPEN = "share_open"  # in the session: id of the run whose card is to open
EVERY = 1.0  # seconds between looks for the GIF


def share_button(run: Run) -> None:
    """Show the button for a run's card; the page opens it with `show_card`."""
    if st.button("Share", key="share", icon=":material/share:"):
        st.session_state[_OPEN] = run.id
        st.rerun()


def show_card(run: Run) -> None:
    """Show the card if its button was pressed; call it outside of fragments."""
    if st.session_state.pop(_OPEN, "") == run.id:
        _card(run)


@st.dialog("Share this run")
def _card(run: Run) -> None:
    st.html(render("shared/share_link", name=run.name))
    st.code(run_link(st.context.url or "", run), language=None, wrap_lines=True)
    st.fragment(_files, run_every=EVERY)(run, animation_job(run))


def _files(run: Run, job: Job) -> None:
    """Show the GIF and the links to both files; the GIF is made at the first look."""
    try:
        replay_size = replay_bytes(run)
    except LabError as error:
        show_trouble(str(error))
        return
    reply, wait = ask_run(run, job, "The GIF")
    show_waits([wait])
    gif = address(run, MOVING, key=reply.key)
    size = size_words(len(reply.arrays["body"])) if reply.arrays is not None else ""
    replay_link = address(run, "replay.html")
    st.html(
        render(
            "shared/share_files", gif=gif, size=size, words=reply.words, name=run.name,
            replay=replay_link, replay_size=size_words(replay_size),
        )
    )  # fmt: skip


def run_link(here: str, run: Run) -> str:
    """Return the address that opens a run on Explore.

    Args:
        here: the address of a page of the app.
        run: the run.
    """
    parts = urlsplit(here)
    below = parts.path.rstrip("/").rpartition("/")[0]  # of an app behind a proxy
    return f"{parts.scheme}://{parts.netloc}{below}/explore?run={run.id}"


def replay_bytes(run: Run) -> int:
    """Return how large the replay of a run is.

    Raises:
        LabError: there is no map to play yet, or the run cannot be read.
    """
    return _replay_bytes(str(run.path), str(run.snapshot_steps()[-1:]), run.state)


@st.cache_data(max_entries=64, show_spinner=False)
def _replay_bytes(path: str, newest: str, state: str) -> int:
    return len(replay.page(Run(Path(path))))
