"""The command that repeats a run: its options, parsed again, give the same settings."""

from __future__ import annotations

import shlex

import pytest

from simclr_core.base.errors import RunError
from simclr_core.cli import repeat
from simclr_core.cli.main import build_parser
from simclr_core.cli.options import chosen_config
from simclr_core.runs.states import FINISHED
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import PRESETS, VIEW_PRESETS, preset_config, view_config

KINDS = ("drawn", "photographs", "characters", "gray pictures")


def parsed(words: list[str], kind: str) -> RunConfig:
    """The settings that the words after `train` give."""
    return chosen_config(build_parser().parse_args(["train", *words]), kind)


def settled(config: RunConfig, steps: int = 1234) -> RunConfig:
    """As a run that has found its steps."""
    return replace(config, training=replace(config.training, steps=steps))


def budgetless(config: RunConfig) -> RunConfig:
    """Without what has no say once the steps are known."""
    return replace(config, training=replace(config.training, seconds=60.0, epochs=0.0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_needs_no_more_than_its_name_and_the_steps(preset, kind):
    config = settled(preset_config(preset, "shapes", kind))
    words = repeat.train_options(config, kind)
    assert budgetless(parsed(words, kind)) == budgetless(config)
    assert words[:6] == ["--data", "shapes", "--preset", preset, "--steps", "1234"]


def test_a_budget_of_seconds_or_epochs_is_kept_as_long_as_no_steps_are_known():
    plain = preset_config("minute")
    assert repeat.train_options(plain, "drawn")[4:] == ["--seconds", "60.0"]
    config = replace(plain, training=replace(plain.training, epochs=3.0))
    assert repeat.train_options(config, "drawn")[4:] == ["--epochs", "3.0"]


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"temperature": 0.3, "seed": 7}},
        {"training": {"optimizer": "sgd", "learning_rate": 0.3, "momentum": 0.5}},
        {"training": {"optimizer": "adamw"}},  # at the rate of muon, which must be said
        {"model": {"encoder": "resnet18", "width": 16}},
        {"views": {"color_strength": 0.0}},  # and gray views kept, which the option takes away
        {"views": {"color_strength": 0.0, "gray_p": 0.0}},
        {"data": {"max_images": 500, "image_size": 24}, "preset": ""},
    ],
)
def test_changed_settings_are_named(changes):
    config = settled(preset_config("minute"))
    for name, values in changes.items():
        part = getattr(config, name)
        new = replace(part, **values) if isinstance(values, dict) else values
        config = replace(config, **{name: new})
    found = parsed(repeat.train_options(config, "drawn"), "drawn")
    assert budgetless(replace(found, preset=config.preset)) == budgetless(config)


@pytest.mark.parametrize("name", VIEW_PRESETS)
@pytest.mark.parametrize("kind", KINDS)
def test_named_views_come_back(name, kind):
    config = replace(settled(preset_config("minute", kind=kind)), views=view_config(kind, name))
    assert parsed(repeat.train_options(config, kind), kind).views == config.views


def test_a_command_can_be_pasted_and_names_the_precision_that_was_found(tmp_path):
    store = RunStore(tmp_path / "runs")
    config = settled(preset_config("minute", "/data/my pictures.zip"))
    run = store.create(config, state=FINISHED)
    run.write_status(precision="bfloat16")
    words = shlex.split(repeat.repeat_command(run))
    assert words[:4] == ["python", "-m", "simclr_core", "train"]
    assert words[4:6] == ["--data", "/data/my pictures.zip"]
    found = parsed(words[4:], "drawn")
    assert found.training.precision == "bfloat16" and found.training.steps == 1234


def test_what_was_trained_elsewhere_cannot_be_repeated(tmp_path):
    from simclr_core.runs.transfer.recorder import Recording
    from small_parts import pictures

    with Recording(pictures(12), store=RunStore(tmp_path / "runs")) as recording:
        recording.snapshot(0, pictures(12).reshape(12, -1))
    with pytest.raises(RunError, match="not trained here"):
        repeat.repeat_command(recording.run)
