"""Learn, part 2: two views of one picture, and the match game."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from pages.shared.picture_html import data_uri
from pages.shell.link import change, linked_number
from pages.shell.live import mount
from simclr_core.feed import demo
from simclr_core.feed.packing import pack
from simclr_core.settings.presets import view_config
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import one_by_one

from . import part

# The paper's words (section 3 and appendix A), in the order of `one_by_one`.
NAMES = (
    "random resized crop", "horizontal flip", "colour jitter", "random grayscale", "Gaussian blur",
)  # fmt: skip


def show_views(title: str) -> None:
    """Show the text, the game, and one view made step by step."""
    number = linked_number("round") or 1
    rounds = demo.story()["rounds"]
    seed = int(rounds[(number - 1) % len(rounds)])
    with part.columns(title, "views"):
        mount("learn/match", "learn-match", "content", pack(game(seed), {}))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Another round", on_click=_next, args=(number,))
            part.recorded(st.container())
    st.html(steps(number))


def game(seed: int) -> dict[str, object]:
    """Return what a round needs: the views, the answers, and the network's pairs."""
    this_round = demo.game_round(seed)
    alike = demo.story()["alike"][seed].astype(np.float32)  # (2, 12, 12)
    return {
        "round": seed,
        "views": [data_uri(view) for view in this_round.views],
        "pictures": [data_uri(picture) for picture in this_round.pictures],
        "picture": this_round.picture.tolist(),
        "network": {
            name: [list(pair) for pair in demo.matched(matrix)]
            for name, matrix in zip(("untrained", "trained"), alike, strict=True)
        },
    }


def steps(seed: int) -> str:
    """Return HTML: one view, alteration after alteration."""
    images = demo.story()["images"]
    picture = images[seed % len(images)]
    recipes = draw_recipes(view_config("drawn"), 1, seed, 0, image_size=demo.SIZE)
    done = one_by_one(picture, recipes, 0, 0)
    cells = [("the picture", "", picture)]
    cells += [(name, words, so_far) for name, (_, words, so_far) in zip(NAMES, done, strict=True)]
    figures = "".join(
        f'<figure><img class="lab-picture" src="{data_uri(so_far)}" alt="{name}">'
        f"<figcaption>{name}<small>{escape(words) or '&nbsp;'}</small></figcaption></figure>"
        for name, words, so_far in cells
    )
    return f'<div class="learn-strip">{figures}</div>'


def _next(number: int) -> None:
    change(round=str(number + 1))
