"""All settings of a run: frozen, flat dataclasses in which each field has its unit or its reason.

`RunConfig` holds everything needed to repeat a run: data, views, model and training. Reading one
back from JSON refuses unknown keys, so that a misspelt setting is never ignored.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..base.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True)
class ViewConfig:
    """How the two views of an image are drawn (SimCLR, section 3 and appendix A).

    Brightness, contrast and saturation multiply by a factor: their strengths are half the width of
    the factor's range around 1, at `color_strength` 1. Hue is half the width of its range, in turns
    of the colour circle.
    """

    crop_p: float = 1.0  # probability of a crop; other views keep the whole picture
    crop_min: float = 0.6  # smallest share of the area; the paper's .08 suits large photographs
    crop_max: float = 1.0  # largest share of the area
    crop_ratio: float = 4 / 3  # widest ratio of width to height (and height to width)
    flip_p: float = 0.5  # probability of mirroring; wrong for digits and letters
    color_strength: float = 1.0  # s of the paper: multiplies the four strengths below
    jitter_p: float = 0.8
    brightness: float = 0.8
    contrast: float = 0.8
    saturation: float = 0.8
    hue: float = 0.2
    gray_p: float = 0.2
    gray_strength: float = 1.0  # share of the colour that a grayscale view loses
    blur_p: float = 0.0  # the paper blurs at 224 px (p=.5) and not at 32 px
    blur_min: float = 0.1  # sigma in pixels of a view 224 px wide; scaled to the view's size
    blur_max: float = 2.0

    def __post_init__(self) -> None:
        for name in ("crop_p", "flip_p", "jitter_p", "gray_p", "gray_strength", "blur_p"):
            _within(name, getattr(self, name), 0.0, 1.0)
        _within("crop_min", self.crop_min, 0.01, 1.0)
        _within("crop_max", self.crop_max, self.crop_min, 1.0, "crop_min to 1")
        _within("crop_ratio", self.crop_ratio, 1.0, 4.0)
        _within("color_strength", self.color_strength, 0.0, 2.0)
        for name in ("brightness", "contrast", "saturation"):
            _within(name, getattr(self, name), 0.0, 1.0)
        _within("hue", self.hue, 0.0, 0.5)
        _within("blur_min", self.blur_min, 0.0, 20.0)
        _within("blur_max", self.blur_max, self.blur_min, 20.0, "blur_min to 20")

    def without_color(self) -> ViewConfig:
        """Return the same views without colour distortion (jitter and grayscale, section 3)."""
        return dataclasses.replace(self, color_strength=0.0, gray_p=0.0)


@dataclass(frozen=True)
class DataConfig:
    """Which images a run learns from."""

    source: str = "shapes"  # built-in name, or path of a .npz, .zip or folder
    image_size: int = 0  # pixels per side; 0 lets the data set choose
    max_images: int = 0  # most training images to read; 0 reads all
    content_hash: str = ""  # written by the worker after reading the data

    def __post_init__(self) -> None:
        if not self.source:
            raise ConfigError("data: expected a name or a path, found nothing; try shapes.")
        if self.image_size:
            _within("image_size", self.image_size, 8, 224)
        _within("max_images", self.max_images, 0, math.inf)


@dataclass(frozen=True)
class ModelConfig:
    """Base encoder f and projection head g."""

    encoder: str = "tiny"  # tiny, resnet18, resnet50-cifar or a keras.applications name
    width: int = 16  # channels of the first stage; on two cores 32 learns less per second
    head_layers: int = 2  # dense layers of the head; 0 = none, 1 = linear, 2 = the paper's
    head_width: int = 128  # units of the head's hidden layers
    head_dim: int = 64  # length of z; the paper's 128 suits wider encoders

    def __post_init__(self) -> None:
        _within("width", self.width, 4, 1024)
        _within("head_layers", self.head_layers, 0, 6)
        _within("head_width", self.head_width, 2, 8192)
        _within("head_dim", self.head_dim, 2, 4096)


OPTIMIZERS = ("muon", "adamw", "sgd")


@dataclass(frozen=True)
class TrainConfig:
    """Budget, optimiser and observation of a run."""

    seconds: float = 60.0  # a budget: becomes `steps` by calibration; ignored once steps > 0
    epochs: float = 0.0  # passes over the pictures, instead of seconds; 0 = by seconds
    steps: int = 0  # 0 = not known yet
    batch_size: int = 64  # images per step (N), 2N views; short runs need many updates
    temperature: float = 0.1  # tau of NT-Xent (section 2.1)
    optimizer: str = "muon"  # muon learned most in short runs; also adamw and sgd
    learning_rate: float = 2e-2  # peak, for muon; adamw: 2e-3; sgd: 0.06 * N / 256
    weight_decay: float = 1e-4  # decoupled; never on biases and BatchNorm
    momentum: float = 0.9  # sgd only
    warmup_steps: int = 20  # linear; absolute, so that calibration can use the first steps
    seed: int = 0
    precision: str = "auto"  # auto, float32, bfloat16, float16
    device: str = "auto"  # auto, cpu, gpu:0, ...
    snapshots: int = 12  # how often the run encodes the probe set
    probe_size: int = 1000  # images on the map

    def __post_init__(self) -> None:
        _within("seconds", self.seconds, 1, 30 * 86400)
        _within("epochs", self.epochs, 0.0, 1e6)
        _within("steps", self.steps, 0, 10**9)
        _within("batch_size", self.batch_size, 2, 65536)
        _within("temperature", self.temperature, 0.005, 10)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _within("learning_rate", self.learning_rate, 0.0, 100)
        _within("weight_decay", self.weight_decay, 0.0, 1.0)
        _within("momentum", self.momentum, 0.0, 0.9999)
        _within("warmup_steps", self.warmup_steps, 0, 10**8)
        _within("seed", self.seed, 0, 2**31 - 1)
        _one_of("precision", self.precision, ("auto", "float32", "bfloat16", "float16"))
        _within("snapshots", self.snapshots, 1, 2000)
        _within("probe_size", self.probe_size, 10, 20000)


@dataclass(frozen=True)
class RunConfig:
    """Everything needed to repeat a run."""

    data: DataConfig = field(default_factory=DataConfig)
    views: ViewConfig = field(default_factory=ViewConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainConfig = field(default_factory=TrainConfig)
    preset: str = ""  # the preset that it started from, for display only


def to_dict(config: Any) -> dict[str, Any]:
    """Return a config as plain JSON values."""
    return dataclasses.asdict(config)


def from_dict(cls: type[T], values: Mapping[str, Any]) -> T:
    """Build a config from plain values.

    Args:
        cls: one of the dataclasses of this module.
        values: field name -> value; missing fields take their defaults.

    Returns:
        The config.

    Raises:
        ConfigError: for an unknown key (the message names the nearest known one), and for a value
            of the wrong type or out of range.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"settings: expected a group of settings, found {values!r}.")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    defaults = cls()
    typed: dict[str, Any] = {}
    for key, value in values.items():
        if key not in fields:
            raise ConfigError(unknown_name(str(key), list(fields), "setting"))
        default = getattr(defaults, key)
        if dataclasses.is_dataclass(default):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{key}: expected a group of settings, found {value!r}.")
            typed[key] = from_dict(type(default), value)
        else:
            typed[key] = _typed(key, value, type(default))
    return cls(**typed)


