"""Recording lessons: seeds that are kept, and what is said of a busy machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from child_processes import ROOT
from simclr_core.lessons import results
from simclr_core.lessons.catalogue import lesson_named

sys.path.append(str(ROOT / "scripts"))
import record_lessons


def test_seeds_that_are_kept_are_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seeds of `color`; each would take minutes, and running one fails here."""
    lesson = lesson_named("color")
    rows = results.recorded(lesson)[0][:2]
    for seed, row in zip((5, 6), rows, strict=True):
        (tmp_path / f"color-{lesson.version}-{seed}.json").write_text(json.dumps(row))
    monkeypatch.setattr(record_lessons, "RECORDED", tmp_path / "out")
    monkeypatch.setattr(record_lessons.subprocess, "run", None)
    record_lessons.record(lesson, 5, 2, "", tmp_path, is_busy=True)
    told = json.loads((tmp_path / "out" / "color.json").read_text())
    assert [row["conditions"] for row in told["seeds"]] == [row["conditions"] for row in rows]
    assert told["command"] == "python -m simclr_core lesson color --seed 5 --seeds 2"
    assert told["busy"] and told["declared"] == json.loads(json.dumps(results.declared(lesson)))


def test_a_seed_of_other_pictures_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real process takes minutes, so its output is faked."""
    lesson = lesson_named("color")
    (tmp_path / f"color-{lesson.version}-5.json").write_text('{"conditions": "of shapes"}')
    printed = SimpleNamespace(stdout='{"seeds": [{"conditions": "of mine"}]}\n')
    monkeypatch.setattr(record_lessons.subprocess, "run", lambda call, **how: printed)
    for _ in range(2):
        row = record_lessons.one_seed(lesson, 5, "pictures/mine.npz", tmp_path)
        assert row == {"conditions": "of mine"}
        monkeypatch.setattr(record_lessons.subprocess, "run", None)  # it is kept


def test_seconds_of_a_busy_machine_are_not_told() -> None:
    lesson = lesson_named("color")
    seeds, about = results.recorded(lesson)
    about = {**about, "busy": False}
    assert "s per seed" in record_lessons.section(lesson, results.Results(seeds, (), about))
    about["busy"] = True
    assert "s per seed" not in record_lessons.section(lesson, results.Results(seeds, (), about))
