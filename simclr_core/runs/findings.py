"""What a run learned, in words. Pure text, no disk.

Every score is shown beside what it has to beat: the untrained encoder, raw pixels, chance. What
keeps a run from learning is named first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data.unfit import WORDS
from ..measures.intervals import wilson_interval
from .layout import EVALUATION
from .record import RunData, group
from .summary import percent
from .summary import score as in_words
from .validation import number

GAIN = 0.02  # a smaller lead over the untrained encoder or raw pixels is called a little
FEW = 100  # fewer test pictures leave a score open by ten points or more


def learned(
    evaluation: Mapping[str, Any], data: RunData | None = None, rate: float | None = None
) -> str:
    """Say what a finished run learned, in a sentence with numbers.

    What keeps a run from learning comes first: pictures that are unfit, or a learning rate of 0.

    Args:
        evaluation: evaluation.json; scores are shares in [0, 1] and may be missing or None.
        data: of the run, for the number of classes (chance); None leaves chance out.
        rate: the run's highest learning rate; None if unknown.

    Returns:
        One or two sentences, plain text.
    """
    cause = cause_words(data, rate)
    score = number(evaluation.get("knn_accuracy"))
    if score is None:
        return f"{cause} {_unscored(evaluation, data)}".lstrip()
    if not cause and (other := _instead(evaluation, score)):
        return other
    opening = "" if cause else f"{_opening(evaluation, data, score)}: "
    rivals = "".join(
        f"{', ' if i else '; '}{name} {in_words(value)}"
        for i, (name, value) in enumerate(_rivals(evaluation, data))
    )
    return (
        f"{cause} {opening}{'The' if cause else 'the'} nearest neighbours of new pictures vote for "
        f"the right {what(evaluation)} in {in_words(score)} of cases "
        f"(kNN accuracy{_bank(evaluation)}{few_words(evaluation, score)}){rivals}."
    ).lstrip()


def cause_words(data: RunData | None, rate: float | None) -> str:
    """Say what kept a run from learning; "" if nothing is known to have done so."""
    if data and data.unfit in WORDS:
        return WORDS[data.unfit]
    if rate == 0:
        return (
            "The learning rate is 0: no weight has changed, at most the running means of batch "
            "normalisation."
        )
    return ""


def _unscored(evaluation: Mapping[str, Any], data: RunData | None) -> str:
    loss = number(evaluation.get("loss"))
    end = f", to a loss of {loss:.2f}" if loss is not None else ""
    why = "without labels"
    if evaluation.get("knn_accuracy") is not None:
        why = f"its accuracy in {EVALUATION} cannot be read, so that"
    elif data and (len(data.class_names) == 1 or data.trained_classes == 1):
        why = "with one and the same label on every picture"
    return f"Trained for {_steps(evaluation)}{end}; {why} there is no score to give."


def _opening(evaluation: Mapping[str, Any], data: RunData | None, score: float) -> str:
    """Say whether the score beats its rivals, as far as the test pictures can tell."""
    best = max((value for _, value in _rivals(evaluation, data)), default=0.0)
    if score <= best:
        return "Not much learned yet"
    few = _few(evaluation)
    if few and wilson_interval(score, few)[0] <= best:
        return "Too few test pictures to tell what was learned"
    return "Learned without labels" if score - best >= GAIN else "Learned a little without labels"


def few_words(evaluation: Mapping[str, Any], score: float) -> str:
    """Say between which shares the score may be, where few pictures were tested; else ""."""
    few = _few(evaluation)
    if not few:
        return ""
    low, high = wilson_interval(score, few)
    words = f"{few} test picture{'s' * (few != 1)}"
    return f", {words}: 95% interval {percent(low)} to {percent(high)}"


def _few(evaluation: Mapping[str, Any]) -> int:
    """Return how many pictures were tested if they are few; 0 if they are not, or unknown."""
    tested = number(evaluation.get("queries"))
    return int(tested) if tested is not None and 1 <= tested < FEW else 0


def map_color(evaluation: Mapping[str, Any], data: RunData | None = None) -> str:
    """Return what a finished run's map is best coloured by: what the run learned.

    Args:
        evaluation: evaluation.json; may be empty.
        data: of the run, for the number of categories.

    Returns:
        "label" or a factor: what the run is scored by if it learned that or nothing else. Of what
        it learned instead, the one with the most categories: it shows most.
    """
    own, leads = str(evaluation.get("of") or "label"), _leads(evaluation)
    others = {name: lead for name, lead in leads.items() if lead >= GAIN and name != own}
    if not others or leads.get(own, _lead(evaluation)) >= GAIN:
        return own
    return max(others, key=lambda name: (len(data.names_of(name)) if data else 0, others[name]))


def compared(one: Mapping[str, Any], other: Mapping[str, Any], names: tuple[str, str]) -> str:
    """Say in a sentence what the change between two runs on the same pictures did.

    Args:
        one, other: their evaluation.json.
        names: of the runs, as "With colour distortion" and "without it".

    Returns:
        Plain text; empty if one of them has no score, or they are scored by different answers.
    """
    scores = [s for each in (one, other) if (s := number(each.get("knn_accuracy"))) is not None]
    if len(scores) < 2 or what(one) != what(other):
        return ""
    rivals = ", ".join(f"{name} {in_words(value)}" for name, value in _rivals(one, None))
    words = (
        f"{names[0]}, the nearest neighbours of new pictures vote for the right {what(one)} in "
        f"{in_words(scores[0])} of cases, {names[1]} in {in_words(scores[1])}"
        f"{f' ({rivals})' * bool(rivals)}"
    )
    spans = [
        wilson_interval(score, int(number(each.get("queries")) or 1))
        for score, each in zip(scores, (one, other), strict=True)
    ]
    if spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]:
        return f"{words}: too close to call with these test pictures."
    low = int(scores[0] > scores[1])  # the one that does worse at this
    instead = " and ".join(_learned_instead((one, other)[low]))
    which = names[low][:1].lower() + names[low][1:]
    return f"{words}: {which}, the network learned {instead} instead." if instead else f"{words}."


def _leads(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """Return by how much the score of each factor beats untrained and pixels."""
    factors = group(evaluation, "knn_factors")
    return {name: _lead(scores) for name in factors if (scores := group(factors, name))}


def _lead(scores: Mapping[str, Any]) -> float:
    """Return by how much a score beats untrained and pixels; minus infinity if it is unknown."""
    score = number(scores.get("knn_accuracy"))
    rivals = [value for _, value in _rivals(scores, None)]
    return score - max(rivals) if score is not None and rivals else float("-inf")


def _learned_instead(evaluation: Mapping[str, Any]) -> list[str]:
    """Return up to two factors that a run learned, but not the one it is scored by."""
    leads = _leads(evaluation)
    leads.pop(what(evaluation), None)
    return sorted((n for n in leads if leads[n] >= GAIN), key=lambda name: -leads[name])[:2]


def _instead(evaluation: Mapping[str, Any], score: float) -> str:
    """Say what a run learned that does not beat untrained and pixels at what it is scored by."""
    own, learned = what(evaluation), _learned_instead(evaluation)
    untrained = number(evaluation.get("knn_accuracy_untrained"))
    if untrained is None or _lead(evaluation) > 0 or _few(evaluation) or not learned:
        return ""
    factors = group(evaluation, "knn_factors")
    shares = ", ".join(
        f"the right {name} in {in_words(number(scores['knn_accuracy']))} of cases (untrained "
        f"{in_words(number(scores.get('knn_accuracy_untrained')))})"
        for name in learned
        if (scores := group(factors, name))
    )
    return (
        f"It learned {' and '.join(learned)}, not {own}: the nearest neighbours of new pictures "
        f"vote for {shares}, the right {own} in {in_words(score)} (untrained "
        f"{in_words(untrained)}; kNN accuracy)."
    )


def probes(evaluation: Mapping[str, Any]) -> str:
    """Return what a linear probe reads from h, strongest first; empty before `evaluate`."""
    read = group(group(evaluation, "linear_probe"), "h")
    known = {name: number(value) for name, value in read.items()}
    best = sorted(((v, n) for n, v in known.items() if v is not None), reverse=True)
    if not best:
        return ""
    return "A linear probe of h reads " + ", ".join(f"{n} {percent(v)}" for v, n in best) + "."


def what(evaluation: Mapping[str, Any]) -> str:
    """Return what the neighbours are asked for: "class", or the name of a factor."""
    of = str(evaluation.get("of") or "label")
    return "class" if of == "label" else of


def chance(evaluation: Mapping[str, Any], data: RunData | None) -> float | None:
    """Return the score of guessing among the categories, None where their number is not known."""
    of = str(evaluation.get("of") or "label")
    names = data.names_of(of) if data else ()
    return 1 / len(names) if names else None


def _rivals(evaluation: Mapping[str, Any], data: RunData | None) -> list[tuple[str, float]]:
    """Say what the score has to beat, as far as it is known."""
    rivals = (
        ("untrained", number(evaluation.get("knn_accuracy_untrained"))),
        ("raw pixels", number(evaluation.get("knn_accuracy_pixels"))),
        ("chance", chance(evaluation, data)),
    )
    return [(name, value) for name, value in rivals if value is not None]


def _bank(evaluation: Mapping[str, Any]) -> str:
    """Say how many pictures the neighbours come from; "" if unknown."""
    bank = number(evaluation.get("bank"))
    return "" if bank is None else f", {bank:,.0f} pictures to compare with"


def _steps(evaluation: Mapping[str, Any]) -> str:
    steps = number(evaluation.get("step"))
    return f"{steps:,.0f} steps" if steps is not None else "its whole budget"
