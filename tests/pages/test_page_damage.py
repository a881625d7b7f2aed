"""Run folders with changed or missing files: what is sound is shown, the rest is reported."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import open_page, text
from streamlit.testing.v1 import AppTest

from fake_run import FakeRun
from pages.train.sentences import placeholders
from simclr_core.base.files import write_npz
from simclr_core.feed import payload
from simclr_core.feed.packing import unpack
from simclr_core.runs import states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.presets import preset_config

HUGE = "9" * 400  # an integer that no float can hold
Damage = Callable[[Run], object]

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def run(store: RunStore) -> Run:
    """A finished run of 600 steps with five snapshots."""
    return made(store, states.FINISHED)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], AppTest]:
    """Return a function that opens a run on the Train page."""
    return lambda run: open_page(tmp_path, "train", run=run.id)


def made(store: RunStore, state: str) -> Run:
    """Make a run of 600 steps that reached a state."""
    fake = FakeRun(store, probe=40)
    fake.snapshot()
    for _ in range(4):
        fake.train(150)
        fake.snapshot()
    write_npz(fake.run.path / "checkpoint.npz", {"step": np.array(600)})
    fake.end(state)
    return fake.run


def said(run: Run, method: str = "umap") -> tuple[str, str]:
    """Return the messages over the map and over the curves; "" where they are drawn."""
    over_map, over_curves = placeholders(run.status)
    blocks = (
        payload.map_payload(run, method, message=over_map),
        payload.curves_payload(run, message=over_curves),
    )
    headers = [unpack(block) for block in blocks]
    drawn = [headers[0][0].get("count", 0) > 0, len(headers[1][1].get("loss", ())) > 0]
    return tuple("" if d else h[0]["message"] for d, h in zip(drawn, headers, strict=True))  # type: ignore[return-value]


def change(name: str, *keys: str, value: Any) -> Damage:
    """Put a value into a JSON file."""

    def damage(run: Run) -> None:
        found = json.loads((run.path / name).read_text())
        inner = found
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = "HERE"
        words = value if isinstance(value, str) and value == HUGE else json.dumps(value)
        (run.path / name).write_text(json.dumps(found).replace('"HERE"', words))

    return damage


def append(name: str, line: str) -> Damage:
    """Add a line to a file."""
    return lambda run: (run.path / name).open("a").write(line + "\n")


def only(name: str, content: bytes) -> Damage:
    """Replace the content of a file."""
    return lambda run: (run.path / name).write_bytes(content)


def lose(name: str) -> Damage:
    """Remove a file."""
    return lambda run: (run.path / name).unlink()


def folder(name: str) -> Damage:
    """Put a folder in the place of a file."""

    def damage(run: Run) -> None:
        (run.path / name).unlink()
        (run.path / name).mkdir()

    return damage


def arrays(pattern: str, **changes: Any) -> Damage:
    """Replace arrays of files; None removes one."""

    def damage(run: Run) -> None:
        for path in run.path.glob(pattern):
            with np.load(path) as archive:
                found = {**archive} | changes
            np.savez(path, **{name: value for name, value in found.items() if value is not None})

    return damage


def truncate(pattern: str) -> Damage:
    """Cut files to half."""

    def damage(run: Run) -> None:
        for path in run.path.glob(pattern):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return damage


def both(*damages: Damage) -> Damage:
    """Apply one after the other."""
    return lambda run: [damage(run) for damage in damages]


_SOUND: list[tuple[str, Damage]] = [  # the figures are drawn all the same
    ("data", change("config.json", "data", value=[1])),
    ("factors", change("config.json", "data", "factors", value=3)),
    (
        "class_names",
        both(
            change("config.json", "data", "class_names", value=7),
            change("evaluation.json", "knn_accuracy", value=None),
        ),
    ),
    ("shape", change("config.json", "data", "factors", "shape", value=7)),
    ("updated", change("status.json", "updated", value="x")),
    ("steps", change("status.json", "steps", value="y")),
    ("huge steps", change("status.json", "steps", value=HUGE)),
    ("attempt", change("status.json", "attempt", value=HUGE)),
    ("accuracy", change("evaluation.json", "knn_accuracy", value=HUGE)),
    ("far row", append("metrics.jsonl", '{"step":1e300}')),
    ("deep row", append("metrics.jsonl", "[" * 100_000)),
    ("huge loss", append("metrics.jsonl", f'{{"step":601,"loss":{HUGE}}}')),
    ("large loss", append("metrics.jsonl", '{"step":601,"loss":1e300}')),
    ("step -1", append("snapshots.jsonl", '{"step":-1}')),
    ("step a", append("snapshots.jsonl", '{"step":"a","knn_accuracy":"b"}')),
    ("score", append("snapshots.jsonl", '{"step":601,"knn_accuracy":"b","knn_of":[1]}')),
    ("source", change("config.json", "config", "data", "source", value="a\ud800b")),
    ("message", change("status.json", "message", value="a\ud800b")),
    ("booleans", arrays("probe.npz", indices=np.zeros(40, bool), labels=np.zeros(40))),
    ("kept", arrays("coordinates/*.npz", kept=np.zeros(3))),
    ("kept text", arrays("coordinates/*.npz", kept=np.array("x"), preservation=None)),
]


@pytest.mark.parametrize("damage", [d for _, d in _SOUND], ids=[name for name, _ in _SOUND])
def test_odd_values_do_not_hide_a_run(
    page: Callable[[Run], AppTest], run: Run, damage: Damage
) -> None:
    damage(run)
    app = page(run)
    assert not app.exception and not app.error
    assert "finished" in text(app) and "Something in the app" not in text(app)
    assert said(run) == ("", "")


@pytest.mark.parametrize("state", [states.PAUSED, states.STOPPED, states.INTERRUPTED])
def test_a_run_that_can_be_resumed_may_have_an_odd_step(
    page: Callable[[Run], AppTest], store: RunStore, state: str
) -> None:
    run = made(store, states.RUNNING if state == states.INTERRUPTED else state)
    change("status.json", "step", value="x")(run)
    app = page(run)
    assert not app.exception and not app.error and state in text(app)


_LOST: list[tuple[str, Damage, int, list[str]]] = [  # what is said in place of map or curves
    ("folder", folder("metrics.jsonl"), 1, ["metrics.jsonl", "cannot be read"]),
    ("noise", only("metrics.jsonl", bytes(range(256)) * 99), 1, ["600 steps in metrics.jsonl"]),
    ("no metrics", lose("metrics.jsonl"), 1, ["metrics.jsonl", "missing"]),
    ("no probe", lose("probe.npz"), 0, ["probe.npz", "missing"]),
    ("no images", arrays("probe.npz", images=None), 0, ["probe.npz"]),
    ("images ()", arrays("probe.npz", images=np.uint8(1)), 0, ["probe.npz", "(P, S, S, 3)"]),
    ("images (P,)", arrays("probe.npz", images=np.zeros(40, np.uint8)), 0, ["(P, S, S, 3)"]),
    ("text labels", arrays("probe.npz", labels=np.array(["a"] * 40)), 0, ["labels", "text"]),
    ("NaN labels", arrays("probe.npz", labels=np.full(40, np.nan)), 0, ["labels"]),
    ("vast labels", arrays("probe.npz", labels=np.full(40, 10**12)), 0, ["labels"]),
    ("few factors", arrays("probe.npz", factor__hue=np.zeros(3, int)), 0, ["factor__hue", "40"]),
    ("more images", arrays("probe.npz", images=np.zeros((41, 8, 8, 3), np.uint8)), 0, ["indices"]),
    ("cut", truncate("coordinates/*.npz"), 0, ["umap-00000600.npz", "cannot be read"]),
    ("xy ()", arrays("coordinates/*.npz", xy=np.float32(1)), 0, ["umap-00000600.npz", "(P, 2)"]),
    ("xy text", arrays("coordinates/*.npz", xy=np.full((40, 2), "a")), 0, ["(P, 2)", "text"]),
    ("xy NaN", arrays("coordinates/*.npz", xy=np.full((40, 2), np.nan)), 0, ["finite", "none"]),
    ("xy fewer", arrays("coordinates/*.npz", xy=np.zeros((9, 2))), 0, ["40 pictures", "found 9"]),
]


@pytest.mark.parametrize(
    ("damage", "figure", "words"), [row[1:] for row in _LOST], ids=[row[0] for row in _LOST]
)
def test_the_reason_for_a_missing_figure_is_shown(
    page: Callable[[Run], AppTest], run: Run, damage: Damage, figure: int, words: list[str]
) -> None:
    damage(run)
    app = page(run)
    assert not app.exception and not app.error and "finished" in text(app)
    found = said(run)
    assert all(word in found[figure] for word in words), found
    assert found[1 - figure] == ""
    assert "ended before" not in found[figure]


def test_missing_folders_are_reported(page: Callable[[Run], AppTest], run: Run) -> None:
    shutil.rmtree(run.path / "coordinates")
    assert "lays them out again" in said(run)[0]
    shutil.rmtree(run.path / "snapshots")
    assert "found none; restore them from a copy" in said(run)[0]
    assert not page(run).exception


def test_a_run_that_ended_early_says_so(store: RunStore) -> None:
    run = store.create(preset_config("minute"))
    run.write_status(state=states.STOPPED, step=0)
    assert said(run) == (
        "This run ended before its first snapshot",
        "This run ended before its first step",
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (folder("snapshots.jsonl"), "snapshots.jsonl in"),
        (only("snapshots.jsonl", b'{"step":"a"}\n'), "expected scores in snapshots.jsonl"),
        (lose("snapshots.jsonl"), "expected scores in snapshots.jsonl"),
        (lose("evaluation.json"), "expected a file evaluation.json, found none"),
        (change("evaluation.json", "knn_accuracy", value=HUGE), "cannot be read, so that"),
    ],
)
def test_missing_scores_are_reported(
    page: Callable[[Run], AppTest], run: Run, damage: Damage, words: str
) -> None:
    damage(run)
    app = page(run)
    assert not app.exception and words in text(app)
    assert said(run) == ("", "")


@pytest.mark.parametrize("state", [states.PAUSED, states.STOPPED, states.RUNNING])
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lose("checkpoint.npz"), "starts again at step 0"),
        (only("checkpoint.npz", b"half"), "checkpoint.npz is damaged: restore it"),
    ],
)
def test_without_a_checkpoint_resume_does_not_promise_to_continue(
    page: Callable[[Run], AppTest], store: RunStore, state: str, damage: Damage, words: str
) -> None:
    run = made(store, state)
    assert "continues" in text(page(run))
    damage(run)
    found = text(page(run))
    assert words in found and "continues" not in found


@pytest.mark.parametrize(
    ("name", "key"), [("status.json", "steps"), ("evaluation.json", "knn_accuracy")]
)
def test_a_huge_integer_in_one_run_hides_no_other(
    tmp_path: Path, store: RunStore, run: Run, name: str, key: str
) -> None:
    other = made(store, states.FINISHED)
    change(name, key, value=HUGE)(run)
    for page in ("runs", "train"):
        app = open_page(tmp_path, page)
        assert not app.exception and not app.error
    app = open_page(tmp_path, "runs", show="List")
    assert run.id in str(app) and other.id in str(app)
