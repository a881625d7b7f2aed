"""How alike a run finds two views, on the Views page: numbers, their places, the menu of runs.

Answers are made up here, and nothing is trained, so that this process stays as light as the app.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cosine
from streamlit.testing.v1 import AppTest

from child_processes import lock_holder
from pages.shared import similarity
from pages.shared.similarity import Alike, cosines
from pages.views.run_picker import fitting_runs
from simclr_core.base.files import write_json, write_npz
from simclr_core.data.datasets import load_dataset
from simclr_core.questions.job import encode_job
from simclr_core.questions.jobs import QUESTIONS, ask, key_of, question
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer.recorder import Recording
from simclr_core.settings.config import DataConfig, RunConfig, ViewConfig, replace
from simclr_core.settings.presets import view_config
from simclr_core.views.recipes import draw_recipes
from simclr_core.views.render import render_views
from simclr_core.workers import helpers, queue
from simclr_core.workers.standing import Line
from small_parts import MODEL, TRAINING
from tests.pages.test_page_views import page_in, rows

STEPS = 40
ROLES = ("trained", "untrained")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """The page's runs: none yet."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    return RunStore()


def made_up(
    store: RunStore, source: str = "shapes", size: int = 32, learned: bool = True, name: str = ""
) -> Run:
    """A run that was never trained but looks as if."""
    data = DataConfig(source=source)
    run = store.create(RunConfig(data=data, model=MODEL, training=TRAINING))
    record = {**run.record, "data": {"image_size": size}, "created": time.time()}
    write_json(run.path / "config.json", record)
    for step in (0, STEPS) if learned else (0,):
        write_npz(run.path / "snapshots" / f"{step:08d}.weights.npz", {"head/0000": np.zeros(1)})
    return Run(run.path.rename(store.root / name)) if name else run


@pytest.fixture
def run(store: RunStore) -> Run:
    """The page's only run."""
    return made_up(store, name="4f2a")


@pytest.fixture
def page(store: RunStore, tmp_path: Path) -> AppTest:
    """The page, not yet run."""
    return page_in(tmp_path)


@pytest.fixture
def no_analyst(store: RunStore) -> Iterator[None]:
    """Nobody answers but the test itself."""
    with lock_holder(store.root / "analyst.lock"):
        yield
    helpers.keepers.clear()


def shown_views(page: AppTest, **changes: float) -> np.ndarray:
    """The views on the page, drawn by the engine, partners side by side: (2N, S, S, 3)."""
    numbers = [int(n) for n in re.findall(r"<small>picture (\d+)", rows(page))]
    images = load_dataset("shapes", max_images=4000).x_train[numbers]
    config: ViewConfig = replace(view_config("drawn"), **changes)
    recipes = draw_recipes(config, len(images), 7, 0, image_size=32)
    return render_views(images, recipes).reshape(-1, 32, 32, 3)


def answer_all(run: Run, images: np.ndarray) -> dict[str, np.ndarray]:
    """Answer what the page asks about its views, as the analyst does; h (2N, D) by network."""
    found = {}
    for seed, role in enumerate(ROLES):
        key = ask(run, encode_job(images, role))
        h = np.random.default_rng(seed).normal(0.5, 1, (len(images), 6)).astype(np.float32)
        step = np.int64(STEPS if role == "trained" else 0)
        request = question(run, key)
        write_npz(request.file(queue.ANSWER), {"h": h, "z": h[:, :2], "step": step})
        queue.drop(request)
        found[role] = h
    return found


def lines(page: AppTest) -> list[str]:
    """What stands in the place of each pair."""
    found = [part.value for part in page.get("html") if "lab-alikes" in part.value]
    if not found:
        return []
    shown = re.findall(r'class="lab-alike">(.*?)</p>', found[0])
    unspoken = (re.sub(r'<span class="lab-spoken">.*?</span>', "", line) for line in shown)
    return [re.sub("<.*?>", "", line) for line in unspoken]


def strip(page: AppTest) -> str:
    return next(part.value for part in page.get("html") if "lab-strip" in part.value)


