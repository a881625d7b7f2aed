"""More pictures than the map has: a set that reads like a run, true to data and network."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from simclr_core.base.errors import DataError
from simclr_core.base.files import write_json
from simclr_core.data.datasets import load_dataset
from simclr_core.data.probe_set import probe_indices
from simclr_core.measures import neighbours, per_picture
from simclr_core.questions import analyst, answers, jobs
from simclr_core.questions.job import clusters_job, more_job
from simclr_core.questions.large_probe import owner, set_of
from simclr_core.questions.reply import follow
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots import cache
from simclr_core.runs.snapshots.networks import Networks
from simclr_core.runs.snapshots.weights import find_weights
from simclr_core.runs.store import RunStore
from simclr_core.runs.transfer import bundle
from simclr_core.settings.config import replace
from simclr_core.views.recipes import probe_recipes
from simclr_core.views.render import render_views
from trained_run import SHAPES, observer, trained


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Run:
    training = replace(SHAPES.training, probe_size=16)
    return trained(RunStore(tmp_path_factory.mktemp("runs")), replace(SHAPES, training=training))


@pytest.fixture
def run(original: Run, tmp_path) -> Run:
    shutil.copytree(original.path, tmp_path / original.id)
    return Run(tmp_path / original.id)


def ask(run: Run, count: int, tell=lambda share, words: None) -> tuple[str, int]:
    job = more_job(count)
    asked = answers.Question(run, job.kind, job.parameters, {}, find_weights(run), Networks())
    found = answers.more(asked, tell)
    return str(found["name"]), int(found["step"])


def test_a_set_reads_like_a_run_and_has_what_the_network_gives(run):
    said = []
    name, step = ask(run, 40, lambda share, words: said.append((share, words)))
    assert (name, step) == ("40-12", 12)
    found = set_of(run, name)
    dataset = load_dataset("shapes", max_images=64)
    indices = probe_indices(dataset, 40)
    probe = found.probe()
    assert (probe["images"] == dataset.x_train[indices]).all()
    assert (probe["labels"] == dataset.y_train[indices]).all()
    assert (probe["factor__hue"] == dataset.factors_train["hue"][indices]).all()
    network = observer(run)
    held = found.snapshot(12)
    h, z = network.encode(probe["images"])
    assert held["h"] == pytest.approx(h, abs=1e-5) and held["z"] == pytest.approx(z, abs=1e-5)
    views = render_views(probe["images"], probe_recipes(run.config.views, 40, 32))
    _, z_views = network.encode(views.reshape(-1, 32, 32, 3))
    assert held["z_views"].reshape(80, -1) == pytest.approx(z_views, abs=1e-5)
    assert found.snapshot_steps() == found.coordinate_steps("umap") == [12]
    which, _ = cache.neighbours(found, 12)
    assert (which == per_picture.ranked(held["h"], cache.NEIGHBOURS)[0]).all()
    kept = float(found.coordinates("pca", 12)["kept"])
    xy = found.coordinates("pca", 12)["xy"]
    assert kept == pytest.approx(neighbours.kept_on_map(which, xy))
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and said[1][1] == "encoding picture 1 of 40"
    assert owner(found) == run and owner(run) == run


def test_the_newest_set_is_kept_and_not_made_twice(run):
    first, _ = ask(run, 20)
    again = []
    ask(run, 20, lambda share, words: again.append(words))
    assert again == []
    second, _ = ask(run, 30)
    assert set_of(run, first) is None and set_of(run, second)
    assert [path.name for path in (run.path / "sets").iterdir()] == [second]
    assert not any("sets" in path.parts for path in bundle.bundle_files(run.path))


def test_more_than_there_are_is_all_there_are(run):
    name, _ = ask(run, 5000)
    assert len(set_of(run, name).probe()["images"]) == 64


@pytest.mark.parametrize("name", ["", "..", "../x", "20-12/..", "a-b", "20-12"])
def test_other_names_are_no_sets(run, name):
    assert set_of(run, name) is None


@pytest.mark.parametrize("count", [0, 20_001])
def test_counts_out_of_range_are_refused(run, count):
    with pytest.raises(ValueError, match="pictures, found"):
        ask(run, count)


def test_other_data_than_were_trained_on_are_refused(run):
    record = run.record
    record["data"]["content_hash"] = "0" * 64
    write_json(run.path / "config.json", record)
    with pytest.raises(DataError, match="found others"):
        ask(run, 20)


def test_questions_to_a_set_are_answered_like_those_to_a_run(run):
    name, _ = ask(run, 40)
    found = set_of(run, name)
    key = jobs.ask(found, clusters_job(3))
    assert analyst.Analyst(RunStore(run.path.parent), requests=jobs.LONG_QUESTIONS).turn()
    answer = follow(found, key)
    assert answer.arrays["clusters"].shape == (1, 40)
    assert np.unique(answer.arrays["clusters"]).tolist() == [0, 1, 2]
