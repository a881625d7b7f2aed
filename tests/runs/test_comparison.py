"""Runs side by side: differences, curves and figures, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fake_run import FakeRun
from pages.explore import outcomes
from simclr_core.base.errors import LabError
from simclr_core.base.files import append_lines, write_json
from simclr_core.runs import comparison, states
from simclr_core.runs.run import Run
from simclr_core.runs.store import RunStore
from simclr_core.settings.config import RunConfig, replace
from simclr_core.settings.presets import preset_config


def config(seed: int = 0, **training) -> RunConfig:
    plain = preset_config("minute")
    return replace(plain, training=replace(plain.training, seed=seed, **training))


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(tmp_path)


def three(store: RunStore) -> list[Run]:
    """Two seeds of one setting, and another temperature."""
    settings = (config(), config(seed=1), config(seed=1, temperature=0.5))
    return [store.create(one, f"run {i}") for i, one in enumerate(settings)]


def test_settings_that_differ_are_listed_the_seed_last(store):
    found = comparison.differences(three(store))
    assert [(row.name, row.values) for row in found] == [
        ("training.temperature", (0.1, 0.1, 0.5)),
        ("training.seed", (0, 1, 1)),
    ]
    assert comparison.differences([three(store)[0]] * 2) == []


def test_data_are_named_by_their_file_and_no_hash_is_listed(store):
    plain = config()
    one, other = (
        store.create(replace(plain, data=replace(plain.data, source=f"/far/away/{name}.npz")))
        for name in ("a", "b")
    )
    assert [(d.name, d.values) for d in comparison.differences([one, other])] == [
        ("data.source", ("a.npz", "b.npz"))
    ]


def test_runs_that_differ_by_their_seed_alone_are_one_setting(store):
    assert comparison.settings_of(three(store)) == [0, 0, 1]


def test_a_damaged_run_is_told(store):
    runs = three(store)
    (runs[0].path / "config.json").write_text("{")
    with pytest.raises(LabError):
        comparison.differences(runs)


def test_curves_by_step_by_images_and_by_seconds(store):
    run = store.create(config(batch_size=32), "curve")
    rows = [
        {
            "step": step,
            "loss": 5.0 / step,
            "contrastive_accuracy": 0.1 * step,
            "seconds": 0.5 * step,
        }
        for step in (1, 2, 4)
    ]
    with (run.path / "metrics.jsonl").open("ab") as file:
        append_lines(file, [*rows, {"step": 5, "loss": float("nan"), "seconds": 2.5}])
    assert comparison.curve(run, "loss", "step") == ([1, 2, 4], [5, 2.5, 1.25])
    assert comparison.curve(run, "loss", "images seen")[0] == [32, 64, 128]
    assert comparison.curve(run, "contrastive_accuracy", "seconds")[0] == [0.5, 1, 2]
    assert comparison.curve(run, "knn_accuracy", "step") == ([], [])
    fake = FakeRun(store, probe=10)
    fake.snapshot()
    fake.train(100)
    fake.snapshot()
    x, y = comparison.curve(fake.run, "knn_accuracy", "step")
    assert x == [0, 100] and y == [row["knn_accuracy"] for row in fake.run.snapshot_rows()]


def test_long_curves_are_medians_of_windows(store):
    run = store.create(config(), "long")
    losses = np.random.default_rng(0).normal(size=3000)
    with (run.path / "metrics.jsonl").open("ab") as file:
        append_lines(file, [{"step": i + 1, "loss": float(v)} for i, v in enumerate(losses)])
    x, y = comparison.curve(run, "loss", "step")
    assert len(x) == comparison.MOST_POINTS
    assert x[0] == pytest.approx(np.mean(range(1, 11)))
    assert y == pytest.approx([np.median(part) for part in np.split(losses, 300)])


def test_final_scores_have_an_interval_and_what_they_have_to_beat(store):
    """By hand, Wilson's interval of 800 of 1,000: 77.4% to 82.4%."""
    runs = three(store)
    for run, score in zip(runs, (0.8, 0.9, 0.5), strict=True):
        write_json(
            run.path / "evaluation.json",
            {
                "of": "shape",
                "queries": 1000,
                "knn_accuracy": score,
                "knn_accuracy_pixels": 0.4,
                "knn_factors": {"shape": {"knn_accuracy": score}, "hue": {"knn_accuracy": 0.2}},
                "linear_probe": {"h": {"hue": 0.3}, "pixels": {"hue": 0.1}},
            },
        )
    found = {(one.of, one.how): one for one in comparison.scores(runs[0])}
    assert list(found) == [("shape", ""), ("hue", ""), ("hue", comparison.PROBED)]
    own, probe = found["shape", ""], found["hue", comparison.PROBED]
    assert (own.value, own.untrained, own.pixels, own.tested) == (0.8, None, 0.4, 1000)
    assert (probe.value, probe.pixels) == (0.3, 0.1)
    html = outcomes.score_dots(runs, ["a", "b", "<c>"])
    assert "85.0% (mean of 2)" in html  # both seeds on one line
    assert "50.0% (46.9–53.1%)" in html and "a: 0.800, 77.4–82.4%" in html
    assert '<s style="left:77.4%;right:17.6%">' in html
    assert html.count("right shape <small>pixels 40.0%</small>") == 1
    assert "left:80.0%" in html and "left:90.0%" in html and "&lt;c&gt;: 0.500" in html
    (runs[0].path / "evaluation.json").write_text("{")
    assert comparison.scores(runs[0]) == []
    assert "final scores yet" in outcomes.score_dots(runs[:1], ["a"])


