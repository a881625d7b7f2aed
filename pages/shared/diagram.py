"""The way of the data from a picture to a similarity, drawn with a real pair of views."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from simclr_core.base.templates import render
from simclr_core.views.recipes import Recipes

from .picture_html import data_uri

SIDE = 116  # of a picture in the drawing
ALT = (
    "How the data flows: a picture becomes two views, the same encoder f turns each view into a "
    "representation h, the same projection head g turns each h into a projection z, and training "
    "raises the similarity of the two z and lowers their similarity to those of other pictures."
)


def pair_diagram(picture: np.ndarray, views: np.ndarray, recipes: Recipes) -> Markup:
    """Draw the way from a picture to a similarity, as SVG for `st.markdown`.

    `st.html` would remove the SVG.

    Args:
        picture: (S, S, 3) uint8.
        views: (2, S, S, 3) float in [0, 1], its two views.
        recipes: of this one picture.
    """
    crops = recipes.crop[0] * SIDE  # (2, 4): top, left, height, width of each view's crop
    return render(
        "shared/diagram",
        alt=ALT,
        side=SIDE,
        original=data_uri(picture),
        views=[data_uri(view) for view in views],
        boxes=crops[:, [1, 0, 3, 2]].astype(float).round(1).tolist(),
    )