def short(value: float) -> str:
    return f"{value:.2f}".replace("-", "−").replace("0.", ".")


# The numbers


def test_the_numbers_are_the_cosines_of_the_answers(page: AppTest, run: Run) -> None:
    page.run()
    waiting = "alike … (cosine of h, run 4f2a)"
    assert lines(page) == [waiting] * 8
    assert not list(run.path.glob("jobs/*"))  # the sliders may still move
    h = answer_all(run, shown_views(page))
    page.run()
    alike = {k: [1 - cosine(v[i], v[i + 1]) for i in range(0, 16, 2)] for k, v in h.items()}
    assert lines(page) == [
        f"alike {short(alike['trained'][i])} (cosine of h, run 4f2a), "
        f"untrained {short(alike['untrained'][i])}"
        for i in range(8)
    ]
    assert f"under run 4f2a, step {STEPS}." in "".join(p.value for p in page.get("html"))


def test_cosines_are_scipys() -> None:
    h = np.random.default_rng(0).normal(size=(6, 5))
    partners, strangers = cosines(h)
    np.testing.assert_allclose(partners, [1 - cosine(h[i], h[i + 1]) for i in (0, 2, 4)])
    pairs = [(i, j) for i in range(6) for j in range(6) if i // 2 != j // 2]
    assert strangers == pytest.approx(np.mean([1 - cosine(h[i], h[j]) for i, j in pairs]))
    partners, strangers = cosines(np.zeros((2, 3)))
    assert np.isnan(partners).all() and np.isnan(strangers)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.914, ".91"), (1.0, "1.00"), (-0.12, "−.12"), (-0.001, ".00"), (np.nan, "–"), (-1, "−1.00")],
)
def test_numbers_in_words(value: float, text: str, run: Run) -> None:
    question = encode_job(np.zeros((2, 4, 4, 3), np.uint8))
    alike = Alike(run, {"trained": question})
    assert similarity.number(alike, "trained", 0) == "…"
    assert similarity.number(alike, "untrained", 0) == ""
    alike.seen["trained"] = similarity.Seen(np.zeros((2, 3)), np.array([value]), value, 3)
    assert similarity.number(alike, "trained", 0) == text
    assert similarity.number(alike, "trained") == text


def test_a_single_pair_has_no_other_pictures(page: AppTest, run: Run) -> None:
    page.query_params["pictures"] = "1"
    page.run()
    answer_all(run, shown_views(page))
    page.run()
    (line,) = lines(page)
    assert re.fullmatch(r"alike 1?\.\d\d \(cosine of h, run 4f2a\), untrained .*", line)


def test_places_are_left_only_where_a_network_is_asked(page: AppTest, run: Run) -> None:
    page.run()
    assert rows(page).count('class="lab-alike"></p>') == 8
    page.selectbox(key="views_run").set_value("none").run()
    assert "lab-alike" not in rows(page) and lines(page) == []
    assert page.query_params["run"] == "none"


def test_a_slider_never_shows_the_numbers_of_other_views(page: AppTest, run: Run) -> None:
    page.run()
    answer_all(run, shown_views(page))
    assert "…" not in "".join(lines(page.run()))
    page.slider(key="color_strength").set_value(0.5).run()
    assert all(line.count("…") == 1 for line in lines(page))
    page.slider(key="color_strength").set_value(1.0).run()
    assert "…" not in "".join(lines(page))  # back again: the answer is still there


# Which run


def test_without_a_run_a_quiet_hint_leads_to_train(page: AppTest) -> None:
    page.run()
    assert not page.exception and not page.error
    assert any("No network has learned these pictures yet" in p.value for p in page.get("html"))
    (link,) = page.get("page_link")
    assert link.proto.label == "Train one" and lines(page) == []
    page.segmented_control(key="show").set_value("many views").run()
    assert not page.get("page_link")


