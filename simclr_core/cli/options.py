"""Options of `train`, built from the fields of the settings, and the run config that they give."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

from ..base.errors import ConfigError
from ..base.paths import expanded
from ..settings.config import DataConfig, ModelConfig, RunConfig, TrainConfig, ViewConfig, replace
from ..settings.presets import PRESETS, VIEW_PRESETS, preset_config, suited, view_config
from ..workers.forking import CHANGED

GROUPS: dict[str, type] = {
    "data": DataConfig,
    "views": ViewConfig,
    "model": ModelConfig,
    "training": TrainConfig,
}

# A line per setting; `source` is --data, and the worker writes `content_hash`.
HELP: dict[str, str] = {
    "image_size": "pixels per side, 8 to 224; 0 lets the data choose",
    "max_images": "most training images to read; 0 reads all",
    "crop_p": "probability of a crop",
    "crop_min": "smallest share of the picture's area in a crop",
    "crop_max": "largest share of the picture's area in a crop",
    "crop_ratio": "widest ratio of a crop's width to its height, 1 to 4",
    "flip_p": "probability of a mirrored view",
    "color_strength": "strength of colour distortion, 0 to 2; 0 turns off jitter, and "
    "grayscale too unless --gray-p is given",
    "jitter_p": "probability of colour jitter",
    "brightness": "strength of brightness at --color-strength 1",
    "contrast": "strength of contrast at --color-strength 1",
    "saturation": "strength of saturation at --color-strength 1",
    "hue": "largest turn of the colour circle at --color-strength 1, 0 to 0.5",
    "gray_p": "probability of a grayscale view",
    "gray_strength": "share of the colour that a grayscale view loses",
    "blur_p": "probability of a blurred view",
    "blur_min": "weakest blur: sigma in pixels of a view 224 pixels wide",
    "blur_max": "strongest blur: sigma in pixels of a view 224 pixels wide",
    "encoder": "tiny, resnet18, resnet50-cifar or a keras.applications name",
    "width": "channels of the encoder's first stage (tiny, resnets)",
    "head_layers": "dense layers of the projection head, 0 to 6; 0 is none",
    "head_width": "units of the head's hidden layers",
    "head_dim": "length of a projection z",
    "seconds": "training time; becomes a number of steps after a short calibration",
    "epochs": "passes over all pictures, instead of --seconds",
    "steps": "number of steps, instead of --seconds",
    "batch_size": "pictures per step; the loss compares twice as many views",
    "temperature": "tau of the loss, 0.005 to 10",
    "optimizer": "muon, adamw or sgd",
    "learning_rate": "peak learning rate",
    "weight_decay": "decoupled; never on biases and batch normalisation",
    "momentum": "momentum of sgd",
    "warmup_steps": "steps until the peak learning rate",
    "seed": "the same seed gives the same recipes and first weights",
    "precision": "auto, float32, bfloat16, or float16 (for GPUs)",
    "device": "auto, cpu, gpu:0, ...",
    "snapshots": "how often the run encodes the pictures on the map",
    "probe_size": "pictures on the map",
}
_HIDDEN = {"source", "content_hash"}
_ANY_SIZE = 10**6  # pixels; stands for a size that is known once the data are read


def whole_number(text: str) -> int:
    """Return an option's value as an int; 1e3 and 1_000 are valid too.

    Raises:
        ArgumentTypeError: if it is not a whole number.
    """
    value = number(text)
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"expected a whole number, found {text!r}")
    return int(value)


def number(text: str) -> float:
    """Return an option's value as a float.

    Raises:
        ArgumentTypeError: if it is not a number.
    """
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}") from None


def option(field: str) -> str:
    """Return the option of a setting: crop_min -> --crop-min."""
    return "--data" if field in ("source", "data") else "--" + field.replace("_", "-")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`: the data, preset and name, then every setting by group."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="SOURCE",
        help="shapes, digits, cifar10, or the path of a folder, .zip or .npz",
    )
    parser.add_argument(
        "--preset", default="minute", help=f"{', '.join(PRESETS)} (default: minute)"
    )
    parser.add_argument(
        "--views", metavar="NAME", help=f"named views: {', '.join(map(_dashed, VIEW_PRESETS))}"
    )
    parser.add_argument("--name", default="", help="a name for the run")
    for title, group in GROUPS.items():
        section = parser.add_argument_group(f"{title} (default: by the preset and the pictures)")
        budget = section.add_mutually_exclusive_group() if title == "training" else section
        for field in dataclasses.fields(group):
            if field.name not in _HIDDEN:
                _add_option(
                    budget if field.name in ("seconds", "epochs", "steps") else section, field
                )


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Add the options of `fork`: the settings that can change while the network stays the same."""
    parser.add_argument(
        "--views", metavar="NAME", help=f"named views: {', '.join(map(_dashed, VIEW_PRESETS))}"
    )
    parser.add_argument("--name", default="", help="a name for the run")
    section = parser.add_argument_group("settings (default: those of the run)")
    for group, names in ((TrainConfig, CHANGED), (ViewConfig, None)):
        for field in dataclasses.fields(group):
            if names is None or field.name in names:
                _add_option(section, field)


