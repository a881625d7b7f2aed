"""Questions about representations: layouts with chosen settings, and clusters."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fake_run import FakeRun
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_npz
from simclr_core.data.properties import properties
from simclr_core.measures import projection
from simclr_core.questions import jobs
from simclr_core.questions.answers import ANSWERS, Arrays, Question
from simclr_core.questions.factor_probes import spread_steps
from simclr_core.questions.job import Job, clusters_job, keeps_job, layout_job
from simclr_core.runs.run import Run
from simclr_core.runs.snapshots.networks import Networks
from simclr_core.runs.snapshots.weights import ENCODED, find_weights
from simclr_core.runs.store import RunStore

pytestmark = pytest.mark.heavy


@pytest.fixture
def run(tmp_path) -> Run:
    made = FakeRun(RunStore(tmp_path), probe=80)
    made.grow(3)
    return made.run


class Told:
    def __init__(self) -> None:
        self.said: list[tuple[float, str]] = []

    def __call__(self, share: float, words: str) -> None:
        self.said.append((share, words))


def ask(run: Run, job: Job, told: Told | None = None) -> Arrays:
    weights = find_weights(run, job.parameters["weights"])
    asked = Question(run, job.kind, job.parameters, {}, weights, Networks())
    return ANSWERS[job.kind](asked, told or Told())


def test_a_layout_is_umap_of_each_snapshot_from_the_one_before(run):
    told = Told()
    job = layout_job("z", neighbors=7, min_dist=0.3, metric="euclidean")
    found = ask(run, job, told)
    assert found["steps"].tolist() == [0, 200, 400]
    assert found["xy"].shape == (3, 80, 2) and found["xy"].dtype == np.float32
    second = projection.umap_layout(
        run.snapshot(200)["z"], neighbors=7, min_dist=0.3, metric="euclidean",
        previous=found["xy"][0],
    )  # fmt: skip
    assert found["xy"][1] == pytest.approx(second, abs=1e-5)
    assert [share for share, _ in told.said] == [0, 1 / 3, 2 / 3]
    assert told.said[1][1] == "laying out snapshot 2 of 3"


@pytest.mark.parametrize(
    "job",
    [
        layout_job("x"),
        layout_job(metric="other"),
        layout_job(neighbors=1),
        clusters_job(1),
        clusters_job(31),
    ],
)
def test_settings_out_of_range_are_refused(run, job):
    with pytest.raises(ValueError, match="expected"):
        ask(run, job)


def test_more_clusters_than_pictures_are_refused(tmp_path):
    made = FakeRun(RunStore(tmp_path), probe=5)
    made.snapshot()
    with pytest.raises(ValueError, match="2 to 5 clusters of 5 pictures, found 6"):
        ask(made.run, clusters_job(6))


def test_clusters_find_groups_and_keep_their_numbers(run):
    """Three groups far apart, whose places change from snapshot to snapshot."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [40, 25, 15])
    for turn, step in enumerate((0, 200, 400)):
        middles = 9 * np.eye(16)[[(i + turn) % 3 for i in range(3)]]
        h = (middles[labels] + rng.normal(size=(80, 16))).astype(np.float32)
        write_npz(run.path / "snapshots" / f"{step:08d}.npz", {"h": h, "z": h})
    found = ask(run, clusters_job(3))
    assert found["steps"].tolist() == [0, 200, 400]
    assert found["clusters"].dtype == np.uint8
    for clusters in found["clusters"]:
        assert adjusted_rand_score(labels, clusters) == 1
        assert (clusters == labels).all()  # the largest is the first, at every step


def test_what_a_probe_reads_is_what_the_representations_hold(run):
    """h holds the shape and the hue, z the shape alone, and the last h the shape alone."""
    probe = run.probe()
    shape, hue = np.eye(8)[probe["labels"]], np.eye(8)[probe["factor__hue"]]
    rng = np.random.default_rng(0)
    for step in (0, 200, 400):
        noise = rng.normal(0, 0.05, (80, 4))
        h = np.concatenate([shape, noise] if step == 400 else [shape, hue, noise], axis=1)
        z = np.concatenate([shape, noise], axis=1)
        arrays = {"h": h.astype(np.float32), "z": z.astype(np.float32)}
        write_npz(run.path / "snapshots" / f"{step:08d}.npz", arrays)
    told = Told()
    found = ask(run, keeps_job(), told)
    names = found["names"].tolist()
    assert names == ["shape", "hue", "background", "size"] and found["steps"].tolist() == [
        0,
        200,
        400,
    ]
    order = np.random.default_rng(0).permutation(80)
    train, test = order[:40], order[40:]
    for name, known in (("shape", [1, 1, 1]), ("hue", [1, 1, 0])):
        values = probe[f"factor__{name}"]
        column = found["h"][:, names.index(name)]
        for i, step in enumerate((0, 200, 400)):
            judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
            h = run.snapshot(step)["h"]
            judge.fit(h[train], values[train])
            assert column[i] == pytest.approx(judge.score(h[test], values[test]))
            assert (column[i] > 0.6) == known[i]
        often = np.bincount(values[test]).max() / 40
        assert found["chance"][names.index(name)] == pytest.approx(often)
    assert found["z"][1, names.index("hue")] < 0.4 < found["z"][1, names.index("shape")]
    shares = [share for share, _ in told.said]
    assert shares == sorted(shares) and len(shares) == 7 * 4 and told.said[1][1] == "asking for hue"


def test_pictures_without_factors_are_asked_for_what_can_be_measured(run):
    probe = run.probe()
    plain = {name: probe[name] for name in ("images", "indices")}
    write_npz(run.path / "probe.npz", plain)
    names = ask(run, keeps_job())["names"].tolist()
    assert names == list(properties(probe["images"])) and "mean hue" in names
    write_npz(run.path / "probe.npz", {**plain, "labels": probe["labels"]})
    assert ask(run, keeps_job(2))["names"].tolist() == ["label", *names]
    same = np.repeat(probe["images"][:1], 80, axis=0)
    write_npz(run.path / "probe.npz", {**plain, "images": same})
    with pytest.raises(ValueError, match="differ in something"):
        ask(run, keeps_job())


def test_steps_are_spread_over_the_run():
    assert spread_steps([0, 1, 2], 6) == [0, 1, 2]
    assert spread_steps(list(range(0, 110, 10)), 3) == [0, 50, 100]


def test_collapsed_representations_are_still_clustered(run):
    h = np.ones((80, 16), np.float32)
    write_npz(run.path / "snapshots" / "00000400.npz", {"h": h, "z": h})
    found = ask(run, clusters_job(4))
    assert len(np.unique(found["clusters"][-1])) == 1


def test_the_question_changes_when_a_snapshot_comes_and_needs_no_weights(tmp_path):
    made = FakeRun(RunStore(tmp_path), probe=30)
    with pytest.raises(LabError, match="no snapshot yet"):
        jobs.key_of(made.run, layout_job())
    made.snapshot()
    assert find_weights(made.run, "none").source == ENCODED
    before = jobs.key_of(made.run, layout_job())
    assert before == jobs.key_of(made.run, layout_job())
    assert before != jobs.key_of(made.run, layout_job(neighbors=30))
    made.train(50)
    made.snapshot()
    assert before != jobs.key_of(made.run, layout_job())


def test_a_snapshot_without_z_is_told(run):
    h = run.snapshot(0)["h"]
    write_npz(run.path / "snapshots" / "00000000.npz", {"h": h})
    with pytest.raises(LabError, match="expected z in the snapshot of step 0"):
        ask(run, layout_job("z"))