def test_runs_that_fit_come_newest_first(store: RunStore, run: Run, tmp_path: Path) -> None:
    newer = made_up(store)
    for other in (
        made_up(store, "digits"),
        made_up(store, size=64),
        made_up(store, learned=False),
        made_up(store, str(tmp_path / "x.npz")),
    ):
        assert other not in fitting_runs(store, "shapes", 32)
    damaged = made_up(store)
    (damaged.path / "config.json").write_text("{")
    odd = made_up(store)
    write_json(odd.path / "config.json", {**odd.record, "config": {"data": 7}, "data": []})
    assert fitting_runs(store, "shapes", 32) == [newer, run]
    own = fitting_runs(store, f"{tmp_path}/../{tmp_path.name}/x.npz", 32)
    assert [found.config.data.source for found in own] == [str(tmp_path / "x.npz")]


def test_the_newest_run_is_asked_and_the_menu_has_the_others(
    page: AppTest, run: Run, store: RunStore
) -> None:
    newer = made_up(store)
    newer.rename("strong, long")
    page.run()
    menu = page.selectbox(key="views_run")
    assert menu.options == [f"run {newer.id}, strong, long", "run 4f2a", "no network"]
    assert f"run {newer.id}" in lines(page)[0]
    menu.set_value("4f2a").run()
    assert page.query_params["run"] == "4f2a" and "run 4f2a" in lines(page)[0]


def test_a_link_names_the_run(page: AppTest, run: Run, store: RunStore) -> None:
    made_up(store)
    page.query_params["run"] = "4f2a"
    page.run()
    assert "run 4f2a" in lines(page)[0] and not page.warning


def test_a_link_may_name_a_run_of_other_pictures_of_this_size(
    page: AppTest, store: RunStore
) -> None:
    other = made_up(store, "digits")
    page.query_params["data"] = "shapes"  # without it, the page shows the run's own pictures
    page.query_params["run"] = other.id
    page.run()
    assert page.selectbox(key="views_run").value == other.id and other.id in lines(page)[0]


@pytest.mark.parametrize(
    ("run_id", "words"),
    [
        ("large", "Run large takes pictures of 64 pixels, and these have 32; choose another run."),
        ("fresh", "Run fresh has learned nothing yet; choose another run."),
        ("zz<b>", "There is no run zz&lt;b&gt; here"),
    ],
)
def test_a_link_to_a_run_that_cannot_be_asked_is_told(
    page: AppTest, run: Run, store: RunStore, run_id: str, words: str
) -> None:
    made_up(store, "digits", 64, name="large")
    made_up(store, "digits", learned=False, name="fresh")
    page.query_params["data"] = "shapes"
    page.query_params["run"] = run_id
    page.run()
    assert words in strip(page) and lines(page) == [] and not page.exception
    assert page.selectbox(key="views_run").value == "none"
    page.selectbox(key="views_run").set_value("4f2a").run()
    assert words not in strip(page) and "run 4f2a" in lines(page)[0]


# What may go wrong


def test_moving_on_withdraws_what_nobody_waits_for(
    page: AppTest, run: Run, no_analyst: None
) -> None:
    page.run()
    alike = Alike(run, {role: encode_job(shown_views(page), role) for role in ROLES})

    def wanted() -> list[bool]:
        return [QUESTIONS.is_wanted(question(run, key)) for key in alike.keys]

    alike.update(ask=True)
    assert not alike.problem and not alike.settled and wanted() == [True, True]
    page.run()  # they are still shown
    assert wanted() == [True, True]
    page.slider(key="color_strength").set_value(0.5).run()
    assert wanted() == [False, False]
    page.slider(key="color_strength").set_value(1.0).run()
    assert wanted() == [True, True]  # back again
    page.segmented_control(key="show").set_value("many views").run()
    assert wanted() == [False, False]
    alike.update(ask=True)  # another browser still shows them
    page.slider(key="color_strength").set_value(0.6).run()
    assert wanted() == [True, True]


def asking(run: Run, images: np.ndarray | None = None) -> Alike:
    images = np.zeros((4, 32, 32, 3), np.float32) if images is None else images
    return Alike(run, {"trained": encode_job(images)})


