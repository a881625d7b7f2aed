"""Home: a recorded run to watch, and where to go from there."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.server.routes import demo_version
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.feed import demo
from simclr_core.feed.map_picture import map_picture, newest_map
from simclr_core.feed.packing import pack
from simclr_core.runs import summary
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore

INTRO = (
    "<h1>See contrastive learning happen</h1><p>Nobody told this network what the pictures show. "
    "It was given two altered views of every picture and learned to find, among many, the two that "
    "belong together. Points are pictures; point at one.</p>"
)


def main() -> None:
    """Read, call, show."""
    st.html(f'<div class="home-intro">{INTRO}</div>')
    mount(
        "replay/demo",
        "home-replay",
        "content",
        pack({"url": f"/lab/demo.json?v={demo_version()}"}, {}),
    )
    with st.container(horizontal=True, key="home-go", vertical_alignment="center"):
        if st.button("Try the task yourself"):
            st.switch_page("pages/learn/page.py", query_params={"part": "2"})
        if st.button("Train your own", type="primary"):
            st.switch_page("pages/train/page.py")
        if st.button("Learn the idea"):
            st.switch_page("pages/learn/page.py")
    told = demo.about()
    st.html(
        f'<p class="lab-caption">Recorded: {escape(told["about"])}. Made by scripts/make_demo.py; '
        f"one like it: <code>{escape(told['command'])}</code></p>"
    )
    st.html('<hr class="lab-rule">')
    _newest()


def _newest() -> None:
    """The newest finished run's map, or how to get one."""
    try:
        run = newest_map(RunStore())
        drawn = map_picture(run) if run else None
        said = summary.learned(run.evaluation() or {}, run.record) if run else ""
    except LabError as error:
        st.html(f'<p class="lab-caption">{escape(str(error))}</p>')
        return
    if run is None or drawn is None:
        st.html(
            '<h2>No map of your own yet</h2><p class="lab-caption">When a run has finished, the '
            "map of what its network sees as alike stands here. With the preset for one minute, "
            "the first one takes little more than that.</p>"
        )
        return
    _show_map(run, said, *drawn)


def _show_map(run: Run, said: str, svg: str, words: str) -> None:
    left, right = st.columns([1, 1.5], gap="large")
    with left:
        st.html(
            f"<h2>The newest map</h2><p>{escape(said)}</p>"
            f'<p class="lab-caption">Run {escape(run.name)}: every point is a picture; pictures '
            f"that the network sees as alike lie close together. {escape(words)}.</p>"
        )
        with st.container(horizontal=True, key="home-run"):
            if st.button("Open this run"):
                st.switch_page("pages/train/page.py", query_params={"run": run.id})
            if st.button("All runs"):
                st.switch_page("pages/runs/page.py")
    with right:
        st.markdown(f'<div class="lab-map-box">{svg}</div>', unsafe_allow_html=True)


main()
