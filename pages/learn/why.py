"""Learn, part 1: what labels cost, and what can be had without them."""

from __future__ import annotations

import streamlit as st

from pages.shared.diagram import pair_diagram
from simclr_core.feed import demo
from simclr_core.runs import summary
from simclr_core.settings.presets import view_config
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views

from . import text as learn_text

COUNTS = (100, 1_000, 10_000, 100_000, 1_000_000, 14_000_000)
SECONDS = (1, 2, 5, 10, 30, 60, 300)
HOURS_A_WEEK = 40
SHOWN = 21  # the picture whose way is drawn
TEXT = (
    "A network that is to tell cats from dogs is usually shown thousands of pictures, each with "
    "the right answer beside it. Somebody has to write down every answer. For X-rays or satellite "
    "images it can take an expert, and minutes for each.",
    "Pictures alone are cheap: a camera makes them by the thousand. Children learn much by "
    "looking, too: at three or four months they tell cats from dogs in pictures, without a word "
    "for either (Quinn, Eimas and Rosenkrantz 1993). The likeness has limits: a child sees things "
    "move, handles them, hears their names, and is not born blank; the network gets still pictures "
    "and alterations that people chose.",
    "<b>Contrastive learning</b> makes a task of that: here are two altered views of one picture "
    "among many others; which two belong together? The answer is known without anybody having "
    "labelled anything. What a network has to see in order to solve it is often what people care "
    "about as well.",
    "<b>What it cannot do.</b> It gives no names: to call a group of pictures cats, a few labels "
    "are still needed. It keeps what helps to find partners and may drop the rest, so the choice "
    "of views largely decides what is learned. And where labels are at hand, learning from them is "
    "usually quicker: without them it takes more pictures, and more time.",
)


def part(title: str) -> None:
    """Text, and a calculation that can be changed."""
    with learn_text.columns(title, TEXT):
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
        hours = count * seconds / 3600
        st.html(sums(hours))
        told = demo.about()
        scores = told["scores"]
        st.html(
            '<div class="learn-beside"><p>The run on Home was trained <b>without any label</b>. '
            "Labels were used afterwards, to test it: the nearest neighbours of a picture tell "
            f"its {scores['of']} in {summary.percent(scores['knn_accuracy'])} of cases; before "
            f"training in {summary.percent(scores['knn_accuracy_untrained'])}, by raw pixels in "
            f"{summary.percent(scores['knn_accuracy_pixels'])}.</p></div>"
        )
        learn_text.recorded(st.container())
        st.markdown(way(), unsafe_allow_html=True)  # st.html would take the drawing out


def way() -> str:
    """SVG: the way of a picture to a similarity, with a real pair of views."""
    picture = demo.story()["images"][SHOWN][None]  # (1, S, S, 3)
    recipes = draw_recipes(view_config("drawn"), 1, SHOWN, 0, image_size=demo.SIZE)
    return pair_diagram(picture[0], render_views(picture, recipes)[0], recipes)


def sums(hours: float) -> str:
    """HTML: hours of work as what they mean, with a bar a working week, 52 at most."""
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
        f'title="a bar a working week of {HOURS_A_WEEK} hours">{bars}{more}</div></div>'
    )
