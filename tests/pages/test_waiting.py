"""The line that pages show while something is computed."""

from __future__ import annotations

import re

import pytest

from pages.shell.waiting import ASKED, Wait, doing, reason, wait_html
from simclr_core.questions.answers import ANSWERS
from simclr_core.workers.standing import Line
from simclr_core.workers.task_worker import STUDIES


def line(words: str = "", share: float | None = None, **known: float | str | bool) -> str:
    """Return the text of a line."""
    html = wait_html(Wait("The map of z", "wait-1", lambda: None, words, share, Line(**known)))
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def test_every_kind_of_request_has_words_for_those_who_wait_behind_it() -> None:
    assert set(ANSWERS) | set(STUDIES) <= set(ASKED)


@pytest.mark.parametrize(
    ("words", "known", "expected"),
    [
        ("laying out snapshot 3 of 12", {"ahead": 2}, "laying out snapshot 3 of 12"),
        ("", {"ahead": 1, "first": "more"}, "queued behind a map of more pictures"),
        ("", {"ahead": 3, "first": "study"}, "queued behind 3 others, first a study of the four"),
        ("", {"ahead": 1, "first": "knit"}, "queued behind another question"),
        ("", {"starting": True}, "starting the process that computes it"),
        ("", {}, "the process that computes it is getting ready"),
    ],
)
def test_a_line_says_what_happens_now(words: str, known: dict, expected: str) -> None:
    assert doing(words, Line(**known)).startswith(expected)


def test_seconds_come_after_three_and_the_reason_after_ten() -> None:
    assert line("encoding", seconds=2.9, training=True) == "The map of z encoding"
    assert line("encoding", seconds=9.9, training=True) == "The map of z encoding · 9 s"
    said = line("encoding", seconds=75.0, training=True)
    assert said == ("The map of z encoding · 1:15 min A run is also training on the processor.")
    assert reason(Line(seconds=11, wanting=9)) == (
        "The processor is busy: about 9 programs want it."
    )
    assert reason(Line(seconds=11, wanting=9, training=True)).endswith(
        "on the processor (about 9 programs want it)."
    )
    assert reason(Line(seconds=11)) == ""


def test_the_bar_shows_the_reported_share_and_is_left_out_without_one() -> None:
    html = wait_html(Wait("<b>", "wait-1", lambda: None, "encoding", 0.25))
    assert "--share: 0.25" in html and 'aria-valuenow="25"' in html and "&lt;b&gt;" in html
    assert "encoding · 25%" in html
    assert "progressbar" not in wait_html(Wait("x", "wait-1", lambda: None, "encoding", 0.0))
