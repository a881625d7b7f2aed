"""Paradigms, run without a browser: the table before and after, and what is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_app import labels, open_page, text
from streamlit.testing.v1 import AppTest

from pages.paradigms import form as paradigm_form
from pages.paradigms import head, scores, side_by_side, whole_table
from pages.paradigms import results as paradigm_results
from simclr_core.base.files import write_json, write_npz
from simclr_core.measures.classification import report
from simclr_core.paradigms import study as studies
from simclr_core.paradigms.study import OPENING, WAYS, Study
from simclr_core.runs.store import RunStore
from simclr_core.workers import helpers, tasks
from simclr_core.workers.queue import fail, read_request

Open = Callable[..., AppTest]
RECORDED = studies.RECORDED
TABS = ("Side by side", "Over labels", "Class by class", "Maps")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(helpers, "wake", lambda root, helper: "")
    monkeypatch.setattr(studies, "RECORDED", tmp_path / "recorded")
    return RunStore(tmp_path / "runs").root


@pytest.fixture
def page(tmp_path: Path, root: Path) -> Open:
    return lambda **query: open_page(tmp_path, "paradigms", **query)


def made_up(study: Study, counts: tuple[int, ...] = (30, 30, 30)) -> tuple[dict[str, Any], dict]:
    """Figures and arrays of a study that nobody made."""
    rng = np.random.default_rng(study.budget)
    truth = np.repeat(np.arange(len(counts)), [c // 3 for c in counts])
    arrays: dict[str, np.ndarray] = {"truth": truth}
    found: dict[str, Any] = {}
    for i, way in enumerate(WAYS):
        said = np.where(rng.random(len(truth)) < 0.5 + 0.1 * i, truth, 0)
        arrays |= {f"predicted__{way}": said, f"xy__{way}": rng.normal(size=(len(truth), 2))}
        scores = None if way == studies.UNSUPERVISED else np.eye(len(counts))[said]
        found[way] = report(truth, said, len(counts), scores) | {"steps": 10 * i, "seconds": 3.0}
    for way in (studies.SEMI, studies.SELF):
        found[way] |= {"pretraining_steps": 100, "pretraining_seconds": 24.0}
    found[studies.UNSUPERVISED]["variants"] = {"k-means on pixels": 0.5}
    told = {
        "version": studies.VERSION, "study": {**study.__dict__}, "date": "2026-11-26",
        "labelled": study.budget * len(counts) or sum(counts), "train": sum(counts),
        "class_names": ["a<b", "b", "c"], "test": len(truth), "train_counts": list(counts),
        "encoder": "tiny", "width": 16, "ways": found,
    }  # fmt: skip
    return told, arrays


def keep(root: Path, study: Study, **options: Any) -> dict[str, Any]:
    told, arrays = made_up(study, **options)
    place = root / studies.FOLDER / study.base
    place.mkdir(parents=True, exist_ok=True)
    write_json(place / f"{study.key}.json", told)
    write_npz(place / f"{study.key}.npz", arrays)
    images = np.random.default_rng(0).integers(0, 255, (told["test"], 8, 8, 3), dtype=np.uint8)
    write_npz(place / "test.npz", {"images": images})
    return told


def test_the_four_ways_are_told_before_anything_is_trained(page: Open) -> None:
    app = page()
    found = text(app)
    assert not app.exception and "Compare" in labels(app) and "Not compared yet" in found
    for way in WAYS:
        assert way.capitalize() in found
    assert "how it is tested" in found and "accuracy" not in found


def test_compare_asks_for_what_was_chosen(page: Open, root: Path) -> None:
    app = page(data="digits", labels="5", seconds="15", seed="3")
    app.button(key="compare").click().run()
    study = Study("digits", seconds=15.0, budget=5, seed=3)
    assert tasks.waiting(root) == [study.task]
    kind, payload = read_request(tasks.task(root, study.task)) or ("", {})
    assert kind == "study" and Study(**payload) == study
    assert "Cancel" in labels(app) and not app.exception


def test_a_comparison_that_failed_is_explained_and_offered_again(page: Open, root: Path) -> None:
    app = page(data="digits")
    app.button(key="compare").click().run()
    assert "Compare" not in labels(app)
    fail(tasks.task(root, OPENING.task), "The disk is full.")
    again = page(data="digits")
    assert "The disk is full." in text(again) and "Compare" in labels(again)


@pytest.mark.parametrize("tab", TABS)
def test_every_part_shows_what_was_found(page: Open, root: Path, tab: str) -> None:
    told = keep(root, OPENING)
    app = page(data="digits", tab=tab)
    assert not app.exception and "Compare" not in labels(app)
    assert "Made here" in text(app) and "no testing" in text(app)
    if tab == "Side by side":
        assert "correct answers (accuracy)" in text(app) and "15 of 90" in text(app)
    if tab == "Class by class":
        precision = told["ways"][studies.SEMI]["precision"][0]
        assert "a&lt;b" in text(app) and f"{precision:.2f}" in text(app)


def test_every_number_of_labels_is_asked_for_at_once(page: Open, root: Path) -> None:
    study = OPENING
    keep(root, study)
    app = page(data="digits", tab="Over labels")
    app.button(key="compare_every").click().run()
    assert not app.exception and "Compare at every number of labels" not in labels(app)
    asked = [read_request(tasks.task(root, key)) for key in tasks.waiting(root)]
    budgets = {one[1]["budget"] for one in asked if one}
    assert budgets == set(paradigm_form.BUDGETS.values()) - {study.budget}
    app.button(key="paradigm-every-going-button").click().run()
    assert tasks.waiting(root) == [] and "Compare at every number of labels" in labels(app)


def test_unbalanced_classes_get_balanced_scores_first(root: Path) -> None:
    told, _ = made_up(Study("x"), (90, 12, 12))
    html = side_by_side.table(told)
    assert html.index("balanced accuracy") < html.index("(accuracy)")
    assert "unbalanced" in html and "always answering that class" in html
    even = side_by_side.table(made_up(Study("x"))[0])
    assert even.index("(accuracy)") < even.index("balanced accuracy") and "unbalanced" not in even


def test_a_study_shows_its_figures_first(page: Open, root: Path) -> None:
    keep(root, OPENING)
    assert "correct answers (accuracy)" in text(page(data="digits"))


def test_the_whole_table_has_a_true_sentence_in_each_cell() -> None:
    """Six rows and four columns; what is loose is struck through, above what holds."""
    rows = whole_table.words_of("table")["rows"]
    assert len(rows) == 6 and all(set(row) == {"name", *WAYS} for row in rows)
    cells = [row[way] for row in rows for way in WAYS]
    assert all(cell["true"] and cell["true"] != cell.get("loose") for cell in cells)
    html = whole_table.whole_table()
    assert html.count("<section>") == 4 and html.count("<dd>") == 24
    assert html.count("<s ") == sum("loose" in cell for cell in cells) > 5
    loose = [cell for cell in cells if cell.get("loose") == "no testing"]
    assert loose and all(f">no testing</s>{cell['true']}" in html for cell in loose)


def scored(accuracies: tuple[float, ...], tested: int) -> dict[str, Any]:
    """A study of two classes of equal size with these accuracies."""
    told, _ = made_up(Study("x"))
    for way, share in zip(WAYS, accuracies, strict=True):
        told["ways"][way] |= {
            "accuracy": share, "balanced_accuracy": share, "recall": [share, share],
            "support": [tested // 2, tested // 2],
        }  # fmt: skip
    return told | {"test": tested}


@pytest.mark.parametrize(
    ("accuracies", "tested", "best"),
    [  # two standard errors of 0.93 - 0.91 among 500: 2 sqrt(0.0651/500 + 0.0819/500) = 3.4 points
        ((0.91, 0.6, 0.93, 0.9), 500, ""),
        ((0.91, 0.6, 0.93, 0.9), 5000, studies.SEMI),
        ((0.80, 0.6, 0.93, 0.9), 50, ""),
        ((0.95, 0.6, 0.80, 0.7), 500, studies.SUPERVISED),
    ],
)
def test_only_a_clear_lead_is_marked(accuracies, tested: int, best: str) -> None:
    told = scored(accuracies, tested)
    for name in ("accuracy", "balanced_accuracy"):
        assert scores.best_way([told] * 3, name) == best
        assert scores.best_way([told] * 2, name) == ""  # too few seeds to say so
    html = side_by_side.table(told, [told] * 2)
    assert ("too close to the next one" in html) == (not best)
    assert html.count('class="best"') == (1 if best else 0)
    assert "its probe saw the same 30" in html
    alone = side_by_side.table(told)
    assert "takes 3 seeds" in alone and 'class="best"' not in alone


def test_a_way_that_comes_second_with_one_seed_is_not_the_best() -> None:
    """Leads of 50, 50 and -1 points: the mean is far beyond chance, but the seeds disagree."""
    far, near = scored((0.99, 0.4, 0.49, 0.3), 5000), scored((0.94, 0.4, 0.95, 0.3), 5000)
    assert scores.best_way([far, far, far], "accuracy") == studies.SUPERVISED
    assert scores.best_way([far, far, near], "accuracy") == ""


def test_every_first_score_has_its_interval_chance_and_other_seeds() -> None:
    """450 of 500: Wilson's interval is 87.1% to 92.3%."""
    told = scored((0.9, 0.6, 0.9, 0.9), 500)
    other = scored((0.85, 0.6, 0.9, 0.9), 500)
    other["study"] = {**told["study"], "seed": 7}
    html = side_by_side.table(told, [other])
    assert "87% to 92%" in html and "--low: 87.1%; --high: 92.3%; --chance: 50.0%" in html
    assert 'style="left: 85.0%" title="seed 7: 85%"' in html


