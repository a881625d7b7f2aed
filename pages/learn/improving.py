"""Learn, part 6: what batch size, temperature, time and strength of the alterations do."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import streamlit as st
from markupsafe import Markup

from pages.shared.picture_html import data_uri
from pages.shell.classroom import classroom_link
from simclr_core.feed import demo
from simclr_core.lessons.catalogue import lesson_named
from simclr_core.loss import nt_xent
from simclr_core.loss.normalise import l2_normalise
from simclr_core.settings.presets import view_config
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views

from . import part

BATCHES = (8, 16, 32, 64, 128, 256, 512, 1024, 4096)
TAUS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
STRENGTHS = (0.0, 0.5, 1.0, 1.5, 2.0)
SHOWN = 6  # views of each strength


def show_improving(title: str) -> None:
    """Show the text, and a small figure for each setting."""
    with part.columns(title, "improving", lesson=_link):
        left, right = st.columns(2, gap="medium")
        with left:
            count = int(st.select_slider("Pictures per step (N)", BATCHES, 64, key="more_batch"))
            st.html(negatives(count))
        with right:
            tau = float(st.select_slider("Temperature (τ)", TAUS, 0.1, key="more_tau"))
            st.html(weights(tau))
        strength = float(
            st.select_slider("Strength of colour distortion (s)", STRENGTHS, 1.0, key="more_color")
        )
        st.html(views(strength))
        st.page_link(
            "pages/views/page.py",
            label="Try all alterations with your own pictures on the Views page",
        )
        st.page_link(
            "pages/explore/page.py",
            label="Train with several values of one setting: Explore, Compare, Sweep",
            query_params={"panel": "Compare"},
        )
        part.recorded(st.container())


def _link(name: str) -> Markup:
    """Return a link to a lesson."""
    lesson = lesson_named(name)
    to = classroom_link(f"/lessons?lesson={lesson.name}")
    return Markup('<a href="{}" target="_self">Lesson: {}</a>').format(to, lesson.title)


def negatives(count: int) -> str:
    """Return HTML: how many negatives a batch has, and the loss at chance."""
    return (
        f'<div class="learn-sum"><b>{2 * count - 2:,} negatives</b><p>for each of {2 * count:,} '
        f"views. Guessing is right in 1 of {2 * count - 1:,}, and with all projections alike the "
        f"loss is ln {2 * count - 1:,} = {nt_xent.collapsed_loss(count):.2f}.</p></div>"
    )


def weights(tau: float) -> str:
    """Return HTML: the share of the push that the most similar strangers get, for recorded z."""
    z = l2_normalise(demo.story()["z_last"][:64].astype(np.float32))
    s = (z @ z.T)[~np.eye(len(z), dtype=bool)].reshape(len(z), -1)  # (64, 63)
    shares = nt_xent.negative_weights(s, tau).mean(axis=0)  # (63,), nearest first
    top = float(shares[0])
    bars = "".join(f'<i style="height:{max(100 * v / top, 1):.1f}%"></i>' for v in shares[:40])
    entropy = float(np.exp(-(shares * np.log(np.maximum(shares, 1e-12))).sum()))
    return (
        f'<div class="learn-sum"><b>{top:.0%} on the nearest stranger</b>'
        f'<div class="learn-columns">{bars}</div><p>how the push is shared among the '
        f"{min(40, len(shares))} most similar of {len(shares)} strangers: as if about "
        f"{math.floor(entropy + 0.5)} shared it equally.</p></div>"
    )


def views(strength: float) -> str:
    """Return HTML: several views of one picture with colour distortion of one strength."""
    picture = demo.story()["images"][5]
    config = replace(view_config("drawn"), color_strength=strength)
    recipes = draw_recipes(config, SHOWN, 4, 0, image_size=demo.SIZE)
    images = np.repeat(picture[None], SHOWN, axis=0)
    drawn = render_views(images, recipes)[:, 0]
    cells = "".join(
        f'<img class="lab-picture" src="{data_uri(view)}" alt="a view">' for view in drawn
    )
    first = f'<img class="lab-picture" src="{data_uri(picture)}" alt="the picture">'
    return f'<div class="learn-row learn-views">{first}<span>→</span>{cells}</div>'
