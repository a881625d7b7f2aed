"""Sliders for every operation of the views, and the table that ties them to `ViewConfig` and URL.

A setting with its default, which suits the kind of the data, is not in the URL. When the data
change to another kind, settings that nobody touched follow the new kind's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from simclr_core.settings.config import ViewConfig, replace
from simclr_core.settings.presets import VIEW_PRESETS, view_config

Value = float | tuple[float, float]


@dataclass(frozen=True)
class Control:
    """One slider.

    Attributes:
        key: of the widget, and its name in the URL.
        fields: of `ViewConfig`: one, or two for a range.
        low, high: the slider's ends.
    """

    key: str
    fields: tuple[str, ...]
    label: str
    help: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    format: str = "%.2f"

    def value(self, config: ViewConfig) -> Value:
        """Return what the slider shows for a config."""
        values = tuple(float(getattr(config, name)) for name in self.fields)
        return values if len(values) == 2 else values[0]

    def changes(self, value: Value) -> dict[str, float]:
        """Return the fields of the config for what the slider shows."""
        return dict(zip(self.fields, value if isinstance(value, tuple) else (value,), strict=True))


def _chance(key: str, what: str) -> Control:
    return Control(key, (key,), "chance", f"Probability p that a view is {what}.")


# Operation -> its sliders, in the order in which the operations are applied.
OPERATIONS: dict[str, tuple[Control, ...]] = {
    "Crop": (
        Control(
            "crop", ("crop_min", "crop_max"), "share kept",
            "Smallest and largest share of the picture that a crop keeps. Small crops make two "
            "views differ in place and scale; crops that are too small miss the object.",
            low=0.01, step=0.01,
        ),
        _chance("crop_p", "cropped; otherwise it is the whole picture"),
    ),
    "Flip": (_chance("flip_p", "mirrored left to right; wrong for letters and digits"),),
    "Colour": (
        Control(
            "color_strength", ("color_strength",), "strength s",
            "How far colours may change: the paper uses 1 for ImageNet and 0.5 for CIFAR-10; 0 "
            "changes nothing. Without it, the network can match two views by their colours.",
            high=2.0,
        ),
        _chance("jitter_p", "changed in colour"),
    ),
    "Gray": (
        Control(
            "gray_strength", ("gray_strength",), "strength",
            "Share of its colour that a gray view loses; 1 removes all of it.",
        ),
        _chance("gray_p", "made gray"),
    ),
    "Blur": (
        Control(
            "blur", ("blur_min", "blur_max"), "sigma at 224 px",
            "Width of the blur in pixels for a view 224 pixels wide, as in the paper; smaller "
            "views are blurred in proportion.", high=20.0, step=0.1, format="%.1f",
        ),
        _chance("blur_p", "blurred"),
    ),
}  # fmt: skip
_FACTOR = "The factor differs from 1 by at most this, at s = 1."
FINE = (
    Control(
        "crop_ratio", ("crop_ratio",), "crop: widest shape",
        "Largest ratio of a crop's width to its height, and of height to width.",
        low=1.0, high=4.0,
    ),
    Control("brightness", ("brightness",), "brightness", _FACTOR),
    Control("contrast", ("contrast",), "contrast", _FACTOR),
    Control("saturation", ("saturation",), "saturation", _FACTOR),
    Control(
        "hue", ("hue",), "hue",
        "Largest shift in turns of the colour circle at s = 1; 0.5 reaches every hue.",
        high=0.5, step=0.01,
    ),
)  # fmt: skip
CONTROLS = tuple(control for row in OPERATIONS.values() for control in row) + FINE
BY_KEY = {control.key: control for control in CONTROLS}
NAMES = {"paper": "as in the paper"}  # labels of view presets that need more than the key


def view_controls(kind: str) -> ViewConfig:
    """Show the sliders and return the views that they set.

    Args:
        kind: `Dataset.kind`, whose views are the defaults.
    """
    default = view_config(kind)
    _follow(kind, default)
    top = st.container(key="view-presets", horizontal=True, gap="xsmall")
    for name, controls in OPERATIONS.items():
        with st.container(key=f"op-{name.lower()}"):
            columns = st.columns([0.72, 2, 2], vertical_alignment="center", gap="small")
            columns[0].markdown(f"**{name}**")
            for column, control in zip(columns[1:], controls[::-1], strict=False):
                with column:
                    _slider(control, default)
    with st.expander("Finer settings"):
        for control in FINE:
            _slider(control, default)
    config = replace(ViewConfig(), **_changes(st.session_state, default))
    with top:
        _presets(kind, preset_of(config, kind))
    return config


def preset_of(config: ViewConfig, kind: str) -> str | None:
    """Return the view preset that equals a config for a kind of picture; None if none does."""
    return next((name for name in VIEW_PRESETS if view_config(kind, name) == config), None)


def _follow(kind: str, default: ViewConfig) -> None:
    """Reset what nobody touched to its defaults if the data are of another kind than before."""
    state = st.session_state
    previous = view_config(state.get("views_kind", kind))
    for control in CONTROLS:
        changed = control.value(previous) != control.value(default)
        if changed and state.get(control.key) == control.value(previous):
            state[control.key] = control.value(default)
    state["views_kind"] = kind


def _presets(kind: str, present: str | None) -> None:
    """Show buttons for the named views; the one that the sliders show is framed.

    They are no pills: a browser that is one answer behind would send a marked pill back as a new
    choice, and undo what a slider did.
    """
    for name, (words, _) in VIEW_PRESETS.items():
        st.button(
            NAMES.get(name, name),
            key=f"preset_{name}",
            help=f"{words}.",
            type="secondary" if name == present else "tertiary",
            on_click=_take_preset,
            args=(kind, name),
        )


def _take_preset(kind: str, name: str) -> None:
    config = view_config(kind, name)
    for control in CONTROLS:
        st.session_state[control.key] = control.value(config)


def _slider(control: Control, default: ViewConfig) -> None:
    st.slider(
        control.label,
        control.low,
        control.high,
        control.value(default),
        control.step,
        format=control.format,
        key=control.key,
        help=control.help,
        bind="query-params",
    )


def _changes(values: Mapping[Any, Any], default: ViewConfig) -> dict[str, float]:
    """Return what the sliders show; the default for a falling range, which a link may bring."""
    changes: dict[str, float] = {}
    for control in CONTROLS:
        value = values[control.key]
        falls = isinstance(value, tuple) and value[0] > value[1]
        changes |= control.changes(control.value(default) if falls else value)
    return changes
