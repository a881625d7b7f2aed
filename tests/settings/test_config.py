"""Settings: every range at both of its ends, unknown keys, types, and the way to JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import numpy as np
import pytest

from simclr_core.base.errors import ConfigError, LabError
from simclr_core.settings.config import (
    DataConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
    ViewConfig,
    differences,
    from_dict,
    replace,
    to_dict,
)

# Least and greatest value of every number, written down here once more. (Bounds that depend on
# another setting are tested by themselves: crop_max, blur_max.)
RANGES: dict[type, dict[str, tuple[float, float]]] = {
    ViewConfig: {
        **dict.fromkeys(("crop_p", "flip_p", "jitter_p", "gray_p", "blur_p"), (0.0, 1.0)),
        **dict.fromkeys(("gray_strength", "brightness", "contrast", "saturation"), (0.0, 1.0)),
        "crop_min": (0.01, 1.0),
        "crop_max": (0.6, 1.0),
        "crop_ratio": (1.0, 4.0),
        "color_strength": (0.0, 2.0),
        "hue": (0.0, 0.5),
        "blur_min": (0.0, 20.0),
        "blur_max": (0.1, 20.0),
    },
    DataConfig: {"image_size": (8, 224), "max_images": (0, math.inf)},
    ModelConfig: {
        "width": (4, 1024),
        "head_layers": (0, 6),
        "head_width": (2, 8192),
        "head_dim": (2, 4096),
    },
    TrainConfig: {
        "seconds": (1.0, 30 * 24 * 3600.0),
        "epochs": (0.0, 1e6),
        "steps": (0, 10**9),
        "batch_size": (2, 65536),
        "temperature": (0.005, 10.0),
        "learning_rate": (0.0, 100.0),
        "weight_decay": (0.0, 1.0),
        "momentum": (0.0, 0.9999),
        "warmup_steps": (0, 10**8),
        "seed": (0, 2**31 - 1),
        "snapshots": (1, 2000),
        "probe_size": (10, 20000),
    },
}
CASES = [
    (group, name, *bounds) for group, found in RANGES.items() for name, bounds in found.items()
]
IDS = [case[1] for case in CASES]
BESIDE = {"blur_min": {"blur_max": 20.0}}  # what a value needs beside it to be allowed
GROUPS = {"data": DataConfig, "views": ViewConfig, "model": ModelConfig, "training": TrainConfig}


def is_whole(group: type, name: str) -> bool:
    return isinstance(getattr(group(), name), int)


def beyond(group: type, name: str, end: float, sign: int) -> float:
    """The nearest value on the far side of an end."""
    return end + sign if is_whole(group, name) else math.nextafter(end, sign * math.inf)


def random_config(random: np.random.Generator) -> RunConfig:
    """Settings anywhere within their ranges."""
    groups: dict[str, Any] = {}
    for key, group in GROUPS.items():
        chosen: dict[str, Any] = {}
        for name, (low, high) in RANGES[group].items():
            if name in ("crop_max", "blur_max"):
                continue
            value = random.uniform(low, min(high, 10**9)) if name != "blur_min" else 1.5
            chosen[name] = int(value) if is_whole(group, name) else value
        groups[key] = group(**chosen) if group is not ViewConfig else views(random, chosen)
    return RunConfig(**groups, preset=str(random.choice(["", "minute", "ünüblich"])))


def views(random: np.random.Generator, chosen: dict[str, Any]) -> ViewConfig:
    crop_max = random.uniform(chosen["crop_min"], 1.0)
    return ViewConfig(**chosen, crop_max=crop_max, blur_max=random.uniform(2.0, 20.0))


# Ranges


@pytest.mark.parametrize(("group", "name", "low", "high"), CASES, ids=IDS)
def test_both_ends_of_a_range_are_fine_and_nothing_beyond(
    group: type, name: str, low: float, high: float
) -> None:
    for end, sign in ((low, -1), (high, 1)):
        if math.isfinite(end):
            beside = BESIDE.get(name, {})
            assert getattr(group(**{name: end}, **beside), name) == end
            with pytest.raises(ConfigError, match=rf"^{name}: expected "):
                group(**{name: beyond(group, name, end, sign)}, **beside)


@pytest.mark.parametrize(("group", "name", "low", "high"), CASES, ids=IDS)
def test_a_value_out_of_range_is_told_with_the_range(
    group: type, name: str, low: float, high: float
) -> None:
    for value in (-1e30, math.nan, *([] if math.isinf(high) else [1e30, math.inf])):
        with pytest.raises(ConfigError) as told:
            group(**{name: value})
        text = str(told.value)
        assert repr(value) in text and "\n" not in text
        bounds = re.search(r"expected (.+?), found", text)
        assert bounds and re.search(r"\d", bounds[1])


def test_an_image_size_of_0_lets_the_data_choose() -> None:
    assert DataConfig(image_size=0).image_size == 0


def test_every_number_has_a_range_here() -> None:
    for group, found in RANGES.items():
        numbers = {f.name for f in dataclasses.fields(group) if isinstance(f.default, int | float)}
        assert numbers == set(found)
        for name, (low, high) in found.items():
            assert low <= getattr(group(), name) <= high or name == "image_size"


def test_bounds_that_depend_on_another_setting() -> None:
    assert ViewConfig(crop_min=0.4, crop_max=0.4).crop_max == 0.4
    with pytest.raises(ConfigError, match=r"^crop_max: expected crop_min to 1, found 0.39"):
        ViewConfig(crop_min=0.4, crop_max=0.39)
    assert ViewConfig(blur_min=3.0, blur_max=3.0).blur_max == 3.0
    with pytest.raises(ConfigError, match=r"^blur_max: expected blur_min to 20, found 2.0"):
        ViewConfig(blur_min=3.0)


@pytest.mark.parametrize(
    ("name", "good", "wrong", "near"),
    [
        ("optimizer", ("muon", "adamw", "sgd"), "adam", "adamw"),
        ("precision", ("auto", "float32", "bfloat16", "float16"), "bfloat", "bfloat16"),
    ],
)
def test_words_are_of_a_list(name: str, good: tuple[str, ...], wrong: str, near: str) -> None:
    assert [getattr(TrainConfig(**{name: word}), name) for word in good] == list(good)
    with pytest.raises(ConfigError, match=rf"^{name}: '{wrong}' is not known; did you mean {near}"):
        TrainConfig(**{name: wrong})
    with pytest.raises(ConfigError, match=rf"known: {', '.join(good)}"):
        TrainConfig(**{name: "zzz"})


def test_data_need_a_source() -> None:
    with pytest.raises(ConfigError, match="found nothing; try shapes"):
        DataConfig(source="")


def test_a_config_error_is_a_lab_error_and_a_value_error() -> None:
    assert issubclass(ConfigError, LabError) and issubclass(ConfigError, ValueError)


# From plain values


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"trainin": {}}, "'trainin' is not known; did you mean training?"),
        ({"training": {"temprature": 1}}, "'temprature' is not known; did you mean temperature?"),
        ({"views": {"colour_strength": 1}}, "did you mean color_strength?"),
        ({"data": {"sources": "x"}}, "did you mean source?"),
        ({"model": {"zzz": 1}}, "known: encoder, width, head_layers, head_width, head_dim."),
        ({1: 2}, "'1' is not known"),
    ],
)
def test_unknown_keys_are_refused_and_the_nearest_is_named(
    values: dict[Any, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as told:
        from_dict(RunConfig, values)
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("group", "name", "value", "expected"),
    [
        (TrainConfig, "steps", "5", "a whole number"),
        (TrainConfig, "steps", 2.5, "a whole number"),
        (TrainConfig, "steps", True, "a whole number"),
        (TrainConfig, "steps", None, "a whole number"),
        (TrainConfig, "steps", math.nan, "a whole number"),
        (TrainConfig, "steps", math.inf, "a whole number"),
        (TrainConfig, "seconds", "60", "a number"),
        (TrainConfig, "seconds", False, "a number"),
        (TrainConfig, "seconds", [60], "a number"),
        (TrainConfig, "seconds", 10**400, "1 to"),
        (TrainConfig, "optimizer", 3, "a word"),
        (TrainConfig, "optimizer", ["sgd"], "a word"),
        (DataConfig, "source", None, "a word"),
        (RunConfig, "preset", {}, "a word"),
        (RunConfig, "views", 3, "a group of settings"),
        (RunConfig, "views", [["hue", 0.1]], "a group of settings"),
        (RunConfig, "views", None, "a group of settings"),
    ],
)
def test_values_of_another_type_are_refused(
    group: type, name: str, value: Any, expected: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: expected {expected}"):
        from_dict(group, {name: value})
    if not dataclasses.is_dataclass(getattr(group(), name)):
        with pytest.raises(ConfigError, match=f"^{name}: expected {expected}"):
            replace(group(), **{name: value})


@pytest.mark.parametrize("values", [None, 3, "views", [1], [("hue", 0.1)]])
def test_settings_that_are_no_group_are_refused(values: Any) -> None:
    with pytest.raises(ConfigError, match="expected a group of settings"):
        from_dict(RunConfig, values)


def test_numbers_take_the_type_of_their_field() -> None:
    made = from_dict(TrainConfig, {"steps": 3.0, "seconds": 7})
    assert (made.steps, made.seconds) == (3, 7.0)
    assert type(made.steps) is int and type(made.seconds) is float
    changed = replace(made, batch_size=64.0, temperature=1)
    assert type(changed.batch_size) is int and type(changed.temperature) is float


def test_missing_keys_take_their_defaults() -> None:
    assert from_dict(RunConfig, {}) == RunConfig()
    made = from_dict(RunConfig, {"training": {"seed": 7}})
    assert made == RunConfig(training=TrainConfig(seed=7))


def test_ranges_hold_for_plain_values_too() -> None:
    with pytest.raises(ConfigError, match=r"^hue: expected 0 to 0.5, found 0.6"):
        from_dict(RunConfig, {"views": {"hue": 0.6}})


# There and back


def test_json_and_back_gives_the_same_settings() -> None:
    random = np.random.default_rng(5)
    made = [random_config(random) for _ in range(50)]
    assert len(set(made)) == 50  # frozen, so it can be a key; and no two alike
    for config in made:
        values = to_dict(config)
        assert from_dict(RunConfig, json.loads(json.dumps(values, allow_nan=False))) == config
        assert set(values) == {"data", "views", "model", "training", "preset"}


def test_settings_are_frozen() -> None:
    config = RunConfig()
    for target, name in ((config, "views"), (config.views, "hue"), (config.data, "source")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(target, name, getattr(target, name))
    to_dict(config)["views"]["hue"] = 0.4
    assert config == RunConfig()


# Copies


def test_a_copy_is_checked_and_the_original_stays() -> None:
    config = TrainConfig()
    assert replace(config, steps=9) == TrainConfig(steps=9) and config == TrainConfig()
    with pytest.raises(ConfigError, match="did you mean batch_size"):
        replace(config, batchsize=9)
    with pytest.raises(ConfigError, match=r"^temperature: expected 0.005 to 10"):
        replace(config, temperature=0.0)


def test_differences_are_named_by_dots_with_both_values() -> None:
    other = RunConfig(views=ViewConfig(hue=0.1), training=TrainConfig(steps=5), preset="gpu")
    assert differences(RunConfig(), other) == {
        "views.hue": (0.2, 0.1),
        "training.steps": (0, 5),
        "preset": ("", "gpu"),
    }
    assert differences(other, other) == {}


def test_without_color_changes_nothing_else() -> None:
    off = ViewConfig(crop_min=0.3, hue=0.1).without_color()
    assert differences(ViewConfig(crop_min=0.3, hue=0.1), off) == {
        "color_strength": (1.0, 0.0),
        "gray_p": (0.2, 0.0),
    }
