"""What the four ways to learn are given: labels, seconds, seed, and how fine-tuning goes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path

import streamlit as st

from pages.shell import task_bar
from simclr_core.base.errors import LabError
from simclr_core.base.paths import expanded
from simclr_core.data.builtin import BUILT_IN
from simclr_core.paradigms.study import Study, is_made
from simclr_core.workers import tasks
from simclr_core.workers.queue import Standing

BUDGETS = {"1": 1, "2": 2, "5": 5, "10": 10, "20": 20, "50": 50, "100": 100, "all": 0}
SECONDS = (5, 15, 30, 60, 120)
RATES = {"a tenth": 0.1, "a quarter": 0.25, "half": 0.5, "the same": 1.0}
WHOLE = {"seed": (0, 2**31 - 1), "frozen": (0, 1000)}
WORDS = {"labels": tuple(BUDGETS), "seconds": tuple(map(str, SECONDS)), "rate": tuple(RATES)}
OTHER = ("staged",)
BESIDE = 25  # seconds beside training: starting, compiling, scoring, maps
_PROBLEM = "paradigm_problem"


@dataclass(frozen=True)
class Form:
    """What was chosen."""

    labels: str
    seconds: int
    seed: int
    frozen: int
    rate: str
    staged: bool


def form() -> Form:
    """The settings in a row; those of fine-tuning in a popover."""
    labels = st.select_slider(
        "Labels a class", list(BUDGETS), "10", key="labels", bind="query-params",
        help="How many pictures of each class have a label. All others are seen without, and by "
        "supervised learning not at all.",
    )  # fmt: skip
    seconds = st.select_slider(
        "Seconds each", SECONDS, 30, key="seconds", bind="query-params",
        help="Of training. Learning without labels gets four fifths of it and fine-tuning the "
        "rest; the self-supervised way stops before.",
    )  # fmt: skip
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params")
    with st.popover("Fine-tuning…"):
        frozen = st.number_input(
            "Frozen convolutions", 0, 1000, 0, key="frozen", bind="query-params",
            help="From the pictures on: these keep what they learned without labels.",
        )  # fmt: skip
        rate = st.selectbox(
            "Learning rate", list(RATES), 1, key="rate", bind="query-params",
            help="As a part of the rate of training from scratch.",
        )  # fmt: skip
        staged = st.toggle(
            "The classifier alone at first", key="staged", bind="query-params",
            help="Half of the time with the encoder frozen, then together (staged unfreezing).",
        )  # fmt: skip
    return Form(str(labels), int(seconds), int(seed), int(frozen), str(rate), bool(staged))


def study_of(source: str, chosen: Form) -> Study:
    """The study that the form asks for.

    Raises:
        LabError: a value is out of range.
    """
    path = source if source in BUILT_IN else str(expanded(source).absolute())
    return Study(
        source=path,
        stamp=_stamp(path),
        seconds=float(chosen.seconds),
        budget=BUDGETS[chosen.labels],
        seed=chosen.seed,
        frozen=chosen.frozen,
        rate=RATES[chosen.rate],
        staged=chosen.staged,
    )


def controls(study: Study, root: Path) -> None:
    """The button; or how far it is, which refreshes until it is done."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.html(f'<p class="explore-trouble">{escape(problem)}</p>')
    going = tasks.state(root, study.task)
    if going and not going.failed:
        task_bar.watch(root, lambda: tasks.state(root, study.task), "paradigm")
        return
    if going:
        st.html(f'<p class="explore-trouble">{escape(going.words)}</p>')
    if is_made(root, study):
        return
    if study.source not in BUILT_IN and not Path(study.source).exists():
        st.html(
            '<p class="explore-trouble">Expected a folder, a .zip or an .npz, found nothing at '
            f"{escape(study.source)}; choose other pictures.</p>"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="paradigm-start"):
        st.button("Compare", type="primary", key="compare", on_click=_ask, args=(study, root))
        total = round(3 * study.seconds + BESIDE)
        st.html(
            '<span class="lab-caption">Trains all four ways one after another, at most about '
            f"{total // 60}:{total % 60:02d} on two cores. Another budget shares what learned "
            "without labels.</span>"
        )


def every_budget(study: Study, root: Path) -> None:
    """A button that compares at every number of labels; or how many are left."""
    missing = [one for one in _budgets(study) if not is_made(root, one)]
    if tasks.state(root, study.task) or not missing:  # the bar of the form tells it
        return

    def _look() -> Standing | None:
        going = [found for one in missing if (found := tasks.state(root, one.task))]
        going = [found for found in going if not found.failed]
        if not going:
            return None
        return replace(going[0], words=f"{len(going)} left: {going[0].words}")

    def _stop() -> None:
        for one in missing:
            tasks.withdraw(root, one.task)

    if _look():
        task_bar.watch(root, _look, "paradigm-every", _stop)
        return
    total = round(len(missing) * (1.3 * study.seconds + BESIDE))
    with st.container(horizontal=True, vertical_alignment="center", key="paradigm-every-start"):
        st.button(
            "Compare at every number of labels", key="compare_every", on_click=_ask_each,
            args=(missing, root),
        )  # fmt: skip
        st.html(
            f'<span class="lab-caption">{len(missing)} more, about {total // 60}:{total % 60:02d} '
            "on two cores.</span>"
        )


def _budgets(study: Study) -> list[Study]:
    return [replace(study, budget=budget) for budget in BUDGETS.values()]


def _ask_each(each: Sequence[Study], root: Path) -> None:
    for one in each:
        _ask(one, root)


def _ask(study: Study, root: Path) -> None:
    if is_made(root, study):  # since this page was drawn
        return
    try:
        tasks.ask(root, "study", study.task, asdict(study))
    except LabError as error:
        st.session_state[_PROBLEM] = str(error)


def _stamp(path: str) -> str:
    """Changes with a file, or with what lies in a folder and in the folders in it, two deep.

    Empty for what comes with the app, or is not there.
    """
    if path in BUILT_IN:
        return ""
    try:
        top = Path(path)
        places, level = [top], [top]
        for _ in range(2):
            level = [Path(e) for place in level for e in _folders(place)]
            places += level
        found = [(str(place), place.stat()) for place in places]
    except (OSError, ValueError):
        return ""
    told = sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _folders(place: Path) -> list[str]:
    """Paths of the folders in a folder; none in a file."""
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
