"""Presets and named views: each gives settings that hold, and fits its kind of picture."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from simclr_core.base.errors import ConfigError
from simclr_core.model.encoders import check_encoder
from simclr_core.settings.config import (
    ModelConfig,
    RunConfig,
    TrainConfig,
    ViewConfig,
    differences,
    from_dict,
    replace,
    to_dict,
)
from simclr_core.settings.presets import PRESETS, VIEW_PRESETS, preset_config, suited, view_config
from simclr_core.views.recipes import Recipes, draw_recipes

KINDS = ("drawn", "photographs", "characters", "gray pictures")  # of `Dataset.kind`
COLORFUL, COLORLESS = KINDS[:2], KINDS[2:]
RECIPES = ("resnet18-100", "resnet18-1000", "paper-cifar10")


def drawn(views: ViewConfig) -> Recipes:
    return draw_recipes(views, 400, 0, 0, image_size=32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_gives_settings_that_hold(name: str, kind: str) -> None:
    config = preset_config(name, "pictures.zip", kind)
    assert (config.preset, config.data.source) == (name, "pictures.zip")
    own = name in RECIPES and kind == "photographs"  # what the recipes were found on
    assert (config.views == view_config(kind)) != own
    assert from_dict(RunConfig, json.loads(json.dumps(to_dict(config)))) == config
    check_encoder(config.model, 32)
    assert config.training.steps == 0 and config.training.seconds > 0  # a budget, to be calibrated


def test_only_characters_get_another_temperature_width_and_optimiser() -> None:
    for kind in KINDS:
        config = preset_config("minute", kind=kind)
        training = config.training
        found = (training.temperature, config.model.width, training.optimizer)
        assert found == ((0.5, 32, "adamw") if kind == "characters" else (0.1, 16, "muon"))
        assert training.learning_rate == (2e-3 if kind == "characters" else 2e-2)
    assert preset_config("quarter", kind="characters").training.seconds == 15
    assert preset_config("five-minutes").model.width == 24
    assert preset_config("ten-minutes").model.width == 32
    assert preset_config("five-minutes", kind="characters").model.width == 32
    assert preset_config("gpu", kind="characters").model.width == 64


def test_only_short_runs_of_photographs_have_a_linear_head() -> None:
    for kind in KINDS:
        for name in PRESETS:
            model = preset_config(name, kind=kind).model
            linear = kind == "photographs" and model.encoder == "tiny"
            assert model.head_layers == (1 if linear else 2)
    plain = preset_config("minute", kind="photographs")
    other = replace(plain, model=replace(plain.model, encoder="resnet18"))
    assert suited(other, {"encoder"}).model.head_layers == 2
    assert suited(other, {"encoder", "head_layers"}).model.head_layers == 1
    assert suited(plain, {"encoder"}).model.head_layers == 1


def test_presets_say_what_they_take() -> None:
    seconds = {n: preset_config(n).training.seconds for n in PRESETS if n not in RECIPES}
    assert seconds == {
        "minute": 60, "five-minutes": 300, "ten-minutes": 600, "quarter": 15, "gpu": 600
    }  # fmt: skip
    assert preset_config("gpu").model.encoder == "resnet18"
    for line, _ in [*PRESETS.values(), *VIEW_PRESETS.values()]:
        assert line and line[0].isupper() and not line.endswith(".")


def test_recipes_of_the_literature_are_as_published() -> None:
    """But for LARS, in whose place SGD stands: rates of 0.3 (or 0.06) for every 256 pictures."""
    found = {}
    for name in RECIPES:
        config = preset_config(name, kind="photographs")
        training, model, views = config.training, config.model, config.views
        assert (training.optimizer, training.momentum, training.weight_decay) == ("sgd", 0.9, 1e-6)
        assert (views.crop_min, views.color_strength, views.gray_p) == (0.08, 0.5, 0.2)
        assert (views.jitter_p, views.flip_p, views.blur_p) == (0.8, 0.5, 0.0)
        assert (model.width, model.head_layers, model.head_dim) == (64, 2, 128)
        found[name] = (model.encoder, training.epochs, training.batch_size, training.temperature)
        per_256 = training.learning_rate * 256 / training.batch_size
        assert per_256 == pytest.approx(0.06 if name == "resnet18-100" else 0.3)
    assert found == {
        "resnet18-100": ("resnet18", 100, 256, 0.1),
        "resnet18-1000": ("resnet18", 1000, 512, 0.5),
        "paper-cifar10": ("resnet50-cifar", 1000, 1024, 0.5),
    }
    assert preset_config("resnet18-100", kind="characters").views == view_config("characters")


def test_a_recipes_rate_scales_with_the_batch() -> None:
    plain = preset_config("resnet18-1000")
    half = replace(plain, training=replace(plain.training, batch_size=256))
    assert suited(half, {"batch_size"}).training.learning_rate == pytest.approx(0.3)
    assert suited(half, {"batch_size", "learning_rate"}).training.learning_rate == 0.6


def test_seconds_that_are_asked_for_replace_epochs() -> None:
    plain = preset_config("resnet18-100")
    assert suited(plain, set()).training.epochs == 100
    assert suited(plain, {"seconds"}).training.epochs == 0
    assert suited(plain, {"seconds", "epochs"}).training.epochs == 100


def test_unknown_names_are_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^preset: 'minuet' is not known; did you mean minute"):
        preset_config("minuet")
    with pytest.raises(
        ConfigError, match="known: minute, five-minutes, ten-minutes, quarter, gpu, "
    ):
        preset_config("zzz")
    with pytest.raises(ConfigError, match=r"^views: 'stronk' is not known; did you mean strong"):
        view_config("drawn", "stronk")


@pytest.mark.parametrize("kind", COLORLESS)
@pytest.mark.parametrize("name", VIEW_PRESETS)
def test_letters_and_gray_pictures_are_not_mirrored_nor_turned_in_hue(name: str, kind: str) -> None:
    views = view_config(kind, name)
    assert (views.flip_p, views.hue, views.saturation) == (0, 0, 0)
    recipes = drawn(views)
    assert not recipes.flip.any() and not recipes.hue.any()


@pytest.mark.parametrize("kind", COLORFUL)
def test_pictures_with_colour_are_mirrored_and_turned_in_hue(kind: str) -> None:
    recipes = drawn(view_config(kind))
    assert 0.4 < recipes.flip.mean() < 0.6
    assert np.abs(recipes.hue).max() > 0.09  # in turns; half the strength for photographs


@pytest.mark.parametrize("kind", KINDS)
def test_named_views_do_what_their_line_says(kind: str) -> None:
    strong = view_config(kind)
    assert view_config(kind, "no colour") == strong.without_color()
    assert not drawn(view_config(kind, "no colour")).gray.any()
    only = view_config(kind, "colour only")
    assert set(differences(strong, only)) <= {"crop_p", "flip_p"}
    boxes = drawn(only).crop.reshape(-1, 4)
    assert (boxes == boxes[0]).all()  # the whole picture, always
    gentle = view_config(kind, "gentle")
    assert gentle.crop_min > strong.crop_min
    assert gentle.color_strength == strong.color_strength / 2
    paper = view_config(kind, "paper")
    assert (paper.crop_min, paper.blur_p, paper.color_strength) == (0.08, 0.5, 1)


def test_an_unknown_kind_takes_the_plain_views() -> None:
    assert view_config("holograms") == ViewConfig()


def test_named_views_and_presets_are_not_shared() -> None:
    before = view_config("drawn", "gentle")
    replace(before, hue=0.0)
    assert view_config("drawn", "gentle") == before


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"encoder": "vgg16"}, "learning_rate", 1e-4),
        ({"encoder": "vgg16"}, "optimizer", "adamw"),
        ({"encoder": "resnet18"}, "optimizer", "adamw"),
        ({"encoder": "resnet18"}, "learning_rate", 2e-3),
        ({"optimizer": "adamw"}, "learning_rate", 2e-3),
        ({"encoder": "resnet50-cifar"}, "width", 64),
        ({"encoder": "tiny"}, "learning_rate", TrainConfig().learning_rate),
        ({"optimizer": "sgd", "batch_size": 512}, "learning_rate", 0.12),
        ({"encoder": "resnet18"}, "width", 64),
        ({"encoder": "tiny"}, "width", ModelConfig().width),
    ],
)
def test_what_nobody_chose_suits_encoder_and_optimiser(
    changes: dict[str, Any], field: str, expected: Any
) -> None:
    plain = preset_config("minute")
    groups = {
        name: replace(group, **{k: v for k, v in changes.items() if hasattr(group, k)})
        for name, group in (("model", plain.model), ("training", plain.training))
    }
    config = replace(plain, **groups)

    def value(config: RunConfig) -> Any:
        return getattr(config.model if field == "width" else config.training, field)

    assert value(suited(config, set(changes))) == pytest.approx(expected)
    kept = suited(config, {*changes, field})
    assert value(kept) == value(config)  # a choice stays
