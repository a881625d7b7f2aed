"""Explore: see into a representation. Maps of a run's pictures, and what is true of them."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from pages.components import explore_map, run_rows
from pages.components.explore_blocks import CLUSTER
from pages.components.explore_map import Wanted
from pages.components.live import interval
from pages.components.view_link import clean_link
from simclr_core import runs
from simclr_core.errors import LabError
from simclr_core.neighbours import METRICS
from simclr_core.projection import METRIC, MIN_DIST, NEIGHBORS
from simclr_core.runs import Run, RunStore

POLL = 0.5  # seconds between looks for an answer
H, Z, BOTH = "h", "z", "h and z"
SPACES = {H: ("h",), Z: ("z",), BOTH: ("h", "z")}
DISTS = ("0.0", "0.05", "0.1", "0.25", "0.5", "0.8")
WHOLE = {"step": (0, 10**12), "picture": (1, 10**6), "k": (2, 30), "neighbors": (2, 200)}
WORDS = {"of": tuple(SPACES), "by": ("UMAP", "PCA"), "metric": METRICS, "min_dist": DISTS}


def main() -> None:
    """Guard, read, call, show."""
    st.html(Path(__file__).parent.parent / "assets" / "explore.css")
    problems = clean_link(WHOLE, WORDS, ("run", "color", "chosen"))
    try:
        rows = run_rows.rows(RunStore())
    except LabError as error:
        st.error(str(error))
        return
    if not rows:
        _nothing()
        return
    with st.container(key="explore-form"):
        row = st.columns([2.6, 1.5, 1.4, 1.9, 1.0, 1.2], vertical_alignment="bottom", gap="small")
        run, problem = _run(row[0], {r.run.id: r for r in rows})
        wanted = _wanted(row[1:], run)
    problems += [problem] * bool(problem)
    every = POLL if st.session_state.pop("explore_waits", False) else None
    if run.state not in runs.ENDED:
        every = every or interval()
    st.fragment(_maps, run_every=every)(run, wanted, problems, every)


def _maps(run: Run, wanted: Wanted, problems: list[str], every: float | None) -> None:
    """The maps; again and again while the run trains or something is being computed."""
    found, message = explore_map.Found([], {}, []), explore_map.trouble(run)
    if not message:
        try:
            found = explore_map.look(run, wanted)
        except LabError as error:
            message = str(error)
    with st.container(key="explore-notes"):
        st.html(f"<p>{escape(' '.join([*problems, *found.notes])) or '&nbsp;'}</p>")
    explore_map.show(run, found, explore_map.start_of(run), message)
    goes_on = run.state not in runs.ENDED
    if found.waiting != (every == POLL) or (not goes_on and not found.waiting and every):
        st.session_state["explore_waits"] = found.waiting
        st.rerun()


def _run(
    place: st.delta_generator.DeltaGenerator, rows: dict[str, run_rows.Row]
) -> tuple[Run, str]:
    """The run of the URL, else the newest one; and a sentence if the URL's is not there."""
    wanted, problem = st.query_params.get("run", ""), ""
    if wanted and wanted not in rows:
        problem = f"There is no run {wanted[:40]} here: it was deleted, or is on another machine."
    chosen = wanted if wanted in rows else next(iter(rows))
    if st.query_params.get("run") != chosen:
        st.query_params["run"] = chosen
    options = list(rows)
    place.selectbox(
        "Run",
        options,
        index=options.index(chosen),
        format_func=lambda name: _name(rows[name]),
        key=f"explore_run_{chosen}",
        on_change=_to_link,
        args=(f"explore_run_{chosen}",),
    )
    return rows[chosen].run, problem


def _to_link(key: str) -> None:
    """Another run: its own snapshots and pictures."""
    st.query_params["run"] = st.session_state[key]
    for name in ("step", "picture", "chosen"):
        st.query_params.pop(name, None)


def _name(row: run_rows.Row) -> str:
    state = "" if row.state == runs.FINISHED else f", {row.state}"
    return (f"{row.name} ({row.run.id}{state})") if row.name != row.run.id else row.run.id + state


def _wanted(row: list[st.delta_generator.DeltaGenerator], run: Run) -> Wanted:
    """What the other settings say."""
    space = row[0].segmented_control(
        "Maps of", list(SPACES), default=H, required=True, key="of", bind="query-params",
        help="h is the representation that is kept; z is what the loss works on.",
    )  # fmt: skip
    method = row[1].segmented_control(
        "By", ["UMAP", "PCA"], default="UMAP", required=True, key="by", bind="query-params"
    )
    color = _color(row[2], explore_map.color_names(run))
    k = 8
    if color == CLUSTER:
        k = row[3].number_input("Clusters", 2, 30, 8, key="k", bind="query-params")
    with row[4].popover("UMAP…", width="stretch", disabled=method == "PCA"):
        layout = _layout()
    return Wanted(SPACES[str(space)], str(method).lower(), str(color), int(k), layout)


def _color(place: st.delta_generator.DeltaGenerator, names: dict[str, str]) -> str:
    """What the maps are coloured by; its words stand in the URL, as Streamlit binds them."""
    if not names:
        return ""
    words = list(names.values())
    if st.session_state.get("color", words[0]) not in words:
        del st.session_state["color"]  # of another run
    if st.query_params.get("color", words[0]) not in words:
        st.query_params.pop("color", None)
    chosen = place.selectbox("Colour", words, key="color", bind="query-params")
    return next(name for name, word in names.items() if word == chosen)


def _layout() -> tuple[int, float, str]:
    """UMAP's own settings; the usual ones are there at once."""
    st.caption("With other settings than the usual ones every snapshot is laid out anew.")
    neighbors = st.number_input(
        "Neighbours", 2, 200, NEIGHBORS, key="neighbors", bind="query-params",
        help="How many nearest pictures each one is tied to: few show detail, many the whole.",
    )  # fmt: skip
    min_dist = st.select_slider(
        "Least distance (min_dist)", DISTS, str(MIN_DIST), key="min_dist", bind="query-params",
        help="How closely points may lie together on the map.",
    )  # fmt: skip
    metric = st.segmented_control(
        "Distance", METRICS, default=METRIC, required=True, key="metric", bind="query-params"
    )
    return int(neighbors), float(min_dist), str(metric)


def _nothing() -> None:
    """No run yet."""
    st.info("Explore looks into a run: its map, its pictures, what it keeps. There is none yet.")
    st.page_link("pages/train.py", label="Start the first run: about a minute")


main()
