"""A run in words."""

from __future__ import annotations

import dataclasses

import pytest

from simclr_core.data.unfit import WORDS
from simclr_core.runs import findings, summary
from simclr_core.runs.record import RunData
from simclr_core.settings.config import ModelConfig, TrainConfig, ViewConfig
from simclr_core.settings.presets import preset_config, view_config

FIGURES = {
    "knn_accuracy": 0.842,
    "knn_accuracy_untrained": 0.318,
    "knn_accuracy_pixels": 0.441,
    "of": "shape",
    "step": 1240,
    "loss": 1.623,
}
DATA = RunData(factors={"shape": tuple("abcdefgh")}, class_names=tuple("abcde"))


def test_a_good_run_is_told_with_its_comparisons() -> None:
    assert findings.learned(FIGURES, DATA) == (
        "Learned without labels: the nearest neighbours of new pictures vote for the right shape "
        "in 84.2% of cases (kNN accuracy); untrained 31.8%, raw pixels 44.1%, chance 12.5%."
    )


def test_the_sentence_says_how_many_pictures_there_were_to_compare_with() -> None:
    """The scores under the curves compare fewer, and so are lower."""
    text = findings.learned({**FIGURES, "bank": 6000}, DATA)
    assert "in 84.2% of cases (kNN accuracy, 6,000 pictures to compare with); untrained" in text


def test_a_learning_rate_of_0_learned_nothing_whatever_the_score() -> None:
    text = findings.learned(FIGURES, DATA, rate=0.0)
    assert (
        text.startswith("The learning rate is 0: no weight has changed") and "Learned" not in text
    )
    assert "vote for the right shape in 84.2% of cases (kNN accuracy); untrained 31.8%" in text
    assert findings.learned(FIGURES, DATA, rate=1e-3) == findings.learned(FIGURES, DATA)


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_unfit_pictures_are_named_before_the_score(kind: str) -> None:
    data = dataclasses.replace(DATA, unfit=kind)
    text = findings.learned(FIGURES, data, rate=0.0)
    assert text.startswith(WORDS[kind]) and "Learned" not in text and "84.2%" in text
    unscored = findings.learned({"step": 9, "loss": 4.8, "knn_accuracy": None}, data)
    assert unscored.startswith(f"{WORDS[kind]} Trained for 9 steps")


def factors(**shares: tuple[float, float, float]) -> dict[str, dict[str, float]]:
    """Return knn_factors: the run's own score, untrained, pixels."""
    return {name: dict(zip(FIGURES, three, strict=False)) for name, three in shares.items()}


PLAIN = {  # a run without colour distortion: shape .45, no better than its pixels
    **FIGURES,
    "knn_accuracy": 0.45,
    "queries": 1000,
    "knn_factors": factors(
        shape=(0.45, 0.318, 0.441), hue=(0.93, 0.88, 0.84), background=(0.99, 0.52, 0.46),
        size=(0.45, 0.62, 0.63),
    ),
}  # fmt: skip
COLORED = {**FIGURES, "queries": 1000, "knn_factors": factors(shape=(0.842, 0.318, 0.441))}
NAMED = RunData(
    factors={"shape": tuple("abcdefgh"), "hue": tuple("abcdefgh"), "background": ("a",)}
)


def test_a_map_is_coloured_by_what_its_run_learned() -> None:
    """Shape gained .009 over pixels, hue .05 and background .47; hue has the most categories."""
    assert findings.map_color(PLAIN, NAMED) == "hue"
    assert findings.map_color(PLAIN) == "background"  # the larger gain, without the names
    assert findings.map_color(COLORED, NAMED) == "shape"
    assert findings.map_color({**COLORED, "knn_accuracy": 0.1}, NAMED) == "shape"  # nothing else
    assert findings.map_color({}) == "label"


def test_a_run_that_learned_something_else_says_so() -> None:
    missed = {**PLAIN, "knn_accuracy": 0.43}
    assert findings.learned(missed, NAMED).startswith("It learned background and hue, not shape:")
    assert "the right hue in 93.0% of cases (untrained 88.0%)" in findings.learned(missed, NAMED)


