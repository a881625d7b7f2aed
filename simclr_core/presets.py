"""Presets: a budget and a model that fit a machine, and views that fit a kind of picture.

`preset_config` puts them together; nobody should have to touch another setting to see it work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from .config import DataConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig, _unknown, replace
from .errors import ConfigError

# One line of purpose, then what differs from the defaults of each group of settings.
PRESETS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "minute": ("One minute on two CPU cores", {"training": {"seconds": 60.0}}),
    "five-minutes": (
        "Five minutes on two CPU cores: clearer clusters",
        {"training": {"seconds": 300.0, "snapshots": 24}},
    ),
    "quarter": (
        "A quarter of a minute, for a room that waits",
        {"training": {"seconds": 15.0, "snapshots": 6, "warmup_steps": 10}},
    ),
    "gpu": (
        "ResNet-18 for ten minutes on a GPU",
        {
            "model": {"encoder": "resnet18", "width": 64, "head_width": 512, "head_dim": 128},
            "training": {
                "seconds": 600.0,
                "batch_size": 512,
                "snapshots": 24,
                "warmup_steps": 100,
            },
        },
    ),
}

# Named views: one line of purpose, then what differs from the kind's own views, given those.
VIEW_PRESETS: dict[str, tuple[str, Callable[[ViewConfig], dict[str, Any]]]] = {
    "strong": ("Crops and strong colour distortion", lambda own: {}),
    "no colour": (
        "Crops only: colour distortion off",
        lambda own: {"color_strength": 0.0, "gray_p": 0.0},
    ),
    "colour only": (
        "Colour distortion only: no crops, no flips",
        lambda own: {"crop_p": 0.0, "flip_p": 0.0},
    ),
    "gentle": (
        "Mild crops, half the colour distortion",
        lambda own: {"crop_min": 0.8, "color_strength": own.color_strength / 2},
    ),
    "paper": (
        "As for ImageNet in the paper: small crops, blur",
        lambda own: {"crop_min": 0.08, "gray_p": 0.2, "blur_p": 0.5, "color_strength": 1.0},
    ),
}

# What each kind of picture allows: no mirrored letters, no hue where there is none.
_KIND_VIEWS: dict[str, dict[str, Any]] = {
    "drawn": {"crop_min": 0.6, "gray_p": 0.3},
    # Half the colour distortion: what the paper found best on CIFAR-10 (appendix B.9).
    "photographs": {"crop_min": 0.2, "gray_p": 0.2, "color_strength": 0.5},
    "characters": {
        "crop_min": 0.2,
        "flip_p": 0.0,
        "hue": 0.0,
        "saturation": 0.0,
        "gray_p": 0.0,
        "brightness": 0.4,
        "contrast": 0.4,
    },
    "gray pictures": {
        "crop_min": 0.3,
        "flip_p": 0.0,
        "hue": 0.0,
        "saturation": 0.0,
        "gray_p": 0.0,
        "brightness": 0.4,
        "contrast": 0.4,
    },
}

# What else fits a kind of picture.
_KIND_TRAINING: dict[str, dict[str, Any]] = {
    # Characters of one class are many in a batch and truly alike: a high temperature does not
    # press them apart so hard.
    "characters": {"temperature": 0.5},
}
_KIND_MODEL: dict[str, dict[str, Any]] = {
    "characters": {"width": 32},  # of 16 pixels: so few that a wide encoder costs little
}


def view_config(kind: str, name: str = "strong") -> ViewConfig:
    """Views for a kind of picture.

    Args:
        kind: `Dataset.kind`.
        name: a key of `VIEW_PRESETS`.

    Raises:
        ConfigError: the name is not known.
    """
    if name not in VIEW_PRESETS:
        raise ConfigError(_unknown(name, list(VIEW_PRESETS), "views"))
    base = replace(ViewConfig(), **_KIND_VIEWS.get(kind, {}))
    return replace(base, **VIEW_PRESETS[name][1](base))


def preset_config(name: str, source: str = "shapes", kind: str = "drawn") -> RunConfig:
    """A complete run config for a preset, with what fits the kind of picture.

    Raises:
        ConfigError: the preset is not known.
    """
    if name not in PRESETS:
        raise ConfigError(_unknown(name, list(PRESETS), "preset"))
    changes = PRESETS[name][1]
    return RunConfig(
        data=DataConfig(source=source),
        views=view_config(kind),
        model=replace(ModelConfig(), **{**_KIND_MODEL.get(kind, {}), **changes.get("model", {})}),
        training=replace(
            TrainConfig(), **{**_KIND_TRAINING.get(kind, {}), **changes.get("training", {})}
        ),
        preset=name,
    )


def suited(config: RunConfig, chosen: Collection[str]) -> RunConfig:
    """Settings that nobody chose, as the chosen encoder and optimiser want them.

    Args:
        config: all settings.
        chosen: names of the fields that were chosen, such as "learning_rate"; they stay.
    """
    model, training = config.model, config.training
    if model.encoder == "resnet18" and "width" not in chosen:
        model = replace(model, width=64)  # the published network
    if "learning_rate" not in chosen:
        if training.optimizer == "sgd":
            rate = 0.06 * training.batch_size / 256
            training = replace(training, learning_rate=rate)
        elif model.encoder in ("vgg16", "vgg19"):
            # Without BatchNorm the usual rate leaves all projections alike.
            training = replace(training, learning_rate=1e-4)
    return replace(config, model=model, training=training)
