"""Numbers of lessons in words: shares in per cent, their differences in points."""

from __future__ import annotations

from ..runs.summary import percent
from .lesson import Effect, Lesson, Outcome, is_share


def amount(quantity: str, value: float) -> str:
    """Write a value of a quantity: "99.8%", "−3.23"."""
    return percent(value) if is_share(quantity) else _signed(f"{value:.2f}")


def points(value: float, sign: str = "+") -> str:
    """Write a difference of shares as points of a hundred, without the word: "+39", "+6.6".

    Args:
        value: the difference, of shares in [0, 1].
        sign: "+" to write it for positive values too, "" for negative ones only.
    """
    text = format(100 * value, f"{sign}.{0 if abs(100 * value) >= 9.95 else 1}f")
    return _signed(text.removesuffix(".0"))


def difference(quantity: str, value: float, sign: str = "+") -> str:
    """Write a difference of two values of a quantity: "+39 points", "+32.3"."""
    if not is_share(quantity):
        return _signed(format(value, f"{sign}.{1 if abs(value) >= 9.95 else 2}f"))
    number = points(value, sign)
    return f"{number} point{'s' if number.lstrip('+−') != '1' else ''}"


def least(effect: Effect) -> str:
    """Write what the mean has to reach: "+20 points", "above 0", "−2 points"."""
    return difference(effect.quantity, effect.least) if effect.least else "above 0"


def span(outcome: Outcome) -> str:
    """Write the smallest and the largest seed: "+38 to +41"."""
    quantity = outcome.effect.quantity
    form = points if is_share(quantity) else lambda value: difference(quantity, value)
    low, high = form(min(outcome.values)), form(max(outcome.values))
    return low if low == high else f"{low} to {high}"


def expected(effect: Effect) -> str:
    """Say in a line of plain text what is compared and what the mean has to reach."""
    if not effect.least:
        return f"{effect.comparison}, by any amount"
    if effect.least < 0:
        lost = difference(effect.quantity, -effect.least, "")
        return f"{effect.comparison}, or below it by {lost} at most on average"
    gain = difference(effect.quantity, effect.least, "")
    return f"{effect.comparison}, by {gain} or more on average"


def answer(lesson: Lesson, found: str | None) -> str:
    """Say which answer is right, and whether that was found or is only expected.

    Args:
        found: how well the results bear it out (see `lesson.answered`); None without results.
    """
    right = lesson.answers[lesson.right].lower()
    if found == "found":
        return f"Found here: {right}."
    if found == "weaker":
        return f"Found here, but less clearly than expected: {right}."
    return f"Expected here: {right}." + (
        "" if found is None else " The results do not bear it out."
    )


def _signed(text: str) -> str:
    """Write a true minus sign, and none before a zero."""
    number = text.lstrip("+-")
    if not any(digit in number for digit in "123456789"):
        return number
    return text.replace("-", "−")