def test_seeds_are_compared_only_at_the_same_settings() -> None:
    told = [
        made_up(Study("x", budget=budget, seed=seed, frozen=frozen))[0]
        for budget, seed, frozen in ((5, 2, 0), (5, 0, 0), (5, 1, 0), (10, 3, 0), (5, 4, 2))
    ]
    assert [one["study"]["seed"] for one in scores.other_seeds(told[1], told)] == [1, 2]


def test_standard_errors_by_hand() -> None:
    """Balanced: recalls 0.9 of 100 and 0.5 of 25, so sqrt(0.0009 + 0.01) / 2."""
    figures = {"accuracy": 0.82, "recall": [0.9, 0.5, 0.0], "support": [100, 25, 0]}
    found = scores.standard_error(figures, "balanced_accuracy")
    assert found == pytest.approx(0.0109**0.5 / 2)
    assert scores.standard_error(figures, "accuracy") == pytest.approx((0.82 * 0.18 / 125) ** 0.5)
    assert scores.standard_error(figures, "auc") == float("inf")


def test_curves_hold_every_seed_and_the_usual_fine_tuning(root: Path) -> None:
    every = [
        made_up(Study("x", budget=budget, seed=seed, frozen=frozen))[0]
        for budget, seed, frozen in ((10, 0, 0), (2, 0, 0), (5, 1, 0), (50, 0, 3), (0, 0, 0))
    ]
    found = paradigm_results.points(every, "accuracy")
    semi, own = found[studies.SEMI], found[studies.SELF]
    assert [one[0] for one in semi["seed 0"]] == [2, 10, 30]  # all: 30 per class
    assert [one[0] for one in own["seed 0"]] == [2, 10, 30, 50]
    assert [one[0] for one in own["seed 1"]] == [5]
    assert all(low <= score <= high for _, score, low, high in semi["seed 0"])
    every[2]["command"] = "python scripts/record_study.py"
    assert list(paradigm_results.points(every, "accuracy")[studies.SELF])[-1] == "seed 1, recorded"


