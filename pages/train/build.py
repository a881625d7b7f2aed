"""From the form to a `RunConfig`: the preset, what is filled in, and what suits that."""

from __future__ import annotations

from pages.shared.data_picker import MOST_IMAGES
from pages.shared.estimate import SIZES
from pages.shared.views_link import FROM_VIEWS, linked_views
from simclr_core.base.errors import LabError
from simclr_core.base.paths import expanded
from simclr_core.data.builtin import BUILT_IN
from simclr_core.data.datasets import Dataset, check_fit
from simclr_core.machine.devices import check_precision, find_device
from simclr_core.model.encoders import check_encoder
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import (
    BUILT_IN_KINDS,
    PRESETS_OWN,
    preset_config,
    suited,
    view_config,
)

from .settings import SETTINGS


def build_config(source: str, preset: str, views: str, dataset: Dataset | None) -> RunConfig:
    """Return the run config for what the widgets hold.

    Args:
        source: for `load_dataset`.
        preset: a key of `PRESETS`.
        views: a key of `VIEW_PRESETS`, or `FROM_VIEWS`.
        dataset: the user's own pictures, for checks and their kind; None for built-in ones.

    Raises:
        ConfigError: a setting is out of range, or this machine cannot use it.
        DataError: the pictures do not fit the settings.
        DeviceError: the device is not there.
    """
    kind = dataset.kind if dataset else BUILT_IN_KINDS[source]
    path = source if source in BUILT_IN else str(expanded(source).absolute())
    config = _with_settings(preset, path, kind)
    if views == FROM_VIEWS:
        config = replace(config, views=linked_views() or config.views)
    elif views != PRESETS_OWN:
        config = replace(config, views=view_config(kind, views))
    size = config.data.image_size or (dataset.image_size if dataset else SIZES[source])
    check_encoder(config.model, size)
    check_precision(config.training.precision, find_device(config.training.device))
    if dataset and config.training.batch_size <= MOST_IMAGES:  # else not all are read
        check_fit(dataset, config.training.batch_size)
    return config


def unfilled_config(preset: str, kind: str) -> RunConfig:
    """Return the values that empty fields stand for.

    These are the preset's while a filled-in value is wrong.
    """
    try:
        return _with_settings(preset, "shapes", kind)
    except LabError:
        return preset_config(preset, kind=kind)


def _with_settings(preset: str, source: str, kind: str) -> RunConfig:
    """Return the preset with what is filled in, and with what suits that."""
    config = preset_config(preset, source, kind)
    filled = [setting for setting in SETTINGS if setting.filled_in is not None]
    for setting in filled:
        config = setting.set_in(config, setting.filled_in)
    return suited(config, {setting.name for setting in filled})
