"""The losses of a seed are those of the version before the rooms."""

from __future__ import annotations

from pathlib import Path

import pytest

from older_runs import RECORDED, assert_same_losses
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, from_dict
from small_parts import source
from trained_run import trained


def config(recorded: dict, folder: Path) -> RunConfig:
    """Return the settings of a recorded run; pictures from a file are made in a folder."""
    data = recorded["data"]
    if data["source"].endswith(".npz"):
        data = {**data, "source": str(source(folder))}
    return from_dict(RunConfig, {**recorded, "data": data})


@pytest.mark.parametrize("recorded", RECORDED["runs"], ids=["shapes, muon", "a file, adamw"])
def test_a_seed_gives_the_losses_that_it_gave_before(
    recorded: dict, store: RunStore, tmp_path: Path
) -> None:
    run = trained(store, config(recorded["config"], tmp_path))
    muon = run.config.training.optimizer == "muon"
    assert_same_losses([row["loss"] for row in run.metrics()[0]], recorded["losses"], muon)