def replace(config: T, **changes: Any) -> T:
    """Return a copy with some fields changed, checked as in `from_dict`.

    Args:
        config: any dataclass of this module.
        changes: new values by field name.

    Raises:
        ConfigError: for an unknown field, and for a value of the wrong type or out of range.
    """
    current = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}  # type: ignore[arg-type]
    for key, value in changes.items():
        if key not in current:
            raise ConfigError(unknown_name(key, list(current), "setting"))
        if not dataclasses.is_dataclass(current[key]):
            value = _typed(key, value, type(current[key]))
        current[key] = value
    return type(config)(**current)


def differences(config: Any, other: Any, prefix: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the fields in which two configs differ.

    Args:
        config, other: two configs of the same class.
        prefix: comes before every name.

    Returns:
        Dotted name of the field -> its value in `config` and in `other`.
    """
    pairs: dict[str, tuple[Any, Any]] = {}
    for f in dataclasses.fields(config):
        a, b = getattr(config, f.name), getattr(other, f.name)
        if dataclasses.is_dataclass(a):
            pairs |= differences(a, b, f"{prefix}{f.name}.")
        elif a != b:
            pairs[prefix + f.name] = (a, b)
    return pairs


def _typed(name: str, value: Any, kind: type) -> Any:
    """Return `value` as `kind`; JSON has one type of number, so 3.0 passes for an int."""
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:  # beyond the largest float, and so out of every range
            return math.inf if value > 0 else -math.inf
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise ConfigError(f"{name}: expected {_TYPE_WORDS[kind]}, found {value!r}.")


_TYPE_WORDS: dict[type, str] = {
    float: "a number",
    int: "a whole number",
    str: "a word",
    bool: "yes/no",
}


def _within(name: str, value: float, low: float, high: float, words: str = "") -> None:
    if not (isinstance(value, int | float) and low <= value <= high):  # NaN fails as well
        bound = words or f"{_plain(low)} to {_plain(high)}"
        if high == math.inf and not words:
            bound = f"at least {_plain(low)}"
        raise ConfigError(
            f"{name}: expected {bound}, found {value!r}; choose a value in that range."
        )


def _plain(bound: float) -> str:
    """Write a bound as people do: 2,592,000 and not 2.592e+06."""
    return f"{bound:,.0f}" if abs(bound) >= 1e4 and bound != math.inf else f"{bound:g}"


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(unknown_name(value, list(known), name))


def unknown_name(value: str, known: list[str], what: str) -> str:
    """Return a sentence that refuses a name and suggests the nearest known one, or lists them.

    Args:
        value: the unknown name.
        known: the names to choose from.
        what: what they name, such as "preset"; the sentence begins with it.
    """
    near = difflib.get_close_matches(value, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}."
    return f"{what}: {value!r} is not known; {hint}"
