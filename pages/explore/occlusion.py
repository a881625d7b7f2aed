"""Explore's panel on where a network looks: similarity lost as parts of two pictures are hidden."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import cv2
import numpy as np
import streamlit as st

from pages.shared.picture_html import data_uri
from pages.shell.link import change
from pages.shell.trouble import show_trouble
from pages.shell.waiting import ask_run, show_waits
from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import is_recorded, probe_of
from simclr_core.feed.explore.pictures import recipes_of
from simclr_core.questions.job import occlude_job
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import weights
from simclr_core.views.render import render_views

from .map import start_of

VIEWS, OTHER = "its two views", "another picture"
SIDE = 288  # pixels of a picture on the screen
SHADES = ("#2166ac", "#f7f7f7", "#b2182b")  # gains, no change, loses
ABOUT = (
    "A window of the picture's mean colour is moved over each picture in turn. Red: with this part "
    "hidden the two are less alike, so the network used it. Blue: they are more alike without it. "
    "A small change everywhere means that no single part matters."
)


def show_occlusion(run: Run, message: str) -> bool:
    """Draw two pictures and what each part adds; return whether the answer is pending."""
    if message:
        show_trouble(message)
        return False
    if is_recorded(run):
        show_trouble("This run was trained elsewhere: there is no network to ask where it looks.")
        return False
    try:
        pair, names = _choose(run)
    except LabError as error:
        show_trouble(str(error))
        return False
    reply, wait = ask_run(run, occlude_job(pair), "What each part adds")
    _show(pair, names, reply.arrays)
    show_trouble(reply.words * reply.failed)
    show_waits([wait])
    return reply.waiting


def _choose(run: Run) -> tuple[np.ndarray, list[str]]:
    """Let the user choose two pictures; return (2, S, S, 3) float32, and their names."""
    count = probe_of(run).count
    weights.find_weights(run)  # raises a sentence if there is no network to ask
    index = start_of(run)["picture"] or 0
    with st.container(key="explore-looks", horizontal=True, vertical_alignment="bottom"):
        index = int(
            st.number_input(
                "Picture", 1, count, index + 1, key=f"looks {run.id}", width=150,
                on_change=_to_link, args=(f"looks {run.id}",),
            )
        ) - 1  # fmt: skip
        what = st.segmented_control(
            "beside", [VIEWS, OTHER], default=VIEWS, required=True, key="beside",
            bind="query-params",
        )  # fmt: skip
        other = 1
        if what == OTHER:
            other = int(
                st.number_input(
                    "Other picture", 1, count, min(2, count), key="other", width=150,
                    bind="query-params",
                )
            )  # fmt: skip
    images = run.probe()["images"]
    if what == VIEWS:
        recipes = recipes_of(run).take([index])
        pair = render_views(images[index : index + 1], recipes)[0]
        return pair, [f"view {view} of picture {index + 1}" for view in (1, 2)]
    rows = [index, other - 1]
    return images[rows].astype(np.float32) / 255, [f"picture {row + 1}" for row in rows]


def _to_link(key: str) -> None:
    change(picture=str(int(st.session_state[key])))


def _show(pair: np.ndarray, names: list[str], arrays: Mapping[str, np.ndarray] | None) -> None:
    """Draw the two pictures, and beside each what its parts add once that is known."""
    if arrays is None:
        st.html(f'<div class="looks">{"".join(map(_waiting, pair, names))}</div>')
        return
    lost, similarity = arrays["lost"], float(arrays["similarity"])
    most = float(np.abs(lost).max())
    cells = []
    for picture, name, values in zip(pair, names, lost, strict=True):
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        where = f"most is lost in row {row + 1}, column {column + 1} of {len(values)}"
        cells.append(
            f'<figure><div><img class="lab-picture" src="{data_uri(picture)}" alt="{escape(name)}">'
            f'<img class="lab-picture" src="{data_uri(overlay(picture, values, most))}" '
            f'alt="{escape(name)}: {where}"></div><figcaption>{escape(name)}: up to '
            f"{values.max():.2f} lost</figcaption></figure>"
        )
    alike = f"{similarity:.2f}".replace("-", "−")
    st.html(
        f'<div class="looks">{"".join(cells)}</div><p class="keeps-about"><b>alike {alike}</b> '
        f"in h (cosine), under the weights of step {int(arrays['step']):,}. {escape(ABOUT)}</p>"
    )


def _waiting(picture: np.ndarray, name: str) -> str:
    """Return a picture with the empty place for what its parts add, as HTML."""
    grey = overlay(picture, np.zeros((1, 1), np.float32), 0.0)
    return (
        f'<figure><div><img class="lab-picture" src="{data_uri(picture)}" alt="{escape(name)}">'
        f'<img class="lab-picture" src="{data_uri(grey)}" alt="{escape(name)}: not computed yet">'
        f"</div><figcaption>{escape(name)}: …</figcaption></figure>"
    )


def overlay(picture: np.ndarray, lost: np.ndarray, most: float) -> np.ndarray:
    """Return a picture in grey under the colours of what is lost.

    Args:
        picture: (S, S, 3) float32 in [0, 1].
        lost: (G, G), drawn on a scale from -most (blue) to most (red).

    Returns:
        (SIDE, SIDE, 3) float32 in [0, 1].
    """
    share = np.clip(lost / most, -1, 1) if most > 0 else np.zeros_like(lost)
    share = cv2.resize(share.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    low, middle, high = (
        np.array([int(shade[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
        for shade in SHADES
    )
    end = np.where(share[..., None] < 0, low, high)  # (SIDE, SIDE, 3)
    colour = middle + (end - middle) * np.abs(share)[..., None]
    grey = cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)[..., None]
    return np.asarray(0.45 * grey + 0.55 * colour, np.float32)