def test_two_runs_are_compared_in_a_sentence() -> None:
    names = ("With colour distortion", "without it")
    assert findings.compared(COLORED, PLAIN, names) == (
        "With colour distortion, the nearest neighbours of new pictures vote for the right shape "
        "in 84.2% of cases, without it in 45.0% (untrained 31.8%, raw pixels 44.1%): without it, "
        "the network learned background and hue instead."
    )
    close = {**COLORED, "knn_accuracy": 0.85}  # intervals of 2 points each
    assert findings.compared(COLORED, close, names).endswith(
        "85.0% (untrained 31.8%, raw pixels 44.1%): too close to call with these test pictures."
    )
    assert findings.compared(COLORED, {**PLAIN, "of": "hue"}, names) == ""
    assert findings.compared(COLORED, {}, names) == ""


def test_a_few_test_pictures_are_no_proof() -> None:
    """11 of 18: the Wilson interval is 39% to 80%; 10 of 10: 72% to 100%."""
    noise = {**FIGURES, "of": "label", "queries": 18, "knn_accuracy": 11 / 18}
    noise |= {"knn_accuracy_untrained": 0.39, "knn_accuracy_pixels": 0.33}
    text = findings.learned(noise, RunData(class_names=("a", "b")))
    assert text.startswith("Too few test pictures to tell what was learned: the nearest neighbours")
    assert "(kNN accuracy, 18 test pictures: 95% interval 39% to 80%)" in text
    sure = {**noise, "queries": 10, "knn_accuracy": 1.0}
    text = findings.learned(sure, RunData(class_names=("a", "b")))
    assert text.startswith("Learned without labels: ") and "interval 72% to 100%" in text
    for queries in (500, 0, -3, "18", None, 0.2):  # many, or nothing that can be
        assert "interval" not in findings.learned({**FIGURES, "queries": queries}, DATA)
    assert "interval" in findings.learned({**sure, "knn_accuracy": 1.5}, DATA)  # a changed file


def test_a_run_that_learned_something_else_says_what() -> None:
    hue = {"knn_accuracy": 0.91, "knn_accuracy_untrained": 0.6}
    size = {"knn_accuracy": 0.7, "knn_accuracy_untrained": 0.55}
    lost = {**FIGURES, "knn_accuracy": 0.23, "knn_factors": {"hue": hue, "size": size}}
    assert findings.learned(lost, DATA) == (
        "It learned hue and size, not shape: the nearest neighbours of new pictures vote for the "
        "right hue in 91.0% of cases (untrained 60.0%), the right size in 70.0% of cases "
        "(untrained 55.0%), the right shape in 23.0% (untrained 31.8%; kNN accuracy)."
    )
    only = findings.learned({**lost, "knn_factors": {"hue": hue, "size": None}}, DATA)
    assert only.startswith("It learned hue, not shape: the nearest neighbours")
    assert "Not much" in findings.learned({**lost, "queries": 18}, DATA)  # too few to say that
    nothing = {"hue": {**hue, "knn_accuracy": 0.61}, "size": None}
    assert "Not much" in findings.learned({**lost, "knn_factors": nothing}, DATA)
    assert "Learned without" in findings.learned({**FIGURES, "knn_factors": {"hue": hue}}, DATA)


def test_chance_counts_classes_for_labels_and_categories_for_factors() -> None:
    assert findings.chance({"of": "label"}, DATA) == 1 / 5
    assert findings.chance({"of": "shape"}, DATA) == 1 / 8
    assert findings.chance({"of": "hue"}, DATA) is None
    assert findings.chance({}, None) is None


@pytest.mark.parametrize("rival", ["knn_accuracy_untrained", "knn_accuracy_pixels"])
def test_a_run_that_loses_to_a_rival_is_not_praised(rival: str) -> None:
    assert findings.learned({**FIGURES, rival: 0.85}).startswith("Not much learned yet")
    assert findings.learned({**FIGURES, rival: 0.83}).startswith("Learned a little without labels")
    assert findings.learned({**FIGURES, rival: 0.82}).startswith("Learned without labels")


def test_without_labels_the_loss_is_told() -> None:
    figures = {"step": 1240, "loss": 1.623, "knn_accuracy": None}
    assert findings.learned(figures) == (
        "Trained for 1,240 steps, to a loss of 1.62; without labels there is no score to give."
    )


