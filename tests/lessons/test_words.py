"""What is said of results: points, per cent, and one rule for what held."""

from __future__ import annotations

import dataclasses

import pytest

from simclr_core.lessons import words
from simclr_core.lessons.catalogue import LESSONS
from simclr_core.lessons.lesson import Effect, Outcome, answered, verdict

EFFECT = Effect("a is larger", "knn", "a", "b", 0.1)


def outcome(*values: float, least: float = 0.1, quantity: str = "knn") -> Outcome:
    return Outcome(dataclasses.replace(EFFECT, least=least, quantity=quantity), values)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.998 - 0.604, "+39 points"),
        (0.0656, "+6.6 points"),
        (0.006, "+0.6 points"),
        (0.03, "+3 points"),
        (0.01, "+1 point"),
        (-0.0127, "−1.3 points"),
        (0.09949, "+9.9 points"),
        (0.0996, "+10 points"),
        (0.0, "0 points"),
        (-0.0001, "0 points"),
        (1.0, "+100 points"),
    ],
)
def test_differences_of_shares_are_points(value: float, expected: str) -> None:
    assert words.difference("knn", value) == expected


def test_other_differences_are_plain_numbers() -> None:
    assert words.difference("rank_z", 32.327) == "+32.3"
    assert words.difference("uniformity", -0.5) == "−0.50"
    assert words.difference("rank_z", 16.0, "") == "16.0"


def test_a_share_is_not_rounded_to_all_or_none() -> None:
    assert words.amount("knn", 0.998) == "99.8%" and words.amount("probe:hue", 0.59) == "59%"
    assert words.amount("uniformity", -3.227) == "−3.23"
    assert words.amount("uniformity", -0.00001) == "0.00"


def test_the_least_difference_is_written_as_what_it_asks_for() -> None:
    assert words.least(EFFECT) == "+10 points"
    assert words.least(dataclasses.replace(EFFECT, least=0.0)) == "above 0"
    assert words.least(dataclasses.replace(EFFECT, least=-0.02)) == "−2 points"
    assert words.expected(EFFECT) == "knn of 'a' above knn of 'b', by 10 points or more on average"
    assert "by any amount" in words.expected(dataclasses.replace(EFFECT, least=0.0))
    lost = words.expected(dataclasses.replace(EFFECT, least=-0.02))
    assert lost.endswith("or below it by 2 points at most on average")


def test_seeds_are_told_by_their_extremes() -> None:
    assert words.span(outcome(0.376, 0.412, 0.4)) == "+38 to +41"
    assert words.span(outcome(0.2)) == "+20"
    assert words.span(outcome(31.0, 33.5, quantity="rank_z")) == "+31.0 to +33.5"


def test_one_rule_for_held_in_part_and_not() -> None:
    held, missed = outcome(0.2, 0.15), outcome(0.2, -0.01)
    assert held.held and not missed.held
    assert verdict([held, held]) == "held"
    assert verdict([held, missed]) == "held in part"
    assert verdict([missed, missed]) == "did not hold"


def test_no_worse_asks_for_the_mean_alone() -> None:
    assert outcome(-0.03, 0.01, least=-0.02).held  # mean -0.01
    assert not outcome(-0.05, 0.0, least=-0.02).held  # mean -0.025
    assert outcome(0.01, 0.02, least=0.0).held and not outcome(-0.001, 0.05, least=0.0).held


def test_the_answer_is_found_if_the_effects_that_decide_it_held() -> None:
    lesson = dataclasses.replace(LESSONS[0], answers=("A", "B"), right=1, decides=())
    both = [outcome(0.2), outcome(-0.2)]
    assert answered(lesson, both) == ""
    assert answered(dataclasses.replace(lesson, decides=(0,)), both) == "found"
    assert answered(dataclasses.replace(lesson, decides=(1,)), both) == ""
    assert answered(lesson, [outcome(0.2), outcome(0.05, 0.01)]) == "weaker"  # less than 0.1
    assert words.answer(lesson, "found") == "Found here: b."
    assert words.answer(lesson, "weaker") == "Found here, but less clearly than expected: b."
    assert words.answer(lesson, None) == "Expected here: b."
    assert words.answer(lesson, "") == "Expected here: b. The results do not bear it out."
