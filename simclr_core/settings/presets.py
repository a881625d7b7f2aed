"""Presets: a budget and a model that fit a machine, and views that fit a kind of picture.

`preset_config` combines them, so that a run works without changing any other setting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ..base.errors import ConfigError
from .config import (
    DataConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ViewConfig,
    replace,
    unknown_name,
)

# Recipes for CIFAR-10: crops as small as for ImageNet, half the colour distortion, no blur (B.9).
_CIFAR_VIEWS = {"crop_min": 0.08, "gray_p": 0.2, "color_strength": 0.5}
_RESNET18 = {"encoder": "resnet18", "width": 64, "head_width": 512, "head_dim": 128}
_RECIPE = {"optimizer": "sgd", "weight_decay": 1e-6, "warmup_steps": 500, "snapshots": 50}

# Name -> purpose in a line, and what differs from the defaults of each group of settings.
PRESETS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "minute": ("One minute on two CPU cores", {"training": {"seconds": 60.0}}),
    "five-minutes": (
        "Five minutes on two CPU cores: clearer clusters",
        # A wider encoder learns more in this time; in one minute it makes too few steps.
        {"model": {"width": 24}, "training": {"seconds": 300.0, "snapshots": 24}},
    ),
    "ten-minutes": (
        "Ten minutes on two CPU cores: for photographs",
        {"model": {"width": 32}, "training": {"seconds": 600.0, "snapshots": 24}},
    ),
    "quarter": (
        "A quarter of a minute, for a class that is waiting",
        {"training": {"seconds": 15.0, "snapshots": 6, "warmup_steps": 10}},
    ),
    "gpu": (
        "ResNet-18 for ten minutes on a GPU",
        {
            "model": _RESNET18,
            "training": {
                "seconds": 600.0,
                "optimizer": "adamw",
                "learning_rate": 2e-3,
                "batch_size": 512,
                "snapshots": 24,
                "warmup_steps": 100,
            },
        },
    ),
    # Close to recipes of the literature for CIFAR-10 on a GPU (docs/recipes.md lists what differs),
    # with SGD instead of LARS. The published figures are linear probes. Each learning rate is for
    # the batch size beside it and scales with another one.
    "resnet18-100": (
        "ResNet-18 for 100 epochs, N = 256 (a similar recipe on CIFAR-10: linear probe 85.6%)",
        {
            "views": _CIFAR_VIEWS,
            "model": _RESNET18,
            "training": {
                **_RECIPE,
                "epochs": 100.0,
                "batch_size": 256,
                "temperature": 0.1,
                "learning_rate": 0.06,
            },
        },
    ),
    "resnet18-1000": (
        "ResNet-18 for 1,000 epochs, N = 512 (a similar recipe on CIFAR-10: linear probe 91.7%)",
        {
            "views": _CIFAR_VIEWS,
            "model": _RESNET18,
            "training": {
                **_RECIPE,
                "epochs": 1000.0,
                "batch_size": 512,
                "temperature": 0.5,
                "learning_rate": 0.6,
            },
        },
    ),
    "paper-cifar10": (
        "ResNet-50 for 1,000 epochs, N = 1,024 (the paper on CIFAR-10: linear probe 94.0%)",
        {
            "views": _CIFAR_VIEWS,
            "model": {**_RESNET18, "encoder": "resnet50-cifar", "head_width": 2048},
            "training": {
                **_RECIPE,
                "epochs": 1000.0,
                "batch_size": 1024,
                "temperature": 0.5,
                "learning_rate": 1.2,
            },
        },
    ),
}

PRESETS_OWN = "strong"  # the named views that keep a preset's own views

# Named views -> purpose in a line, and a function from the kind's own views to what differs.
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

# Kind of picture of each built-in data set; that of other data is known after reading them.
BUILT_IN_KINDS = {
    "shapes": "drawn",
    "patterns": "patterns",
    "digits": "characters",
    "cifar10": "photographs",
}

# Views that suit each kind of picture: no mirrored letters, no hue where there is none.
_KIND_VIEWS: dict[str, dict[str, Any]] = {
    "drawn": {"crop_min": 0.6, "gray_p": 0.3},
    # Small crops, so that the two views show different copies of the motif.
    "patterns": {"crop_min": 0.2, "gray_p": 0.3},
    # Half the colour distortion: what the paper used on CIFAR-10 (appendix B.9).
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

# Other settings that suit a kind of picture.
_KIND_TRAINING: dict[str, dict[str, Any]] = {
    # A batch holds many characters of the same class that look alike: a high temperature pushes
    # them apart less. Muon learned less from the small set of digits.
    "characters": {"temperature": 0.5, "optimizer": "adamw", "learning_rate": 2e-3},
}
_KIND_MODEL: dict[str, dict[str, Any]] = {
    # In minutes h learns more under a linear head, in long runs under two layers (section 4.2).
    "photographs": {"head_layers": 1},
    "characters": {"width": 32},  # at 16 pixels a wide encoder costs little
}


def view_config(kind: str, name: str = "strong") -> ViewConfig:
    """Return views that suit a kind of picture.

    Args:
        kind: `Dataset.kind`.
        name: a key of `VIEW_PRESETS`.

    Raises:
        ConfigError: for an unknown name.
    """
    if name not in VIEW_PRESETS:
        raise ConfigError(unknown_name(name, list(VIEW_PRESETS), "views"))
    base = replace(ViewConfig(), **_KIND_VIEWS.get(kind, {}))
    return replace(base, **VIEW_PRESETS[name][1](base))


def preset_config(name: str, source: str = "shapes", kind: str = "drawn") -> RunConfig:
    """Return all settings of a preset, adjusted to the kind of picture.

    Args:
        name: a key of `PRESETS`.
        source: of the data.
        kind: `Dataset.kind`.

    Raises:
        ConfigError: for an unknown preset.
    """
    if name not in PRESETS:
        raise ConfigError(unknown_name(name, list(PRESETS), "preset"))
    changes = PRESETS[name][1]
    views = view_config(kind)
    if kind == "photographs":  # the presets' views were found on photographs
        views = replace(views, **changes.get("views", {}))
    fitting, model = _KIND_MODEL.get(kind, {}), changes.get("model", {})
    model = model if "encoder" in model else {**model, **fitting}
    return RunConfig(
        data=DataConfig(source=source),
        views=views,
        model=replace(ModelConfig(), **model),
        training=replace(
            TrainConfig(), **{**_KIND_TRAINING.get(kind, {}), **changes.get("training", {})}
        ),
        preset=name,
    )


def suited(config: RunConfig, chosen: Collection[str]) -> RunConfig:
    """Adjust the settings that nobody chose to the chosen encoder and optimiser.

    Args:
        config: all settings.
        chosen: names of the chosen fields, such as "learning_rate"; these stay as they are.

    Returns:
        The adjusted settings.
    """
    model, training = config.model, config.training
    if model.encoder in ("resnet18", "resnet50-cifar") and "width" not in chosen:
        model = replace(model, width=64)  # the published network
    if "head_layers" not in chosen and model.encoder != "tiny":
        model = replace(model, head_layers=ModelConfig().head_layers)
    if "optimizer" not in chosen and training.optimizer == "muon" and model.encoder != "tiny":
        training = replace(training, optimizer="adamw")  # other encoders were only tried with AdamW
    if "seconds" in chosen and "epochs" not in chosen:
        training = replace(training, epochs=0.0)
    if "learning_rate" not in chosen:
        training = replace(training, learning_rate=_rate(config, model, training))
    return replace(config, model=model, training=training)


_PEAK_RATES = {"muon": 2e-2, "adamw": 2e-3}  # best peaks at N = 64


def _rate(config: RunConfig, model: ModelConfig, training: TrainConfig) -> float:
    """Return a peak rate for the optimiser: the preset's scaled with the batch, or a common one."""
    plain = PRESETS.get(config.preset, ("", {}))[1].get("training", {})
    if training.optimizer == "sgd":
        if plain.get("optimizer") == "sgd":
            return float(plain["learning_rate"]) * training.batch_size / float(plain["batch_size"])
        return 0.06 * training.batch_size / 256
    if model.encoder in ("vgg16", "vgg19"):
        return 1e-4  # without BatchNorm the usual rate collapses the projections
    return _PEAK_RATES[training.optimizer]
