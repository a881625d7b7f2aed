"""The data's way as a drawing, with a real pair of views in it."""

from __future__ import annotations

import numpy as np

from simclr_core.views.render import Recipes

from .pictures import data_uri

WIDTH, HEIGHT = 900, 330
SIDE = 116  # of a picture in the drawing
ALT = (
    "The data's way: a picture becomes two views, the same encoder f turns each view into a "
    "representation h, the same projection head g turns each h into a projection z, and the "
    "similarity of the two z is raised while the similarity to other pictures is lowered."
)
_ROWS = (84, 246)  # middles of view 1 and view 2


def pair_diagram(picture: np.ndarray, views: np.ndarray, recipes: Recipes) -> str:
    """The way from a picture to a similarity, as SVG for `st.markdown` (`st.html` strips it).

    Args:
        picture: (S, S, 3) uint8.
        views: (2, S, S, 3) float in [0, 1], its two views.
        recipes: of this one picture.
    """
    middle = sum(_ROWS) / 2
    parts = [
        _picture(picture, 8, middle, "picture", "p0"),
        "".join(_box(recipes.crop[0, view], view, 8, middle) for view in (0, 1)),
        *(_picture(views[v], 208, _ROWS[v], f"view {v + 1}", f"p{v + 1}") for v in (0, 1)),
        *(_arrow(8 + SIDE + 6, middle + (-18, 18)[v], 202, _ROWS[v]) for v in (0, 1)),
        _block(378, 96, "encoder", "f"),
        _block(594, 74, "head", "g"),
        *(_row(view) for view in (0, 1)),
        _similarity(middle),
    ]
    return (
        f'<div><svg class="lab-diagram" viewBox="0 18 {WIDTH} {HEIGHT - 14}" role="img" '
        f'aria-label="{ALT}">{"".join(parts)}</svg></div>'
    )


def _row(view: int) -> str:
    """What happens to one view, left to right."""
    y = _ROWS[view]
    return (
        _arrow(208 + SIDE + 6, y, 372, y)
        + _arrow(478, y, 506, y)
        + _vector(514, y, 9, view, "h")
        + _arrow(550, y, 588, y)
        + _arrow(672, y, 700, y)
        + _vector(708, y, 5, view, "z")
    )


def _picture(picture: np.ndarray, x: float, y: float, label: str, kind: str) -> str:
    top = y - SIDE / 2
    return (
        f'<image href="{data_uri(picture)}" x="{x}" y="{top}" width="{SIDE}" height="{SIDE}" '
        f'class="pixels"/><rect x="{x}" y="{top}" width="{SIDE}" height="{SIDE}" rx="3" '
        f'class="frame {kind}"/>{_text(x + SIDE / 2, top + SIDE + 18, label, kind)}'
    )


def _box(crop: np.ndarray, view: int, x: float, y: float) -> str:
    top, left, height, width = (float(value) * SIDE for value in crop)
    return (
        f'<rect x="{x + left:.1f}" y="{y - SIDE / 2 + top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" class="frame thin p{view + 1}"/>'
    )


def _block(x: float, width: float, name: str, letter: str) -> str:
    """A network: one for both views, so it spans both rows."""
    top, bottom = _ROWS[0] - 62, _ROWS[1] + 62
    middle = (top + bottom) / 2
    return (
        f'<rect x="{x}" y="{top}" width="{width}" height="{bottom - top}" rx="8" class="block"/>'
        + _text(x + width / 2, middle - 4, name, "strong")
        + _text(x + width / 2, middle + 16, letter, "symbol")
    )


def _vector(x: float, y: float, cells: int, view: int, letter: str) -> str:
    height = 10.0
    top = y - cells * height / 2
    drawn = "".join(
        f'<rect x="{x}" y="{top + i * height}" width="26" height="{height}" '
        f'class="cell p{view + 1}"/>'
        for i in range(cells)
    )
    return drawn + _text(x + 13, top + cells * height + 18, f"{letter}<tspan dy='4' class='sub'>"
                         f"{view + 1}</tspan>", f"symbol p{view + 1}")  # fmt: skip


def _similarity(middle: float) -> str:
    curve = (
        f'<path d="M742 {_ROWS[0]} C 790 {_ROWS[0]}, 806 {middle - 64}, 806 {middle - 36}" '
        f'class="arrow"/><path d="M742 {_ROWS[1]} C 790 {_ROWS[1]}, 806 {middle + 68}, 806 '
        f'{middle + 40}" class="arrow"/>'
    )
    return (
        curve
        + _text(806, middle - 14, "similarity", "strong")
        + _text(806, middle + 6, "of the pair: up", "")
        + _text(806, middle + 26, "to other pictures: down", "muted")
    )


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    angle = np.degrees(np.arctan2(y2 - y1, x2 - x1))
    return (
        f'<path d="M{x1} {y1} L{x2 - 2} {y2}" class="arrow"/>'
        f'<path d="M0 0 L-8 -4 L-8 4 Z" class="tip" transform="translate({x2} {y2}) '
        f'rotate({angle:.1f})"/>'
    )


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{text}</text>'
