"""The settings of a new run: one row for the main ones, the rest folded away.

Every folded setting is empty until somebody fills it in, and empty means "as the preset says":
another preset needs no clearing up, and what a person changed is exactly what is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared import data_picker
from pages.shared.own_file import as_given, own_file
from pages.shared.views_menu import FROM_VIEWS, incoming_views, views_menu
from simclr_core.base.errors import LabError
from simclr_core.base.paths import expanded
from simclr_core.data.builtin import BUILT_IN
from simclr_core.data.datasets import Dataset, check_fit
from simclr_core.machine.devices import describe, list_devices
from simclr_core.model.encoders import ENCODERS, check_encoder
from simclr_core.runs.run import NAME_LENGTH
from simclr_core.runs.store import RunStore
from simclr_core.settings import config as settings
from simclr_core.settings.config import OPTIMIZERS, RunConfig
from simclr_core.settings.presets import (
    BUILT_IN_KINDS,
    PRESETS,
    PRESETS_OWN,
    preset_config,
    suited,
    view_config,
)

SIZES = {
    "shapes": 32,
    "patterns": 32,
    "digits": 16,
    "cifar10": 32,
}  # pixels a side, where nothing is asked for


@dataclass(frozen=True)
class Setting:
    """One folded setting: where it goes, its name for people, and what it does."""

    field: str  # group.name in the RunConfig
    label: str
    help: str
    choices: Callable[[], tuple[str, ...]] | None = None  # None: a number

    @property
    def key(self) -> str:
        """Of its widget."""
        return "train_" + self.field.replace(".", "_")


MORE = (
    Setting("training.seconds", "Seconds", "How long to train: becomes a number of steps."),
    Setting("training.epochs", "Epochs", "Passes over all pictures, instead of seconds."),
    Setting("training.steps", "Steps", "A number of steps instead of seconds."),
    Setting(
        "training.batch_size", "Batch size", "Pictures a step (N): each view has 2N−2 negatives."
    ),
    Setting("training.temperature", "Temperature", "τ: low looks hard at the nearest negatives."),
    Setting("training.optimizer", "Optimizer", "Muon for short runs.", lambda: OPTIMIZERS),
    Setting("training.learning_rate", "Learning rate", "The peak, after the warm-up."),
    Setting("training.weight_decay", "Weight decay", "Decoupled; not on biases."),
    Setting("training.seed", "Seed", "The same seed draws the same views."),
    Setting("model.encoder", "Encoder", "The network f that gives h.", lambda: ENCODERS),
    Setting("model.width", "Encoder width", "Channels of the first stage (tiny and resnets)."),
    Setting("model.head_layers", "Head layers", "Of the projection head g; 0 is no head."),
    Setting("model.head_width", "Head width", "Units of the head's hidden layers."),
    Setting("model.head_dim", "Length of z", "Numbers in a projection."),
    Setting("data.image_size", "Pixels a side", "0 lets the data choose."),
    Setting("training.snapshots", "Snapshots", "How often the map is drawn anew."),
    Setting("training.probe_size", "Pictures on the map", "The same ones in every snapshot."),
    Setting(
        "training.precision",
        "Precision",
        "auto takes what this machine does fastest.",
        lambda: ("auto", "float32", "bfloat16", "float16"),
    ),
    Setting(
        "training.device",
        "Device",
        "auto takes the first that is usable.",
        lambda: ("auto", *(device.id for device in list_devices() if device.usable)),
    ),
)


@dataclass(frozen=True)
class Choice:
    """What the form asks for."""

    config: RunConfig | None  # None: something has to be put right first
    problem: str  # what, in a sentence; empty if nothing
    name: str
    start: bool  # Start was pressed in this run of the script


def settings_form(store: RunStore, estimate: Callable[[RunConfig], str]) -> Choice:
    """Show the row of settings.

    Args:
        store: whose folder keeps uploaded files.
        estimate: how long a run with these settings takes, in words.
    """
    with st.container(key="train-form"):
        row = st.columns([2.1, 2.0, 2.1, 1.15, 1.0, 2.2], vertical_alignment="bottom", gap="small")
        with row[0]:
            source = data_picker.data_picker("data")
        preset = row[1].selectbox(
            "Preset", list(PRESETS), key="train_preset", help=_ABOUT_PRESETS, **_KEPT
        )
        views = views_menu(row[2])
        kind = _kind(source)
        plain = preset_config(preset or "minute", kind=kind)
        unfilled = _unfilled(preset or "minute", kind)
        with row[3].popover("more…", width="stretch", key="train-more"):
            name = _more(store, plain, unfilled)
        config, problem = _checked(source, preset or "minute", views)
        start = row[4].button(
            "Start", type="primary", width="stretch", key="train_start", disabled=config is None
        )
        words = estimate(config) if config else ("" if source else _OWN_HINT)
        row[5].html(f'<p class="estimate"><span>{words}</span></p>')
    return Choice(config, problem, name, start)


_ABOUT_PRESETS = "\n".join(f"- **{name}**: {line}" for name, (line, _) in PRESETS.items())
_OWN_HINT = "Type a path of this machine, or upload a file under more…"
_KEPT: dict[str, Any] = {"persist_state": "session"}  # values stay when other pages are visited


def _kind(source: str) -> str:
    """The kind of picture of a source; "" if it cannot be read, which is told elsewhere."""
    if source in BUILT_IN_KINDS or not source:
        return BUILT_IN_KINDS.get(source, "")
    try:
        return data_picker.load_pictures(source).kind
    except LabError:
        return ""


def _more(store: RunStore, plain: RunConfig, unfilled: RunConfig) -> str:
    """The folded settings; returns the run's name.

    Args:
        plain: as the preset says.
        unfilled: what the empty ones stand for.
    """
    top = st.columns([1, 1], gap="small")
    name = top[0].text_input(  # without max_chars: browsers drop a longer text without a word
        "Name",
        key="train_name",
        placeholder="by its data and views",
        help=f"The first {NAME_LENGTH} characters are kept.",
        on_change=_cut_name,
        **_KEPT,
    )
    with top[1]:
        own_file(store)
    columns = st.columns(3, gap="small")
    for index, setting in enumerate(MORE):
        with columns[index % 3]:
            _field(setting, plain, unfilled)
    st.caption("Empty fields are as the preset says, and as what is filled in wants them.")
    st.caption("Devices here:\n" + "\n".join(f"- {describe(device)}" for device in list_devices()))
    return name or ""


def _cut_name() -> None:
    st.session_state["train_name"] = st.session_state["train_name"][:NAME_LENGTH]


def _field(setting: Setting, plain: RunConfig, unfilled: RunConfig) -> None:
    default = _get(plain, setting.field)
    if setting.choices:
        st.selectbox(
            setting.label,
            setting.choices(),
            index=None,
            key=setting.key,
            placeholder=str(_get(unfilled, setting.field)),
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


def _placeholder(setting: Setting, plain: RunConfig) -> str:
    """What a field that nobody filled in stands for."""
    default, budget = _get(plain, setting.field), "epochs" if plain.training.epochs else "seconds"
    if setting.field == "training.steps" or (default == 0 and setting.field == "training.epochs"):
        return f"from the {budget}"
    if setting.field == "training.seconds" and budget == "epochs":
        return "from the epochs"
    return f"{default:g}"


def _step(default: float) -> float:
    """Of the buttons beside a number: about a tenth of what is usual."""
    return {60.0: 15.0, 0.1: 0.05, 2e-3: 5e-4}.get(default, max(default / 10, 1e-5))


def _checked(source: str, preset: str, views: str) -> tuple[RunConfig | None, str]:
    """The config that is asked for, or the sentence that says what is wrong with it."""
    if not source:
        return None, ""
    try:
        dataset = None if source in BUILT_IN else data_picker.load_pictures(source)
        return build_config(source, preset, views, dataset), ""
    except LabError as error:
        return None, as_given(_named_as_here(str(error)))


def _named_as_here(text: str) -> str:
    """A sentence about a setting that begins with its name on this page."""
    for setting in MORE:
        name = f"{setting.field.split('.')[1]}: "
        if text.startswith(name):
            return f"{setting.label} (under more…): {text.removeprefix(name)}"
    return text


def build_config(source: str, preset: str, views: str, dataset: Dataset | None) -> RunConfig:
    """A run config of what the widgets hold.

    Args:
        source: for `load_dataset`.
        preset: a key of `PRESETS`.
        views: a key of `VIEW_PRESETS`, or `FROM_VIEWS`.
        dataset: the pictures where they are the user's own, for checks and their kind.

    Raises:
        ConfigError: a setting is out of range.
        DataError: the pictures do not fit the settings.
    """
    kind = dataset.kind if dataset else BUILT_IN_KINDS[source]
    path = source if source in BUILT_IN else str(expanded(source).absolute())
    config = _asked(preset, path, kind)
    if views == FROM_VIEWS:
        config = settings.replace(config, views=incoming_views() or config.views)
    elif views != PRESETS_OWN:
        config = settings.replace(config, views=view_config(kind, views))
    size = config.data.image_size or (dataset.image_size if dataset else SIZES[source])
    check_encoder(config.model, size)
    if dataset and (config.training.batch_size <= data_picker.MOST_IMAGES):  # else not all are read
        check_fit(dataset, config.training.batch_size)
    return config


def _asked(preset: str, source: str, kind: str) -> RunConfig:
    """The preset with what is filled in, and with what suits that."""
    config = preset_config(preset, source, kind)
    for setting in MORE:
        value = st.session_state.get(setting.key)
        if value is not None:
            config = _set(config, setting.field, value)
    return suited(config, _filled())


def _unfilled(preset: str, kind: str) -> RunConfig:
    """What empty fields stand for; where a filled one is wrong, what the preset says."""
    try:
        return _asked(preset, "shapes", kind)
    except LabError:
        return preset_config(preset, kind=kind)


def _filled() -> set[str]:
    """Names of the fields that somebody filled in."""
    return {s.field.split(".")[1] for s in MORE if st.session_state.get(s.key) is not None}


def _get(config: RunConfig, field: str) -> Any:
    group, name = field.split(".")
    return getattr(getattr(config, group), name)


def _set(config: RunConfig, field: str, value: Any) -> RunConfig:
    group, name = field.split(".")
    return settings.replace(
        config, **{group: settings.replace(getattr(config, group), **{name: value})}
    )
