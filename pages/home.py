"""Home: what this is, and where to go."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.components.diagram import pair_diagram
from pages.components.map_picture import map_picture, newest_map
from simclr_core import shapes, summary, views
from simclr_core.errors import LabError
from simclr_core.presets import view_config
from simclr_core.runs import Run, RunStore

SIZE = 32  # pixels a side of the picture in the drawing
INTRO = """
# See contrastive learning happen

A network can learn what pictures have in common without being told what they show. SimCLR makes
two altered **views** of every picture and trains the network to find, among many, the two that
belong together. To do so it has to see past what the views changed.

Here you watch it, on real training on this machine, with drawn shapes or your own pictures.
"""


def main() -> None:
    """Read, call, show."""
    left, right = st.columns([1, 1.5], gap="large", vertical_alignment="center")
    with left:
        st.markdown(INTRO)
        with st.container(horizontal=True, key="home-go"):
            if st.button("Train your own", type="primary"):
                st.switch_page("pages/train.py")
            if st.button("Look at views"):
                st.switch_page("pages/views.py")
    with right:
        _pair()
    st.html('<hr class="lab-rule">')
    _newest()


def _pair() -> None:
    """A pair of views, drawn now."""
    seed = st.session_state.setdefault("home_seed", 3)
    image = shapes.draw_shapes(8, seed, SIZE).images[:1]  # (1, S, S, 3)
    recipes = views.draw_recipes(view_config("drawn"), 1, seed, 0, image_size=SIZE)
    rendered = views.render_views(image, recipes)[0]
    st.markdown(pair_diagram(image[0], rendered, recipes), unsafe_allow_html=True)
    with st.container(horizontal=True, vertical_alignment="center", key="home-pair"):
        words = [views.describe(recipes, 0, view) for view in (0, 1)]
        words = [text.replace("hue ", "hue\N{NO-BREAK SPACE}") for text in words]
        st.html(
            f'<p class="lab-caption"><b class="t1">view 1</b> {escape(words[0])}<br>'
            f'<b class="t2">view 2</b> {escape(words[1])}</p>'
        )
        st.button("Another pair", on_click=_another)


def _another() -> None:
    st.session_state["home_seed"] += 1


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
            '<h2>No map yet</h2><p class="lab-caption">When a run has finished, the map of what '
            "its network sees as alike stands here. With the preset for one minute, the first one "
            "takes little more than that.</p>"
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
                st.switch_page("pages/train.py", query_params={"run": run.id})
            if st.button("All runs"):
                st.switch_page("pages/runs.py")
    with right:
        st.markdown(f'<div class="lab-map-box">{svg}</div>', unsafe_allow_html=True)


main()
