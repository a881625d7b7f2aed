"""A lesson's question, the reader's prediction, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pages.shell import classroom
from pages.shell.live import mount
from simclr_core.feed.side_by_side import side_by_side
from simclr_core.figures import labels as label_figures
from simclr_core.figures import lessons as lesson_figures
from simclr_core.lessons import lesson as lessons
from simclr_core.lessons import results
from simclr_core.lessons.lesson import Effect, Lesson, Outcome
from simclr_core.lessons.results import Results

PLAIN = {"displayModeBar": False, "responsive": True}


def head(lesson: Lesson) -> None:
    """Title, question, and what is compared."""
    st.html(
        f'<div class="lesson-head"><h2>{escape(lesson.title)}</h2>'
        f"<p>{escape(lesson.about)}</p></div>"
    )


def prediction(lesson: Lesson, said: int | None) -> None:
    """Answers to choose from; what was chosen stays, beside what is expected."""
    if said is None:
        st.html(f'<p class="lesson-question">{escape(lesson.question)}</p>')
        with st.container(horizontal=True, key="lesson-answers"):
            for i, answer in enumerate(lesson.answers):
                st.button(answer, key=f"lesson_say_{i}", on_click=_say, args=(i,))
            st.button(
                "I do not know: show me", key="lesson_say_none", type="tertiary",
                on_click=_say, args=(len(lesson.answers),),
            )  # fmt: skip
        st.html('<p class="lab-caption">What was found is shown once you have made a guess.</p>')
        return
    words = f"<b>{escape(lesson.question)}</b> "
    if said < len(lesson.answers):
        words += f"You said: {escape(lesson.answers[said]).lower()}. "
    words += f"Expected here: {escape(lesson.answers[lesson.right]).lower()}."
    with st.container(horizontal=True, vertical_alignment="center", key="lesson-said"):
        st.html(f'<p class="lesson-said">{words}</p>')
        st.button("Ask again", key="lesson_ask_again", type="tertiary", on_click=_ask_again)


def _ask_again() -> None:
    st.query_params.pop("said", None)


def _say(answer: int) -> None:
    st.query_params["said"] = str(answer)


def found(lesson: Lesson, known: Results, said: int) -> None:
    """The figure, what became of every expectation, the source and the limits."""
    left, right = st.columns([1.45, 1], gap="medium")
    with left:
        if known.seeds:
            figure(lesson, known)
            st.html(f'<p class="lab-caption">{caption(known)}</p>{settings(known)}')
        else:
            st.html(
                '<p class="explore-trouble">No result is recorded for this lesson as it is now; '
                "run it here.</p>"
            )
    with right:
        if known.seeds:
            told = lessons.outcomes(lesson, [row["conditions"] for row in known.seeds])
            st.html(verdict(told))
        else:
            st.html(expected(lesson))
        st.html(
            f'<div class="lesson-limits"><p><b>Published.</b> {escape(lesson.published)} '
            f"<small>{escape(lesson.source)}</small></p>"
            f"<p><b>What this does not show.</b> {escape(lesson.shows_not)}</p></div>"
        )


def expected(lesson: Lesson) -> str:
    """HTML: what is expected, before anything has been run."""
    rows = "".join(
        f'<tr><th scope="row">{escape(effect.words)}</th><td>{_least(effect)}</td></tr>'
        for effect in lesson.effects
    )
    return (
        '<div class="lesson-verdict"><p>Not run yet. Held will mean: every seed agrees, and the '
        'mean reaches the least effect.</p><table><thead><tr><th scope="col">expected</th>'
        f'<th scope="col">at least</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _form(effect: Effect) -> str:
    if lesson_figures.is_share(effect.quantity):
        return "{:+.1%}" if 0 < effect.least < 0.01 else "{:+.0%}"
    return "{:+.2f}"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _least(effect: Effect) -> str:
    return _form(effect).format(effect.least)


def verdict(told: Sequence[Outcome]) -> str:
    """HTML: whether it held, and every expectation with its numbers."""
    rows = []
    for one in told:
        form = _form(one.effect)
        rows.append(
            f'<tr class="{"yes" if one.held else "no"}"><th scope="row">{escape(one.effect.words)}'
            f"</th><td>{_least(one.effect)}</td><td>{_minus(form.format(one.mean))}</td>"
            f"<td>{_minus(form.format(min(one.values)))} to "
            f"{_minus(form.format(max(one.values)))}</td>"
            f"<td>{'held' if one.held else 'did not hold'}</td></tr>"
        )
    every = lessons.held(told)
    count = len(told[0].values)
    seeds = f"{count} seed{'s' * (count != 1)}"
    words = (
        f"Held over {seeds}: all agree, and the mean reaches what was expected."
        if every
        else f"Did not hold over {seeds}."
    )
    if not every and any(one.held for one in told):
        words = f"Held in part over {seeds}."
    if count == 1:
        words = "Held with one seed." if every else "Did not hold with one seed."
    return (
        f'<div class="lesson-verdict"><p class="{"yes" if every else "no"}">{words}</p>'
        '<table><thead><tr><th scope="col">expected before the recorded runs</th>'
        '<th scope="col">at least</th><th scope="col">mean</th><th scope="col">seeds</th>'
        f"<td></td></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def caption(known: Results) -> str:
    """HTML: where the points come from."""
    parts = []
    if known.recorded:
        about = known.about
        mean = sum(row["seconds"] for row in known.recorded) / len(known.recorded)
        parts.append(
            f"Recorded: {len(known.recorded)} seeds, {escape(str(about.get('data', '')))}, "
            f"{escape(str(about.get('date', '')))}, {escape(str(about.get('cores', '?')))} cores "
            f"of {escape(str(about.get('processor', '?')))}, {mean:.0f} s a seed; "
            f"<code>{escape(str(about.get('command', '')))}</code>"
        )
    if known.here:
        count = len(known.here)
        parts.append(f"Run here: {count} seed{'s' * (count != 1)}")
    return ". ".join(parts) + "."


def settings(known: Results) -> str:
    """HTML: what the recorded ones were made with, to be opened."""
    config = known.about.get("config")
    if not config:
        return ""
    return (
        '<details class="lesson-settings"><summary>Settings</summary>'
        f"<p>{escape(results.settings_words(config))}.</p></details>"
    )


def _chart(drawn: Any, name: str, height: int) -> None:
    """A figure of plotly, its letters as large as the page's."""
    if st.session_state.get(classroom.LARGE_KEY):
        drawn.update_layout(font={"size": 12 * classroom.LARGE})
        drawn.update_annotations(font={"size": 11 * classroom.LARGE})
    st.plotly_chart(drawn, config=PLAIN, key=f"lesson_{name}", height=height)


