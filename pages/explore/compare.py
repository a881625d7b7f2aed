"""Explore's comparison of runs: settings that differ, curves, final scores and maps."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pages.shared.run_rows import Row
from pages.shell.live import mount
from pages.shell.trouble import show_trouble
from pages.shell.waiting import ask_run, show_waits
from simclr_core.base.errors import LabError
from simclr_core.feed.categories import choices
from simclr_core.feed.explore.map_blocks import NONE, is_recorded
from simclr_core.feed.packing import pack
from simclr_core.feed.thumbnails import probe_facts
from simclr_core.figures.charts import lines_figure
from simclr_core.figures.colors import NEGATIVES, PETROFF_10
from simclr_core.questions.job import keeps_job
from simclr_core.questions.reply import Reply
from simclr_core.runs import comparison, summary, validation
from simclr_core.runs.run import Run
from simclr_core.runs.states import ENDED

from .ask import stamp
from .kept import ABOUT, WHAT, side_by_side
from .map import DOTS, surroundings
from .starts import CHOSEN, PROBLEM, show_starts

MOST = 8  # runs


def chosen_of_link(rows: dict[str, Row]) -> list[str]:
    """Return the ids of the link's runs, without those that do not exist."""
    return [one for one in st.query_params.get("runs", "").split(",") if one in rows][:MOST]


def any_unfinished(rows: dict[str, Row]) -> bool:
    """Return whether one of the link's runs still trains, or waits to."""
    return any(rows[one].state not in ENDED for one in chosen_of_link(rows))


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
    missing = [one for one in st.query_params.get("runs", "").split(",") if one and one not in rows]
    if missing:
        words = ", ".join(one[:20] for one in missing[:MOST])
        problems.append(f"Not found here: {words}. Deleted, or on another machine.")
    show_trouble(" ".join(problems))
    if len(readable) < 2:
        show_trouble("Choose at least two runs to compare them.")
        return False
    names = _names(readable, rows)
    left, right = st.columns([1.25, 1.0], gap="medium")
    with left:
        _curves(readable, names)
    with right:
        st.html(settings_table(readable, names))
        st.html(score_dots(readable, names))
    _maps(readable, names)
    return _show_probes(readable, names)


def _show_probes(runs: Sequence[Run], names: Sequence[str]) -> bool:
    """Draw what probes read of every run, if wanted; returns whether an answer is still to come."""
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
    st.query_params["runs"] = ",".join(st.session_state[CHOSEN])


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
    with st.container(key="compare-curves", horizontal=True):
        what = st.selectbox(
            "Curve", list(comparison.CURVES.values()), key="curve", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        axis = st.segmented_control(
            "Axis", list(comparison.AXES), default=comparison.AXES[0], required=True, key="axis",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
    field = next(name for name, words in comparison.CURVES.items() if words == what)
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


def settings_table(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Return as HTML the settings that differ, one column for each run."""
    rows = comparison.differences(runs)
    if not rows:
        return '<p class="lab-trouble">These runs have the same settings and the same seed.</p>'
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr><th scope='row'>{escape(_plain(row.name))}</th>"
        + "".join(f"<td>{escape(_value(value))}</td>" for value in row.values)
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="compare"><table><caption>Settings that differ</caption><thead><tr><td></td>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def score_dots(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Return as HTML the final scores: each run a dot; seeds of a setting share a line."""
    numbers = comparison.settings_of(runs)
    every = [comparison.scores(run) for run in runs]
    fields = list(dict.fromkeys(field for one in every for field in one))
    if not fields:
        return '<p class="lab-trouble">None of these runs has its final scores yet.</p>'
    lines = []
    for field in fields:
        values = {round(one[field], 4) for one in every if field in one}
        every_run = len(runs) > 1 and all(field in one for one in every)
        if len(values) == 1 and every_run:  # such as pixels: the same for all
            lines.append(_dots(f"{field}, all of them", ["all"], [values.pop()], NEGATIVES))
            continue
        for number in dict.fromkeys(numbers):
            held = [i for i, own in enumerate(numbers) if own == number and field in every[i]]
            if held:
                label, color = f"{field}, {names[held[0]]}", PETROFF_10[number % 10]
                known = [every[i][field] for i in held]
                lines.append(_dots(label, [names[i] for i in held], known, color))
    return (
        '<div class="outcomes"><h4>Final scores</h4>' + "".join(lines) + "<p>Each dot is a run; "
        "runs that differ by their seed alone share a line.</p></div>"
    )


def _dots(label: str, names: Sequence[str], values: Sequence[float], color: str) -> str:
    dots = "".join(
        f'<i style="left:{100 * min(max(value, 0), 1):.1f}%;background:{color}" '
        f'title="{escape(name)}: {value:.3f}"></i>'
        for name, value in zip(names, values, strict=True)
    )
    words = summary.percent(float(np.mean(values)))
    words += f" (mean of {len(values)})" * (len(values) > 1)
    return f'<div class="dots"><span>{escape(label)}</span><b>{dots}</b><em>{words}</em></div>'


def _maps(runs: Sequence[Run], names: Sequence[str]) -> None:
    """Draw the runs' maps, linked where they show the same pictures."""
    maps = []
    for run, name in zip(runs, names, strict=True):
        try:
            probe = probe_facts(run)
        except LabError:
            probe = None
        if probe is None:
            continue
        color = next(iter(choices(probe)), NONE)
        method = "umap" if run.coordinate_steps("umap") else "pca"
        steps = run.coordinate_steps(method)
        stamps = {str(step): stamp(run.coordinates_path(method, step)) for step in steps}
        around: dict[str, Any] = surroundings(run)
        maps.append(
            around
            | {
                "of": "h",
                "method": method,
                "title": name,
                "steps": steps,
                "stamps": stamps,
                "color": color,
            }
        )
    if maps:
        dark = st.context.theme.type == "dark"
        dots = st.query_params.get("draw") == DOTS
        header = {"kind": "compare", "maps": maps, "dark": dark, "dots": dots}
        mount("explore/compare", "explore-compare", 440, pack(header, {}))


def _plain(name: str) -> str:
    """Return a setting's name as users read it."""
    return name.split(".", 1)[-1].replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value is None else validation.clean(str(value))[:60]
