"""Learn, part 5: NT-Xent, computed step by step on the page."""

from __future__ import annotations

import numpy as np

from pages.shared.picture_html import data_uri
from pages.shell.live import mount
from simclr_core.feed import demo
from simclr_core.feed.packing import pack

from . import part

PICTURES = 4
ANGLES = (12.0, 34.0, 96.0, 71.0, 178.0, 203.0, 262.0, 318.0)  # degrees of the views' vectors
TEMPERATURE = 0.5
TEXT = (
    "Four pictures make eight views, and each view an arrow z (here in the plane, so that you can "
    "drag it). Every view is compared with every other: their <b>similarity</b> s is the cosine of "
    "the angle between them. All of these form a <b>matrix</b>; the comparison of a view with "
    "itself is <b>masked</b>.",
    "Divide by the <b>temperature</b> τ, take exp, and divide by the sum of the row: this is the "
    "share of the row that each other view gets (<b>softmax</b>). The loss of a row is −log of "
    "the partner's share (<b>cross-entropy</b>), and the loss of the batch is the mean over all "
    "rows, and so over both directions of every pair: <b>NT-Xent</b>, the normalised "
    "temperature-scaled cross-entropy (equation 1 of the paper).",
    "Drag an arrow towards its partner and the loss falls, unless strangers point that way too; "
    "drag it onto a stranger and it rises. With a small τ, almost only the nearest strangers "
    "count; with a large one, all count nearly the same. Click a number to see how it is computed.",
)


def show_loss(title: str) -> None:
    """Show the text, and the loss of eight vectors that can be dragged."""
    images = demo.story()["images"]
    shape = demo.story()["shape"]
    first = [int(np.flatnonzero(shape == kind)[0]) for kind in range(PICTURES)]
    with part.columns(title, TEXT):
        header = {
            "angles": list(ANGLES),
            "temperature": TEMPERATURE,
            "pictures": [data_uri(images[i]) for i in first],
        }
        mount("learn/loss_steps", "learn-loss", "content", pack(header, {}))