def figure(lesson: Lesson, known: Results) -> None:
    """The figure that suits the lesson."""
    dark = st.context.theme.type == "dark"
    last = known.seeds[-1]
    if "curves" in last:
        _chart(curves(known, dark), f"curves_{lesson.name}", 400)
        return
    if any("maps" in row for row in known.seeds):
        _maps(lesson, known, dark)
        return
    panels = panels_of(lesson, known)
    height = 400 if len(panels) <= 3 else 460
    points = lesson_figures.points_figure(panels, dark)
    if "traces" not in last:
        _chart(points, f"points_{lesson.name}", height)
        return
    paths: dict[str, Any] = {}
    for row in known.seeds:
        for name, trace in row.get("traces", {}).items():
            paths.setdefault(name, []).append(trace)
    after, way, across = st.tabs(["After training", "On the way", "Across runs"])
    with after:
        _chart(points, f"points_{lesson.name}", height)
    with way:
        _chart(lesson_figures.paths_figure(paths, dark), f"paths_{lesson.name}", 370)
    with across:
        runs = [
            (name, values["alignment"], values["uniformity"], values["knn"])
            for row in known.seeds
            for name, values in row["conditions"].items()
        ]
        words = lesson.quantities["knn"]
        drawn = lesson_figures.across_runs_figure(runs, words, dark)
        _chart(drawn, f"across_{lesson.name}", 370)
        st.html('<p class="lab-caption">Each point is a run. Both low is at the lower left.</p>')


def _maps(lesson: Lesson, known: Results, dark: bool) -> None:
    """The maps of one seed, named; and the counts of every seed as points."""
    rows = {_seed(row, known): row for row in known.seeds if "maps" in row}
    one, every = st.tabs(["Maps of one seed", "Every seed"])
    with one:
        name = list(rows)[-1]
        if len(rows) > 1:
            name = st.segmented_control(
                "Seed", list(rows), default=name, required=True, key="lesson_seed",
                label_visibility="collapsed",
            )  # fmt: skip
        row = rows[str(name)]
        maps = {_counted(words, row): np.array(xy) for words, xy in row["maps"].items()}
        block = side_by_side(maps, row["classes"], row["class_names"])
        mount("map/side_by_side", f"maps_{lesson.name}", "content", block)
        st.html(
            f'<p class="lab-caption">{escape(str(name))}. Colours of h: classes; noise has one '
            "colour. The axes have no units.</p>"
        )
    with every:
        points = lesson_figures.points_figure(panels_of(lesson, known), dark)
        _chart(points, f"points_{lesson.name}", 440)


def _seed(row: dict[str, Any], known: Results) -> str:
    where = "recorded" if row in known.recorded else "run here"
    return f"Seed {row['seed']}, {where}"


def _counted(words: str, found: dict[str, Any]) -> str:
    count = found["conditions"][words]["clusters"]
    return f"{words}: {count:.0f} clusters found"


def curves(known: Results, dark: bool) -> Any:
    """Accuracy over labels, of all seeds."""
    rows = [row for row in known.seeds if "curves" in row]
    names = list(rows[0]["curves"])
    every = {name: [row["curves"][name] for row in rows] for name in names}
    return label_figures.labels_figure(rows[0]["counts"], every, dark)


def _h_beside_z(lesson: Lesson, known: Results) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for quantity, words in lesson.quantities.items():
        what, _, factor = quantity.partition(":")
        name = {"probe": "from h", "z": "from z"}[what]
        sides = found.setdefault(f"probe:{factor}", (words.split(",")[0], {}, {}))[1:]
        for side, rows in zip(sides, (known.recorded, known.here), strict=True):
            values = [row["conditions"][lesson.conditions[0].name][quantity] for row in rows]
            if values:
                side[name] = values
    return found


def panels_of(lesson: Lesson, known: Results) -> dict[str, Any]:
    """quantity -> words, recorded and own values by condition.

    Where one training is asked for the same from h and from z, these stand side by side.
    """
    if len(lesson.conditions) == 1:
        return _h_beside_z(lesson, known)
    found = {}
    for quantity, words in lesson.quantities.items():
        sides = []
        for rows in (known.recorded, known.here):
            side: dict[str, list[float]] = {}
            for row in rows:
                for condition, values in row["conditions"].items():
                    if quantity in values:
                        side.setdefault(condition, []).append(values[quantity])
            sides.append(side)
        if any(sides):
            found[quantity] = (words, *sides)
    return found
