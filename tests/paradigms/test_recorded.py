"""The study that ships with the app: whole, small, marked, and read where it is."""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from child_processes import ROOT
from simclr_core.paradigms import making
from simclr_core.paradigms import study as studies
from simclr_core.paradigms.study import OPENING, WAYS

sys.path.append(str(ROOT / "scripts"))
import record_study


def test_it_is_whole_and_small(tmp_path: Path) -> None:
    """Every accuracy is that of the predictions beside it; every number of labels has all seeds."""
    every = studies.results(tmp_path, OPENING)
    budgets = {told["study"]["budget"] for told in every}
    found = sorted((told["study"]["budget"], told["study"]["seed"]) for told in every)
    assert OPENING.budget in budgets
    assert found == sorted(itertools.product(budgets, record_study.SEEDS))
    for told in every:
        study = studies.Study(**told["study"])
        assert studies.is_recorded(told) and told["command"].startswith("python scripts/")
        assert (
            told["processor"]
            and told["cores"]
            and told["date"]
            and told["load"]
            and told["versions"]
        )
        arrays = studies.result(tmp_path, study)[1]
        assert len(studies.pictures(tmp_path, study)) == told["test"] == len(arrays["truth"])
        for way in WAYS:
            right = (arrays[f"predicted__{way}"] == arrays["truth"]).mean()
            assert right == pytest.approx(told["ways"][way]["accuracy"])
            assert np.isfinite(arrays[f"xy__{way}"]).all()
    files = [path for path in studies.RECORDED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= record_study.MOST


def test_it_is_neither_made_again_nor_changed(tmp_path: Path) -> None:
    assert studies.is_made(tmp_path, OPENING) and not studies.has_networks(tmp_path, OPENING)
    told = making.run_study(tmp_path, OPENING, lambda *_: None)
    assert studies.is_recorded(told) and list(tmp_path.iterdir()) == []
    assert not studies.is_made(tmp_path, replace(OPENING, budget=3))


def test_what_was_made_here_comes_before_what_is_recorded(tmp_path: Path) -> None:
    place = tmp_path / studies.FOLDER / OPENING.base
    place.mkdir(parents=True)
    recorded = studies.RECORDED / OPENING.base
    for name in (f"{OPENING.key}.json", f"{OPENING.key}.npz"):
        (place / name).write_bytes((recorded / name).read_bytes())
    own = (place / f"{OPENING.key}.json").read_text().replace('"command"', '"was"')
    (place / f"{OPENING.key}.json").write_text(own)
    assert not studies.is_recorded(studies.result(tmp_path, OPENING)[0])
    every = studies.results(tmp_path, OPENING)
    assert sum(not studies.is_recorded(one) for one in every) == 1
    assert len(every) == len(studies.results(tmp_path / "empty", OPENING))


def test_the_script_ships_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures, pictures and classes are the same as those made; places on a map are rounded."""
    work, shipped = tmp_path / "work", tmp_path / "shipped"
    place, kept = work / studies.FOLDER / OPENING.base, studies.RECORDED / OPENING.base
    place.mkdir(parents=True)
    for path in kept.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    recorded = studies.result(tmp_path / "none", OPENING)
    monkeypatch.setattr(studies, "RECORDED", shipped)
    assert record_study.make(work, OPENING) == recorded[0]  # made before: not made again
    record_study.ship(work, [OPENING])
    told, arrays = studies.result(tmp_path / "none", OPENING)
    assert told == recorded[0]
    for name, values in recorded[1].items():
        np.testing.assert_array_equal(arrays[name], values)
    assert len(studies.pictures(tmp_path / "none", OPENING)) == told["test"]
    monkeypatch.setattr(record_study, "MOST", 1000)
    with pytest.raises(SystemExit, match="expected at most"):
        record_study.ship(work, [OPENING])
