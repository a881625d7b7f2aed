"""Settings in the URL of a page, and the way to other pages.

What cannot be used is removed, and reported for a while. A page changes its URL with `change`: a
click may come before the browser has heard of an earlier change, and then brings the older URL
along.
"""

from __future__ import annotations

import difflib
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from simclr_core.feed.packing import pack

from .live import mount

OF_ALL = ("size", "hide")  # settings in the link of every page (see `classroom`)
_WRITTEN = "link_written"  # in the session: a page, when it wrote into its URL, and what
NO_RUN = "none"  # in the URL of Views, in the place of a run: no network is asked
READ = 10.0  # seconds for which a page that draws itself again keeps what it reported
STALE = 3.0  # seconds in which a request may still have an older URL
OF_RUNS = ("views", "train", "explore")  # pages that can have a run open
_AT, _RUN = "link_page", "link_run"  # in the session: the page, and the run opened last
_REPORTED = "link_problems"  # in the session: a page, since when, and the sentences


class Slider(Protocol):
    """What a link may set a slider to: a number or a range, between two ends."""

    @property
    def fields(self) -> Sequence[str]: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def go(page: str, query: Mapping[str, str] | None = None) -> None:
    """Open another page of the app; what the script draws after this is not seen.

    `st.switch_page` would first clear the URL of the page that is left, as a step of the browser's
    history: Back would then lead to that page without its settings.

    Args:
        page: its path, such as "train"; "" is Home.
        query: settings in its URL.
    """
    to = f"{page}?{urlencode(query)}" if query else page
    mount("shell/go", "go", "content", pack({"to": to, "press": time.time()}, {}))


def change(**values: str | None) -> None:
    """Change settings in the URL of the page.

    Args:
        values: name -> value; None removes the setting.
    """
    keep()
    for name, value in values.items():
        _write(name, value)
    _written().update(values)


def keep() -> None:
    """Restore what the page wrote into its URL, where a request has an older one.

    Back and forward, and links, bring another URL on purpose; then all of that counts.
    """
    context: Any = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.is_history_navigation:
        st.session_state.pop(_WRITTEN, None)
        _restore(context)
    for name, value in _written().items():
        _write(name, value)


def keep_run(page: str) -> None:
    """Keep the open run in the URL of a page that was opened from the menu.

    The browser does so itself once its part of the frame is there.

    Args:
        page: the path of the page that is open.
    """
    context: Any = get_script_run_ctx(suppress_warning=True)
    run, before = linked_run(), st.session_state.get(_AT)
    st.session_state[_AT] = page
    if run:
        st.session_state[_RUN] = run
    elif before not in (None, page) and page in OF_RUNS and not context.is_history_navigation:
        change(run=st.session_state.get(_RUN))


def _restore(context: Any) -> None:
    """Restore the settings of a link that Streamlit dropped: widgets of the last page have them."""
    asked = parse_qs(context.query_string, keep_blank_values=True)
    lost = {name: values for name, values in asked.items() if name not in st.query_params}
    if lost:
        st.query_params.update(lost)
        with context.session_state.query_params() as known:
            known.set_initial_query_params_from_current()  # widgets start from these


def _written() -> dict[str, str | None]:
    """Return what the page that is open wrote into its URL; what is old is forgotten."""
    page, kept, now = _page(), st.session_state.get(_WRITTEN), time.monotonic()
    if kept is None or kept[0] != page or now - kept[1] > STALE:
        kept = st.session_state[_WRITTEN] = (page, now, {})
    return kept[2]


def _write(name: str, value: str | None) -> None:
    """Set a setting in the URL, or remove it; the browser hears only of a change."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def clean_link(
    whole: Mapping[str, tuple[int, int]],
    words: Mapping[str, Sequence[str]],
    known: Iterable[str] = (),
    sliders: Mapping[str, Slider] | None = None,
    numbers: Collection[str] = (),
) -> list[str]:
    """Remove what cannot be used from the URL; call it before any widget.

    A widget would use a wrong value from the URL (a reversed range), or drop it silently, so the
    script starts again with a clean URL.

    Args:
        whole: name -> smallest and largest whole number.
        words: name -> its allowed values.
        known: other names that the page uses.
        sliders: name -> the page's slider of that name.
        numbers: names of any numbers; the page checks their range.

    Returns:
        A sentence for each value that cannot be used; the default is used instead.
    """
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    problems = link_problems(params, whole, words, known, sliders, numbers)
    try:
        for name in problems:
            del st.query_params[name]
    except StreamlitAPIException:  # a widget has it: back in the browser's history
        return list(problems.values())
    if problems:
        report(problems.values())
        st.rerun()
    return _reported()


def report(problems: Iterable[str]) -> None:
    """Let `clean_link` return sentences for a while: the page may soon draw itself again."""
    st.session_state[_REPORTED] = (_page(), time.monotonic(), list(problems))


def _reported() -> list[str]:
    page, since, problems = st.session_state.get(_REPORTED, ("", 0.0, []))
    if time.monotonic() - since > READ:
        st.session_state.pop(_REPORTED, None)
    return problems if page == _page() else []


def _page() -> str:
    """Return the hash of the page that is open; "" outside of the app."""
    context: Any = get_script_run_ctx(suppress_warning=True)
    return context.page_script_hash if context is not None else ""


def linked_run() -> str:
    """Return the id of the run in the URL; "" if it names none."""
    run = st.query_params.get("run", "")
    return "" if run == NO_RUN else run


def linked_number(name: str) -> int | None:
    """Return a whole number of the URL, which may be written as 8.0; None if it has none."""
    numbers = _numbers([st.query_params.get(name, "")])
    fits = bool(numbers) and numbers[0] >= 0 and numbers[0].is_integer()
    return int(numbers[0]) if fits else None


def link_problems(
    params: Mapping[str, Sequence[str]],
    whole: Mapping[str, tuple[int, int]],
    words: Mapping[str, Sequence[str]],
    known: Iterable[str] = (),
    sliders: Mapping[str, Slider] | None = None,
    numbers: Collection[str] = (),
) -> dict[str, str]:
    """Return name -> sentence for what cannot be used in a link (see `clean_link`).

    Args:
        params: name -> values, as in the URL.
    """
    sliders = sliders or {}
    names = [*sliders, *whole, *numbers, *words, *known, *OF_ALL]
    problems = {}
    for name, values in params.items():
        wanted = ""
        if name in sliders:
            wanted = _unfit_slider(sliders[name], values)
        elif name in whole:
            wanted = _unfit_whole(*whole[name], values)
        elif name in numbers:
            wanted = "" if list(map(math.isfinite, _numbers(values))) == [True] else "a number"
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