def changed_views(args: argparse.Namespace, present: ViewConfig, kind: str) -> ViewConfig:
    """Return the views that the options of `fork` ask for.

    Args:
        args: parsed by `add_changes`.
        present: the views of the run.
        kind: `Dataset.kind` of its pictures.

    Raises:
        ConfigError: if a setting is unknown or out of range; the message names the option.
    """
    with _options_named():
        return _overridden(RunConfig(views=present), "views", args, kind)


def _add_option(target: Any, field: dataclasses.Field) -> None:
    kinds: dict[type, tuple[Callable[[str], Any], str]] = {
        int: (whole_number, "N"),
        float: (number, "X"),
        str: (str, "NAME"),
    }
    parse, metavar = kinds[type(field.default)]
    help_line = HELP[field.name].replace("%", "%%")
    target.add_argument(option(field.name), type=parse, metavar=metavar, help=help_line)


def run_config(
    args: argparse.Namespace, progress: Callable[[float, str], None]
) -> tuple[RunConfig, tuple[str, ...]]:
    """Return the run config that the options of `train` ask for, checked against the data.

    Args:
        args: parsed by `add_settings`.
        progress: gets a share in [0, 1] and words while the data are read.

    Returns:
        The config, with an absolute path if the source is a path; and sentences about what was done
        to the data, or is wrong with them.

    Raises:
        ConfigError: if a setting is unknown or out of range; the message names the option.
        DataError: if the data are missing, unreadable or too few.
        DeviceError: if there is no such device.
    """
    from ..data.datasets import check_fit, load_dataset
    from ..machine.devices import check_precision, find_device
    from ..model.encoders import check_encoder

    config = chosen_config(args, kind="drawn")  # refuses wrong settings before data are read
    with _options_named():
        check_encoder(config.model, config.data.image_size or _ANY_SIZE)
        check_precision(config.training.precision, find_device(config.training.device))
    dataset = load_dataset(
        args.data,  # as typed, so that an error shows it unchanged
        config.data.image_size or None,
        max_images=config.data.max_images or None,
        progress=progress,
    )
    config = chosen_config(args, dataset.kind)
    check_fit(dataset, config.training.batch_size)
    with _options_named():
        check_encoder(config.model, dataset.image_size)
    return config, (*dataset.notes, *dataset.problems)


def chosen_config(args: argparse.Namespace, kind: str) -> RunConfig:
    """Apply preset, named views and single settings, in this order, for a kind of picture.

    Args:
        args: parsed by `add_settings`.
        kind: `Dataset.kind`.

    Raises:
        ConfigError: if a setting is unknown or out of range; the message names the option.
    """
    with _options_named():
        config = preset_config(args.preset, source_path(args.data), kind)
        groups = {name: _overridden(config, name, args, kind) for name in GROUPS}
        chosen = {name for name, value in vars(args).items() if value is not None}
        return suited(replace(config, **groups), chosen)


def source_path(source: str) -> str:
    """Return a data source that means the same from every folder: paths become absolute."""
    from ..data.builtin import BUILT_IN

    if source in BUILT_IN or not source.strip():  # an empty source is refused later
        return source.strip()
    return str(expanded(source).absolute())


def _overridden(config: RunConfig, name: str, args: argparse.Namespace, kind: str) -> Any:
    """Return one group of settings with the options that were given."""
    group = getattr(config, name)
    if name == "views" and args.views is not None:
        group = view_config(kind, _view_name(args.views))
    fields = {f.name for f in dataclasses.fields(group)} - _HIDDEN
    given = {key: getattr(args, key) for key in fields if getattr(args, key) is not None}
    if given.get("color_strength") == 0:
        given = {"gray_p": 0.0, **given}
    return replace(group, **given)


@contextlib.contextmanager
def _options_named() -> Iterator[None]:
    """Make errors about settings name the options."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(_with_options(str(error))) from error


def _with_options(text: str) -> str:
    """Replace names of settings in a sentence by those of options: crop_min -> --crop-min."""
    names = {f.name for group in GROUPS.values() for f in dataclasses.fields(group)}
    first, colon, rest = text.partition(":")
    if first in names | {"preset", "views", "data"}:
        first = option(first)
    rest = re.sub(r"\b[a-z]+(?:_[a-z]+)+\b", lambda m: _option_or_word(m[0], names), rest)
    return first + colon + rest


def _option_or_word(word: str, names: set[str]) -> str:
    return option(word) if word in names else word


def _dashed(name: str) -> str:
    return name.replace(" ", "-")


def _view_name(text: str) -> str:
    """Return the name of views that a text with dashes means; spaces need quotes in a shell."""
    return text if text in VIEW_PRESETS else text.replace("-", " ").replace("_", " ")
