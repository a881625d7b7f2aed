"""Home: two recorded runs to watch, and where to continue from there."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from pages.shared.data_picker import OWN
from pages.shared.film import NOTE, WITH, WITHOUT
from pages.shared.offer import show_offer
from pages.shell.classroom import classroom_link
from pages.shell.link import go
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.feed import film
from simclr_core.feed.map_picture import map_picture, newest_map
from simclr_core.feed.packing import pack
from simclr_core.runs import findings
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore


def main() -> None:
    """Show the film, the ways from here, and the newest map."""
    with st.container(key="home-head", horizontal=True, vertical_alignment="top"):
        st.html(render("home/intro"), width="stretch")
        with st.container(key="home-go", width="content"):
            with st.container(horizontal=True, key="home-buttons"):
                _buttons()
            show_offer()
    _show_film()
    _show_newest()


def _buttons() -> None:
    if st.button("Use your own pictures", type="primary", icon=":material/upload:"):
        go("views", {"data": OWN})
    if st.button("Train one minute", icon=":material/play_circle:"):
        go("train", {"train_preset": "one minute"})


def _show_film() -> None:
    recorded = film.about()
    header = {
        "urls": [f"/lab/film.json?v={film.version()}"],
        "titles": [WITH, WITHOUT],
        "above": 230,
        "plays": True,
        "trial": classroom_link("/learn?part=2"),
        "note": NOTE,
        "about": f"{recorded['about']}. Made by scripts/make_demo.py; one like the first: "
        f"{recorded['command']}",
    }
    mount("replay/film", "home-film", "content", pack(header, {}))
    st.html(render("home/recorded"))


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
                go("train", {"run": run.id})
            if st.button("All runs"):
                go("runs")
    with right:
        box = Markup('<div class="lab-map-box">{}</div>').format(svg)
        st.markdown(box, unsafe_allow_html=True)


main()
