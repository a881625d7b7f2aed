"""The Runs page, and what the viewer's process must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import ROOT, labels, made, open_page, text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.shared import run_rows
from simclr_core.base.files import write_json
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config
from simclr_core.workers import helpers
from simclr_core.workers.opening import Opener

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def page(tmp_path: Path) -> Any:
    """Open the page's list."""
    return lambda: open_page(tmp_path, "runs", show="List")


def names(app: AppTest) -> list[str]:
    """Return the names of the listed runs, from the top."""
    found = [link.proto.label for link in app.get("page_link")]
    return [label.split(" :gray")[0] for label in found if ":gray[" in label]


def choose(app: AppTest, run: Run, option: str) -> AppTest:
    """Choose something in a run's menu."""
    return app.menu_button(key=f"menu_{run.id}").set_value(option).run()


def test_without_runs_the_page_says_what_a_run_is(page: Any) -> None:
    app = page()
    assert not app.exception
    assert "No runs yet" in text(app)
    assert [link.proto.label for link in app.get("page_link")] == ["Start the first run"]


def test_a_wrong_value_of_a_link_is_named(tmp_path: Path) -> None:
    app = open_page(tmp_path, "runs", show="Tree")
    assert "show in the link: expected Wall or List, found Tree; the default" in text(app)


def test_runs_are_listed_newest_first(page: Any, store: RunStore) -> None:
    made(store, "old", states.FINISHED, 1e9)
    made(store, "new", states.STOPPED, 3e9)
    made(store, "middle", states.FAILED, 2e9)
    app = page()
    assert names(app) == ["new", "middle", "old"]
    assert "<b>3 runs</b>" in text(app)


@pytest.mark.parametrize(("asked", "word"), [("pause", "pausing"), ("stop", "stopping")])
def test_a_running_run_can_be_ended_from_its_line(
    page: Any, store: RunStore, asked: str, word: str
) -> None:
    fake = FakeRun(store, probe=40, alive=True)
    fake.snapshot()
    fake.train(300)
    app = page()
    assert "running, 50%" in text(app) and "Pause" in labels(app)
    if asked == "pause":
        app.button(key=f"pause_{fake.run.id}").click().run()
    else:
        choose(app, fake.run, "Stop")
    assert fake.run.requested(1) == asked
    assert word in text(app) and "Pause" not in labels(app)
    assert "Stop" not in app.menu_button(key=f"menu_{fake.run.id}").options
    fake.end(states.PAUSED if asked == "pause" else states.STOPPED)
    app.run()
    assert "Resume" in labels(app) and "Pause" not in labels(app)
    assert not app.exception and not app.error


def test_a_line_shows_settings_scores_and_state(page: Any, store: RunStore) -> None:
    fake = FakeRun(store, probe=40, config=preset_config("quarter"))
    fake.train(600)
    fake.snapshot()
    fake.end(states.FINISHED)
    said = text(page())
    assert "<b>85.0%</b> on shape<small>untrained 32.0%, pixels 45.0%" in said
    assert "quarter, strong views" in said and "finished" in said


def test_queued_runs_show_their_place(page: Any, store: RunStore) -> None:
    made(store, "one", states.QUEUED, 1e9, queued=5.0)
    made(store, "two", states.QUEUED, 2e9, queued=4.0)
    said = text(page())
    assert said.index("queued, next in line") < said.index("queued, second in line")
    assert names(page()) == ["two", "one"]  # the newer one joined first: it is next


def test_a_dead_run_is_called_interrupted(page: Any, store: RunStore) -> None:
    made(store, "dead", states.RUNNING, 1e9, step=5, steps=10)
    app = page()
    assert "interrupted" in text(app) and "Resume" in labels(app)


def test_rename_keeps_the_run(page: Any, store: RunStore) -> None:
    run = made(store, "old name", states.FINISHED, 1e9)
    app = choose(page(), run, "Rename")
    app.text_input(key=f"rename_{run.id}").set_value("new name")
    next(b for b in app.button if b.label == "Rename").click().run()
    assert run.name == "new name" and names(app) == ["new name"]


def test_a_long_new_name_is_cut(page: Any, store: RunStore) -> None:
    run = made(store, "old name", states.FINISHED, 1e9)
    app = choose(page(), run, "Rename")
    field = app.text_input(key=f"rename_{run.id}")
    assert field.proto.max_chars == 0  # else the browser drops all of it
    field.set_value("n" * 100)
    next(b for b in app.button if b.label == "Rename").click().run()
    assert run.name == "n" * 80


def test_delete_asks_first(page: Any, store: RunStore) -> None:
    run = made(store, "gone soon", states.FINISHED, 1e9)
    app = choose(page(), run, "Delete")
    assert "cannot be brought back" in text(app) and run.path.exists()
    app.button(key=f"keep_{run.id}").click().run()
    assert run.path.exists() and names(app) == ["gone soon"]
    app = choose(app, run, "Delete")
    app.button(key=f"delete_{run.id}").click().run()
    assert not run.path.exists() and "No runs yet" in text(app)


def test_a_running_run_is_not_deleted(page: Any, store: RunStore) -> None:
    fake = FakeRun(store, probe=40, alive=True)
    app = choose(page(), fake.run, "Delete")
    app.button(key=f"delete_{fake.run.id}").click().run()
    assert fake.run.path.exists()
    assert "pause or stop it first" in text(app)
    fake.end()


