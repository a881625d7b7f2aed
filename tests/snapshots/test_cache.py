"""A run's snapshots as the app asks for them: true to the files, read once, never confused."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from cachetools import LRUCache

from fake_run import FakeRun
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_npz
from simclr_core.measures import knn, per_picture
from simclr_core.runs.snapshots import cache
from simclr_core.runs.store import RunStore


@pytest.fixture
def fake(tmp_path) -> FakeRun:
    made = FakeRun(RunStore(tmp_path), probe=60)
    made.snapshot()
    return made


def test_everything_is_what_the_file_says(fake):
    held = fake.run.snapshot(0)
    assert (cache.vectors(fake.run, 0, "z") == held["z"]).all()
    which, similarity = cache.neighbours(fake.run, 0)
    expected = per_picture.ranked(held["h"], cache.NEIGHBOURS)
    assert (which == expected[0]).all() and (similarity == expected[1]).all()
    training = fake.run.config.training
    losses = per_picture.losses(held["z_views"], training.temperature, training.batch_size)
    assert (cache.values(fake.run, 0, "loss") == losses).all()
    assert cache.values(fake.run, 0, "views") == pytest.approx(np.ones(60))


def test_unknown_labels_neither_vote_nor_are_guessed(fake):
    labels = fake.run.probe()["labels"].copy()
    labels[::5] = -1
    known = np.flatnonzero(labels >= 0)
    found = cache.predicted(fake.run, 0, labels)
    h = fake.run.snapshot(0)["h"]
    assert (found[::5] == -1).all()
    assert (found[known] == knn.knn_predict(h[known], labels[known])).all()
    assert (cache.predicted(fake.run, 0, np.full(60, -1)) == -1).all()


def test_a_file_is_read_once_and_again_when_it_changes(fake, monkeypatch):
    read = []
    original = type(fake.run).snapshot
    monkeypatch.setattr(
        type(fake.run), "snapshot", lambda run, step: read.append(step) or original(run, step)
    )
    for _ in range(3):
        first = cache.vectors(fake.run, 0)
    assert read == [0]
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    held = original(fake.run, 0)
    time.sleep(0.01)
    write_npz(fake.run.path / "snapshots" / "00000000.npz", {**held, "h": 2 * held["h"]})
    assert (cache.vectors(fake.run, 0) == 2 * held["h"]).all()


def test_many_who_ask_at_once_wait_for_one(fake, monkeypatch):
    read = []
    original = type(fake.run).snapshot

    def slow(run, step):
        read.append(step)
        time.sleep(0.2)
        return original(run, step)

    monkeypatch.setattr(type(fake.run), "snapshot", slow)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.vectors(fake.run, 0))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 1 and all(one is found[0] for one in found) and len(found) == 8


def test_what_is_kept_is_bounded(fake, monkeypatch):
    assert cache._size({"a": np.zeros(10), "b": (np.zeros(5), np.zeros(5))}) == 160
    for kept in (cache._read_once, cache._derive_once):
        assert kept.cache.maxsize == cache.MOST_BYTES
        monkeypatch.setattr(kept, "cache", LRUCache(100, getsizeof=cache._size))
    cache.neighbours(fake.run, 0)
    assert cache._read_once.cache.currsize == cache._derive_once.cache.currsize == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no archive"),
        lambda path: path.unlink(),
        lambda path: write_npz(path, {"z": np.zeros((60, 8))}),
        lambda path: write_npz(path, {"h": np.full((60, 8), np.nan)}),
    ],
)
def test_damage_is_told_in_a_sentence(fake, damage):
    damage(fake.run.path / "snapshots" / "00000000.npz")
    with pytest.raises(LabError, match=r"expected|snapshot"):
        cache.vectors(fake.run, 0)


def test_a_snapshot_without_views_still_has_neighbours(fake):
    held = fake.run.snapshot(0)
    write_npz(fake.run.path / "snapshots" / "00000000.npz", {"h": held["h"]})
    assert cache.neighbours(fake.run, 0)[0].shape == (60, 20)
    with pytest.raises(LabError, match="z_views"):
        cache.values(fake.run, 0, "loss")
    with pytest.raises(ValueError, match="loss or views"):
        cache.values(fake.run, 0, "other")


def test_of_many_pictures_neighbours_are_looked_for_where_they_are_asked_for(fake, monkeypatch):
    labels = fake.run.probe()["labels"]
    which, similarity = cache.neighbours(fake.run, 0)
    votes = cache.predicted(fake.run, 0, labels)
    cache._derive_once.cache_clear()
    monkeypatch.setattr(cache, "MANY", 10)
    monkeypatch.setattr(cache, "neighbours", lambda *_: pytest.fail("asked for all"))
    for rows in (np.array([7]), np.array([1, 30, 59])):
        found = cache.neighbours_of(fake.run, 0, rows)
        np.testing.assert_array_equal(found[0], which[rows])
        np.testing.assert_allclose(found[1], similarity[rows], atol=1e-6)
    for index in (0, 31):
        assert cache.predicted_of(fake.run, 0, labels, index) == votes[index]
