"""The map beside the pairs: where a run's network puts the two views of the chosen pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.shared.picture_html import data_uri
from pages.shared.similarity import Alike, number
from pages.shell.link import linked_number
from pages.shell.live import mount
from simclr_core.base.errors import LabError
from simclr_core.data.readers.picture_files import resize_square
from simclr_core.feed.pair_map import Pair, pair_map_block, pair_map_message
from simclr_core.runs.snapshots.weights import TRAINED, UNTRAINED

KEY = "views-map"
SIDE = 64  # pixels per side of a view on the map, at most
ROW = "row"  # in the session and the URL: the chosen pair, counted from 1


def show_pair_map(
    views: np.ndarray, names: Sequence[str], message: str, note: str, alike: Alike | None
) -> None:
    """Mount or update the map.

    Args:
        views: (N, 2, S, S, 3) float in [0, 1], as the network sees them.
        names: a few words about each picture.
        message: a sentence in the place of a map if no network is asked.
        note: a sentence under the map.
        alike: what the run's network makes of the views; None: no network is asked.
    """
    try:
        block = _block(alike, views, names, note) if alike else pair_map_message(message)
    except (LabError, ValueError) as error:
        block = pair_map_message(str(error))
    mount("views/pair_map", KEY, "content", block, on_row_change=_choose)


def chosen_row(count: int) -> int:
    """Return which of the pairs is chosen, counted from 0."""
    row = st.session_state.get(ROW) or linked_number(ROW) or 1
    return min(int(row), count) - 1


def _block(alike: Alike, views: np.ndarray, names: Sequence[str], note: str) -> bytes:
    seen = alike.seen.get(TRAINED)
    known: dict[str, Any] = {}
    if seen:
        known = {"pairs": _pairs(alike, views, names), "h": seen.h, "step": seen.step}
        if len(names) > 1:
            known["strangers"] = [number(alike, role) for role in (TRAINED, UNTRAINED)]
    return pair_map_block(alike.run, chosen=chosen_row(len(names)), note=note, **known)


def _pairs(alike: Alike, views: np.ndarray, names: Sequence[str]) -> list[Pair]:
    return [
        Pair(
            names[i],
            number(alike, TRAINED, i),
            number(alike, UNTRAINED, i),
            (_picture(views[i, 0]), _picture(views[i, 1])),
        )
        for i in range(len(names))
    ]


def _picture(view: np.ndarray) -> str:
    return data_uri(resize_square(view, SIDE) if len(view) > SIDE else view)


def _choose() -> None:
    """Take the row that was clicked, so that the other panels and the link show the same."""
    row = st.session_state[KEY].row
    if isinstance(row, int) and row >= 0:
        st.session_state[ROW] = row + 1
