"""Sweeps: which runs they are, and what is refused."""

from __future__ import annotations

import pytest

from simclr_core.base.errors import ConfigError
from simclr_core.settings.config import replace
from simclr_core.settings.presets import preset_config
from simclr_core.workers.sweep import SWEPT, variants

PLAIN = preset_config("minute")


def test_values_and_seeds_make_runs_that_differ_in_nothing_else():
    found = variants(PLAIN, "training.temperature", ["0.05", " 0.5", "0.50"], 2)
    assert [name for name, _ in found] == [
        *("temperature 0.05, seed 0", "temperature 0.05, seed 1"),
        *("temperature 0.5, seed 0", "temperature 0.5, seed 1"),
    ]
    for (_, config), (t, seed) in zip(
        found, [(0.05, 0), (0.05, 1), (0.5, 0), (0.5, 1)], strict=True
    ):
        training = replace(PLAIN.training, temperature=t, seed=seed)
        assert config == replace(PLAIN, training=training)


def test_whole_numbers_and_words_keep_their_kind():
    found = variants(PLAIN, "training.batch_size", ["16", "256"])
    assert [config.training.batch_size for _, config in found] == [16, 256]
    found = variants(PLAIN, "training.optimizer", ["adamw", "sgd"])
    assert [name for name, _ in found] == ["optimizer adamw", "optimizer sgd"]


@pytest.mark.parametrize("field", SWEPT)
def test_every_setting_is_one(field):
    group, name = field.split(".")
    assert hasattr(getattr(PLAIN, group), name)


@pytest.mark.parametrize(
    ("field", "values", "seeds", "words"),
    [
        ("training.seed", ["1", "2"], 1, "Expected one of training.temperature"),
        ("training.temperature", ["warm", "0.1"], 1, "Expected numbers for temperature"),
        ("training.batch_size", ["1.5", "2"], 1, "Expected whole numbers for batch size"),
        ("training.temperature", ["0.1", "99"], 1, "temperature"),
        ("training.optimizer", ["adamw", "adagrad"], 1, "optimizer"),
        ("training.temperature", ["0.1"], 1, "2 to 8 runs, found 1"),
        ("training.temperature", ["0.1", "0.2", "0.3"], 4, "2 to 8 runs, found 12"),
        ("training.temperature", [], 1, "found 0"),
    ],
)
def test_what_makes_no_sense_is_refused(field, values, seeds, words):
    with pytest.raises(ConfigError, match=words):
        variants(PLAIN, field, values, seeds)
