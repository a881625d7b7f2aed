"""What all pages have around them: styles, navigation, the machine and its queue."""

from __future__ import annotations

import functools
import html

import streamlit as st
from streamlit.navigation.page import Page

from simclr_core.base.errors import LabError
from simclr_core.base.paths import ASSETS
from simclr_core.figures import colors
from simclr_core.machine.devices import find_device, unusable_gpu
from simclr_core.runs import states
from simclr_core.runs.store import RunStore

REFRESH = 3.0  # seconds between looks at the queue
ABOUT = (
    "SimCLR Lab shows contrastive learning as it happens, on real training "
    "(SimCLR: Chen et al. 2020, arXiv 2002.05709)."
)


def configure() -> None:
    """Title, icon and width of every page; the first call of the script."""
    st.set_page_config(
        page_title="SimCLR Lab",
        page_icon=str(ASSETS / "icon.svg"),
        layout="wide",
        menu_items={"About": ABOUT},
    )
    st.html(f"<style>{_styles((ASSETS / 'styles.css').stat().st_mtime_ns)}</style>")


def navigation() -> list[Page]:
    """The pages, in the order in which one learns."""
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


@st.fragment(run_every=REFRESH)
def show() -> None:
    """The device that runs train on, and how many runs are on it, right of the navigation."""
    st.html(
        '<div class="lab-machine" role="status">'
        f"<span{_hint()}>{_device_words()}</span><span>{queue_words()}</span></div>"
    )


@st.cache_data(ttl=1.5, max_entries=1, show_spinner=False)
def queue_words() -> str:
    """How many runs are going on and how many wait."""
    try:
        every_state = [run.state for run in RunStore()]
    except (LabError, OSError):
        return "no folder for runs"
    running = sum(state in (states.STARTING, states.RUNNING) for state in every_state)
    waiting = every_state.count(states.QUEUED)
    words = [f"{running} running"] * bool(running) + [f"{waiting} waiting"] * bool(waiting)
    return ", ".join(words) or "nothing running"


@functools.cache
def _device_words() -> str:
    words = find_device("auto").name
    return f"{words} · GPU not usable" if unusable_gpu() else words


@functools.cache
def _hint() -> str:
    """What stands in the way of a GPU that is there, as the words' tooltip."""
    text = unusable_gpu()
    return f' title="{html.escape(text)}"' if text else ""


@functools.lru_cache(maxsize=1)
def _styles(_changed: int) -> str:
    """styles.css under the colours that figures use."""
    light, dark = colors.VIEW_TEXT["light"], colors.VIEW_TEXT["dark"]
    variables = {
        "--view-1": colors.VIEW_1,
        "--view-2": colors.VIEW_2,
        "--view-1-text": f"light-dark({light[0]}, {dark[0]})",
        "--view-2-text": f"light-dark({light[1]}, {dark[1]})",
    }
    values = "".join(f"{name}: {value};" for name, value in variables.items())
    return f".stApp {{{values}}}\n" + (ASSETS / "styles.css").read_text()
