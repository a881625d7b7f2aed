"""A run's map through its snapshots as a GIF that loops: pictures as tiles, for chats and slides.

Each picture takes the free cell nearest to its place, as on the app's maps; what finds none is a
dot. Between two snapshots the pictures glide, as in the app.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..base.progress import Progress, no_progress
from ..figures.colors import GREYS, NEGATIVE, category_colors
from ..runs import tables
from ..runs.run import Run
from . import replay

MOST_BYTES = 5_000_000  # of the file; above, fewer frames are drawn
MOST_FRAMES = 60
SIDE, HEAD, FOOT, EDGE = 560, 52, 34, 20  # pixels: the map, the lines above and below, the margin
TILE, SMALLEST = 28, 10  # pixels of a cell at most, and below which points are dots
CROWD = 1.6  # cells for each picture
PACE, FIRST, LAST = 90, 700, 2500  # milliseconds of a frame, of the first one and of the last one
COLORS = 160  # of the palette that all frames share
_NEAR = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]


def animation(run: Run, progress: Progress = no_progress) -> bytes:
    """Return a GIF of the run's map that loops and rests on its last frame.

    Args:
        run: the run.
        progress: receives the share done, and words.

    Raises:
        RunError: there is no map to play yet.
        LabError: the run cannot be read.
    """
    probe = run.probe()
    method, steps, places, _ = replay.frames(run, len(probe["images"]))  # places: (K, P, 2)
    tiles = Tiles(run, probe)
    between = max(1, (MOST_FRAMES - 1) // max(len(steps) - 1, 1))  # frames of a glide
    count = (len(steps) - 1) * between + 1
    while True:
        body = _gif(run, method, steps, places, tiles, count, progress)
        if len(body) <= MOST_BYTES or count <= 4:
            return body
        count = max(4, min(count - 1, int(count * MOST_BYTES / len(body))))


class Tiles:
    """The pictures as tiles that are framed by their category.

    Args:
        run: whose colours they have.
        probe: its pictures, labels and factors.

    Attributes:
        side: of a cell, in pixels; 0: the pictures are too many, and dots.
        tiles: (P, side - 1, side - 1, 3) uint8.
        colors: (P, 3) uint8, of frames and dots.
        name: what the colours show, such as "shape"; empty if unknown.
        held: picture -> the column and row of its cell in the frame drawn last.
    """

    def __init__(self, run: Run, probe: Mapping[str, np.ndarray]) -> None:
        images = probe["images"]
        side = min(TILE, int(SIDE / math.sqrt(CROWD * len(images))))
        self.side = side if side >= SMALLEST else 0
        self.colors, self.name = _colors(run, tables.known(probe), len(images))
        inner = max(self.side - 3, 1)
        small = [
            cv2.resize(image, (inner, inner), interpolation=cv2.INTER_AREA) for image in images
        ]
        framed = np.broadcast_to(self.colors[:, None, None], (len(images), inner + 2, inner + 2, 3))
        self.tiles = framed.copy()
        self.tiles[:, 1:-1, 1:-1] = np.stack(small)
        self.held: dict[int, tuple[int, int]] = {}

    def draw(self, canvas: np.ndarray, places: np.ndarray) -> dict[int, tuple[int, int]]:
        """Draw the pictures on the square of the map.

        Args:
            canvas: (SIDE, SIDE, 3) uint8, changed in place.
            places: (P, 2) pixels.

        Returns:
            Picture -> its cell as column and row; the others are dots.
        """
        cells = self._cells(places) if self.side else {}
        for i in set(range(len(places))) - set(cells):
            x, y = places[i].round().astype(int).tolist()
            cv2.circle(canvas, (x, y), 2, self.colors[i].tolist(), -1, cv2.LINE_AA)
        for i, (column, row) in cells.items():
            top, left = row * self.side, column * self.side
            tile = self.tiles[i]
            canvas[top : top + len(tile), left : left + len(tile)] = tile
        return cells

    def _cells(self, places: np.ndarray) -> dict[int, tuple[int, int]]:
        """Return the cell of each picture that finds one; it keeps its cell while that is near."""
        last = SIDE // self.side - 1
        at = np.clip(places / self.side - 0.5, 0, last).tolist()  # in cells
        taken: dict[tuple[int, int], int] = {}
        for i, cell in self.held.items():
            if math.dist(at[i], cell) <= 1:
                taken[cell] = i
        held = set(taken.values())
        for i, place in enumerate(at):
            if i in held:
                continue
            x, y = (round(value) for value in place)
            near = [(x + dx, y + dy) for dx, dy in _NEAR]
            free = [
                cell for cell in near if cell not in taken and min(cell) >= 0 and max(cell) <= last
            ]
            if free:
                taken[min(free, key=functools.partial(math.dist, place))] = i
        self.held = {i: cell for cell, i in taken.items()}
        return self.held


def _colors(run: Run, known: Mapping[str, np.ndarray], count: int) -> tuple[np.ndarray, str]:
    """Return a colour (P, 3) for each picture, and the name of what they stand for."""
    name = next(iter(tables.choices(known)), "")
    if not name:
        return np.tile(_rgb(NEGATIVE["light"]), (count, 1)), ""
    palette = [_rgb(color) for color in category_colors(tables.names_of(run, name, known[name]))]
    return np.array([*palette, _rgb(NEGATIVE["light"])], np.uint8)[known[name]], name


def _gif(
    run: Run, method: str, steps: list[int], places: np.ndarray, tiles: Tiles, count: int,
    progress: Progress,
) -> bytes:  # fmt: skip
    from PIL import Image

    low, high = places.min(axis=(0, 1)), places.max(axis=(0, 1))
    scale = (SIDE - 16) / max(float((high - low).max()), 1e-9)
    tiles.held = {}
    title, frames = run.name, []
    for number, at in enumerate(np.linspace(0, len(steps) - 1, count)):
        before = min(int(at), len(steps) - 1)
        after = min(before + 1, len(steps) - 1)
        share = at - before
        share = share * share * (3 - 2 * share)  # slow at both ends
        xy = (1 - share) * places[before] + share * places[after]
        square = np.full((SIDE, SIDE, 3), 255, np.uint8)
        tiles.draw(square, (xy - (low + high) / 2) * scale * (1, -1) + SIDE / 2)
        step = steps[after] if at - before > 0.5 else steps[before]
        frames.append(_page(title, square, step, method, tiles.name))
        progress(0.1 + 0.7 * number / count, f"drawing frame {number + 1} of {count}")
    progress(0.8, "packing the frames")
    shared = Image.fromarray(np.concatenate([frames[0], frames[-1]]))
    palette = shared.quantize(COLORS, Image.Quantize.MEDIANCUT)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    sink = io.BytesIO()
    pace = [FIRST, *[PACE] * (count - 2), LAST] if count > 1 else [LAST]
    small[0].save(sink, "GIF", save_all=True, append_images=small[1:], duration=pace, loop=0)
    return sink.getvalue()


def _page(title: str, square: np.ndarray, step: int, method: str, color: str) -> Any:
    """Return a frame with its words: an image of Pillow."""
    from PIL import Image, ImageDraw

    grey = GREYS["light"]
    page = Image.new("RGB", (SIDE + 2 * EDGE, HEAD + SIDE + FOOT), "white")
    page.paste(Image.fromarray(square), (EDGE, HEAD))
    draw = ImageDraw.Draw(page)
    right = page.width - EDGE
    words = f"step {step:,}"
    room = right - EDGE - draw.textlength(words, _font(18)) - 16
    draw.text((EDGE, 16), _shortened(draw, title, room), grey["ink"], _font(18))
    draw.text((right, 16), words, grey["ink"], _font(18), anchor="ra")
    note = f"{method.upper()} of h, axes have no units" + f", framed by {color}" * bool(color)
    draw.text((EDGE, HEAD + SIDE + 8), note, grey["muted"], _font(13))
    draw.text((right, HEAD + SIDE + 8), "SimCLR Lab", grey["muted"], _font(13), anchor="ra")
    return page


def _shortened(draw: Any, text: str, room: float) -> str:
    """Return a text that fits in a number of pixels."""
    if draw.textlength(text, _font(18)) <= room:
        return text
    while text and draw.textlength(f"{text}…", _font(18)) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


@functools.cache
def _font(size: int) -> Any:
    """Return the typeface that comes with Matplotlib: it has more letters than Pillow's own."""
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size)


def _rgb(color: str) -> np.ndarray:
    """Return red, green and blue (3,) uint8 of a colour such as "#3f90da"."""
    return np.frombuffer(bytes.fromhex(color.lstrip("#")), np.uint8)
