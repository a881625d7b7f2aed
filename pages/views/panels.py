"""The pictures of Views: pairs, the operations one by one, or many views of one picture."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import streamlit as st
from markupsafe import Markup

from pages.shared import picture_html, similarity
from pages.shared.similarity import Alike
from simclr_core.base.templates import render
from simclr_core.data.datasets import Dataset
from simclr_core.settings.config import ViewConfig
from simclr_core.views.advice import warnings
from simclr_core.views.recipes import describe, draw_recipes
from simclr_core.views.render import one_by_one, render_views

from .chosen import picture_name
from .pair_map import show_pair_map
from .run_picker import Picked, pick_run, scaled

MOST, MANY = 16, 24  # pictures at once; views of one picture
PAIRS, STEPS, GRID = "pairs", "one by one", "many views"
SHOWN = (PAIRS, STEPS, GRID)
HINTS = {
    PAIRS: "Training pulls the two views of one picture together and pushes those of others apart.",
    STEPS: "The operations of both recipes, one after another.",
    GRID: f"{MANY} views of one picture: training may use any two of them as a pair.",
}


def show_views(
    source: str, dataset: Dataset, chosen: np.ndarray, config: ViewConfig, seed: int
) -> None:
    """Show the views of the chosen pictures.

    Args:
        source: of the data set, as in `load_dataset`.
        dataset: its pictures.
        chosen: (N,) indices of training pictures.
        config: how their views are made.
        seed: of their recipes.
    """
    size, images = dataset.image_size, dataset.x_train[chosen]
    names = [picture_name(dataset, int(i)) for i in chosen]
    with st.container(key="views-head", horizontal=True, vertical_alignment="center"):
        show, i = _choose_panel(len(chosen))
        picked = pick_run(source, size, "views_run") if show == PAIRS else Picked()
    recipes = draw_recipes(config, len(chosen), seed, 0, image_size=size)
    rendered = render_views(images, recipes) if show == PAIRS else None  # (N, 2, S, S, 3)
    seen = None if rendered is None else scaled(rendered, picked.size or size)
    alike = similarity.views_similarity(picked.run, seen)
    problem = alike.problem if alike and alike.problem else picked.problem
    _strip(_warnings(config, size, dataset.is_gray), problem, HINTS[show])
    if rendered is not None and seen is not None:
        with st.container(key="views-pairs"):
            st.html(picture_html.pair_rows(images, rendered, recipes, names, room=bool(alike)))
            rows = functools.partial(picture_html.alike_rows, recipes, names)
            shown = functools.partial(show_pair_map, seen, names, picked.message, picked.note)
            similarity.fill(alike, functools.partial(_answer, rows, shown))
    elif show == STEPS:
        steps = [one_by_one(images[i], recipes, i, view) for view in (0, 1)]
        st.html(picture_html.steps_rows(images[i], steps, names[i]))
    else:
        _many_views(images[i], config, seed)


def _answer(
    rows: Callable[[list[Markup]], Markup],
    show_map: Callable[[Alike | None], None],
    alike: Alike | None,
) -> None:
    """Show what a network makes of the pairs: a line in each row, and the map beside them."""
    with st.container(key="views-answer"):
        if alike:
            st.html(rows(similarity.pair_lines(alike)))
        show_map(alike)


def _many_views(image: np.ndarray, config: ViewConfig, seed: int) -> None:
    size = len(image)
    recipes = draw_recipes(config, MANY // 2, seed, 1, image_size=size)
    repeated = np.repeat(image[None], MANY // 2, axis=0)
    rendered = render_views(repeated, recipes).reshape(MANY, size, size, 3)
    alts = [describe(recipes, j // 2, j % 2) for j in range(MANY)]
    st.html(picture_html.picture_grid(rendered, alts))


def _choose_panel(count: int) -> tuple[str, int]:
    """Return what is shown, and of which of the pictures, counted from 0."""
    show = st.segmented_control(
        "Show", SHOWN, default=PAIRS, required=True, key="show",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    if show == PAIRS:
        return PAIRS, 0
    st.html(render("views/words", words="of picture", hint=False), width="content")
    row = st.number_input(
        "of picture", 1, MOST, 1, key="row", bind="query-params", width=140,
        label_visibility="collapsed",
    )  # fmt: skip
    return str(show), min(int(row), count) - 1


def _strip(warnings: list[str], problem: str, hint: str) -> None:
    """Show what goes wrong with the views or with the network's answer, else a hint."""
    text = " ".join([*warnings, problem]).strip() or hint
    st.html(render("views/strip", text=text, warning=bool(warnings)))


@functools.lru_cache(maxsize=64)
def _warnings(config: ViewConfig, size: int, is_gray: bool) -> list[str]:
    return warnings(config, size, is_gray)
