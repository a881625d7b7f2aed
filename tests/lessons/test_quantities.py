"""What lessons measure beside their conditions: what a score has to beat, and other networks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simclr_core.data.datasets import load_dataset
from simclr_core.lessons.catalogue import lesson_named
from simclr_core.lessons.lesson import Condition
from simclr_core.lessons.quantities import measure_on_others, measure_references, references
from simclr_core.lessons.results import Results
from simclr_core.measures.hardest_negatives import hardest_share
from simclr_core.measures.vectors import Vectors

pytestmark = pytest.mark.heavy


def test_references_are_those_of_a_plain_computation() -> None:
    """Pixels by a nearest-neighbour vote written out here; chance from the number of shapes."""
    dataset = load_dataset("shapes")
    dataset = dataclasses.replace(
        dataset,
        x_train=dataset.x_train[:300], y_train=dataset.y_train[:300],
        x_test=dataset.x_test[:100], y_test=dataset.y_test[:100],
        factors_train={k: v[:300] for k, v in dataset.factors_train.items()},
        factors_test={k: v[:100] for k, v in dataset.factors_test.items()},
    )  # fmt: skip
    lesson = lesson_named("color")
    config = lesson.config(Condition("all"), "shapes", "drawn", 0)
    names = ["knn", "accuracy", "hardest", "hardest@x", "rank_z", "loss"]
    found = measure_references(config, dataset, names)
    bank, x = (part.reshape(len(part), -1) / 255.0 for part in (dataset.x_train, dataset.x_test))
    s = (x / np.linalg.norm(x, axis=1)[:, None]) @ (bank / np.linalg.norm(bank, axis=1)[:, None]).T
    right = 0
    for row, truth in zip(s, dataset.y_test, strict=True):
        near = np.argsort(-row)[:20]
        votes = np.bincount(dataset.y_train[near], np.exp(row[near] / 0.1), 8)
        right += int(votes.argmax() == truth)
    assert found["knn"]["pixels"] == pytest.approx(right / 100, abs=0.011)
    assert found["knn"]["chance"] == 1 / 8
    assert found["accuracy"] == {"chance": round(1 / 127, 5)}
    assert found["hardest"] == found["hardest@x"] == {"all alike": round(13 / 126, 5)}
    assert set(found["rank_z"]) == {"untrained"} and "loss" not in found
    again = references(dataclasses.replace(lesson, quantities={"knn": ""}, effects=()), dataset,
                       "shapes", 0)  # fmt: skip
    assert again == {"knn": found["knn"]}  # the same seed, the same untrained network


def test_every_temperature_is_measured_on_one_network() -> None:
    lesson = lesson_named("temperature")
    rng = np.random.default_rng(0)
    views = {
        condition.name: Vectors(
            np.zeros((64, 3)),
            views=rng.normal(size=(64, 2, 3)),
            temperature=condition.changes["training"]["temperature"],
        )
        for condition in lesson.conditions
    }
    found = measure_on_others(lesson, views, ["knn", "hardest@τ = 0.1"])
    z = views["τ = 0.1"].views
    for name, temperature in (("τ = 0.01", 0.01), ("τ = 0.1", 0.1), ("τ = 1", 1.0)):
        expected = hardest_share(z, temperature)
        assert found[name] == {"hardest@τ = 0.1": pytest.approx(expected)}
    shares = [found[condition.name]["hardest@τ = 0.1"] for condition in lesson.conditions]
    assert shares == sorted(shares, reverse=True)  # on one network, it cannot be otherwise


def test_references_are_means_over_the_seeds() -> None:
    rows = (
        {"references": {"knn": {"untrained": 0.4}}},
        {"references": {"knn": {"untrained": 0.5}}},
    )
    assert Results(rows, ({},), {}).references == {"knn": {"untrained": pytest.approx(0.45)}}
