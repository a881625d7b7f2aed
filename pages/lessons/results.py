"""A lesson's question, the reader's prediction, and what came out."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from simclr_core.base.templates import render
from simclr_core.figures.lessons import is_share
from simclr_core.lessons import lesson as lessons
from simclr_core.lessons import results
from simclr_core.lessons.lesson import Effect, Lesson, Outcome
from simclr_core.lessons.results import Results

from .charts import show_figure


def show_head(lesson: Lesson) -> None:
    """Show title, question, and what is compared."""
    st.html(render("lessons/head", lesson=lesson))


def show_prediction(lesson: Lesson, said: int | None) -> None:
    """Show the answers to choose from, or the one that was chosen beside the one expected.

    Args:
        said: the answer that was chosen; None: none yet.
    """
    if said is not None:
        answer = lesson.answers[said] if said < len(lesson.answers) else ""
        with st.container(horizontal=True, vertical_alignment="center", key="lesson-said"):
            st.html(render("lessons/said", lesson=lesson, answer=answer))
            st.button("Ask again", key="lesson_ask_again", type="tertiary", on_click=_ask_again)
        return
    st.html(Markup('<p class="lesson-question">{}</p>').format(lesson.question))
    with st.container(horizontal=True, key="lesson-answers"):
        for i, answer in enumerate(lesson.answers):
            st.button(answer, key=f"lesson_say_{i}", on_click=_say, args=(i,))
        st.button(
            "I do not know: show me", key="lesson_say_none", type="tertiary",
            on_click=_say, args=(len(lesson.answers),),
        )  # fmt: skip
    st.html('<p class="lab-caption">You see the results once you have made a guess.</p>')


def _ask_again() -> None:
    st.query_params.pop("said", None)


def _say(answer: int) -> None:
    st.query_params["said"] = str(answer)


def show_results(lesson: Lesson, known: Results) -> None:
    """Show the figure, whether each expectation held, the source and the limits."""
    left, right = st.columns([1.45, 1], gap="medium")
    with left:
        if known.seeds:
            show_figure(lesson, known)
            st.html(_caption(known))
        else:
            problem = "No result is recorded for the current version of this lesson; run it here."
            st.html(render("shell/problem", problem=problem))
    with right:
        if known.seeds:
            st.html(verdict(lessons.outcomes(lesson, [row["conditions"] for row in known.seeds])))
        else:
            effects = [(effect.words, _number(effect, effect.least)) for effect in lesson.effects]
            st.html(render("lessons/expected", effects=effects))
        st.html(render("lessons/limits", lesson=lesson))


def _number(effect: Effect, value: float) -> str:
    """Return a value of an effect's quantity, with its sign."""
    form = "+.2f"
    if is_share(effect.quantity):
        form = "+.1%" if 0 < effect.least < 0.01 else "+.0%"
    return format(value, form).replace("-", "−")


def verdict(outcomes: Sequence[Outcome]) -> Markup:
    """Return as HTML whether the lesson held, and each expectation with its numbers."""
    rows = [
        {
            "held": one.held,
            "words": one.effect.words,
            "least": _number(one.effect, one.effect.least),
            "mean": _number(one.effect, one.mean),
            "low": _number(one.effect, min(one.values)),
            "high": _number(one.effect, max(one.values)),
        }
        for one in outcomes
    ]
    words = _verdict_words(outcomes)
    return render("lessons/verdict", held=lessons.held(outcomes), words=words, rows=rows)


def _verdict_words(outcomes: Sequence[Outcome]) -> str:
    every, count = lessons.held(outcomes), len(outcomes[0].values)
    if count == 1:
        return "Held with one seed." if every else "Did not hold with one seed."
    if every:
        return f"Held over {count} seeds: all agree, and the mean reaches what was expected."
    part = " in part" if any(one.held for one in outcomes) else ""
    return f"Held{part} over {count} seeds." if part else f"Did not hold over {count} seeds."


def _caption(known: Results) -> Markup:
    """Return as HTML where the points come from, and the settings of those that are recorded."""
    seconds = [row["seconds"] for row in known.recorded]
    config = known.about.get("config")
    return render(
        "lessons/caption",
        about=known.about,
        recorded=len(known.recorded),
        seconds=sum(seconds) / max(len(seconds), 1),
        here=len(known.here),
        settings=results.settings_words(config) if config else "",
    )