def test_a_slow_answer_can_be_cancelled_and_asked_again(
    page: AppTest, run: Run, no_analyst: None
) -> None:
    page.run()
    alike = Alike(run, {role: encode_job(shown_views(page), role) for role in ROLES[::-1]})
    alike.update(ask=True)
    assert similarity._wait(alike) is None  # it was asked just now
    alike.waits = replace(alike.waits, line=Line(seconds=4.0))
    similarity.st.session_state.clear()
    wait = similarity._wait(alike)
    wait.press()
    requests = [question(run, key) for key in alike.keys]
    assert alike.settled and not any(map(QUESTIONS.is_wanted, requests))
    page.session_state["views_trouble"] = (alike.keys, similarity.CANCELLED)
    page.run()
    assert "you cancelled it" in strip(page) and not any(map(QUESTIONS.is_wanted, requests))
    assert lines(page) == [""] * 8
    next(button for button in page.button if button.label == "Compute again").click().run()
    assert "you cancelled it" not in strip(page) and not page.exception
    alike = similarity.Alike(run, alike.questions)
    alike.update(ask=False)
    assert not alike.settled


def test_a_run_deleted_meanwhile_is_one_sentence(
    page: AppTest, run: Run, store: RunStore, no_analyst: None
) -> None:
    alike = asking(run)
    alike.update(ask=True)
    page.run()
    store.delete(run)
    alike.update(ask=True)
    assert alike.settled and alike.problem.startswith("Run 4f2a is no longer there")
    page.run()
    assert not page.exception and lines(page) == [] and len(page.get("page_link")) == 1


def test_a_question_that_failed_is_one_sentence(run: Run, no_analyst: None) -> None:
    alike = asking(run)
    alike.update(ask=True)
    path = run.path / "jobs" / f"{alike.keys[0]}{queue.ERROR}"
    write_json(path, {"message": "Expected whole weights."})
    alike.update(ask=False)
    assert not alike.settled  # it may be long ago: asking comes first
    alike.update(ask=True)
    assert alike.settled and alike.problem == "Expected whole weights."


def test_an_answer_about_something_else_is_never_shown(run: Run, no_analyst: None) -> None:
    alike = asking(run)
    alike.update(ask=True)
    path = run.path / "jobs" / f"{alike.keys[0]}{queue.ANSWER}"
    for h in (np.zeros((3, 8), np.float32), np.zeros(4, np.float32)):
        write_npz(path, {"h": h, "z": h, "step": np.int64(4)})
        alike.update(ask=True)
        assert "found another" in alike.problem and not alike.seen
    path.write_bytes(b"PK")
    alike = asking(run)
    alike.update(ask=True)
    assert "damaged file" in alike.problem


def test_what_went_wrong_stands_where_the_hint_was_until_the_views_change(
    page: AppTest, run: Run
) -> None:
    page.run()
    found = shown_views(page)
    keys = tuple(key_of(run, encode_job(found, role)) for role in ROLES[::-1])
    page.session_state["views_trouble"] = (keys, "The analysis ended <again>.")
    page.run()
    assert "The analysis ended &lt;again&gt;." in strip(page) and "lab-warning" not in strip(page)
    assert lines(page) == [""] * 8
    page.slider(key="color_strength").set_value(0.5).run()
    assert "The analysis" not in strip(page) and "…" in lines(page)[0]


def test_an_analysis_that_cannot_start_is_one_sentence(run: Run, store: RunStore) -> None:
    (store.root / "analyst.log").mkdir()
    alike = asking(run)
    alike.update(ask=True)
    assert alike.settled and alike.problem.startswith("Expected to write analyst.log")
    helpers.keepers.clear()


def test_a_run_from_elsewhere_leaves_the_pictures_as_they_are(
    page: AppTest, store: RunStore
) -> None:
    with Recording(np.zeros((4, 8, 8, 3), np.uint8), source="/x.npz", store=store) as recording:
        page.query_params["run"] = recording.run.id
    page.run()
    assert page.selectbox(key="data").value == "shapes" and not page.error


def test_a_link_to_a_run_shows_the_pictures_that_it_learned_from(
    page: AppTest, store: RunStore
) -> None:
    page.query_params["run"] = made_up(store, "digits", 16).id
    page.run()
    assert page.selectbox(key="data").value == "digits"
