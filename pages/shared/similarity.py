"""How alike a run's network finds the two views of a picture, beside the untrained network.

The pictures never wait for it: known numbers are shown at once, the rest is asked when the sliders
have come to rest, and fills its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from markupsafe import Markup

from pages.shell.waiting import COUNTED, Wait, show_waits
from simclr_core.base.templates import render
from simclr_core.feed.placing import newest_mapped_step
from simclr_core.loss.normalise import l2_normalise
from simclr_core.questions.job import Job, encode_job
from simclr_core.questions.jobs import withdraw
from simclr_core.questions.reply import Reply, look
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots.weights import TRAINED, UNTRAINED

POLL = 0.3  # seconds between looks for an answer, and of rest before anything is asked
UNKNOWN = "…"  # in the place of the first number until it is there, or its wait is counted
_ASKED, _TROUBLE = "views_asked", "views_trouble"  # in the session's state

CANCELLED = "How alike the network finds the views was not computed: you cancelled it."

Draw = Callable[["Alike | None"], None]


@dataclass(frozen=True)
class Seen:
    """What one network makes of N pairs.

    Attributes:
        h: (2N, D) representations, partners side by side.
        pairs: (N,) cosine of the two views of each picture.
        strangers: mean cosine of views of different pictures; NaN for a single picture.
        step: of its weights.
    """

    h: np.ndarray
    pairs: np.ndarray
    strangers: float
    step: int


@dataclass
class Alike:
    """A question about N pairs of views, and what is known of its answer.

    Attributes:
        run: whose network is asked.
        questions: for the trained and for the untrained network.
        keys: of the questions, as asked or looked for last.
        seen: answers so far, by network.
        problem: one sentence if there will be no answer.
        waits: the reply that is waited for, if one is.
    """

    run: Run
    questions: dict[str, Job]
    keys: tuple[str, ...] = ()
    seen: dict[str, Seen] = field(default_factory=dict)
    problem: str = ""
    waits: Reply | None = None

    @property
    def settled(self) -> bool:
        """Return whether nothing more will come."""
        return bool(self.problem) or len(self.seen) == len(self.questions)

    def update(self, ask: bool) -> None:
        """Read what is known now.

        Args:
            ask: what is not known; else nothing is asked.
        """
        replies = {role: look(self.run, job, ask) for role, job in self.questions.items()}
        keys = tuple(reply.key for reply in replies.values())
        if all(keys):
            self.keys = keys
        self.waits = next((reply for reply in replies.values() if reply.waiting), None)
        for role, reply in replies.items():
            if reply.arrays is not None:
                self._take(role, reply.arrays)
            elif reply.failed and (ask or not reply.key):  # else it may be asked again first
                self.problem = reply.words

    def _take(self, role: str, arrays: Mapping[str, np.ndarray]) -> None:
        h, step = arrays.get("h", np.empty(0)), arrays.get("step", np.array(0))
        count = len(self.questions[role].arrays["images"])
        if h.ndim != 2 or len(h) != count or step.ndim:
            self.problem = f"Expected an answer about {count} views, found another; draw again."
            return
        self.seen[role] = Seen(h, *cosines(h), int(step))


def views_similarity(run: Run | None, views: np.ndarray | None) -> Alike | None:
    """Return what is known already of how alike a run finds the views; nothing is asked yet.

    Questions of this browser that are no longer shown are withdrawn.

    Args:
        run: None if no run is asked.
        views: (N, 2, S, S, 3) float32 in [0, 1].
    """
    alike = None
    if run is not None and views is not None:
        flat = views.reshape(-1, *views.shape[2:])  # (2N, S, S, 3), partners side by side
        step = newest_mapped_step(run)  # so that the views have a place on its map
        roles = {UNTRAINED: None, TRAINED: step}  # what is asked last is answered first
        alike = Alike(run, {role: encode_job(flat, role, at) for role, at in roles.items()})
        alike.update(ask=False)
        keys, text = st.session_state.get(_TROUBLE, ((), ""))
        if not alike.settled and keys == alike.keys:
            alike.problem = text
        if alike.problem == CANCELLED:
            _withdraw(alike)  # looking has kept them open
    _withdraw_others(alike)
    return alike


def fill(alike: Alike | None, draw: Draw) -> None:
    """Draw what is known, and refresh it until nothing more will come.

    Args:
        alike: from `views_similarity`.
        draw: draws it in its places.
    """
    every = None if alike is None or alike.settled else POLL
    st.fragment(_show, run_every=every)(alike, draw, [], every is not None)


def cosines(h: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the cosine of partners, and the mean cosine of views of different pictures.

    Args:
        h: (2N, D), partners side by side.

    Returns:
        (N,), and a scalar that is NaN if N is 1. A representation that is zero gives NaN.
    """
    unit = l2_normalise(h, dtype="float64")  # (2N, D)
    unit[~unit.any(axis=1)] = np.nan
    similar = unit @ unit.T  # (2N, 2N)
    pair = np.arange(len(h)) // 2
    others = similar[pair[:, None] != pair]
    partners = similar[np.arange(0, len(h), 2), np.arange(1, len(h), 2)]
    return partners, float(others.mean()) if others.size else math.nan


