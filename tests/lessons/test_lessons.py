"""Lessons: what is expected of them before they are run, and what is made of results."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lesson_results import found_of
from simclr_core.base.errors import ConfigError, DataError
from simclr_core.data.splits import labelled_rows
from simclr_core.lessons import batch_sizes, few_labels, lesson_data, maps, results, running
from simclr_core.lessons.catalogue import LESSONS, lesson_named
from simclr_core.lessons.lesson import Condition, Effect, Lesson, Outcome, outcomes, verdict
from simclr_core.lessons.objectives import OBJECTIVES
from simclr_core.measures.linear_probes import fitted_probe
from simclr_core.settings.config import ModelConfig
from simclr_core.settings.presets import BUILT_IN_KINDS

pytestmark = pytest.mark.heavy

EFFECT = Effect("a is larger", "knn", "a", "b", 0.1)
SMALL = {"model": {"width": 4, "head_width": 8, "head_dim": 8}, "training": {"batch_size": 8}}


def small(name: str, **changes: Any) -> Lesson:
    """A lesson with a network that trains in no time."""
    lesson = lesson_named(name)
    base = {group: {**lesson.base.get(group, {}), **values} for group, values in SMALL.items()}
    return dataclasses.replace(lesson, base=base, **changes)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.2, 0.15, 0.3), True),
        ((0.3, 0.3, -0.001), False),  # one seed disagrees
        ((0.3, 0.3, 0.0), False),
        ((0.05, 0.1, 0.1), False),  # all agree, and the mean is too small
        ((0.1, 0.1, 0.1), True),
    ],
)
def test_held_wants_every_seed_and_the_mean(values, expected) -> None:
    seeds = [{"a": {"knn": 0.5 + value}, "b": {"knn": 0.5}} for value in values]
    effect = dataclasses.replace(EFFECT, least=0.1 - 1e-9)
    (found,) = [Outcome(effect, tuple(effect.of(seed) for seed in seeds))]
    assert found.held == expected
    assert found.mean == pytest.approx(np.mean(values))
    assert found.spread == pytest.approx(max(values) - min(values))


def test_an_effect_compares_conditions_quantities_or_a_number() -> None:
    found = {"a": {"loss": 0.9, "knn": 0.8}, "b": {"loss": 0.2, "knn": 0.5}}
    assert EFFECT.of(found) == pytest.approx(0.3)
    assert Effect("", "loss", "a", 0.7, 0).of(found) == pytest.approx(0.2)
    assert Effect("", "knn", "a", "a", 0, "loss").of(found) == pytest.approx(-0.1)
    both = [EFFECT, dataclasses.replace(EFFECT, least=0.5)]
    lesson = dataclasses.replace(LESSONS[0], effects=tuple(both))
    told = outcomes(lesson, [found, found])
    assert [one.held for one in told] == [True, False] and verdict(told) == "held in part"


def test_names_are_apart_and_the_nearest_is_told() -> None:
    names = [lesson.name for lesson in LESSONS]
    assert len(set(names)) == len(names) >= 9
    with pytest.raises(ConfigError, match="did you mean temperature"):
        lesson_named("temperatur")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_says_everything_before_it_is_run(lesson: Lesson) -> None:
    assert 0 <= lesson.right < len(lesson.answers) and len(lesson.answers) >= 2
    assert lesson.question.endswith("?") and lesson.effects and lesson.quantities
    for text in (lesson.about, lesson.published, lesson.shows_not, lesson.why, lesson.tried):
        assert len(text) > 40 and text[-1] in ".)"
    assert all(0 <= i < len(lesson.effects) for i in lesson.decides)
    assert lesson.seconds <= 120
    for condition in lesson.conditions:
        assert condition.objective in OBJECTIVES
        config = lesson.config(condition, lesson.data, "drawn", 3)
        assert config.training.seed == 3 and config.training.precision == "float32"
    if lesson.run is None:
        known = {condition.name for condition in lesson.conditions}
        for effect in lesson.effects:
            assert effect.more in known and effect.less in known
        assert all(running.steps_of(lesson, c) > 0 for c in lesson.conditions)
        others = {name.partition("@")[2] for name in lesson.measured} - {""}
        assert others <= known


def test_the_version_changes_with_what_a_result_depends_on() -> None:
    lesson = LESSONS[0]
    assert lesson.version == lesson_named(lesson.name).version
    assert dataclasses.replace(lesson, steps=lesson.steps + 1).version != lesson.version
    assert dataclasses.replace(lesson, about="Other words.").version == lesson.version
    assert dataclasses.replace(lesson, data="patterns").version != lesson.version
    more = {**lesson.quantities, "rank_z": "rank"}
    assert dataclasses.replace(lesson, quantities=more).version != lesson.version
    other = dataclasses.replace(lesson, constants={"fine-tuning": 3})
    assert other.version != lesson.version
    # What is expected is kept with a recording, and does not make another version of it.
    changed = dataclasses.replace(lesson.effects[0], least=0.01)
    assert dataclasses.replace(lesson, effects=(changed,)).version == lesson.version


def test_a_recording_says_what_was_expected_before_it_was_made() -> None:
    lesson = dataclasses.replace(LESSONS[0], effects=(EFFECT,))
    about = {"declared": json.loads(json.dumps(results.declared(lesson)))}
    assert results.foretold(EFFECT, about)
    assert results.foretold(dataclasses.replace(EFFECT, words="In other words."), about)
    for least in (0.0, 0.2):  # asked for less afterwards, or for more
        assert not results.foretold(dataclasses.replace(EFFECT, least=least), about)
    for change in ({"more": "b", "less": "a"}, {"quantity": "loss"}, {"other": "loss"}):
        assert not results.foretold(dataclasses.replace(EFFECT, **change), about)
    assert not results.foretold(EFFECT, {})
    row = found_of(lesson, 0)
    assert results.Results((row,), (), about).foretold(EFFECT)
    assert not results.Results((row,), (), {}).foretold(EFFECT)
    assert results.Results((), (row,), {}).foretold(EFFECT)  # made here, after it was expected


def test_conditions_change_what_they_say_and_nothing_else() -> None:
    lesson = lesson_named("color")
    on, off = (lesson.config(c, "shapes", "drawn", 0) for c in lesson.conditions)
    assert on.views.color_strength == 1.0 and off.views.color_strength == off.views.gray_p == 0.0
    assert (on.model, on.training) == (off.model, off.training)
    assert lesson_named("head").config(Condition("x"), "patterns", "patterns", 0).model == (
        dataclasses.replace(ModelConfig(), head_dim=128)
    )


@pytest.mark.parametrize("name", ["collapse", pytest.param("alignment", marks=pytest.mark.slow)])
def test_a_comparison_trains_every_condition(name: str) -> None:
    lesson, told = small(name, steps=6), []
    found = running.run_lesson(lesson, 1, lambda share, words: told.append((share, words)))
    assert list(found["conditions"]) == [c.name for c in lesson.conditions]
    assert found["seed"] == 1 and found["seconds"] > 0
    for values in found["conditions"].values():
        assert set(values) == set(lesson.measured)
        assert np.isfinite(list(values.values())).all()
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] == pytest.approx(1)
    assert results.fits(lesson, found)
    assert found["references"]["knn"]["chance"] == 1 / 8  # eight shapes
    assert set(found["references"]["knn"]) == {"untrained", "pixels", "chance"}
    if name == "collapse":
        assert found["conditions"]["diagonal left in"]["least_loss"] > 0.6931
        assert found["conditions"]["diagonal left in"]["best_accuracy"] == 0
    else:
        assert len(found["traces"]["NT-Xent"]) == 6  # as many looks as steps


def test_pictures_that_do_not_suit_are_refused_before_anything_is_trained(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 255, (90, 16, 16, 3), dtype=np.uint8), np.arange(90) // 30
    parts = {"x_train": images[::2], "x_test": images[1::2]}
    np.savez(tmp_path / "plain.npz", **parts)
    np.savez(tmp_path / "named.npz", **parts, y_train=labels[::2], y_test=labels[1::2])
    one = np.zeros(45, int)
    np.savez(tmp_path / "one.npz", **parts, y_train=one, y_test=one)
    for lesson, name, words in (
        ("collapse", "plain.npz", "labels"),
        ("few-labels", "plain.npz", "labels"),
        ("color", "named.npz", "hue, shape"),
        ("temperature", "named.npz", "at least 64"),
        ("few-labels", "named.npz", "at least 64"),
        ("batch-size", "named.npz", "at least 256"),
        ("collapse", "one.npz", "two classes"),
    ):
        with pytest.raises(DataError, match=words):
            running.run_lesson(lesson_named(lesson), 0, lambda *_: None, str(tmp_path / name))
    dataset = lesson_data.load_lesson_data(
        small("maps"), str(tmp_path / "named.npz"), lambda *_: None
    )
    assert dataset.y_test is not None and (np.diff(dataset.y_test) < 0).any()  # not class by class
    images = {bytes(one): label for one, label in zip(parts["x_test"], labels[1::2], strict=True)}
    assert [images[bytes(one)] for one in dataset.x_test] == dataset.y_test.tolist()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_result() -> None:
    lesson = small("negatives", steps=4)
    lesson = dataclasses.replace(lesson, conditions=lesson.conditions[:1])
    runs = [running.run_lesson(lesson, seed, lambda *_: None) for seed in (0, 0, 1)]
    values = [run["conditions"]["1"]["knn"] for run in runs]
    assert values[0] == values[1]


@pytest.mark.slow
def test_batch_sizes_get_equal_steps_and_equal_seconds() -> None:
    found = running.run_lesson(small("batch-size", steps=12), 0, lambda *_: None)
    rows = found["conditions"]
    assert len(rows) == 2 * len(batch_sizes.SIZES)
    assert {rows[f"N = {n}, equal steps"]["steps"] for n in batch_sizes.SIZES} == {12.0}
    same = rows["N = 64, equal steps"]
    assert rows["N = 64, equal seconds"] == same
    more, fewer = (rows[f"N = {n}, equal seconds"]["steps"] for n in (16, 256))
    assert more > 12 > fewer


@pytest.mark.slow
def test_few_labels_has_every_way_and_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_labels, "COUNTS", (1, 5))
    monkeypatch.setattr(few_labels, "FINE_STEPS", 3)
    found = running.run_lesson(small("few-labels", steps=4), 0, lambda *_: None, "patterns")
    assert found["counts"] == [1, 5]
    assert {len(row) for row in found["curves"].values()} == {2}
    assert all(0 <= v <= 1 for row in found["curves"].values() for v in row)
    assert set(found["curves"]) == {few_labels.PROBE, few_labels.TUNED, few_labels.SUPERVISED}
    assert set(found["reference_curves"]) == {few_labels.UNTRAINED, few_labels.PIXELS}
    assert found["conditions"]["pixels, 5 per class"]["accuracy"] == pytest.approx(
        found["reference_curves"]["pixels"][1], abs=1e-5
    )
    assert results.fits(dataclasses.replace(lesson_named("few-labels"), effects=()), found)


def test_maps_are_laid_out_for_h_and_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "POINTS", 60)
    found = running.run_lesson(small("maps", steps=3), 0, lambda *_: None)
    assert len(found["maps"]) == 2 * len(maps.SETTINGS) == len(found["conditions"])
    xy = np.array(found["maps"]["noise: 3 neighbours, distance 0"])
    assert xy.shape == (60, 2) and xy.min() == 0 and xy.max() == maps.STEP
    assert results.fits(lesson_named("maps"), found)
    assert found["references"]["kept"]["chance"] == pytest.approx(15 / 59, abs=0.06)


def test_clusters_of_plain_cases() -> None:
    rng = np.random.default_rng(0)
    three = np.repeat([[0, 0], [9, 0], [0, 9]], 12, axis=0) + 0.1 * rng.normal(size=(36, 2))
    assert maps.clusters(three) == 3 == maps.clusters(1e4 * three)
    # An even cloud is one, in two dimensions or in sixty-four.
    assert maps.clusters(rng.normal(size=(600, 64))) == 1 == maps.clusters(rng.random((600, 2)))
    assert maps.clusters(np.zeros((20, 2))) == 1  # all in one place


def test_fine_tuning_starts_where_the_probe_ends() -> None:
    rng = np.random.default_rng(0)
    h = (3 * rng.normal(size=(40, 6)) + 5).astype(np.float32)
    for labels in (np.arange(40) % 3, np.arange(40) % 2, np.array([0, 2, 3, 5])[np.arange(40) % 4]):
        probe = fitted_probe(h, labels)
        kernel, bias = few_labels.layer_weights(probe, 6)
        assert kernel.shape == (6, 6) and bias.shape == (6,)
        logits = h @ kernel + bias
        seen = np.unique(labels)
        np.testing.assert_array_equal(seen[logits[:, seen].argmax(axis=1)], probe.predict(h))
        if len(seen) > 2:
            np.testing.assert_allclose(logits[:, seen], probe.decision_function(h), atol=1e-4)


def test_labelled_pictures_of_fewer_are_among_those_of_more() -> None:
    labels = np.array([0] * 30 + [1] * 4 + [2] * 9)
    rows = {count: labelled_rows(labels, count, 3) for count in (1, 5, 20)}
    assert np.bincount(labels[rows[1]]).tolist() == [1, 1, 1]
    assert np.bincount(labels[rows[5]]).tolist() == [5, 4, 5]  # one class has only four
    assert set(rows[1]) <= set(rows[5]) <= set(rows[20])
    assert not np.array_equal(rows[5], labelled_rows(labels, 5, 4))


def test_results_are_those_of_this_version_and_damage_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = lesson_named("color")
    monkeypatch.setattr(results, "RECORDED", tmp_path / "recorded")
    (tmp_path / "recorded").mkdir()
    assert results.recorded(lesson) == ((), {})
    file = {"version": lesson.version, "command": "c", "seeds": [found_of(lesson, 0)]}
    (tmp_path / "recorded" / "color.json").write_text(json.dumps(file))
    assert len(results.recorded(lesson)[0]) == 1
    other = dataclasses.replace(lesson, steps=1)
    assert results.recorded(other) == ((), {})
    assert results.next_seed(tmp_path, lesson) == results.FIRST_HERE
    path = results.result_path(tmp_path, lesson, results.FIRST_HERE)
    path.parent.mkdir()
    path.write_text(json.dumps(found_of(lesson, results.FIRST_HERE)))
    results.result_path(tmp_path, lesson, 7).write_text('{"seed": 7, "conditions": {}}')
    results.result_path(tmp_path, lesson, 8).write_text("{not json")
    known = results.results(tmp_path, lesson)
    assert [row["seed"] for row in known.seeds] == [0, results.FIRST_HERE]
    assert known.about == {"version": lesson.version, "command": "c"}
    assert results.next_seed(tmp_path, lesson) == results.FIRST_HERE + 1
    told = results.summary(lesson, known.seeds)
    assert told["lesson"] == "color" and len(told["effects"]) == len(lesson.effects)
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_what_is_recorded_is_of_this_version_and_at_least_five_seeds(lesson: Lesson) -> None:
    path = results.RECORDED / f"{lesson.name}.json"
    if not path.exists():
        pytest.skip("nothing is recorded for this lesson")
    seeds, about = results.recorded(lesson)
    assert len(seeds) >= 5 and len({row["seed"] for row in seeds}) == len(seeds)
    assert all(results.fits(lesson, row) for row in seeds)
    assert all(row["references"] for row in seeds)  # what has to be beaten
    assert {"command", "date", "processor", "cores", "data", "declared"} <= set(about)
    assert "versions" in about
    config = about["config"]
    expected = lesson.settings(lesson.data, BUILT_IN_KINDS[lesson.data])
    assert config == json.loads(json.dumps(expected))
    words = results.settings_words(config)
    assert f"{lesson.steps:,} steps" in words
    assert all(each.name in words for each in lesson.conditions if each.changes)
