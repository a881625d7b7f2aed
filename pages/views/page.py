"""Views: what the network is shown. Move a slider and see what it does to pairs of views."""

from __future__ import annotations

import functools
from html import escape

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import picture_html, similarity
from pages.shared.data_picker import data_picker, load_pictures
from pages.shared.run_picker import pick_run
from pages.shared.view_controls import BY_KEY, view_controls
from pages.shell.link import clean_link
from simclr_core.base.errors import LabError
from simclr_core.data.datasets import Dataset
from simclr_core.settings.config import ViewConfig, to_dict
from simclr_core.views import render as views

MOST, MANY = 16, 24
PAIRS, STEPS, GRID = "pairs", "one by one", "many views"
LARGEST_SEED, FARTHEST = 2**31 - 1, 10**9  # of pictures that were passed over, as many count
WHOLE = {
    "pictures": (1, MOST),
    "seed": (0, LARGEST_SEED),
    "row": (1, MOST),
    "skip": (0, FARTHEST),
}
CHOICES = {"show": (PAIRS, STEPS, GRID)}
HINTS = {
    PAIRS: "Training pulls the two views of one picture together and pushes those of others apart.",
    STEPS: "The operations one after another, as the two recipes say.",
    GRID: f"{MANY} views of one picture: training may take any two of them as a pair.",
}
WORDS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def main() -> None:
    """Guard, read, call, show."""
    problems = clean_link(WHOLE, CHOICES, ("data", "run"), BY_KEY)
    source, count, seed, corner = _settings_row()
    notice = st.empty()
    if problems:
        notice.warning("  \n".join(problems))
    if not source:
        st.info("Type the path of a .npz file, a folder or a zip with your pictures.")
        return
    try:
        dataset = load_pictures(source)
    except LabError as error:
        st.error(str(error))
        return
    left, right = st.columns([1.12, 2.6], gap="medium")
    with left, st.container(key="views-operations"):
        config = view_controls(dataset.kind)
        if dataset.notes:
            st.caption(" ".join(dataset.notes))
    if corner.button("Train with these views", type="primary", width="stretch"):
        _train(config)
    chosen = _chosen(dataset, count)
    with right:
        _show(source, dataset, chosen, config, seed)


def _settings_row() -> tuple[str, int, int, DeltaGenerator]:
    """Source, number of pictures, seed, and the place of the button to Train."""
    with st.container(key="views-settings"):
        row = st.columns([2.3, 1.1, 1.15, 1.1, 1.15, 0.5, 1.9], vertical_alignment="bottom")
        with row[0]:
            source = data_picker("data")
        count = row[1].number_input("Pictures", 1, MOST, 8, key="pictures", bind="query-params")
        more = WORDS[count] if 1 < count < len(WORDS) else str(count) if count > 1 else "one"
        label = f"Another {more}" if count > 1 else "Another one"
        row[2].button(label, on_click=_skip, args=(count,), width="stretch")
        seed = row[3].number_input(
            "Seed", 0, LARGEST_SEED, 7, key="seed", bind="query-params",
            help="The same seed draws the same views, so that a slider shows what it does alone.",
        )  # fmt: skip
        row[4].button("Draw again", on_click=_draw_again, width="stretch")
    return source, int(count), int(seed), row[6]


def _show(source: str, dataset: Dataset, chosen: np.ndarray, config: ViewConfig, seed: int) -> None:
    size, images = dataset.image_size, dataset.x_train[chosen]
    names = [_name(dataset, int(i)) for i in chosen]
    with st.container(key="views-head", horizontal=True, vertical_alignment="center"):
        show, i = _what(len(chosen))
        run, problem = pick_run(source, size, "views_run") if show == PAIRS else (None, "")
    recipes = views.draw_recipes(config, len(chosen), seed, 0, image_size=size)
    rendered = views.render_views(images, recipes) if show == PAIRS else None  # (N, 2, S, S, 3)
    alike = similarity.views_similarity(run, rendered)
    problem = alike.problem if alike and alike.problem else problem
    _strip(_warnings(config, size, dataset.is_gray), problem, HINTS[show])
    if rendered is not None:
        with st.container(key="views-pairs"):
            st.html(picture_html.pair_rows(images, rendered, recipes, names, room=bool(alike)))
            if alike:
                similarity.fill(alike, functools.partial(picture_html.alike_rows, recipes, names))
    elif show == STEPS:
        steps = [views.one_by_one(images[i], recipes, i, view) for view in (0, 1)]
        st.html(picture_html.steps_rows(images[i], steps, names[i]))
    else:
        recipes = views.draw_recipes(config, MANY // 2, seed, 1, image_size=size)
        repeated = np.repeat(images[i : i + 1], MANY // 2, axis=0)
        rendered = views.render_views(repeated, recipes).reshape(MANY, size, size, 3)
        alts = [views.describe(recipes, j // 2, j % 2) for j in range(MANY)]
        st.html(picture_html.picture_grid(rendered, alts))


def _strip(warnings: list[str], problem: str, hint: str) -> None:
    """One line: what goes wrong, with the views or with the network's answer, else a hint."""
    kind = "lab-strip lab-warning" if warnings else "lab-strip"
    text = " ".join([*warnings, escape(problem)]).strip() or hint
    st.html(f'<p class="{kind}" role="status">{text}</p>')


def _what(count: int) -> tuple[str, int]:
    """What is shown, and of which of the pictures, counted from 0."""
    show = st.segmented_control(
        "Show", CHOICES["show"], default=PAIRS, required=True, key="show",
        bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    if show == PAIRS:
        return PAIRS, 0
    st.html('<span class="lab-of">of picture</span>', width="content")
    row = st.number_input(
        "of picture", 1, MOST, 1, key="row", bind="query-params", width=140,
        label_visibility="collapsed",
    )  # fmt: skip
    return str(show), min(int(row), count) - 1


def _chosen(dataset: Dataset, count: int) -> np.ndarray:
    """Indices of the pictures shown: from an order that mixes classes and is always the same."""
    total = len(dataset.x_train)
    order = np.random.default_rng(0).permutation(total)
    return order[(_skipped() + np.arange(min(count, total))) % total]


def _name(dataset: Dataset, i: int) -> str:
    label = ""
    if dataset.y_train is not None and dataset.class_names:
        label = f", {dataset.class_names[int(dataset.y_train[i])]}"
    return f"picture {i}{label}"


def _skipped() -> int:
    """How many pictures were passed over by "Another eight"."""
    try:
        number = float(st.query_params.get("skip", "0"))
    except ValueError:
        return 0
    return int(number) if 0 <= number <= FARTHEST else 0


def _skip(count: int) -> None:
    st.query_params["skip"] = str((_skipped() + count) % FARTHEST)


def _draw_again() -> None:
    st.session_state["seed"] = (int(st.session_state["seed"]) + 1) % 2**31


@functools.lru_cache(maxsize=64)
def _warnings(config: ViewConfig, size: int, is_gray: bool) -> list[str]:
    return views.warnings(config, size, is_gray)


def _train(config: ViewConfig) -> None:
    """Take the settings to Train; the data go along by `data_picker`."""
    st.session_state["train_views_config"] = to_dict(config)
    st.session_state.pop("train_views_seen", None)
    st.switch_page("pages/train/page.py", query_params={})  # without, names bound to widgets raise


main()