def test_losses_of_different_tasks_are_not_comparable(store):
    """A temperature changes the loss, and not whether the right partner is found."""
    plain, seed, warmer = three(store)
    weak = replace(plain.config, views=plain.config.views.without_color())
    other = store.create(weak, "weak")
    assert comparison.not_comparable([plain, seed]) == {}
    words = comparison.not_comparable([seed, warmer])
    assert "differ in temperature, so" in words["loss"] and "contrastive_accuracy" not in words
    words = comparison.not_comparable([warmer, other])
    assert "differ in views and temperature, so" in words["loss"]
    words = comparison.not_comparable([plain, other])
    assert "differ in views, so" in words["alignment"] and "knn_accuracy" not in words


def test_runs_of_unequal_steps_or_pictures_say_so(store):
    runs = [store.create(config(steps=steps), "x") for steps in (1035, 358, 1035)]
    for run in runs:
        run.write_status(state=states.FINISHED, step=run.config.training.steps)
    assert comparison.cautions(runs[::2]) == []
    (words,) = comparison.cautions(runs)
    assert words.startswith("1,035 and 358 steps: the maps show the same share of each run")
    elsewhere = replace(runs[0].config, data=replace(config().data, source="/tmp/other.npz"))
    other = store.create(elsewhere, "other")
    assert "different pictures" in comparison.cautions([runs[0], other])[0]


def test_the_table_names_what_differs(store):
    html = outcomes.settings_table(three(store), ["a", "b", "<c>"])
    assert "<th scope='row'>temperature</th><td>0.1</td><td>0.1</td><td>0.5</td>" in html
    assert "&lt;c&gt;" in html and "batch size" not in html


def test_a_budget_that_had_no_say_is_no_difference(store):
    """Of runs that know their steps the seconds decide nothing more; of others they do."""
    one, other = (store.create(config(seconds=seconds, steps=400)) for seconds in (20.0, 60.0))
    assert comparison.differences([one, other]) == []
    third = store.create(config(seconds=60.0))
    names = [row.name for row in comparison.differences([one, third])]
    assert names == ["training.seconds", "training.steps"]


def test_a_run_from_elsewhere_has_no_settings_of_ours(store):
    from simclr_core.runs.transfer.recorder import Recording

    with Recording(np.zeros((4, 8, 8, 3), np.uint8), source="mine", store=store) as recording:
        recording.snapshot(0, np.eye(4))
    found = {
        row.name: row.values for row in comparison.differences([recording.run, three(store)[0]])
    }
    assert found["training.temperature"] == (None, 0.1)
    assert found["data.source"] == ("mine", "shapes")
