"""Learn, part 1: what labels cost, and what can be learned without them."""

from __future__ import annotations

import streamlit as st

from pages.shared.diagram import pair_diagram
from simclr_core.feed import demo, film
from simclr_core.runs import summary
from simclr_core.settings.presets import view_config
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views

from . import part

COUNTS = (100, 1_000, 10_000, 100_000, 1_000_000, 14_000_000)
SECONDS = (1, 2, 5, 10, 30, 60, 300)
HOURS_A_WEEK = 40
SHOWN = 21  # the picture in the drawing


def show_why(title: str) -> None:
    """Show the text, and what labels would cost."""
    with part.columns(title, "why"):
        count = st.select_slider(
            "What would the labels cost? Pictures",
            COUNTS,
            10_000,
            format_func=lambda one: f"{one:,}",
            key="why_pictures",
        )
        seconds = st.select_slider(
            "Seconds for each label", SECONDS, 5, key="why_seconds",
            help="A glance takes a second; an outline or a second opinion takes minutes.",
        )  # fmt: skip
        st.html(sums(count * seconds / 3600))
        scores = film.about()["scores"]
        names = ("knn_accuracy", "knn_accuracy_untrained", "knn_accuracy_pixels")
        trained, untrained, pixels = (summary.percent(scores[name]) for name in names)
        st.html(
            '<div class="learn-beside"><p>The run on Home was trained <b>without any label</b>. '
            "Labels were used afterwards, to test it: the nearest neighbours of a new picture "
            f"vote for the right {scores['of']} in {trained} of cases, compared with {untrained} "
            f"before training and {pixels} by raw pixels.</p></div>"
        )
        part.recorded(st.container())
        st.markdown(drawing(), unsafe_allow_html=True)  # st.html would take the drawing out


def drawing() -> str:
    """Return SVG: from a picture to a similarity, with a real pair of views."""
    picture = demo.story()["images"][SHOWN][None]  # (1, S, S, 3)
    recipes = draw_recipes(view_config("drawn"), 1, SHOWN, 0, image_size=demo.SIZE)
    return pair_diagram(picture[0], render_views(picture, recipes)[0], recipes)


def sums(hours: float) -> str:
    """Return HTML: hours of work in working weeks, with a bar per week, 52 at most."""
    weeks = hours / HOURS_A_WEEK
    if weeks < 1:
        words = (
            f"{hours:,.1f} hours of work" if hours >= 1 else f"{hours * 60:,.0f} minutes of work"
        )
    elif weeks < 52:
        words = f"{weeks:,.1f} working weeks of one person"
    else:
        words = f"{weeks / 52:,.1f} years of work of one person"
    bars = "<i></i>" * min(max(round(weeks), 0), 52)
    more = f"<small>and {round(weeks) - 52:,} weeks more</small>" if round(weeks) > 52 else ""
    return (
        f'<div class="learn-sum"><b>{words}</b><div class="learn-weeks" '
        f'title="one bar per working week of {HOURS_A_WEEK} hours">{bars}{more}</div></div>'
    )
