"""The film: genuine runs on the same pictures, and scores that can be counted again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from fake_run import FACTORS, FakeRun
from simclr_core.base.errors import LabError
from simclr_core.cli.main import build_parser
from simclr_core.cli.options import chosen_config
from simclr_core.feed import film
from simclr_core.runs import shipped
from simclr_core.runs.store import RunStore


@pytest.fixture(scope="module")
def played() -> dict:
    return json.loads(film.film_bytes())


def test_both_runs_play_the_same_pictures_at_the_same_steps(played):
    first, second = played["runs"]
    assert first["steps"] == second["steps"] and first["steps"][0] == 0
    assert first["count"] == second["count"] == 1000
    assert first["colors"] == second["colors"]
    assert first["sheet"].startswith("data:image/webp")
    assert second["sheet"].startswith("/lab/runs/no-colour/thumbnails.webp?v=")
    assert first["digest"] == second["digest"] and first["total"] == second["total"] == 1500
    for run in (first, second):
        places = np.frombuffer(base64.b64decode(run["places"]), "<u2")
        assert len(places) == len(run["steps"]) * 1000 * 2
    assert len(film.film_bytes()) < 1_500_000


def test_votes_are_those_of_the_run_folders(played):
    """By scikit-learn: the 20 nearest by cosine vote, each with weight exp(similarity / 0.1)."""
    for run, side in zip(shipped.originals(), played["runs"], strict=True):
        probe, last = run.probe(), side["steps"][-1]
        h = run.snapshot(last)["h"]
        search = NearestNeighbors(n_neighbors=21, metric="cosine").fit(h)
        distance, nearest = search.kneighbors(h)
        distance, nearest = distance[:, 1:], nearest[:, 1:]  # without the picture itself
        for votes in side["votes"]:
            truth = probe[f"factor__{votes['of']}"]
            counts = np.zeros((len(h), truth.max() + 1))
            weight = np.exp((1 - distance) / 0.1)
            np.add.at(counts, (np.arange(len(h))[:, None], truth[nearest]), weight)
            share = (counts.argmax(axis=1) == truth).mean()
            assert votes["values"][-1] == pytest.approx(share, abs=0.003)
            assert votes["chance"] == 1 / len(np.unique(truth))
            assert len(votes["values"]) == len(side["steps"])


def test_colour_distortion_decides_what_is_learned(played):
    votes = [{vote["of"]: vote["values"] for vote in run["votes"]} for run in played["runs"]]
    (shape, hue), (plain_shape, plain_hue) = ((one["shape"], one["hue"]) for one in votes)
    assert shape[-1] > 0.9 > 0.5 > plain_shape[-1]
    assert hue[-1] < hue[0] < plain_hue[-1]
    assert [run["color"] for run in played["runs"]] == ["shape", "hue"]  # as their verdicts say


def test_votes_have_an_interval_and_what_they_have_to_beat(played):
    """By hand, Wilson's interval of 305 of 1,000 (untrained): 27.7% to 33.4%."""
    vote = played["runs"][1]["votes"][0]
    assert vote["of"] == "shape" and vote["untrained"] == vote["values"][0] == 0.305
    assert (vote["low"][0], vote["high"][0]) == (0.2773, 0.3342)
    assert (vote["pixels"], vote["chance"]) == (0.338, 0.125)


@pytest.fixture
def fake(tmp_path) -> Iterator[FakeRun]:
    made = FakeRun(RunStore(tmp_path), probe=40, steps=600, alive=True)
    made.snapshot()
    yield made
    made.end()


def test_the_film_of_a_run_grows_with_it_and_fetches_its_pictures_apart(fake):
    body, version = film.run_film(fake.run)
    (side,) = json.loads(body)["runs"]
    assert (side["steps"], side["total"]) == ([0], 600)  # it is to have 600
    assert side["sheet"] == f"/lab/runs/{fake.run.id}/thumbnails.webp?v={side['digest']}"
    assert film.run_film(fake.run) == (body, version)
    fake.train(200)
    fake.snapshot()
    fake.end()
    later, newer = film.run_film(fake.run)
    (side,) = json.loads(later)["runs"]
    assert newer != version and (side["steps"], side["total"]) == ([0, 200], 200)
    assert len(side["kept"]) == 2 and {vote["of"] for vote in side["votes"]} == set(FACTORS)


def test_a_snapshot_that_cannot_be_read_has_no_votes(fake):
    fake.train(200)
    fake.snapshot()
    fake.run.snapshot_path(200).write_bytes(b"not a snapshot")
    (side,) = json.loads(film.run_film(fake.run)[0])["runs"]
    assert all(vote["values"][0] is not None for vote in side["votes"])
    assert all(vote["values"][1] is vote["low"][1] is None for vote in side["votes"][1:])


def test_many_pictures_have_the_votes_that_their_snapshots_wrote(fake, monkeypatch):
    monkeypatch.setattr(film.cache, "MANY", 39)
    (side,) = json.loads(film.run_film(fake.run)[0])["runs"]
    (vote,) = side["votes"]
    row = fake.run.snapshot_rows()[0]
    assert vote["values"] == [round(row["knn_accuracy"], 4)]
    assert vote["pixels"] == row["knn_accuracy_pixels"]


def test_a_run_that_is_deleted_meanwhile_still_has_a_version(fake, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: True)  # a moment ago
    assert len(film.run_version(fake.run)) == 12


def test_a_run_without_a_map_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(LabError, match="no map yet"):
        film.run_film(FakeRun(RunStore(tmp_path), probe=12).run)


def test_the_given_picture_is_one_of_the_run_and_its_views_are_two(played):
    given = played["given"]
    picture, views = (
        cv2.imdecode(np.frombuffer(base64.b64decode(given[name].split(",")[1]), np.uint8), 1)
        for name in ("picture", "views")
    )
    images = shipped.originals()[0].probe()["images"]
    np.testing.assert_array_equal(picture[..., ::-1], images[film.GIVEN])
    assert views.shape == (32, 64, 3) and len(given["words"]) == 2
    assert (views[:, :32] != views[:, 32:]).any()


def test_the_command_repeats_the_first_run(played):
    told = film.about()
    words = told["command"].split()
    assert words[:4] == ["python", "-m", "simclr_core", "train"]
    config = chosen_config(build_parser().parse_args(words[3:]), "drawn")
    assert config.training.steps == told["steps"] == played["runs"][0]["steps"][-1]
    assert told["scores"]["of"] == "shape" and told["scores"]["knn_accuracy"] > 0.9
