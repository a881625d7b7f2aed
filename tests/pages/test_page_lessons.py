"""Lessons, run without a browser: predict first, then see; run here, and its points are added."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from page_app import labels, open_page, text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from lesson_results import found_of
from pages.lessons.results import verdict
from pages.runs import wall
from pages.shared.run_rows import rows
from simclr_core.lessons import results
from simclr_core.lessons.catalogue import LESSONS, lesson_named
from simclr_core.lessons.lesson import outcomes
from simclr_core.runs.store import RunStore
from simclr_core.runs.summary import score
from simclr_core.workers import helpers, tasks
from simclr_core.workers.queue import ERROR, read_request

Open = Callable[..., AppTest]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(results, "RECORDED", tmp_path / "recorded")
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    (tmp_path / "recorded").mkdir()
    return RunStore(tmp_path / "runs").root


@pytest.fixture
def page(tmp_path: Path, root: Path) -> Open:
    return lambda **query: open_page(tmp_path, "lessons", **query)


def record(name: str, values: tuple[float, ...], declared: int | None = None) -> None:
    """Write a made-up recording; of its effects the first `declared` were expected before."""
    lesson = lesson_named(name)
    file = {
        "version": lesson.version, "command": "python -m simclr_core lesson", "data": lesson.data,
        "declared": results.declared(lesson)[:declared], "date": "2026-11-26",
        "processor": "a processor", "cores": 2,
        "seeds": [found_of(lesson, seed, value) for seed, value in enumerate(values)],
    }  # fmt: skip
    (results.RECORDED / f"{name}.json").write_text(json.dumps(file))


def test_nothing_is_shown_before_a_prediction(page: Open) -> None:
    record("color", (0.9, 0.8))
    app = page()
    lesson = LESSONS[0]
    assert lesson.question in text(app) and set(lesson.answers) <= set(labels(app))
    assert "What this does not show" not in text(app) and "Run it here" not in labels(app)
    given = text(app)
    assert given.count('alt="its view 1"') == 12 and "<h3>without it</h3>" in given
    app.button(key="lesson_say_0").click().run()
    assert not app.exception
    found = text(app)
    assert f"You said: {lesson.answers[0].lower()}" in found
    assert f"Found here: {lesson.answers[lesson.right].lower()}." in found
    assert lesson.why in found and "Tried before" in found and "same pictures" in found
    assert "Held over 2" in found and "a processor" in found
    assert "Run it here" in labels(app) and app.query_params["said"] in ("0", ["0"])


def test_the_question_can_be_asked_again_and_is_not_answered_beforehand(page: Open) -> None:
    record("color", (0.9, 0.8))
    app = page(lesson="color", said="1")
    app.button(key="lesson_ask_again").click().run()
    lesson = lesson_named("color")
    assert lesson.question in text(app) and "Published" not in text(app)
    assert lesson.shows_not not in text(app) and lesson.why not in text(app)
    assert not [effect for effect in lesson.effects if effect.words in text(app)]
    wrong = page(lesson="colour", said="1")
    assert "Published" not in text(wrong) and LESSONS[0].question in text(wrong)


def test_one_may_say_that_one_does_not_know(page: Open) -> None:
    app = page(lesson="color")
    app.button(key="lesson_say_none").click().run()
    assert "You said" not in text(app) and "Expected here" in text(app)
    assert lesson_named("color").why in text(app)
    assert "No result is recorded" in text(app)


@pytest.mark.parametrize("name", [lesson.name for lesson in LESSONS])
def test_every_lesson_stands_without_results_and_by_its_link(page: Open, name: str) -> None:
    app = page(lesson=name, said="1")
    lesson = lesson_named(name)
    assert not app.exception and lesson.title in text(app)
    assert "What this does not show" in text(app) and "Published" in text(app)
    assert "Not run yet" in text(app)
    assert all(effect.words in text(app) for effect in lesson.effects)


def test_a_lesson_that_did_not_hold_says_so(page: Open) -> None:
    record("color", (0.9, 0.05))
    found = text(page(lesson="color", said="0"))
    assert "Did not hold over 2" in found and "The results do not bear it out" in found


def test_an_effect_that_was_set_after_the_runs_says_so(page: Open) -> None:
    record("color", (0.9, 0.8), declared=1)
    found = text(page(lesson="color", said="0"))
    assert found.count("set after these runs") == len(lesson_named("color").effects) - 1


def test_differences_of_shares_are_points_and_one_seed_can_hold_in_part() -> None:
    lesson = lesson_named("color")
    found = found_of(lesson, 0)["conditions"]  # 0.9 against 0.1
    words = verdict(outcomes(lesson, [found]))
    assert "Held with one seed" in words and "+80 points" in words and "%" not in words
    found["without it"]["probe:hue"] = 0.0
    assert "Held in part with one seed" in verdict(outcomes(lesson, [found]))


def test_held_in_part_is_told_as_such() -> None:
    lesson = lesson_named("color")
    found = found_of(lesson, 0)["conditions"]
    found["without it"]["probe:hue"] = 0.0
    words = verdict(outcomes(lesson, [found, found]))
    assert "Held in part over 2" in words and words.count("did not hold") == 1


def test_running_here_asks_once_and_shows_how_far_it_is(page: Open, root: Path) -> None:
    app = page(lesson="collapse", said="1")
    app.button(key="lesson_run").click().run()
    lesson = lesson_named("collapse")
    key = results.task_key(lesson, results.FIRST_HERE)
    assert tasks.waiting(root) == [key]
    assert read_request(tasks.task(root, key)) == ("lesson", {"lesson": "collapse", "seed": 100})
    assert "Cancel" in labels(app) and "Run it here" not in labels(app)
    app.button(key="lesson-going-button").click().run()
    assert tasks.waiting(root) == [] and not app.exception


def test_points_of_this_machine_are_added(page: Open, root: Path) -> None:
    record("color", (0.9,))
    lesson = lesson_named("color")
    path = results.result_path(root, lesson, 100)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(found_of(lesson, 100)))
    found = text(page(lesson="color", said="0"))
    assert "Run here: 1 seed" in found and "Held over 2" in found


def test_a_failure_is_told_and_can_be_tried_again(page: Open, root: Path) -> None:
    lesson = lesson_named("color")
    key = results.task_key(lesson, results.FIRST_HERE)
    error = tasks.task(root, key).file(ERROR)
    error.parent.mkdir()
    error.write_text('{"message": "Expected <memory>."}')
    app = page(lesson="color", said="0")
    assert "Expected &lt;memory&gt;." in text(app) and "Run it here" in labels(app)


@pytest.mark.parametrize("query", [{"lesson": "x"}, {"said": "-1"}, {"said": "x"}, {"a": "b"}])
def test_nonsense_in_the_link_is_told(page: Open, query) -> None:
    app = page(**query)
    assert "link" in text(app) and LESSONS[0].question in text(app) and not app.exception


def test_whole_numbers_may_be_written_with_a_point(page: Open) -> None:
    app = page(lesson="color", said="1.0")
    assert not app.exception and "What this does not show" in text(app)


def test_photographs_that_are_not_there_are_told(page: Open) -> None:
    app = page(lesson="color-photographs", said="0")
    assert "not on this machine" in text(app) and "Run it here" not in labels(app)


def test_the_wall_of_runs_says_what_is_known(root: Path) -> None:
    store = RunStore(root)
    fake = FakeRun(store, probe=40)
    fake.run.rename("<b>ours</b>")
    (row,) = rows(store)
    assert wall.card(row, [row])["name"] == "<b>ours</b>"  # the browser shows it as text
    assert wall.card(row, [row])["score"] == "–"
    fake.train(20)
    fake.snapshot()
    (row,) = rows(store)
    card = wall.card(row, [row])
    assert card["link"].startswith(f"/train?run={row.run.id}")
    assert card["score"] == score(fake.run.snapshot_rows()[-1]["knn_accuracy"])
    asked = fake.run.snapshot_rows()[-1]["knn_of"]
    assert card["words"] == f"neighbours vote for the right {asked}"
    assert card["kind"] == row.state and card["share"] in (0.0, 20 / 600)
