"""Explore's comparison of runs: their maps, settings that differ, final scores and curves."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.shared.film import show_film
from pages.shared.run_rows import Row
from pages.shell.link import change
from pages.shell.live import awaits_map
from pages.shell.trouble import show_trouble
from pages.shell.waiting import ask_run, show_waits
from simclr_core.base.errors import LabError
from simclr_core.feed.explore.map_blocks import is_recorded
from simclr_core.figures.charts import lines_figure
from simclr_core.questions.job import keeps_job
from simclr_core.questions.reply import Reply
from simclr_core.runs import comparison
from simclr_core.runs.run import Run
from simclr_core.runs.states import ENDED

from .kept import ABOUT, WHAT, side_by_side
from .map import DOTS
from .outcomes import score_dots, settings_table
from .starts import CHOSEN, PROBLEM, show_starts

MOST = 8  # runs
ABOVE = 206  # pixels over the maps, which take the rest of the window
CAUTION = 28  # pixels of a sentence over them
FRAMES = "frames"  # of the link: what colours the maps


def chosen_of_link(rows: dict[str, Row]) -> list[str]:
    """Return the ids of the link's runs, without those that do not exist."""
    return [one for one in _linked_ids() if one in rows][:MOST]


def _linked_ids() -> list[str]:
    """Return the ids of the link, each one once."""
    ids = st.query_params.get("runs", "").split(",")
    return [one for one in dict.fromkeys(ids) if one]


def any_unfinished(rows: dict[str, Row]) -> bool:
    """Return whether one of the link's runs still trains, is queued, or awaits its last map."""
    return any(
        rows[one].state not in ENDED or awaits_map(rows[one].run, rows[one].run.status)
        for one in chosen_of_link(rows)
    )


def show_comparison(run: Run, rows: dict[str, Row]) -> bool:
    """Compare a run with others.

    Args:
        run: the run that is open; it comes first.
        rows: all runs.

    Returns:
        Whether an answer is still to come.
    """
    with st.container(key="compare-head", horizontal=True, vertical_alignment="center"):
        chosen = _choose(run, rows)
        show_starts(run)
    show_trouble(st.session_state.get(PROBLEM, ""))
    readable, problems = _readable(chosen)
    linked = _linked_ids()
    missing = [one for one in linked if one not in rows]
    if len(linked) - len(missing) > MOST:
        problems.append(f"Only the first {MOST} runs of the link are compared.")
    if missing:
        words = ", ".join(one[:20] for one in missing[:MOST])
        problems.append(f"Not found here: {words}. Deleted, or on another machine.")
    show_trouble(" ".join(problems))
    if len(readable) < 2:
        show_trouble("Choose at least two runs to compare them.")
        return False
    names = _names(readable, rows)
    cautions = comparison.cautions(readable)
    if cautions:
        st.html(f'<p class="compare-caution">{escape(" ".join(cautions))}</p>')
    _film(readable, names, ABOVE + CAUTION * bool(cautions))
    left, right = st.columns([1.0, 1.25], gap="medium")
    left.html(settings_table(readable, names))
    right.html(score_dots(readable, names))
    _curves(readable, names)
    return _show_probes(readable, names)


def _film(runs: Sequence[Run], names: Sequence[str], above: int) -> None:
    """Play the runs' maps side by side, below so many pixels."""
    show_film(
        runs, names, "explore-compare", above=above, linked=True, lasso=True,
        color=st.query_params.get(FRAMES, ""), dots=st.query_params.get("draw") == DOTS,
        on_colours_change=_color_to_link,
    )  # fmt: skip


def _color_to_link() -> None:
    """Keep in the URL what colours the maps."""
    chosen = getattr(st.session_state.get("explore-compare"), "colours", "")
    change(**{FRAMES: str(chosen) if chosen else None})


