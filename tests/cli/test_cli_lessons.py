"""The command `lesson`: names them, runs one, and says whether it held."""

from __future__ import annotations

import dataclasses
import json

import pytest

from cli_calls import call, refused
from simclr_core.cli import lessons as cli_lessons
from simclr_core.lessons.catalogue import LESSONS, lesson_named


def test_every_lesson_is_named_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "lesson", "--list")
    lines = out.splitlines()
    assert code == 0 and len(lines) == len(LESSONS)
    assert all(line.startswith(each.name) for line, each in zip(lines, LESSONS, strict=True))
    code, out, _ = call(capsys, "lesson", "--list", "--json")
    assert json.loads(out) == {"lessons": [each.name for each in LESSONS]}


def test_what_cannot_be_run_is_refused_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean color" in refused(capsys, "lesson", "colors")
    assert "--list" in refused(capsys, "lesson")
    assert "at least 1" in refused(capsys, "lesson", "color", "--seeds", "0")


@pytest.mark.slow
def test_a_lesson_tells_effect_spread_and_whether_it_held(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"model": {"width": 4, "head_width": 8, "head_dim": 8}, "training": {"batch_size": 8}}
    lesson = dataclasses.replace(lesson_named("collapse"), base=small, steps=4)
    monkeypatch.setattr(cli_lessons, "lesson_named", lambda name: lesson)
    code, out, err = call(capsys, "lesson", "collapse", "--seeds", "2", "--seed", "5", "--json")
    told = json.loads(out.splitlines()[-1])
    assert code == 0 and told["lesson"] == "collapse" and isinstance(told["held"], bool)
    assert [row["seed"] for row in told["seeds"]] == [5, 6] and len(told["seconds"]) == 2
    for effect in told["effects"]:
        assert len(effect["values"]) == 2
        assert effect["mean"] == pytest.approx(sum(effect["values"]) / 2, abs=1e-4)
        spread = max(effect["values"]) - min(effect["values"])
        assert effect["spread"] == pytest.approx(spread, abs=1e-4)
        held = min(effect["values"]) > 0 and effect["mean"] >= effect["least"]
        assert effect["held"] == held
    count = sum(effect["held"] for effect in told["effects"])
    parts = {0: "did not hold", len(told["effects"]): "held"}
    assert told["verdict"] == parts.get(count, "held in part")
    before = err[: err.index("seed 5")]  # all that is expected, before anything is run
    assert all(effect.comparison in before for effect in lesson.effects)
    assert "What it does not show" in err and "collapse" in told["lesson"]
