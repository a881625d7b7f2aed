"""Settings in the URL of a page: what cannot be used is reported once and removed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import streamlit as st
from streamlit.errors import StreamlitAPIException

from . import classroom

_REPORTED = "link_problems"  # in the session: sentences to show once


class Slider(Protocol):
    """What a link may set a slider to: a number or a range, between two ends."""

    @property
    def fields(self) -> Sequence[str]: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def clean_link(
    whole: Mapping[str, tuple[int, int]],
    words: Mapping[str, Sequence[str]],
    known: Iterable[str] = (),
    sliders: Mapping[str, Slider] | None = None,
) -> list[str]:
    """Remove what cannot be used from the URL; call it before any widget.

    A widget would use a wrong value from the URL (a reversed range), or drop it silently, so the
    script starts again with a clean URL.

    Args:
        whole: name -> smallest and largest whole number.
        words: name -> its allowed values.
        known: other names that the page uses.
        sliders: name -> the page's slider of that name.

    Returns:
        A sentence for each value that cannot be used; the default is used instead.
    """
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    problems = link_problems(params, whole, words, known, sliders)
    try:
        for name in problems:
            del st.query_params[name]
    except StreamlitAPIException:  # a widget has it: back in the browser's history
        return list(problems.values())
    if problems:
        st.session_state[_REPORTED] = list(problems.values())
        st.rerun()
    return st.session_state.pop(_REPORTED, [])


def link_problems(
    params: Mapping[str, Sequence[str]],
    whole: Mapping[str, tuple[int, int]],
    words: Mapping[str, Sequence[str]],
    known: Iterable[str] = (),
    sliders: Mapping[str, Slider] | None = None,
) -> dict[str, str]:
    """Return name -> sentence for what cannot be used in a link (see `clean_link`).

    Args:
        params: name -> values, as in the URL.
    """
    sliders = sliders or {}
    names = [*sliders, *whole, *words, *known, *classroom.NAMES]
    problems = {}
    for name, values in params.items():
        wanted = ""
        if name in sliders:
            wanted = _unfit_slider(sliders[name], values)
        elif name in whole:
            wanted = _unfit_whole(*whole[name], values)
        elif name in words:
            wanted = "" if values[-1] in words[name] else _one_of(words[name])
        elif name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else "it is ignored."
            problems[name] = f"The link has an unknown setting {name[:40]!r}; {hint}"
        if wanted:
            given = ", ".join(value[:40] for value in values) or "nothing"
            problems[name] = (
                f"{name} in the link: expected {wanted}, found {given}; the default is used."
            )
    return problems


def _unfit_slider(slider: Slider, values: Sequence[str]) -> str:
    """Return what a slider expects, if the values are something else; "" if they fit."""
    numbers = _numbers(values)
    count = len(slider.fields)
    fits = all(slider.low <= number <= slider.high for number in numbers)
    if len(numbers) == count and fits and numbers == sorted(numbers):
        return ""
    kind = "two rising numbers" if count == 2 else "a number"
    return f"{kind} from {slider.low:g} to {slider.high:g}"


def _unfit_whole(low: int, high: int, values: Sequence[str]) -> str:
    """Return what a whole number expects, if the values are something else; "" if they fit."""
    numbers = _numbers(values)
    if len(numbers) == 1 and low <= numbers[0] <= high and numbers[0].is_integer():
        return ""
    return f"a whole number from {low:,} to {high:,}"


def _numbers(values: Sequence[str]) -> list[float]:
    try:
        return [float(value) for value in values]
    except ValueError:
        return []


def _one_of(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
