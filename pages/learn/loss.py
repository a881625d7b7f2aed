"""Learn, part 5: NT-Xent, computed step by step on the page."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.shared.picture_html import data_uri
from pages.shell.live import mount
from simclr_core.base.templates import render
from simclr_core.feed import demo, film
from simclr_core.feed.packing import pack

from . import part

PICTURES = 4
ANGLES = (12.0, 34.0, 96.0, 71.0, 178.0, 203.0, 262.0, 318.0)  # degrees of the views' vectors
TEMPERATURE = 0.5


def show_loss(title: str) -> None:
    """Show the text, the loss of eight vectors that can be dragged, and what it changes."""
    images = demo.story()["images"]
    shape = demo.story()["shape"]
    first = [int(np.flatnonzero(shape == kind)[0]) for kind in range(PICTURES)]
    steps = film.about()["steps"]
    with part.columns(title, "loss"):
        header = {
            "angles": list(ANGLES),
            "temperature": TEMPERATURE,
            "pictures": [data_uri(images[i]) for i in first],
        }
        mount("learn/loss_steps", "learn-loss", "content", pack(header, {}))
        st.html(render("learn/change", steps=f"{steps:,}"))
