"""Learn, part 4: the projection head; the loss works on z, and h is kept."""

from __future__ import annotations

import numpy as np
import streamlit as st

from simclr_core.feed import demo
from simclr_core.runs import summary

from . import part

ROWS = (  # what is read, what it is, and where its scores are in the recorded run
    ("pixels", "the picture itself", "probe_pixels"),
    ("h untrained", "before training", "probe_h_first"),
    ("h", "kept", "probe_h_last"),
    ("z", "thrown away", "probe_z_last"),
)


def show_head(title: str) -> None:
    """Show the text, and how well probes read each property."""
    with part.columns(title, "head"):
        story = demo.story()
        names = story["factors"].tolist()
        chosen = str(
            st.segmented_control(
                "Property", names, default=names[0], required=True, key="head_factor"
            )
        )
        st.html(figure(story, names.index(chosen)))
        st.html(gaps_in_words(story))
        part.recorded(st.container())


def figure(story: dict[str, np.ndarray], i: int) -> str:
    """Return HTML: accuracies for one property from pixels, h and z, with a mark at chance."""
    chance = float(story["probe_chance"][i])
    bars = ""
    for name, meaning, key in ROWS:
        value = float(story[key][i])
        bars += (
            f'<div class="learn-bar"><span>{name}<small>{meaning}</small></span>'
            f'<b><i style="width:{100 * value:.1f}%"></i>'
            f'<u style="left:{100 * chance:.1f}%" title="chance"></u></b>'
            f"<em>{summary.percent(value)}</em></div>"
        )
    return (
        f'<div class="learn-bars-list">{bars}<p>how often a linear probe is right; the line is '
        f"chance, {summary.percent(chance)}</p></div>"
    )


def gaps_in_words(story: dict[str, np.ndarray]) -> str:
    """Return HTML: what probes read from h and from z, property by property, in a sentence."""
    gaps = story["probe_h_last"] - story["probe_z_last"]
    readings = [
        f"{name} {summary.percent(float(h))} from h, {summary.percent(float(z))} from z"
        for name, h, z in zip(
            story["factors"], story["probe_h_last"], story["probe_z_last"], strict=True
        )
    ]
    most = str(story["factors"][int(np.argmax(gaps))])
    return (
        f"<p>{'; '.join(readings)}. Compared with h, z is worst at <b>{most}</b>. This head has "
        "two layers, as in the paper.</p>"
    )