@pytest.mark.parametrize("query", [{"seed": "x"}, {"tab": "x"}, {"colour": "red"}, {"labels": "7"}])
def test_nonsense_in_the_link_is_told(page: Open, query) -> None:
    app = page(**query)
    assert "link" in text(app) and not app.exception


def test_a_path_that_changes_is_another_study(tmp_path: Path) -> None:
    form = paradigm_form.StudyForm("10", 30, 0, 0, "a quarter", False)
    path = tmp_path / "x.npz"
    path.write_bytes(b"1")
    first = paradigm_form.study_of(str(path), form)
    path.write_bytes(b"22")
    other = paradigm_form.study_of(str(path), form)
    assert first.base != other.base and first.budget == 10 and first.rate == 0.25
    assert paradigm_form.study_of("digits", form).stamp == ""


def test_a_picture_more_in_a_folder_is_another_study(tmp_path: Path) -> None:
    form = paradigm_form.StudyForm("10", 30, 0, 0, "a quarter", False)
    deep = tmp_path / "pictures" / "train" / "cats"
    deep.mkdir(parents=True)
    os.utime(deep, ns=(1, 1))
    first = paradigm_form.study_of(str(tmp_path / "pictures"), form)
    assert first.base == paradigm_form.study_of(str(tmp_path / "pictures"), form).base
    (deep / "one.png").write_bytes(b"1")
    assert paradigm_form.study_of(str(tmp_path / "pictures"), form).base != first.base


