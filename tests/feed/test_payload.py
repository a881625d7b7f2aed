"""What the live figures are sent: the run's own numbers, bounded, built once."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.files import append_lines, write_npz
from simclr_core.feed import categories, payload
from simclr_core.feed.metrics_tail import MAX_POINTS
from simclr_core.feed.packing import pack, unpack
from simclr_core.feed.viewport import Viewport
from simclr_core.loss import nt_xent
from simclr_core.runs.store import RunStore

BOUND = 30_000  # bytes a refresh, for 1,000 points and a curve of any length


@pytest.fixture
def fake(tmp_path):
    made = FakeRun(RunStore(tmp_path), probe=60)
    made.snapshot(umap=False)
    return made


def header(run, *how, **more):
    """Return what the map is sent beside its points."""
    return unpack(payload.map_payload(run, *how, **more))[0]


def test_packing_returns_what_went_in():
    arrays = {
        "a": np.array([1.5, np.nan], np.float32),
        "b": np.array([7], np.uint8),
        "c": np.array([70_000], np.uint32),
        "d": np.zeros(0, np.uint16),
    }
    header, found = unpack(pack({"x": float("nan"), "é": np.float32(0.5)}, arrays))
    assert header["x"] is None and header["é"] == 0.5
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
    with pytest.raises(ValueError, match="float64"):
        pack({}, {"a": np.zeros(2)})


def test_coordinates_travel_exactly(fake):
    fake.train(50)
    fake.snapshot()
    for method in ("pca", "umap"):
        facts, arrays = unpack(payload.map_payload(fake.run, method))
        xy = fake.run.coordinates(method, 50)["xy"]
        np.testing.assert_array_equal(arrays["xy"].reshape(-1, 2), xy)
        assert (facts["method"], facts["step"]) == (method, 50)


def test_pca_stands_in_until_there_is_a_umap(fake):
    found = header(fake.run, "umap")
    assert (found["method"], found["asked"], found["step"]) == ("pca", "umap", 0)
    assert found["preservation"] is None and found["kept"] is None
    fake.train(10)
    fake.snapshot()
    found = header(fake.run, "umap")
    assert (found["method"], found["asked"], found["step"]) == ("umap", "umap", 10)
    arrays = fake.run.coordinates("umap", 10)
    assert found["preservation"] == float(arrays["preservation"])
    assert found["kept"] == float(arrays["kept"])


def test_an_asked_step_is_shown_or_the_one_before_it(fake):
    for _ in range(3):
        fake.train(10)
        fake.snapshot()
    assert header(fake.run, "pca", step=20)["step"] == 20
    assert header(fake.run, "pca", step=29)["step"] == 20
    assert header(fake.run, "umap", step=0)["step"] == 10  # the first there is
    assert payload.coordinate_steps(fake.run, "umap") == [10, 20, 30]


def test_colours_and_counts_are_those_of_the_probe_set(fake):
    probe = fake.run.probe()
    assert categories.color_choices(fake.run) == ["shape", "hue", "background", "size"]
    header, arrays = unpack(payload.map_payload(fake.run, "pca", "size"))
    np.testing.assert_array_equal(arrays["category"], probe["factor__size"])
    assert header["names"] == ["small", "medium", "large"]
    assert header["counts"] == [*np.bincount(probe["factor__size"], minlength=3), 0]
    assert len(header["colors"]) == 4


def test_labels_that_no_factor_repeats_can_be_chosen_and_unknown_ones_are_grey(fake):
    arrays = fake.run.probe()
    labels = np.roll(arrays["labels"], 1)
    labels[:5] = -1
    write_npz(fake.run.path / "probe.npz", {**arrays, "labels": labels})
    assert categories.color_choices(fake.run)[0] == "label"
    header, found = unpack(payload.map_payload(fake.run, "pca", "label"))
    assert (found["category"][:5] == len(header["names"])).all() and header["counts"][-1] == 5


@pytest.mark.parametrize("rows", [0, 1, 999, 1001, 40_000])
def test_a_refresh_stays_within_its_bound(tmp_path, rows):
    made = FakeRun(RunStore(tmp_path), steps=40_000, probe=1000)
    if rows:
        made.train(rows)
    made.snapshot()
    snapshot = made.run.snapshot_rows()[0]
    with (made.run.path / "snapshots.jsonl").open("ab") as file:
        append_lines(file, [{**snapshot, "step": 10 + i} for i in range(1999)])
    curves = payload.curves_payload(made.run)
    assert len(payload.map_payload(made.run, "umap", "hue")) + len(curves) <= BOUND
    _, arrays = unpack(curves)
    assert len(arrays["loss"]) <= MAX_POINTS
    assert all(len(a) <= 1000 for a in arrays.values())
    assert len(arrays["loss"]) == rows or rows > 1000


def test_a_short_curve_is_sent_whole(fake):
    fake.train(MAX_POINTS)
    rows, _ = fake.run.metrics()
    header, arrays = unpack(payload.curves_payload(fake.run))
    np.testing.assert_array_equal(arrays["loss"], np.float32([r["loss"] for r in rows]))
    np.testing.assert_array_equal(arrays["loss_step"], [r["step"] for r in rows])
    assert header["step"] == MAX_POINTS and header["planned"] == fake.steps


def test_a_loss_that_is_no_number_is_named_and_breaks_nothing(fake):
    fake.train(5)
    with (fake.run.path / "metrics.jsonl").open("ab") as file:
        append_lines(file, [{"step": 6, "loss": math.nan}])
        file.write(b'{"step": 7, "loss": NaN, "contrastive_accuracy": null}\n')
    header, arrays = unpack(payload.curves_payload(fake.run))
    assert header["bad_step"] == 6
    assert len(arrays["loss"]) == 5 and np.isfinite(arrays["smooth"]).all()


def test_lines_of_reference_and_comparisons(fake):
    fake.train(10)
    fake.snapshot()
    header, _ = unpack(payload.curves_payload(fake.run))
    assert header["alike"] == pytest.approx(math.log(127))  # N = 64
    assert header["floor"] == pytest.approx(nt_xent.minimum_loss(64, 0.1))
    partner, neighbours = header["scores"]
    rows, _ = fake.run.metrics()
    assert partner["share"] == pytest.approx(np.mean([r["contrastive_accuracy"] for r in rows]))
    assert partner["notes"][0].startswith("mean of the last 10 steps, ")
    assert partner["ticks"] == [["chance", pytest.approx(1 / 127)]]
    first, last = fake.run.snapshot_rows()
    assert neighbours["name"] == "Neighbours vote for the right shape"
    assert neighbours["share"] == last["knn_accuracy"]
    places = [["chance", 1 / 8], ["untrained 32.0%", first["knn_accuracy"]], ["pixels 44.0%", 0.44]]
    assert neighbours["ticks"] == places
    assert header["snapshot"]["uniformity"] == last["uniformity"]


def test_a_finished_run_has_one_score_and_names_the_other_test(fake):
    """850 of 1,000: the Wilson interval is 82.7 to 87.1%."""
    fake.train(600)
    fake.snapshot()
    before = unpack(payload.curves_payload(fake.run))[0]["scores"][1]
    assert before["notes"][0].startswith("of the 60 on the map, ")
    fake.end()
    (score,) = unpack(payload.curves_payload(fake.run))[0]["scores"][1:]
    assert (score["value"], score["notes"]) == (
        "85.0%",
        ["of 1,000 new pictures, 82.7–87.1%", "kNN accuracy · chance 12.5%"],
    )
    assert score["ticks"][1:] == [["untrained 32.0%", 0.32], ["pixels 45.0%", 0.45]]
    assert f"the 60 pictures on the map voted on one another: {before['value']}" in score["tip"]
    fake.step = 700  # resumed: the final test was of another network
    fake.snapshot()
    later = unpack(payload.curves_payload(fake.run))[0]["scores"][1]
    assert later["notes"][0].startswith("of the 60 on the map, ")


def test_a_damaged_probe_set_takes_no_final_score_away(fake):
    fake.end()
    fake.run.probe_path.write_bytes(b"")
    assert unpack(payload.curves_payload(fake.run))[0]["scores"][1]["value"] == "85.0%"


def test_nothing_is_built_twice(fake, monkeypatch):
    fake.train(10)
    fake.snapshot()
    points, curves = payload.map_payload(fake.run), payload.curves_payload(fake.run)
    assert payload.map_payload(fake.run) is points and payload.curves_payload(fake.run) is curves
    fake.train(1)
    assert payload.map_payload(fake.run) is points and payload.curves_payload(fake.run) != curves
    fake.coordinates("umap")  # a new step
    assert header(fake.run)["step"] == 11


def test_coordinates_that_were_replaced_are_sent_again(fake):
    before = payload.map_payload(fake.run, "pca")
    found = fake.run.coordinates("pca", 0)
    write_npz(fake.run.path / "coordinates" / "pca-00000000.npz", {**found, "xy": found["xy"] + 1})
    assert payload.map_payload(fake.run, "pca") != before


def test_readers_are_bounded(tmp_path):
    store = RunStore(tmp_path)
    for _ in range(payload.RUNS_KEPT + 3):
        payload.map_payload(FakeRun(store, probe=10).run)
    assert len(payload._reader.cache) <= payload.RUNS_KEPT


def test_the_viewport_holds_the_points_stands_still_and_only_grows(fake):
    for _ in range(6):
        fake.train(50)
        fake.snapshot()
    view, last = Viewport(fake.run, "pca"), None
    steps = fake.run.coordinate_steps("pca")
    for k in range(1, len(steps) + 1):
        x, y, half = view.bounds(steps[:k])
        box = (x - half, y - half, x + half, y + half)
        middle = np.abs(fake.run.coordinates("pca", steps[k - 1])["xy"] - [x, y]).max(axis=1)
        assert np.mean(middle <= half) >= 0.97
        if last:
            assert box[2] - box[0] >= last[2] - last[0] - 1e-9
        last = box
    assert view.bounds(steps) == view.bounds(steps[:2])  # what was seen stays


def test_one_point_far_away_does_not_shrink_the_rest(fake):
    found = fake.run.coordinates("pca", 0)
    half = Viewport(fake.run, "pca").bounds([0])[2]
    xy = np.repeat(found["xy"], 10, axis=0)
    xy[0] = 1e6
    xy[1] = np.nan
    write_npz(fake.run.path / "coordinates" / "pca-00000000.npz", {**found, "xy": xy})
    assert Viewport(fake.run, "pca").bounds([0])[2] < 2 * half


def test_a_run_with_nothing_yet_shows_no_points_but_its_message(tmp_path):
    run = RunStore(tmp_path).create(FakeRun(RunStore(tmp_path / "x"), probe=10).config)
    header, arrays = unpack(payload.map_payload(run, message="Waiting"))
    assert header["count"] == 0 and header["message"] == "Waiting" and "step" not in header
    assert header["count"] == len(arrays["xy"]) == 0
    assert unpack(payload.curves_payload(run, message="Waiting"))[0]["message"] == "Waiting"


def test_a_damaged_file_is_said_and_the_last_good_picture_stays(fake):
    fake.train(10)
    fake.snapshot()
    newest = fake.run.path / "coordinates" / "umap-00000010.npz"
    newest.write_bytes(b"no zip")
    facts = header(fake.run, "umap")
    assert facts["count"] == 0 and "umap-00000010.npz" in facts["message"]
    (fake.run.path / "coordinates" / "pca-00000010.npz").write_bytes(b"no zip")
    assert header(fake.run, "pca")["step"] == 0
    (fake.run.path / "probe.npz").write_bytes(b"")
    assert "probe.npz" in unpack(payload.map_payload(fake.run, "pca"))[0]["message"]
    assert categories.color_choices(fake.run) == []
    (fake.run.path / "config.json").write_text("{")
    fake.run.path.joinpath("metrics.jsonl").write_bytes(b'{"step": 1, "loss": 2}\n')
    assert "alike" not in unpack(payload.curves_payload(fake.run))[0]
    shutil.rmtree(fake.run.path)
    assert unpack(payload.map_payload(fake.run))[0]["count"] == 0


def test_the_interval_grows_with_the_watchers():
    assert payload.refresh_interval(1) == payload.refresh_interval(10) == 1.0
    waits = [payload.refresh_interval(n) for n in (30, 60, 300)]
    assert waits == sorted(waits)
    for n, wait in zip((30, 60, 300), waits, strict=True):
        assert n * payload.REFRESH_COST / wait <= payload.SERVER_SHARE * 1.05


def test_categories_without_a_name_get_their_number(fake):
    record = json.loads((fake.run.path / "config.json").read_text())
    record["data"]["class_names"] = ["only"]
    (fake.run.path / "config.json").write_text(json.dumps(record))
    assert categories.category_names(fake.run, "label", np.array([0, 2])) == ["only", "1", "2"]
