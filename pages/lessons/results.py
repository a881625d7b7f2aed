"""A lesson's question, the reader's prediction, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from markupsafe import Markup

from pages.shell.link import change
from simclr_core.base.templates import render
from simclr_core.lessons import lesson as lessons
from simclr_core.lessons import results, words
from simclr_core.lessons.lesson import Effect, Lesson, Outcome
from simclr_core.lessons.results import Results

from .charts import show_figure


def show_head(lesson: Lesson) -> None:
    """Show title, question, and what is compared."""
    st.html(render("lessons/head", lesson=lesson))


def show_answer(lesson: Lesson, said: int, known: Results) -> None:
    """Show the answer that was chosen beside the right one, and the reason.

    Args:
        said: the answer that was chosen; one that is not there: none.
        known: says whether the right answer was found, or is only expected.
    """
    answer = lesson.answers[said] if said < len(lesson.answers) else ""
    rows = [row["conditions"] for row in known.seeds]
    found = lessons.answered(lesson, lessons.outcomes(lesson, rows)) if rows else None
    right = words.answer(lesson, found)
    with st.container(horizontal=True, vertical_alignment="center", key="lesson-said"):
        st.html(render("lessons/said", lesson=lesson, answer=answer, right=right))
        st.button("Ask again", key="lesson_ask_again", type="tertiary", on_click=_ask_again)
    st.html(render("lessons/why", lesson=lesson))


def show_question(lesson: Lesson) -> None:
    """Show the question and the answers to choose from."""
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
    change(said=None)


def _say(answer: int) -> None:
    change(said=str(answer))


def show_results(lesson: Lesson, known: Results) -> None:
    """Show the figure, whether each expectation held, the source and the limits."""
    left, right = st.columns([1.45, 1], gap="medium")
    with left:
        if known.seeds:
            show_figure(lesson, known)
            st.html(_caption(lesson, known))
        else:
            problem = "No result is recorded for the current version of this lesson; run it here."
            st.html(render("shell/problem", problem=problem))
    with right:
        if known.seeds:
            rows = [row["conditions"] for row in known.seeds]
            st.html(verdict(lessons.outcomes(lesson, rows), known.foretold))
        else:
            effects = [(effect.words, words.least(effect)) for effect in lesson.effects]
            st.html(render("lessons/expected", effects=effects))
        st.html(render("lessons/limits", lesson=lesson))


def verdict(
    outcomes: Sequence[Outcome], foretold: Callable[[Effect], bool] = lambda effect: True
) -> Markup:
    """Return as HTML whether the lesson held, and each expectation with its numbers.

    Args:
        foretold: whether an effect was expected before the recorded results were made.
    """
    rows = [
        {
            "held": one.held,
            "after": not foretold(one.effect),
            "words": one.effect.words,
            "least": words.least(one.effect),
            "mean": words.difference(one.effect.quantity, one.mean),
            "span": words.span(one),
        }
        for one in outcomes
    ]
    count = len(outcomes[0].values)
    return render(
        "lessons/verdict", result=lessons.verdict(outcomes), count=count, luck=2**count, rows=rows
    )


def _caption(lesson: Lesson, known: Results) -> Markup:
    """Return as HTML where the points come from, and how those that are recorded were made."""
    seconds = [row["seconds"] for row in known.recorded]
    config = known.about.get("config")
    return render(
        "lessons/caption",
        lesson=lesson,
        about=known.about,
        recorded=len(known.recorded),
        seconds=sum(seconds) / max(len(seconds), 1),
        here=len(known.here),
        settings=results.settings_words(config) if config else "",
    )