def test_resume_queues_a_run_again(page: Any, store: RunStore) -> None:
    run = made(store, "paused one", states.PAUSED, 1e9, step=5)
    app = page()
    app.button(key=f"resume_{run.id}").click().run()
    assert run.state == states.QUEUED and not app.exception


def test_damaged_folders_are_listed_with_their_error_and_can_be_deleted(
    page: Any, store: RunStore
) -> None:
    run = made(store, "broken", states.FINISHED, 1e9)
    (run.path / "config.json").unlink()
    app = page()
    assert "expected a file config.json, found none" in text(app)
    app = choose(app, run, "Delete")
    app.button(key=f"delete_{run.id}").click().run()
    assert not run.path.exists()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("status.json", "[]"),
        ("status.json", "{"),
        ("config.json", '{"format": 99}'),
        ("config.json", '{"format": 1, "config": {"modle": {}}}'),
        ("config.json", '{"format": 1, "created": "yesterday", "config": {}, "data": 3}'),
        ("evaluation.json", "{half"),
        ("label.json", '{"name": 3}'),
    ],
)
def test_no_damage_of_one_run_hides_the_others(
    page: Any, store: RunStore, file: str, content: str
) -> None:
    run = made(store, "bad", states.FINISHED, 1e9)
    (run.path / file).write_text(content)
    made(store, "good", states.FINISHED, 2e9)
    app = page()
    assert not app.exception
    assert "good" in names(app) and len(names(app)) == 2


def test_find_shows_the_runs_that_match_all_words(page: Any, store: RunStore) -> None:
    for i in range(15):
        made(store, f"run {i:02d} {'even' if i % 2 == 0 else 'odd'}", states.STOPPED, 1e9 + i)
    app = page()
    assert len(names(app)) == 12
    app.text_input(key="runs_find").set_value("odd stopped").run()
    assert names(app) == [f"run {i:02d} odd" for i in (13, 11, 9, 7, 5, 3, 1)]
    app.text_input(key="runs_find").set_value("nothing like that").run()
    assert names(app) == [] and "No run matches these words" in text(app)


def test_of_two_hundred_runs_only_what_changed_is_read_again(
    page: Any, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_runs = [made(store, f"run {i}", states.FINISHED, 1e9 + i) for i in range(200)]
    assert names(page())[0] == "run 199"
    read: list[str] = []
    evaluation = Run.evaluation
    monkeypatch.setattr(Run, "evaluation", lambda run: read.append(run.id) or evaluation(run))
    run_rows.rows(store)
    assert read == []
    made_runs[7].write_status(state=states.STOPPED)
    run_rows.rows(store)
    assert read == [made_runs[7].id]


def test_rows_see_what_changes(store: RunStore) -> None:
    run = made(store, "one", states.QUEUED, 1e9)
    assert [r.state for r in run_rows.rows(store)] == [states.QUEUED]
    run.write_status(state=states.STOPPED)
    run.rename("other")
    assert [(r.state, r.name) for r in run_rows.rows(store)] == [(states.STOPPED, "other")]
    before = run_rows.size(run)
    (run.path / "snapshots" / "1.npz").write_bytes(b"x" * 5000)
    assert run_rows.size(run) == before + 5000


def test_the_pages_parts_import_nothing_heavy() -> None:
    code = (
        "import sys; import pages.train.panel, pages.train.form, "
        "pages.runs.table; "
        "print([m for m in ('tensorflow','keras','umap','numba','sklearn') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert out.stdout.strip().endswith("[]")


def test_embeddings_open_as_a_run_and_other_files_give_an_error(
    page: Any, store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    np.savez(tmp_path / "mine.npz", embeddings=np.eye(12), labels=np.arange(12) % 3)
    app = page()
    app.file_uploader[0].set_value(("mine.npz", (tmp_path / "mine.npz").read_bytes(), "")).run()
    assert "<b>Opening mine.npz</b>" in text(app)
    assert Opener(store).turn()
    app.run()
    (run,) = [one for one in store if one.name == "mine"]
    assert run.state == states.FINISHED and not app.exception
    np.savez(tmp_path / "other.npz", h=np.eye(3))
    app = page()
    app.file_uploader[0].set_value(("other.npz", (tmp_path / "other.npz").read_bytes(), "")).run()
    assert Opener(store).turn()
    app.run()
    assert "numbers named embeddings" in app.error[0].value


def test_a_name_is_shown_as_text_everywhere(tmp_path: Path, store: RunStore) -> None:
    name, escaped = '<b>x</b>&"', "&lt;b&gt;x&lt;/b&gt;&amp;&#34;"
    fake = FakeRun(store, probe=40, name=name)
    fake.train(600)
    fake.snapshot()
    fake.end(states.FINISHED)
    run_json = fake.run.record
    write_json(
        fake.run.path / "config.json", {**run_json, "data": {**run_json["data"], "name": name}}
    )
    lists = open_page(tmp_path, "runs", show="List")
    assert names(lists) == [r'\<b\>x\</b\>&"']
    wall = open_page(tmp_path, "runs")
    train = open_page(tmp_path, "train", run=fake.run.id)
    for app in (lists, wall, train):
        assert not app.exception and "<b>x" not in text(app)
    assert escaped in text(lists) and escaped in text(train)
