"""The settings of the four ways to learn: labels, seconds, seed, and fine-tuning."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import streamlit as st

from pages.shell.task_bar import ask_task, show_task, watch
from pages.shell.trouble import show_trouble
from simclr_core.base.paths import expanded
from simclr_core.data.builtin import BUILT_IN
from simclr_core.paradigms.study import OPENING, Study, has_networks, is_made
from simclr_core.workers import tasks
from simclr_core.workers.standing import Standing

BUDGETS = {"1": 1, "2": 2, "5": 5, "10": 10, "20": 20, "50": 50, "100": 100, "all": 0}
SECONDS = (5, 15, 30, 60, 120)
RATES = {"a tenth": 0.1, "a quarter": 0.25, "half": 0.5, "the same": 1.0}
WHOLE = {"seed": (0, 2**31 - 1), "frozen": (0, 1000)}
WORDS = {"labels": tuple(BUDGETS), "seconds": tuple(map(str, SECONDS)), "rate": tuple(RATES)}
OTHER = ("staged",)
BESIDE = 25  # seconds beside training: starting, compiling, scoring, maps
FIRST = next(word for word, budget in BUDGETS.items() if budget == OPENING.budget)


@dataclass(frozen=True)
class StudyForm:
    """What the user has chosen."""

    labels: str
    seconds: int
    seed: int
    frozen: int
    rate: str
    staged: bool


def show_form() -> StudyForm:
    """Draw the settings in a row; those of fine-tuning in a popover."""
    labels = st.select_slider(
        "Labels per class", list(BUDGETS), FIRST, key="labels", bind="query-params",
        help="How many pictures of each class have a label. The others are seen without one, and "
        "not at all by supervised learning.",
    )  # fmt: skip
    seconds = st.select_slider(
        "Seconds for each", SECONDS, round(OPENING.seconds), key="seconds", bind="query-params",
        help="Training time of each way. Learning without labels gets four fifths of it, "
        "fine-tuning the rest; the self-supervised way stops before fine-tuning.",
    )  # fmt: skip
    seed = st.number_input(
        "Seed", 0, 2**31 - 1, OPENING.seed, key="seed", bind="query-params",
        help="Sets the weights, the order, the views, and which pictures keep their label. Several "
        "seeds show how much of a lead is luck.",
    )  # fmt: skip
    with st.popover("Fine-tuning…"):
        frozen = st.number_input(
            "Frozen convolutions", 0, 1000, 0, key="frozen", bind="query-params",
            help="Counted from the input: these layers keep their pretrained weights.",
        )  # fmt: skip
        rate = st.selectbox(
            "Learning rate", list(RATES), 1, key="rate", bind="query-params",
            help="Compared with the rate of training from scratch.",
        )  # fmt: skip
        staged = st.toggle(
            "The classifier alone at first", key="staged", bind="query-params",
            help="Half of the time with the encoder frozen, then both (staged unfreezing).",
        )  # fmt: skip
    return StudyForm(str(labels), int(seconds), int(seed), int(frozen), str(rate), bool(staged))


def study_of(source: str, chosen: StudyForm) -> Study:
    """Return the study that the form describes.

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


def compare_button(study: Study, root: Path) -> bool:
    """Draw the button at the end of the form, if the study can be made and is not.

    Returns:
        Whether it was drawn.
    """
    state = tasks.state(root, study.task)
    if is_made(root, study) or (state and not state.failed) or _lost(study):
        return False
    st.button("Compare", type="primary", key="compare", on_click=_ask, args=(study, root))
    return True


def progress(study: Study, root: Path) -> None:
    """Draw how far the study is, or what stands in its way."""
    if show_task(root, lambda: tasks.state(root, study.task), "paradigm") or is_made(root, study):
        return
    if _lost(study):
        show_trouble(
            f"Expected a folder, a .zip or an .npz, found nothing at {study.source}; choose other "
            "pictures."
        )


def promise(study: Study, root: Path) -> str:
    """Return what Compare does, and how long it takes at most."""
    shared = has_networks(root, study)
    total = round((1.3 if shared else 3) * study.seconds + BESIDE)
    reused = (
        "The networks trained without labels are already here."
        if shared
        else "Another number of labels then takes less time: the networks trained without labels "
        "are used again."
    )
    return (
        "Compare trains all four ways one after another, which takes at most about "
        f"{total // 60}:{total % 60:02d} on two cores. {reused}"
    )


def _lost(study: Study) -> bool:
    return study.source not in BUILT_IN and not os.path.exists(study.source)


def every_budget(study: Study, root: Path) -> None:
    """Draw a button that compares at every number of labels, or how many are left."""
    missing = [one for one in _budgets(study) if not is_made(root, one)]
    if tasks.state(root, study.task) or not missing:  # the form shows its bar
        return

    def _look() -> Standing | None:
        going = [state for one in missing if (state := tasks.state(root, one.task))]
        going = [state for state in going if not state.failed]
        if not going:
            return None
        words = filter(None, (f"{len(going)} left", going[0].words))
        return replace(going[0], words=": ".join(words))

    def _stop() -> None:
        for one in missing:
            tasks.withdraw(root, one.task)

    if _look():
        watch(root, _look, "paradigm-every", _stop)
        return
    once = 0 if has_networks(root, study) else 1.7 * study.seconds
    total = round(len(missing) * (1.3 * study.seconds + BESIDE) + once)
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
    ask_task(root, "study", study.task, asdict(study), "paradigm")


def _stamp(path: str) -> str:
    """Return a word that changes with a file, or with a folder and the folders in it, two deep.

    It is empty for pictures that come with the app, or are not there.
    """
    if path in BUILT_IN:
        return ""
    try:
        top = Path(path)
        places, level = [top], [top]
        for _ in range(2):
            level = [Path(e) for place in level for e in _folders(place)]
            places += level
        stats = [(str(place), place.stat()) for place in places]
    except (OSError, ValueError):
        return ""
    files = sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
    return hashlib.sha256(repr(files).encode()).hexdigest()[:12]


def _folders(place: Path) -> list[str]:
    """Return the paths of the folders in a folder; none for a file."""
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