@pytest.mark.parametrize(
    "data", [RunData(class_names=("0",)), RunData(class_names=("a", "b"), trained_classes=1)]
)
def test_one_class_is_not_called_no_label(data: RunData) -> None:
    figures = {"step": 1240, "loss": 1.623, "knn_accuracy": None}
    text = findings.learned(figures, data)
    assert text.endswith("with one and the same label on every picture there is no score to give.")


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), "0.9", None, True, [1]])
def test_what_is_no_number_is_not_told(broken: object) -> None:
    text = findings.learned({**FIGURES, "knn_accuracy_untrained": broken})
    assert "untrained" not in text and "84.2%" in text


def test_probes_are_told_strongest_first() -> None:
    figures = {"linear_probe": {"h": {"shape": 0.29, "hue": 0.941}, "z": {"hue": 0.5}}}
    assert findings.probes(figures) == "A linear probe of h reads hue 94%, shape 29%."
    assert findings.probes(FIGURES) == ""


@pytest.mark.parametrize("name", ["strong", "no colour", "colour only", "gentle"])
@pytest.mark.parametrize("kind", ["drawn", "photographs", "characters", "gray pictures"])
def test_views_are_known_by_their_presets_name(kind: str, name: str) -> None:
    found = summary.views_name(view_config(kind, name), kind)
    assert found is not None
    assert view_config(kind, found) == view_config(kind, name)


def test_own_views_have_no_name() -> None:
    assert summary.views_name(ViewConfig(crop_min=0.123)) is None
    assert summary.views_words(ViewConfig(crop_min=0.123)) == "own views"


def test_only_what_differs_from_the_preset_is_told() -> None:
    plain = preset_config("minute")
    assert summary.settings_words(plain, "drawn") == ["strong views"]
    changed = dataclasses.replace(
        plain,
        training=TrainConfig(temperature=0.5, batch_size=256),
        model=ModelConfig(encoder="resnet18"),
        views=view_config("drawn", "no colour"),
    )
    words = summary.settings_words(changed, "drawn")
    assert words[0] == "no colour views"
    assert sorted(words[1:]) == ["batch 256", "encoder resnet18", "temperature 0.5"]


def test_steps_found_by_calibration_are_no_setting() -> None:
    plain = preset_config("minute")
    found = dataclasses.replace(plain, training=dataclasses.replace(plain.training, steps=1240))
    assert summary.settings_words(found, "drawn") == ["strong views"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (64.6, "1:05"), (3599.6, "1:00:00"), (7384, "2:03:04"), (None, "–")],
)
def test_clock(seconds: float | None, text: str) -> None:
    assert summary.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "about 5 s"), (42, "about 40 s"), (130, "about 2 min"), (9000, "about 2.5 h")],
)
def test_span(seconds: float, text: str) -> None:
    assert summary.span(seconds) == text


@pytest.mark.parametrize(
    ("place", "text"), [(1, "next"), (3, "third"), (10, "10th"), (12, "12th"), (23, "23rd")]
)
def test_ordinal(place: int, text: str) -> None:
    assert summary.ordinal(place) == text


@pytest.mark.parametrize(
    ("count", "text"), [(999, "999 B"), (12_345, "12.3 kB"), (3_400_000, "3.4 MB")]
)
def test_size_words(count: int, text: str) -> None:
    assert summary.size_words(count) == text


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({}, "about a minute"),
        ({"seconds": 300.0}, "about 5 min"),
        ({"epochs": 1000.0}, "1,000 epochs"),
        ({"epochs": 2.5}, "2.5 epochs"),
        ({"steps": 1500, "epochs": 2.0}, "1,500 steps"),
    ],
)
def test_a_budget_in_words(training: dict[str, float], words: str) -> None:
    config = preset_config("minute")
    assert (
        summary.budget(
            dataclasses.replace(config, training=dataclasses.replace(config.training, **training))
        )
        == words
    )


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, "–"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.842, "84%"),
        (0.994, "99%"),
        (0.999, "99.9%"),  # one of a thousand is wrong: not all are right
        (0.99999, "99.9%"),
        (0.004, "0.4%"),
        (0.00001, "0.1%"),
    ],
)
def test_a_share_that_is_not_all_is_not_called_all(share: float | None, words: str) -> None:
    assert summary.percent(share) == words


def test_scores_have_one_digit_and_intervals_none_that_says_nothing() -> None:
    assert [summary.score(v) for v in (None, 0, 1, 0.994, 0.9999, 0.85, 0.0625)] == [
        "–", "0%", "100%", "99.4%", "99.9%", "85.0%", "6.3%",
    ]  # fmt: skip
    assert summary.interval(0.9871, 1.0) == "98.7–100%"
