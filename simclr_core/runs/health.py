"""Whether a run is healthy, in plain words, with the evidence and what to try.

Pictures that nothing can be learned from, and a learning rate of 0, are named first. Then follow
loss and contrastive accuracy, step by step, and the snapshots. The floor of the loss says nothing
about health: near it accuracy still rises. What counts is the loss against "all alike", contrastive
accuracy, its slope, and whether z still differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from ..data.unfit import ADVICE, BLACK, WORDS
from ..loss import nt_xent
from .evidence import RunEvidence

HEALTHY, EARLY = "healthy", "too early to tell"
NOT_STARTED, COLLAPSED, SATURATED = "not started", "collapsed", "saturated"
DIVERGING, UNFIT = "diverging", "unfit pictures"
VERDICTS = (HEALTHY, EARLY, NOT_STARTED, COLLAPSED, SATURATED, DIVERGING, UNFIT)

LEAST_STEPS = 40  # before, nothing is said
PARTS = 20  # windows of a run whose medians are compared
STUCK = 0.9  # of ln(2N-1): a loss above it has learned next to nothing
SPREAD = 0.05  # uniformity of z above minus this: its points lie together
SHRUNK = 0.5  # of the effective rank that z had untrained: less of it is left in a collapse
RISE = 0.12  # of ln(2N-1): a loss that has risen so far from its lowest window diverges
LEARNED = 0.04  # of ln(2N-1): what the loss has to fall for a run to have started
FOUND = 0.05  # or what contrastive accuracy has to gain
TOO_EASY = 0.985  # contrastive accuracy above this leaves little to learn from
FLAT = 0.03  # of ln(2N-1): what a flat loss falls over the last half


@dataclass(frozen=True)
class Verdict:
    """Attributes: name: one of `VERDICTS`; words: a sentence; evidence, advice: sentences."""

    name: str
    words: str
    evidence: tuple[str, ...] = ()
    advice: tuple[str, ...] = field(default=())


def verdict(evidence: RunEvidence) -> Verdict:
    """Judge whether a run is healthy.

    The cause comes before what it leads to: identical pictures collapse as well, and a lower
    learning rate would not help. A verdict other than healthy is given only where its evidence is
    there: what does not fit any of the others counts as healthy.
    """
    facts = _facts(evidence)
    found = _of_training(evidence, facts)
    if evidence.unfit in WORDS:
        return _unfit(evidence.unfit, found)
    if evidence.rate == 0:
        return _not_changed(facts)
    return found


def _of_training(evidence: RunEvidence, facts: _Facts) -> Verdict:
    """Judge the training alone, whatever the pictures and the learning rate."""
    if evidence.diverged or facts.broken:
        return _diverging(facts, evidence)
    if facts.steps < LEAST_STEPS:
        return Verdict(
            EARLY,
            f"After {facts.steps} step{'s' * (facts.steps != 1)} there is nothing to say yet.",
            advice=(f"Look again after {LEAST_STEPS} steps.",),
        )
    if facts.together or (facts.stuck and facts.shrunk):
        return _collapsed(facts)
    if facts.rise > RISE * facts.alike:
        return _diverging(facts, evidence)
    if facts.accuracy >= TOO_EASY and abs(facts.late_fall) < FLAT * facts.alike:
        return _saturated(facts)
    still = facts.fall < LEARNED * facts.alike and facts.gain < FOUND
    if facts.stuck or (still and not evidence.trained):
        return _not_started(facts)
    return _healthy(facts)


@dataclass(frozen=True)
class _Facts:
    """What the verdicts look at; losses are medians of windows."""

    steps: int
    alike: float  # ln(2N-1)
    chance: float  # 1/(2N-1)
    first: float  # of the first steps
    last: float
    lowest: float
    accuracy: float  # of the last window
    gain: float  # in accuracy, from the first steps to the last window
    late_fall: float  # of the loss over the last half
    broken: bool  # a loss is not finite
    together: bool  # z no longer differs
    shrunk: bool  # z has lost most of its directions
    rank: float | None
    uniformity: float | None
    dead: float | None

    @property
    def fall(self) -> float:
        """Of the loss, from the first steps to the last window."""
        return self.first - self.last

    @property
    def stuck(self) -> bool:
        """Whether it stands where projections that are all alike would, and finds no pairs."""
        return self.last > STUCK * self.alike and self.gain < FOUND

    @property
    def rise(self) -> float:
        """Of the loss, from its lowest window to the last."""
        return self.last - self.lowest


def _facts(evidence: RunEvidence) -> _Facts:
    finite = np.isfinite(evidence.losses)
    losses, accuracies = _windows(evidence.losses[finite]), _windows(evidence.accuracies[finite])
    newest = evidence.rows[-1] if evidence.rows else {}
    rank, uniformity = newest.get("effective_rank_z"), newest.get("uniformity")
    alike = nt_xent.collapsed_loss(evidence.batch)
    before = evidence.rows[0].get("effective_rank_z") if evidence.rows else None
    half = losses[len(losses) // 2] if len(losses) else math.nan
    return _Facts(
        steps=len(evidence.losses),
        alike=alike,
        chance=1 / (2 * evidence.batch - 1),
        first=_first(evidence.losses[finite]),
        last=_at(losses, -1),
        lowest=float(losses.min()) if len(losses) else math.nan,
        accuracy=_at(accuracies, -1),
        gain=_at(accuracies, -1) - _first(evidence.accuracies[finite]),
        late_fall=half - _at(losses, -1),
        broken=not finite.all(),
        together=uniformity is not None and uniformity > -SPREAD,
        shrunk=rank is not None and before is not None and rank < SHRUNK * before,
        rank=rank,
        uniformity=uniformity,
        dead=evidence.dead,
    )


def _windows(values: np.ndarray) -> np.ndarray:
    """Return medians of up to `PARTS` parts of a run."""
    parts = np.array_split(values, max(1, min(PARTS, len(values) // 5)))
    return np.array([np.median(part) for part in parts if len(part)])


def _first(values: np.ndarray) -> float:
    """Return the median of the first five steps."""
    return float(np.median(values[:5])) if len(values) else math.nan


def _at(values: np.ndarray, place: int) -> float:
    return float(values[place]) if len(values) else math.nan


def _unfit(kind: str, found: Verdict) -> Verdict:
    """Name the pictures as the cause; dark ones are no trouble to a run that learns from them."""
    if kind == BLACK and found.name == HEALTHY:
        return replace(found, advice=(*found.advice, f"{WORDS[kind]} {ADVICE[kind]}"))
    return Verdict(UNFIT, WORDS[kind], found.evidence, (ADVICE[kind],))


def _not_changed(facts: _Facts) -> Verdict:
    return Verdict(
        NOT_STARTED,
        "The learning rate is 0: no weight changes, so nothing is learned.",
        (_loss_line(facts), _accuracy_line(facts)) if facts.steps else (),
        ("Start again with the learning rate left out: the preset's is used.",),
    )


def _healthy(facts: _Facts) -> Verdict:
    going = facts.late_fall > FLAT * facts.alike
    return Verdict(
        HEALTHY,
        "The network is still getting better at matching pairs."
        if going
        else "The network has learned to match pairs; the loss falls slowly now.",
        (_loss_line(facts), _accuracy_line(facts), *_spread_line(facts)),
        (
            "Training longer still lowers the loss."
            if going
            else "Neighbours may still get better: watch kNN accuracy rather than the loss.",
            "This says that the task is being learned, not that what is learned is what you want: "
            "see What it keeps.",
        ),
    )


def _not_started(facts: _Facts) -> Verdict:
    return Verdict(
        NOT_STARTED,
        "The loss has hardly moved: the network has not begun to learn.",
        (_loss_line(facts), _accuracy_line(facts)),
        (
            "Try a learning rate ten times as high.",
            "Check on Views that the two views of a picture still have something in common.",
            "A temperature above 1 leaves hardly any slope: try 0.1 to 0.5.",
        ),
    )


def _collapsed(facts: _Facts) -> Verdict:
    dead = (
        (f"{facts.dead:.0%} of the numbers in h are the same for every picture.",)
        if facts.dead
        else ()
    )
    return Verdict(
        COLLAPSED,
        "All pictures have nearly the same projection: nothing can be told apart any more.",
        (_loss_line(facts), *_spread_line(facts), *dead),
        (
            "Lower the learning rate tenfold and start again: a collapsed run seldom recovers.",
            "Keep batch normalisation in the encoder, and do not take the negatives out.",
        ),
    )


def _saturated(facts: _Facts) -> Verdict:
    return Verdict(
        SATURATED,
        "Nearly every view finds its partner and the loss stands still: the task is solved. Either "
        "the views leave a shortcut, such as colour, or there is little left to learn.",
        (_accuracy_line(facts), _loss_line(facts)),
        (
            "Make the views differ more: smaller crops, stronger colour distortion.",
            "A lower temperature weighs hard negatives more; a larger batch holds more of them.",
        ),
    )


def _diverging(facts: _Facts, evidence: RunEvidence) -> Verdict:
    words = (
        ("The loss or the weights stopped being finite numbers.",)
        if evidence.diverged or facts.broken
        else (f"The loss fell to {facts.lowest:.2f} and has risen to {facts.last:.2f}.",)
    )
    return Verdict(
        DIVERGING,
        "Probably the steps are too large: what was learned is being lost.",
        words,
        ("Lower the learning rate tenfold.", "A longer warm-up helps at large batches."),
    )


def _loss_line(facts: _Facts) -> str:
    above = " (untrained, a loss is usually above that)" if facts.first > facts.alike else ""
    return (
        f"Loss {facts.first:.2f} at first, {facts.last:.2f} now; all alike would be "
        f"{facts.alike:.2f}{above}."
    )


def _accuracy_line(facts: _Facts) -> str:
    return (
        f"{facts.accuracy:.0%} of the views find their partner among {round(1 / facts.chance)} "
        f"(by chance {facts.chance:.1%})."
    )


def _spread_line(facts: _Facts) -> tuple[str, ...]:
    if facts.rank is None or facts.uniformity is None:
        return ()
    return (
        f"z spreads over about {facts.rank:.0f} directions (effective rank), uniformity "
        f"{facts.uniformity:.2f}.".replace("-", "−"),
    )
