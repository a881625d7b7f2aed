"""What a lesson's networks are given, shown before its question is answered: pictures and views."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st
from markupsafe import Markup

from pages.shared.picture_html import FRAMES, picture_tag
from simclr_core.base.templates import render
from simclr_core.data.builtin import DRAWN
from simclr_core.lessons.lesson import Condition, Lesson
from simclr_core.settings.config import ViewConfig
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views

PICTURES, SEED, SIZE = 6, 11, 32  # drawn for this alone; pixels per side


def show_given(lesson: Lesson) -> None:
    """Show the views of every condition, or its name alone where its pictures are not drawn."""
    sides = [
        (names, _columns(lesson.data, views) if lesson.data in DRAWN else [])
        for views, names in by_views(lesson).items()
    ]
    st.html(render("lessons/given", sides=sides))


def by_views(lesson: Lesson) -> dict[ViewConfig, list[str]]:
    """Return each kind of views that the lesson compares, with the conditions that have it."""
    kind = DRAWN[lesson.data].kind if lesson.data in DRAWN else "photographs"
    found: dict[ViewConfig, list[str]] = {}
    for condition in lesson.conditions or (Condition("every network"),):
        views = lesson.config(condition, lesson.data, kind, SEED).views
        found.setdefault(views, []).append(condition.name)
    return found


@functools.lru_cache(maxsize=32)
def _columns(source: str, views: ViewConfig) -> list[list[Markup]]:
    """Return a column for each picture: the picture, view 1, view 2."""
    images = DRAWN[source].draw(PICTURES, SEED, SIZE).images
    recipes = draw_recipes(views, PICTURES, SEED, 0, image_size=SIZE)
    rendered = np.asarray(render_views(images, recipes))  # (N, 2, S, S, 3)
    return [
        [picture_tag(images[i], "a picture")]
        + [picture_tag(rendered[i, v], f"its view {v + 1}", FRAMES[v]) for v in (0, 1)]
        for i in range(PICTURES)
    ]
