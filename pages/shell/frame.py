"""What every page has around it: styles, navigation, the machine and its queue."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup
from streamlit.navigation.page import Page

from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.base.templates import render
from simclr_core.feed.packing import pack
from simclr_core.machine.devices import find_device, unusable_gpu
from simclr_core.runs import states
from simclr_core.runs.store import RunStore

from .live import mount

_SHEETS = tuple(
    ASSETS / "css" / name
    for name in ("tokens.css", "frame.css", "styles.css", "elements/states.css")
)
IDLE = "nothing running"
_BOOT = secrets.token_hex(4)  # another one after each start of the server
REFRESH = 3.0  # seconds between looks at the queue
ABOUT = (
    "SimCLR Lab shows contrastive learning as it happens, on real training "
    "(SimCLR: Chen et al. 2020, arXiv 2002.05709)."
)


def configure_page() -> None:
    """Set title, icon, width and styles of every page; call it first in the script."""
    st.set_page_config(
        page_title="SimCLR Lab",
        page_icon=str(ASSETS / "icon.svg"),
        layout="wide",
        menu_items={"About": ABOUT},
    )
    st.logo(str(ASSETS / "icon.svg"))
    st.html(_styles(max(sheet.stat().st_mtime_ns for sheet in _SHEETS)))


def navigation() -> list[Page]:
    """Return the pages, in the order in which one learns."""
    return [
        st.Page("pages/home/page.py", title="Home", default=True),
        st.Page("pages/views/page.py", title="Views", url_path="views"),
        st.Page("pages/train/page.py", title="Train", url_path="train"),
        st.Page("pages/explore/page.py", title="Explore", url_path="explore"),
        st.Page("pages/learn/page.py", title="Learn", url_path="learn"),
        st.Page("pages/lessons/page.py", title="Lessons", url_path="lessons"),
        st.Page("pages/paradigms/page.py", title="Paradigms", url_path="paradigms"),
        st.Page("pages/runs/page.py", title="Runs", url_path="runs"),
    ]


def show_frame(pages: Sequence[Page]) -> None:
    """Mount what looks after addresses and the connection in the browser.

    Args:
        pages: of the navigation.
    """
    header = {"pages": [page.url_path for page in pages], "boot": _BOOT}
    with st.container(key="frame-tools"):
        mount("shell/frame", "frame", "content", pack(header, {}))


@st.fragment(run_every=REFRESH)
def show_machine() -> None:
    """Show the device that runs train on and how many runs use it, right of the navigation."""
    device, gpu_problem = _device()
    queue = queue_words()
    busy = queue != IDLE
    words = {"device": device, "gpu_problem": gpu_problem, "queue": queue, "busy": busy}
    st.html(render("shell/machine", **words))


@st.cache_data(ttl=1.5, max_entries=1, show_spinner=False)
def queue_words() -> str:
    """Return how many runs are training and how many are queued, in words."""
    try:
        all_states = [run.state for run in RunStore()]
    except (LabError, OSError):
        return "no folder for runs"
    running = sum(state in states.GOING for state in all_states)
    queued = all_states.count(states.QUEUED)
    words = [f"{running} running"] * bool(running) + [f"{queued} queued"] * bool(queued)
    return ", ".join(words) or IDLE


@functools.cache
def _device() -> tuple[str, str]:
    """Return the device's name, and why a GPU of this machine cannot be used ("" if it can)."""
    return find_device("auto").name, unusable_gpu() or ""


@functools.lru_cache(maxsize=1)
def _styles(_changed: int) -> Markup:
    """Return the style sheets of all pages."""
    return render("shell/style", css=Markup("".join(sheet.read_text() for sheet in _SHEETS)))
