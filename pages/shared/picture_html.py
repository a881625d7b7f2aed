"""Pictures as HTML: pairs of views, the operations of a view one by one, many views of a picture.

Pictures are part of the page, at their own size, and the browser enlarges their pixels.
View 1 is blue and solid, view 2 orange and dashed; both carry their number.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from markupsafe import Markup

from simclr_core.base.templates import render
from simclr_core.views.recipes import Recipes, describe

LOSSLESS = 96  # pixels per side up to which a picture is sent as PNG; larger ones as JPEG
LARGEST = 288  # pixels per side that are sent at most
FRAMES = ("v1", "v2")  # CSS classes of the views' frames


def data_uri(picture: np.ndarray) -> str:
    """Return a picture as the source of an img.

    Args:
        picture: (S, S, 3) RGB, uint8 or float in [0, 1].
    """
    if picture.dtype != np.uint8:
        picture = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if len(picture) > LARGEST:
        picture = cv2.resize(picture, (LARGEST, LARGEST), interpolation=cv2.INTER_AREA)
    lossless = len(picture) <= LOSSLESS
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 4] if lossless else [cv2.IMWRITE_JPEG_QUALITY, 90]
    _, data = cv2.imencode(".png" if lossless else ".jpg", picture[..., ::-1], settings)
    kind = "png" if lossless else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode()}"


def picture_tag(picture: np.ndarray, alt: str, frame: str = "") -> Markup:
    """Return one picture in a frame.

    Args:
        picture: (S, S, 3) RGB.
        alt: its alternative text.
        frame: one of `FRAMES`, or empty for a neutral frame.
    """
    smooth = len(picture) > LOSSLESS
    return render("shared/picture", source=data_uri(picture), alt=alt, frame=frame, smooth=smooth)


def original_tag(picture: np.ndarray, recipes: Recipes, i: int, alt: str) -> Markup:
    """Return a picture with the crop boxes of both its views drawn on it."""
    boxes = [[f"{100 * float(edge):.2f}%" for edge in recipes.crop[i, view]] for view in (0, 1)]
    return render("shared/original", picture=picture_tag(picture, alt), boxes=boxes)


def pair_rows(
    images: np.ndarray,
    views: np.ndarray,
    recipes: Recipes,
    names: Sequence[str],
    *,
    room: bool = False,
) -> Markup:
    """Return a row per picture: the original with both crops, view 1, view 2, and the recipes.

    Args:
        images: (N, S, S, 3) uint8.
        views: (N, 2, S, S, 3) float in [0, 1].
        recipes: of the N images.
        names: a few words about each picture, such as "heart".
        room: leave a line in every row for `alike_rows`, which covers these rows.
    """
    rows = []
    for i, name in enumerate(names):
        done = _descriptions(recipes, i)
        alt = f"{name}, with the crop boxes of both views"
        tags = [
            picture_tag(views[i, view], f"{name}, view {view + 1}: {done[view]}", FRAMES[view])
            for view in (0, 1)
        ]
        row = {"name": name, "done": done, "views": tags}
        rows.append(row | {"original": original_tag(images[i], recipes, i, alt)})
    return render("shared/pairs", rows=rows, room=room)


def alike_rows(recipes: Recipes, names: Sequence[str], lines: Sequence[Markup]) -> Markup:
    """Return rows as high as those of `pair_rows`, with the lines that these leave room for.

    They repeat the recipes invisibly, so that each line is in its place at every width of the
    page. The pictures, which are heavy, are not sent again.

    Args:
        recipes, names: as in `pair_rows`.
        lines: one for each row.
    """
    rows = [
        {"name": names[i], "done": _descriptions(recipes, i), "line": line}
        for i, line in enumerate(lines)
    ]
    return render("shared/alike", rows=rows)


def steps_rows(
    image: np.ndarray, steps: Sequence[Sequence[tuple[str, str, np.ndarray]]], name: str
) -> Markup:
    """Return both views of one picture, operation by operation.

    Args:
        image: (S, S, 3) uint8.
        steps: for each view the result of `views.one_by_one`.
        name: a few words about the picture.
    """
    rows = []
    for view, stages in enumerate(steps):
        cells = [("picture", name, picture_tag(image, f"{name}, unchanged"))]
        for operation, words, picture in stages:
            alt = f"view {view + 1} after {operation}: {words}"
            cells.append((operation, words, picture_tag(picture, alt, FRAMES[view])))
        rows.append(cells)
    return render("shared/steps", rows=rows)


def picture_grid(pictures: np.ndarray, alts: Sequence[str]) -> Markup:
    """Return pictures side by side.

    Args:
        pictures: (N, S, S, 3) RGB.
        alts: the alternative text of each; also shown on hover.
    """
    tags = [picture_tag(picture, alt) for picture, alt in zip(pictures, alts, strict=True)]
    return render("shared/grid", cells=list(zip(alts, tags, strict=True)))


def _descriptions(recipes: Recipes, i: int) -> list[str]:
    """Return the recipes of both views of a picture in words."""
    return [describe(recipes, i, view) for view in (0, 1)]
