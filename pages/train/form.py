"""The settings of a new run: one bar that reads as a sentence, and the finer ones folded away.

Every folded setting is empty until somebody fills it in, and an empty one has the preset's value.
So another preset needs no clearing up, and what a person changed is exactly what is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared.data_picker import data_picker, load_pictures
from pages.shared.own_file import own_file_field, with_given_names
from pages.shell.link import clean_link
from pages.shell.trouble import show_trouble
from simclr_core.base.errors import LabError
from simclr_core.base.templates import render
from simclr_core.data.builtin import BUILT_IN
from simclr_core.machine.devices import describe, list_devices
from simclr_core.runs.run import NAME_LENGTH
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig
from simclr_core.settings.presets import BUILT_IN_KINDS, PRESETS, preset_config

from .build import build_config, unfilled_config
from .settings import SETTINGS, Setting
from .views_menu import views_menu, views_words

_ABOUT_PRESETS = "\n".join(f"- {line}" for line, _ in PRESETS.values())
_OWN_HINT = "Type a path on this machine, or upload a file under Finer settings"
_BUDGETS = {  # presets in the sentence "New run: shapes for one minute with strong views"
    "minute": "one minute",
    "five-minutes": "five minutes",
    "ten-minutes": "ten minutes",
    "quarter": "15 seconds",
    "gpu": "ten minutes on a GPU",
    "resnet18-100": "100 epochs of ResNet-18",
    "resnet18-1000": "1,000 epochs of ResNet-18",
    "paper-cifar10": "1,000 epochs of ResNet-50",
}
START, QUEUE = "Start", "Put in the queue"
REFRESH = 5.0  # seconds between two estimates of when the queue has moved
_KEPT: dict[str, Any] = {"bind": "query-params"}  # Back and reload keep the form


@dataclass(frozen=True)
class Choice:
    """What the form asks for."""

    config: RunConfig | None  # None: something has to be fixed first
    problem: str  # what, in a sentence; empty if nothing
    name: str
    start: bool  # Start was pressed in this run of the script


def check_link() -> list[str]:
    """Remove from the URL what the form cannot use; return a sentence for each such setting."""
    words = {setting.key: setting.choices() for setting in SETTINGS if setting.choices}
    presets = [_BUDGETS.get(name, name) for name in PRESETS]
    return clean_link(
        {},
        {**words, "train_preset": presets, "train_views": views_words()},
        ("run", "data", "views", "train_name"),
        numbers=[setting.key for setting in SETTINGS if not setting.choices],
    )


def settings_form(
    store: RunStore, estimate: Callable[[RunConfig], str], busy: bool, first: bool
) -> Choice:
    """Show the bar of settings.

    Args:
        store: whose folder keeps uploaded files.
        estimate: returns how long a run with these settings takes, in words.
        busy: whether the run has to wait for others: the button then says so.
        first: whether the button is the page's first one, as long as no run has to wait.
    """
    with st.container(key="train-form", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(render("train/new"), width="content")
        source = data_picker()
        preset = st.selectbox(
            "Preset",
            list(PRESETS),
            key="train_preset",
            format_func=lambda name: _BUDGETS.get(name, name),
            help=_ABOUT_PRESETS,
            **_KEPT,
        )
        preset = preset or "minute"
        views = views_menu()
        kind = _kind(source)
        filled = sum(setting.filled_in is not None for setting in SETTINGS)
        label = f"Finer settings ({filled})" if filled else "Finer settings"
        with st.popover(label, type="tertiary", icon=":material/tune:", key="train-more"):
            name = _more(store, preset_config(preset, kind=kind), unfilled_config(preset, kind))
        config, problem = _checked(source, preset, views)
        every = REFRESH if busy else None
        st.fragment(_estimate, run_every=every)(config, estimate, "" if source else _OWN_HINT)
        start = st.button(
            QUEUE if busy else START,
            type="primary" if first and not busy else "secondary",
            key="train_start",
            disabled=config is None,
        )
    if config and source not in BUILT_IN:
        show_trouble(" ".join(load_pictures(source).problems))
    return Choice(config, problem, name, start)


def _estimate(
    config: RunConfig | None, estimate: Callable[[RunConfig], str], otherwise: str
) -> None:
    words = estimate(config) if config else otherwise
    st.html(render("train/estimate", words=words), width="content")


def _kind(source: str) -> str:
    """Return the kind of picture of a source; "" if it cannot be read, which is shown elsewhere."""
    if source in BUILT_IN_KINDS or not source:
        return BUILT_IN_KINDS.get(source, "")
    try:
        return load_pictures(source).kind
    except LabError:
        return ""


def _more(store: RunStore, plain: RunConfig, unfilled: RunConfig) -> str:
    """Show the folded settings; return the run's name.

    Args:
        plain: the preset.
        unfilled: what the empty fields stand for.
    """
    top = st.columns([1, 1], gap="small")
    name = top[0].text_input(  # without max_chars: browsers silently drop a longer text
        "Name",
        key="train_name",
        placeholder="from its data and views",
        help=f"The first {NAME_LENGTH} characters are kept.",
        on_change=_cut_name,
        **_KEPT,
    )
    with top[1]:
        own_file_field(store)
    columns = st.columns(3, gap="small")
    for index, setting in enumerate(SETTINGS):
        with columns[index % 3]:
            _field(setting, plain, unfilled)
    st.caption("Empty fields use the preset's values, adjusted to what you filled in.")
    devices = "\n".join(f"- {describe(device)}" for device in list_devices())
    st.caption(f"Devices of this machine:\n{devices}")
    return name or ""


def _cut_name() -> None:
    st.session_state["train_name"] = st.session_state["train_name"][:NAME_LENGTH]


def _field(setting: Setting, plain: RunConfig, unfilled: RunConfig) -> None:
    default = setting.value_in(plain)
    if setting.choices:
        st.selectbox(
            setting.label,
            setting.choices(),
            index=None,
            key=setting.key,
            placeholder=str(setting.value_in(unfilled)),
            help=setting.help,
            **_KEPT,
        )
        return
    st.number_input(  # floats even where whole numbers are meant: browsers send all of them
        setting.label,
        value=None,
        step=1.0 if isinstance(default, int) else _step(default),
        format="%g",
        key=setting.key,
        placeholder=_placeholder(setting, unfilled),
        help=setting.help,
        **_KEPT,
    )


def _placeholder(setting: Setting, unfilled: RunConfig) -> str:
    """Return what an empty field stands for."""
    default = setting.value_in(unfilled)
    budget = "epochs" if unfilled.training.epochs else "seconds"
    if setting.name == "steps" or (default == 0 and setting.name == "epochs"):
        return f"from the {budget}"
    if setting.name == "seconds" and budget == "epochs":
        return "from the epochs"
    return f"{default:g}"


def _step(default: float) -> float:
    """Return the step of the buttons beside a number: about a tenth of what is usual."""
    return {60.0: 15.0, 0.1: 0.05, 2e-3: 5e-4}.get(default, max(default / 10, 1e-5))


def _checked(source: str, preset: str, views: str) -> tuple[RunConfig | None, str]:
    """Return the config that is asked for, or None and a sentence about what is wrong with it."""
    if not source:
        return None, ""
    try:
        dataset = None if source in BUILT_IN else load_pictures(source)
        return build_config(source, preset, views, dataset), ""
    except LabError as error:
        return None, with_given_names(_with_labels(str(error)))


def _with_labels(text: str) -> str:
    """Return a sentence that begins with a setting's name with its label on this page instead."""
    for setting in SETTINGS:
        if text.startswith(f"{setting.name}: "):
            return (
                f"{setting.label} (under Finer settings): {text.removeprefix(f'{setting.name}: ')}"
            )
    return text
