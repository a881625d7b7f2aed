"""Runs side by side: their maps, gliding together, and how their neighbours vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.shell.live import mount
from simclr_core.feed.film import run_version
from simclr_core.feed.packing import pack
from simclr_core.runs.run import Run

NOTE = "The axes have no units; gaps between groups say little."
WITH, WITHOUT = "With colour distortion", "Without"  # titles of two runs


def show_film(
    runs: Sequence[Run], titles: Sequence[str], key: str, above: int, color: str = "",
    on_colours_change: Any = None, **behaviour: bool,
) -> None:  # fmt: skip
    """Play the maps of several runs side by side.

    Args:
        runs: with maps or not yet.
        titles: of the runs.
        key: the element's identity.
        above: pixels of the page over the maps, which take the rest of the window.
        color: a property that colours all maps; "" colours each by what its run learned.
        on_colours_change: called when the user chooses another one, if `linked`.
        behaviour: see `Header` in assets/js/replay/film.js.
    """
    header = {
        "urls": [_address(run) for run in runs],
        "titles": list(titles),
        "note": NOTE,
        "above": above,
        "color": color,
        "legend": True,
        **behaviour,
    }
    options = {"on_colours_change": on_colours_change} if on_colours_change else {}
    mount("replay/film", key, "content", pack(header, {}), **options)


def _address(run: Run) -> str:
    """Return where the film of a run is fetched; empty as long as it has no map."""
    laid_out = any(run.coordinate_steps(method) for method in ("umap", "pca"))
    if not (laid_out and run.probe_path.exists()):
        return ""
    return f"/lab/runs/{run.id}/film.json?v={run_version(run)}"