def _show_probes(runs: Sequence[Run], names: Sequence[str]) -> bool:
    """Draw what probes read of every run, if wanted; return whether an answer is pending."""
    wanted = st.toggle(
        "What they keep", key="probes", bind="query-params",
        help="Linear probes of every property. Each run takes some seconds the first time.",
    )  # fmt: skip
    if not wanted:
        return False
    ended = Reply(words="The probes are computed once the run has ended.")
    asked = {
        name: ask_run(run, keeps_job(), f"{WHAT} of {name}")
        if run.state in ENDED
        else (ended, None)
        for name, run in zip(names, runs, strict=True)
    }
    probes = {name: reply for name, (reply, _) in asked.items()}
    recorded = [name for name, run in zip(names, runs, strict=True) if is_recorded(run)]
    st.html(side_by_side(probes, recorded) or "<p></p>")
    show_waits(wait for _, wait in asked.values())
    st.html(f'<p class="keeps-about">{escape(ABOUT)}</p>')
    return any(one.waiting for one in probes.values())


def _choose(run: Run, rows: dict[str, Row]) -> list[Run]:
    """Let the user choose; begins with the link's runs, or one more of the same pictures."""
    wanted = chosen_of_link(rows)
    if wanted and st.session_state.get(CHOSEN, wanted) != wanted:  # back in the browser's history
        st.session_state[CHOSEN] = wanted
    if not wanted:
        data = rows[run.id].data if run.id in rows else ""
        same = [one for one, row in rows.items() if row.data == data and one != run.id]
        wanted = [run.id, *same[:1]]
    chosen = st.multiselect(
        "Runs", list(rows), default=wanted[:MOST], max_selections=MOST, key=CHOSEN,
        format_func=lambda one: f"{rows[one].name} ({one})", on_change=_to_link,
        label_visibility="collapsed", placeholder="Choose two to eight runs",
    )  # fmt: skip
    return [rows[one].run for one in chosen]


def _to_link() -> None:
    change(runs=",".join(st.session_state[CHOSEN]))


def _readable(chosen: Sequence[Run]) -> tuple[list[Run], list[str]]:
    readable, problems = [], []
    for run in chosen:
        try:
            comparison.flat(run)
            readable.append(run)
        except LabError as error:
            problems.append(str(error))
    return readable, problems


def _names(runs: Sequence[Run], rows: dict[str, Row]) -> list[str]:
    """Return a short name for each run, with its id where two have the same name."""
    names = [rows[run.id].name for run in runs]
    return [
        f"{name} ({run.id})" if names.count(name) > 1 and name != run.id else name
        for name, run in zip(names, runs, strict=True)
    ]


def _curves(runs: Sequence[Run], names: Sequence[str]) -> None:
    """Draw one curve of every run; first one that means the same in all of them."""
    incomparable = comparison.not_comparable(runs)
    fit = [name for name in comparison.CURVES if name not in incomparable]
    curves = list(comparison.CURVES.values())
    first = curves.index(comparison.CURVES[(fit or ["knn_accuracy"])[0]])
    with st.container(key="compare-curves", horizontal=True):
        what = st.selectbox(
            "Curve", curves, first, key="curve", bind="query-params", label_visibility="collapsed"
        )
        axis = st.segmented_control(
            "Axis", list(comparison.AXES), default=comparison.AXES[0], required=True, key="axis",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    field = next(name for name, words in comparison.CURVES.items() if words == what)
    show_trouble(incomparable.get(field, ""))
    lines = {
        name: comparison.curve(run, field, str(axis)) for name, run in zip(names, runs, strict=True)
    }
    dark = st.context.theme.type == "dark"
    branches = []
    for name, run in zip(names, runs, strict=True):
        if branch := comparison.branch(run, runs, field, str(axis)):
            place, words = branch
            lines[name] = ([place[0], *lines[name][0]], [place[1], *lines[name][1]])
            branches.append((*place, f"{name}: {words}"))
    figure = lines_figure(lines, str(axis), str(what), dark, zero=False, marks=branches)
    st.plotly_chart(figure, key="compare-lines", height=330, config={"displayModeBar": False})