def _show(alike: Alike | None, draw: Draw, shown: list[bool], timer: bool) -> None:
    again = bool(shown)  # the first time is the page's own run: it asks nothing
    shown.append(True)
    if alike and again and not alike.settled:
        alike.update(ask=True)
        _withdraw_others(alike)
        if alike.problem:
            st.session_state[_TROUBLE] = (alike.keys, alike.problem)
    draw(alike)
    if alike is None:
        return
    show_waits([_wait(alike)], floats=True)
    if again and alike.settled == timer:
        st.rerun()  # without a timer, or with one again


def _wait(alike: Alike) -> Wait | None:
    """Return the line to show once an answer takes long, or was cancelled."""
    what, key = "How alike the views are", "wait-alike"
    if alike.problem == CANCELLED:

        def again() -> None:
            st.session_state.pop(_TROUBLE, None)
            alike.problem = ""

        return Wait(what, key, again, cancelled=True)
    if alike.settled or alike.waits is None or alike.waits.line.seconds <= COUNTED:
        return None

    def cancel() -> None:
        alike.problem = CANCELLED
        st.session_state[_TROUBLE] = (alike.keys, CANCELLED)
        _withdraw(alike)

    return Wait(what, key, cancel, alike.waits.words, alike.waits.share, alike.waits.line)


def _withdraw(alike: Alike) -> None:
    for key in alike.keys:
        withdraw(alike.run, key)


def _withdraw_others(alike: Alike | None) -> None:
    """Withdraw what this browser asked before and no longer shows."""
    run, keys = st.session_state.get(_ASKED, (None, ()))
    present = alike.keys if alike and run == alike.run else ()
    for key in set(keys) - set(present):
        withdraw(run, key)
    st.session_state[_ASKED] = (alike.run, alike.keys) if alike else (None, ())


def pair_lines(alike: Alike) -> list[Markup]:
    """Return for each pair how alike its views are, plain words first."""
    count = len(alike.questions[TRAINED].arrays["images"]) // 2
    if alike.problem:
        return [Markup()] * count
    if TRAINED not in alike.seen and _wait(alike):
        return [render("views/words", words="waiting for the network", hint=True)] * count
    run, step = alike.run.id, _step(alike)
    tip = (
        f"How alike the network finds these two views: the cosine of their representations h "
        f"under run {run}{step}. 1 is the same direction, 0 nothing in common."
    )
    numbers = [[number(alike, role, i) for role in (TRAINED, UNTRAINED)] for i in range(count)]
    return [
        render("views/alike", tip=tip, trained=trained, untrained=untrained, run=run)
        for trained, untrained in numbers
    ]


def _step(alike: Alike) -> str:
    seen = alike.seen.get(TRAINED)
    return f", step {seen.step:,}" if seen else ""


def number(alike: Alike, role: str, pair: int | None = None) -> str:
    """Return a cosine in words, of a pair or of strangers; nothing yet if it is not known."""
    seen = alike.seen.get(role)
    if seen is None:
        return UNKNOWN if role == TRAINED else ""
    value = float(seen.strangers if pair is None else seen.pairs[pair])
    if not math.isfinite(value):
        return "–"
    return f"{value:.2f}".replace("-0.00", ".00").replace("-", "−").replace("0.", ".", 1)
