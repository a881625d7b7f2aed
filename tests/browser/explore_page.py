"""The page Explore as its tests use it: the places of points, a lasso, what is selected."""

from __future__ import annotations

import os
import subprocess
import sys

import cv2
import numpy as np
from playwright.sync_api import Locator, Page

from tests.browser.conftest import ROOT, App

MAPS = ".ex-stage > canvas"
COMPUTED = 300_000  # ms: the analyst starts behind everything else that the machine does
PICTURES, SNAPSHOTS = 120, 4


def train(app: App, steps: int, *more: str) -> None:
    words = ["--data", "shapes", "--views", "strong", "--max-images", "200", *more]
    words += ["--batch-size", "32"]
    words += [
        "--snapshots",
        str(SNAPSHOTS),
        "--probe-size",
        str(PICTURES),
        "--precision",
        "float32",
    ]
    subprocess.run(
        [sys.executable, "-m", "simclr_core", "train", "--steps", str(steps), *words],
        env={**os.environ, "SIMCLR_LAB_RUNS": str(app.store.root)},
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


def points(canvas: Locator, pane: int = 0) -> np.ndarray:
    """(P, 2) where the points are, in pixels of the map."""
    flat = canvas.evaluate(
        """(c, pane) => {
        const { at, width, height } = c.getRootNode().simclrView.panes[pane].scatter;
        return Array.from(at, (v, i) => v * (i % 2 ? height : width)); }""",
        pane,
    )
    return np.array(flat).reshape(-1, 2)


def drawn(canvas: Locator, pane: int = 0) -> dict[int, tuple[float, float, float]]:
    """The pictures that are drawn, once they stand still: middle and half the side of each."""
    found = canvas.evaluate(
        """async (c, pane) => {
        const { scatter } = c.getRootNode().simclrView.panes[pane], { tiles } = scatter;
        while (tiles.moving || !tiles.ready) await new Promise(requestAnimationFrame);
        return tiles.cells.drawn.map((i) => [i, scatter.seen(i)]); }""",
        pane,
    )
    return {index: tuple(box) for index, box in found}


def at(page: Page, canvas: Locator, place: np.ndarray) -> tuple[float, float]:
    box = canvas.bounding_box()
    assert box
    return box["x"] + float(place[0]), box["y"] + float(place[1])


def draw(page: Page, canvas: Locator, corners: list[tuple[float, float]]) -> None:
    """Drag along a line of places on a map."""
    page.mouse.move(*at(page, canvas, np.array(corners[0])))
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        page.mouse.move(*at(page, canvas, np.array(corner)), steps=3)
    page.mouse.up()


def inside(places: np.ndarray, corners: list[tuple[float, float]]) -> list[int]:
    """Indices of places inside a polygon, by OpenCV."""
    line = np.float32(corners)
    return [
        i
        for i, place in enumerate(places)
        if cv2.pointPolygonTest(line, (float(place[0]), float(place[1])), False) > 0
    ]


def selected(canvas: Locator) -> list[int] | None:
    found: list[int] | None = canvas.evaluate("c => c.getRootNode().simclrView.link.selected")
    return found