def test_a_cell_of_another_study_is_not_chosen(page: Open, root: Path) -> None:
    """Its indices may be beyond the classes of this one."""
    keep(root, OPENING)
    cell = {"of": f"{studies.SEMI} of another", "true": 9, "answered": 8}
    app = page(data="digits", tab="Class by class")
    app.session_state["paradigm_cell"] = cell
    app.run()
    assert not app.exception and "answered as" not in text(app)


def test_a_link_is_told_and_not_drawn(page: Open) -> None:
    app = page(seed="<a href='x'>y</a>")
    assert "&lt;a href" in text(app) and "<a href" not in text(app)


def test_a_new_folder_of_runs_shows_the_recorded_study(
    page: Open, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every part has figures before anything was made; another number of labels offers Compare."""
    monkeypatch.setattr(studies, "RECORDED", RECORDED)
    for tab in TABS:
        app = page(tab=tab)
        found = text(app)
        assert not app.exception and "Compare" not in labels(app)
        assert ">recorded<" in found and "scripts/record_study.py" in found
        assert "digits, 5 labels per class" in found and "no testing" in found
    app.select_slider(key="labels").set_value("50").run()
    assert not app.exception and "Compare" in labels(app)
    assert "results for 5" in text(app) and ">recorded<" not in text(app)
    assert not (root / studies.FOLDER).exists()


def test_a_name_that_is_too_long_for_a_file_is_not_found(page: Open) -> None:
    app = page(data="/" + "a" * 300)
    assert not app.exception and "found nothing at /aaa" in text(app)


def test_the_head_line_names_a_busy_machine() -> None:
    """A load of 4.0 on two cores is the most that counts as idle."""
    told = made_up(OPENING)[0] | {"command": "c", "processor": "p", "cores": 2}
    assert "Other programs" not in head.head(told | {"load": 4.0}, [], "")
    assert "Other programs were running" in head.head(told | {"load": 4.1}, [], "")


def test_titles_name_pictures_labels_and_seconds() -> None:
    told = made_up(Study("/home/me/cats & dogs/", budget=1))[0]
    assert "cats &amp; dogs, 1 label per class, 30 seconds for each way" in head.head(told, [], "")
    every = [made_up(Study("x", budget=budget))[0] for budget in (0, 20, 5, 5)]
    assert "results for 5, 20 and all labels per class" in head.head(None, every, "")
