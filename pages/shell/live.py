"""The live figures as Streamlit elements, updated in place.

A refresh sends a stub of JavaScript and one block of bytes; modules, style sheets, plotly.js and
pictures are fetched once, from `routes`.

Call these inside `st.fragment(run_every=interval())`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.server.routes import asset_version
from simclr_core.feed import payload
from simclr_core.feed.step_pairs import pairs_payload
from simclr_core.runs.run import Run

AFTERGLOW = 60.0  # seconds in which the last layout of a run that has ended may still come
WATCHES = 10.0  # seconds that a browser counts as watching after its last refresh

# Blob modules have no address of their own: the real module needs an absolute one.
_STUB = """export default async (c) => {
  const m = await import(`${location.origin}/lab/assets/%s/js/%s.js`);
  return m.render(c);
};"""

_lock = threading.Lock()
_looks: dict[str, float] = {}


def live_map(
    run: Run,
    *,
    method: str = "umap",
    color: str | None = None,
    step: int | None = None,
    height: int = 548,
    message: str = "",
) -> None:
    """Show the map of the run's probe set, whose points glide to new coordinates.

    Args:
        run: any run.
        method: "umap" or "pca"; PCA is shown until there is a UMAP.
        color: "label" or a factor's name (see `color_choices`); None takes the first.
        step: a step with coordinates (see `coordinate_steps`); None follows the newest.
        height: pixels, with the caption.
        message: a sentence over the figure while there are no coordinates.
    """
    _look()
    mount("map/map", "live-map", height, payload.map_payload(run, method, color, step, message))


def live_curves(
    run: Run, *, key: str = "live-curves", height: int = 548, message: str = ""
) -> None:
    """Show the two scores on their scales, and the loss with its two lines of reference.

    Args:
        run: any run.
        key: the element's identity: the same key is the same figure on the page.
        height, message: as `live_map`.
    """
    _look()
    mount("curves/curves", key, height, payload.curves_payload(run, message))


def live_pairs(run: Run, *, height: int = 224, message: str = "") -> None:
    """Show pairs of the newest step: both views, how alike they are, and the closest other view.

    Args:
        run: any run.
        height, message: as `live_map`.
    """
    _look()
    mount("train/pairs", "live-pairs", height, pairs_payload(run, message))


def awaits_map(run: Run, status: Mapping[str, Any]) -> bool:
    """Return whether the last layout of a run that has just ended may still come.

    Args:
        run: one that has ended.
        status: its status.json.
    """
    if time.time() - float(status.get("updated") or 0) >= AFTERGLOW:
        return False
    steps = run.snapshot_steps()
    return bool(steps) and steps[-1] not in run.coordinate_steps("umap")


def watchers() -> int:
    """Return how many browser sessions watched a live figure lately, this one included."""
    now = time.monotonic()
    with _lock:
        for session in [s for s, seen in _looks.items() if now - seen > WATCHES]:
            del _looks[session]
        return max(1, len(_looks))


def interval() -> float:
    """Return the seconds between two refreshes, for `st.fragment(run_every=...)`."""
    return payload.refresh_interval(watchers())


def _look() -> None:
    """Remember that this browser session is watching."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:
        with _lock:
            _looks[context.session_id] = time.monotonic()


def mount(
    module: str, key: str, height: int | Literal["content"], data: bytes, **options: Any
) -> None:
    """Mount or update an element of a module of assets/js.

    Args:
        module: its path below assets/js, such as "map/map"; it exports `render`.
        key: the element's identity.
        height: pixels, or "content" for the height that the element takes in the browser.
        data: a block of `packing`.
        options: such as `on_<state>_change`, called when the browser sets that state.
    """
    # The stub names the modules' version, so that it alone changes when they do.
    version = asset_version()
    component: Any = _components.get((module, version))
    if component is None:
        room, name = module.split("/")
        # plotly.js puts its styles into the page; the frame stands outside of any page.
        isolated = room not in ("curves", "shell")
        component = st.components.v2.component(
            f"simclr_lab_{room}_{name}", js=_STUB % (version, module), isolate_styles=isolated
        )
        _components[module, version] = component
    component(key=key, data=data, height=height, **options)


_components: dict[tuple[str, str], Any] = {}
