"""The folded settings of a run: where each one goes, its label, and its help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from simclr_core.machine.devices import list_devices
from simclr_core.model.encoders import ENCODERS
from simclr_core.settings.config import OPTIMIZERS, RunConfig, replace


@dataclass(frozen=True)
class Setting:
    """One folded setting.

    Attributes:
        field: group.name in the `RunConfig`.
        label: of the widget.
        help: its tooltip.
        choices: returns what can be chosen; None for a number.
    """

    field: str
    label: str
    help: str
    choices: Callable[[], tuple[str, ...]] | None = None

    @property
    def name(self) -> str:
        """Return the field's name without its group."""
        return self.field.split(".")[1]

    @property
    def key(self) -> str:
        """Return the widget's key."""
        return "train_" + self.field.replace(".", "_")

    @property
    def filled_in(self) -> Any:
        """Return the value that somebody filled in; None for an empty field."""
        return st.session_state.get(self.key)

    def value_in(self, config: RunConfig) -> Any:
        """Return the setting's value in a config."""
        group, name = self.field.split(".")
        return getattr(getattr(config, group), name)

    def set_in(self, config: RunConfig, value: Any) -> RunConfig:
        """Return the config with another value of this setting."""
        group, name = self.field.split(".")
        return replace(config, **{group: replace(getattr(config, group), **{name: value})})


SETTINGS = (
    Setting("training.seconds", "Seconds", "How long to train; converted to a number of steps."),
    Setting("training.epochs", "Epochs", "Passes over all pictures, instead of seconds."),
    Setting("training.steps", "Steps", "A number of steps, instead of seconds."),
    Setting(
        "training.batch_size", "Batch size", "Pictures per step (N): each view has 2N−2 negatives."
    ),
    Setting(
        "training.temperature",
        "Temperature",
        "τ: a low value gives the nearest negatives more weight.",
    ),
    Setting("training.optimizer", "Optimiser", "Muon suits short runs.", lambda: OPTIMIZERS),
    Setting("training.learning_rate", "Learning rate", "The highest one, after the warm-up."),
    Setting("training.weight_decay", "Weight decay", "Decoupled; biases have none."),
    Setting("training.seed", "Seed", "The same seed draws the same views."),
    Setting("model.encoder", "Encoder", "The network f that computes h.", lambda: tuple(ENCODERS)),
    Setting("model.width", "Encoder width", "Channels of the first stage (tiny and resnets)."),
    Setting(
        "model.head_layers", "Head layers", "Layers of the projection head g; 0 means no head."
    ),
    Setting("model.head_width", "Head width", "Units of the head's hidden layers."),
    Setting("model.head_dim", "Length of z", "Numbers in a projection."),
    Setting("data.image_size", "Pixels per side", "0 chooses what suits the data."),
    Setting("training.snapshots", "Snapshots", "How often the map is updated."),
    Setting("training.probe_size", "Pictures on the map", "The same pictures in every snapshot."),
    Setting(
        "training.precision",
        "Precision",
        "auto uses the fastest one on this machine. float16 is for GPUs.",
        lambda: ("auto", "float32", "bfloat16", "float16"),
    ),
    Setting(
        "training.device",
        "Device",
        "auto uses the first usable one.",
        lambda: ("auto", *(device.id for device in list_devices() if device.usable)),
    ),
)
