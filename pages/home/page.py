"""Home: a recorded run to watch, and where to continue from there."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from pages.server.routes import demo_version
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.feed import demo
from simclr_core.feed.map_picture import map_picture, newest_map
from simclr_core.feed.packing import pack
from simclr_core.runs import findings
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore


def main() -> None:
    """Show the recorded run, the ways from here, and the newest map."""
    st.html(render("home/intro"))
    block = pack({"url": f"/lab/demo.json?v={demo_version()}"}, {})
    mount("replay/demo", "home-replay", "content", block)
    with st.container(horizontal=True, key="home-go", vertical_alignment="center"):
        if st.button("Try the task yourself"):
            st.switch_page("pages/learn/page.py", query_params={"part": "2"})
        if st.button("Train your own", type="primary"):
            st.switch_page("pages/train/page.py")
        if st.button("Learn the idea"):
            st.switch_page("pages/learn/page.py")
    recorded = demo.about()
    st.html(render("home/recorded", about=recorded["about"], command=recorded["command"]))
    _show_newest()


def _show_newest() -> None:
    """Show the newest finished run's map, or how to get one."""
    try:
        run = newest_map(RunStore())
        drawn = map_picture(run) if run else None
        learned = _learned(run) if run else ""
    except LabError as error:
        st.html(Markup('<p class="lab-caption">{}</p>').format(error))
        return
    if run is None or drawn is None:
        st.html(render("home/none"))
        return
    _show_map(run, learned, *drawn)


def _learned(run: Run) -> str:
    """Return what a run learned. Raises LabError: a file of it cannot be read."""
    rate = run.config.training.learning_rate
    return findings.learned(run.evaluation() or {}, run.data, rate)


def _show_map(run: Run, learned: str, svg: Markup, words: str) -> None:
    left, right = st.columns([1, 1.5], gap="large")
    with left:
        st.html(render("home/newest", run=run.name, learned=learned, words=words))
        with st.container(horizontal=True, key="home-run"):
            if st.button("Open this run"):
                st.switch_page("pages/train/page.py", query_params={"run": run.id})
            if st.button("All runs"):
                st.switch_page("pages/runs/page.py")
    with right:
        box = Markup('<div class="lab-map-box">{}</div>').format(svg)
        st.markdown(box, unsafe_allow_html=True)


main()
