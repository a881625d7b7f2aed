"""Pictures as HTML: pairs of views, one view step by step, many views of one picture.

A picture travels inside the page, at its own size, and the browser enlarges it pixel by pixel.
View 1 is blue and solid, view 2 orange and dashed; both carry their number.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import cv2
import numpy as np

from simclr_core.views.render import Recipes, describe

LOSSLESS = 96  # pixels a side up to which a picture travels as PNG; larger ones as JPEG
SHARPEST = 288  # pixels a side that travel at most


def data_uri(picture: np.ndarray) -> str:
    """A picture as the source of an img.

    Args:
        picture: (S, S, 3) RGB, uint8 or float in [0, 1].
    """
    if picture.dtype != np.uint8:
        picture = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if len(picture) > SHARPEST:
        picture = cv2.resize(picture, (SHARPEST, SHARPEST), interpolation=cv2.INTER_AREA)
    lossless = len(picture) <= LOSSLESS
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 4] if lossless else [cv2.IMWRITE_JPEG_QUALITY, 90]
    _, data = cv2.imencode(".png" if lossless else ".jpg", picture[..., ::-1], settings)
    kind = "png" if lossless else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode()}"


def picture_tag(picture: np.ndarray, alt: str, frame: str = "") -> str:
    """One picture in a frame.

    Args:
        picture: (S, S, 3) RGB.
        alt: what it shows, in words.
        frame: "v1", "v2" or empty for a neutral frame.
    """
    smooth = " lab-smooth" if len(picture) > LOSSLESS else ""
    return (
        f'<img class="lab-picture{smooth} {frame}" src="{data_uri(picture)}" '
        f'alt="{escape(alt, quote=True)}" decoding="sync">'
    )


def original_tag(picture: np.ndarray, recipes: Recipes, i: int, alt: str) -> str:
    """A picture with the crop boxes of both its views drawn on it."""
    boxes = "".join(_box(recipes.crop[i, view], view) for view in (0, 1))
    return f'<div class="lab-original">{picture_tag(picture, alt)}{boxes}</div>'


def pair_rows(
    images: np.ndarray,
    views: np.ndarray,
    recipes: Recipes,
    names: Sequence[str],
    *,
    room: bool = False,
) -> str:
    """A row a picture: the original with both crops, view 1, view 2, and what was done.

    Args:
        images: (N, S, S, 3) uint8.
        views: (N, 2, S, S, 3) float in [0, 1].
        recipes: of the N images.
        names: a few words about each picture, such as "heart".
        room: leave a line in every row, for `alike_rows` to lie over.
    """
    head = "".join(
        f'<span class="{kind}">{words}</span>'
        for kind, words in (("", "original"), ("t1", "view 1"), ("t2", "view 2"), ("", "recipe"))
    )
    last = '<p class="lab-alike"></p>' if room else ""
    rows = [_pair_row(images[i], views[i], recipes, i, names[i], last) for i in range(len(images))]
    return f'<div class="lab-pairs"><div class="lab-row lab-head">{head}</div>{"".join(rows)}</div>'


def alike_rows(recipes: Recipes, names: Sequence[str], head: str, lines: Sequence[str]) -> str:
    """The lines that `pair_rows` leaves room for, to lie over it: rows of the same height.

    The words of the recipes are there once more, unseen, so that each line falls into its place
    however wide the page is; the pictures, which are heavy, do not travel again.

    Args:
        recipes, names: as in `pair_rows`.
        head: HTML for the line above the rows.
        lines: HTML for each row.
    """
    spaces = '<span class="lab-space"></span>' * 3
    rows = [
        f'<div class="lab-row">{spaces}<div class="lab-words">'
        f'<div class="lab-unseen">{_words(recipes, i, names[i])}</div>'
        f'<p class="lab-alike"><span class="lab-spoken">{escape(names[i])}: </span>{line}</p>'
        "</div></div>"
        for i, line in enumerate(lines)
    ]
    above = f'{"<span></span>" * 3}<span class="lab-others">{head or "&nbsp;"}</span>'
    return (
        f'<div class="lab-alikes"><div class="lab-row lab-head">{above}</div>{"".join(rows)}</div>'
    )


def steps_rows(
    image: np.ndarray, steps: Sequence[Sequence[tuple[str, str, np.ndarray]]], name: str
) -> str:
    """Both views of one picture, operation by operation.

    Args:
        image: (S, S, 3) uint8.
        steps: for each view what `views.one_by_one` returns.
        name: a few words about the picture.
    """
    rows = []
    for view, stages in enumerate(steps):
        first = picture_tag(image, f"{name}, as it is")
        cells = [
            f"<figure>{first}<figcaption><b>picture</b><br>{escape(name)}</figcaption></figure>"
        ]
        for operation, words, picture in stages:
            tag = picture_tag(picture, f"view {view + 1} after {operation}: {words}", _frame(view))
            cells.append(
                f"<figure>{tag}<figcaption><b>{escape(operation)}</b><br>{escape(words)}"
                "</figcaption></figure>"
            )
        arrow = '<span class="lab-arrow" aria-hidden="true">→</span>'
        rows.append(
            f'<h4 class="t{view + 1}">view {view + 1}</h4>'
            f'<div class="lab-steps">{arrow.join(cells)}</div>'
        )
    return "".join(rows)


def grid(pictures: np.ndarray, alts: Sequence[str]) -> str:
    """Pictures side by side.

    Args:
        pictures: (N, S, S, 3) RGB.
        alts: what each shows, in words; also told on hover.
    """
    cells = [
        f'<span title="{escape(alt, quote=True)}">{picture_tag(picture, alt)}</span>'
        for picture, alt in zip(pictures, alts, strict=True)
    ]
    return f'<div class="lab-grid">{"".join(cells)}</div>'


def _pair_row(
    image: np.ndarray, pair: np.ndarray, recipes: Recipes, i: int, name: str, last: str
) -> str:
    alts = [f"{name}, view {view + 1}: {describe(recipes, i, view)}" for view in (0, 1)]
    original = original_tag(image, recipes, i, f"{name}, with the crop boxes of both views")
    return (
        f'<div class="lab-row">{original}{picture_tag(pair[0], alts[0], "v1")}'
        f"{picture_tag(pair[1], alts[1], 'v2')}"
        f'<div class="lab-words">{_words(recipes, i, name)}{last}</div></div>'
    )


def _words(recipes: Recipes, i: int, name: str) -> str:
    """A picture's name, and what was done for each of its views."""
    done = "".join(
        f'<p><b class="lab-badge b{view + 1}">{view + 1}</b>'
        f"<span>{escape(describe(recipes, i, view))}</span></p>"
        for view in (0, 1)
    )
    return f"<small>{escape(name)}</small>{done}"


def _box(crop: np.ndarray, view: int) -> str:
    """A crop box (top, left, height, width as fractions) with its number."""
    top, left, height, width = (f"{100 * float(value):.2f}%" for value in crop)
    return (
        f'<span class="lab-box {_frame(view)}" aria-hidden="true" '
        f'style="top:{top};left:{left};height:{height};width:{width}"><i>{view + 1}</i></span>'
    )


def _frame(view: int) -> str:
    return f"v{view + 1}"
