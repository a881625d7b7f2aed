"""The film on Home: two genuine runs on the same pictures, and scores that can be counted again."""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from simclr_core.cli.main import build_parser
from simclr_core.cli.options import chosen_config
from simclr_core.feed import film
from simclr_core.runs import shipped


@pytest.fixture(scope="module")
def played() -> dict:
    return json.loads(film.film_bytes())


def test_both_runs_play_the_same_pictures_at_the_same_steps(played):
    first, second = played["runs"]
    assert first["steps"] == second["steps"] and first["steps"][0] == 0
    assert first["count"] == second["count"] == 1000
    assert first["colors"] == second["colors"]
    assert first["sheet"].startswith("data:image/webp") and not second["sheet"]
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
    (shape, hue), (plain_shape, plain_hue) = (run["votes"] for run in played["runs"])
    assert shape["of"] == "shape" and hue["of"] == "hue"
    assert shape["values"][-1] > 0.9 > 0.5 > plain_shape["values"][-1]
    assert hue["values"][-1] < hue["values"][0] < plain_hue["values"][-1]


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
