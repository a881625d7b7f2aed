"""Pairs in Explore: against loops and SciPy, with doubles and strangers put in by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.distance import cosine

from fake_run import FakeRun
from http_client import serving
from pages.server import explore_routes
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_npz
from simclr_core.feed.explore import label_issues, pairs
from simclr_core.feed.explore.link import encode_selection
from simclr_core.feed.packing import unpack
from simclr_core.runs.store import RunStore
from simclr_core.views.recipes import describe, probe_recipes

P = 40


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A run with one snapshot: random, but 3 and 17 are doubles, and 30 is like no other."""
    monkeypatch.setenv("SIMCLR_LAB_RUNS", str(tmp_path))
    made = FakeRun(RunStore(tmp_path), probe=P)
    rng = np.random.default_rng(4)
    h = np.abs(rng.normal(size=(P, 12))) + 0.5
    h[17] = 3 * h[3]
    h[30] = -h[30]
    z = rng.normal(size=(P, 1, 6)) + 0.4 * rng.normal(size=(P, 2, 6))
    arrays = {"h": h, "z": z[:, 0], "h_views": np.stack([h, h], 1), "z_views": z}
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    write_npz(made.run.path / "snapshots" / "00000000.npz", arrays)
    probe = made.run.probe()
    images = probe["images"].copy()
    images[17] = images[3]
    write_npz(made.run.path / "probe.npz", {**probe, "images": images})
    return made


def alike(a: np.ndarray, b: np.ndarray) -> float:
    return 1 - float(cosine(a, b))


def test_positives_are_the_pictures_whose_views_are_least_alike(fake):
    z = fake.run.snapshot(0)["z_views"]
    found = pairs.hard_pairs(fake.run, 0)["positives"]
    order = sorted(range(P), key=lambda i: alike(*z[i]))[: pairs.LISTED]
    assert [pair["a"] for pair in found] == order
    assert [pair["similarity"] for pair in found] == pytest.approx(
        [alike(*z[i]) for i in order], abs=1e-6
    )
    recipes = probe_recipes(fake.run.config.views, P, 32)
    for pair in found:
        words = [describe(recipes, pair["a"], view) for view in (0, 1)]
        assert [view["words"] for view in pair["views"]] == words


@pytest.mark.parametrize("block", [7, 256])
def test_negatives_are_the_most_alike_views_of_different_pictures(fake, monkeypatch, block):
    monkeypatch.setattr(pairs, "BLOCK", block)
    z, labels = fake.run.snapshot(0)["z_views"], fake.run.probe()["labels"]
    every = []
    for a in range(P):
        for b in range(a + 1, P):
            every.append((max(alike(u, v) for u in z[a] for v in z[b]), a, b))
    every.sort(key=lambda one: -one[0])
    found = pairs.hard_pairs(fake.run, 0)["negatives"]
    assert [(pair["a"], pair["b"]) for pair in found] == [(a, b) for _, a, b in every[:12]]
    assert [pair["similarity"] for pair in found] == pytest.approx([s for s, _, _ in every[:12]])
    assert [pair["agree"] for pair in found] == [
        bool(labels[a] == labels[b]) for _, a, b in every[:12]
    ]


def test_doubles_and_strangers_that_were_put_in_are_found(fake):
    found = pairs.copies_and_outliers(fake.run, 0)
    assert [(pair["a"], pair["b"]) for pair in found["identical"]] == [(3, 17)]
    assert found["copies"] == 1
    assert found["outliers"][0]["a"] == 30 and found["outliers"][0]["similarity"] < 0


def test_what_is_most_alike_to_the_network_has_other_pixels(fake):
    snapshot = fake.run.snapshot(0)
    h = snapshot["h"].copy()
    h[8] = 2 * h[5]  # the same to the network; the pixels differ
    write_npz(fake.run.path / "snapshots" / "00000000.npz", {**snapshot, "h": h})
    found = pairs.copies_and_outliers(fake.run, 0)["alike"]
    assert (found[0]["a"], found[0]["b"]) == (5, 8)
    assert (3, 17) not in [(pair["a"], pair["b"]) for pair in found]
    assert all(pair["similarity"] >= pairs.ALIKE for pair in found)


def test_without_labels_nothing_is_said_of_agreement(fake):
    probe = fake.run.probe()
    write_npz(fake.run.path / "probe.npz", {k: probe[k] for k in ("images", "indices")})
    found = pairs.hard_pairs(fake.run, 0)
    assert {pair["agree"] for pair in found["negatives"]} == {None}
    with pytest.raises(LabError, match="order by clustering"):
        pairs.matrix_block(fake.run, 0, 8, pairs.BY_CLASS)
    header, arrays = unpack(pairs.matrix_block(fake.run, 0, 8, pairs.AS_DRAWN))
    assert header["names"] == [] and (arrays["category"] == 0).all()


@pytest.mark.parametrize("order", pairs.ORDERS)
def test_a_matrix_has_the_projections_of_its_pictures_partners_side_by_side(fake, order):
    held, labels = fake.run.snapshot(0)["z_views"], fake.run.probe()["labels"]
    header, arrays = unpack(pairs.matrix_block(fake.run, 0, 16, order))
    index, z = arrays["index"], arrays["z"].reshape(32, header["width"])
    assert len(set(index.tolist())) == 16
    for row, view in enumerate(z):
        expected = held[index[row // 2], row % 2]
        assert view == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
    assert (arrays["category"] == labels[index]).all()
    assert header["temperature"] == fake.run.config.training.temperature
    drawn = unpack(pairs.matrix_block(fake.run, 0, 16, pairs.AS_DRAWN))[1]["index"]
    assert set(drawn.tolist()) == set(index.tolist())
    if order == pairs.BY_CLASS:
        assert (np.diff(labels[index]) >= 0).all()
    if order == pairs.BY_CLUSTER:  # neighbours in the order are nearer than as drawn

        def path(order: np.ndarray) -> float:
            flat = (held / np.linalg.norm(held, axis=2, keepdims=True)).reshape(P, -1)[order]
            return float(np.linalg.norm(np.diff(flat, axis=0), axis=1).sum())

        assert path(index) < path(drawn)


def test_what_was_selected_on_the_map_comes_first(fake):
    word = encode_selection([5, 6, 39], P)
    index = unpack(pairs.matrix_block(fake.run, 0, 8, "as drawn", word))[1]["index"]
    assert index[:3].tolist() == [5, 6, 39] and len(index) == 8
    everything = unpack(pairs.matrix_block(fake.run, 0, 64, "as drawn"))[1]["index"]
    assert sorted(everything.tolist()) == list(range(P))


def test_a_snapshot_without_views_is_told(fake):
    h = fake.run.snapshot(0)["h"]
    write_npz(fake.run.path / "snapshots" / "00000000.npz", {"h": h})
    with serving(explore_routes.ROUTES) as client:
        base = f"/lab/runs/{fake.run.id}/map"
        for path in ("pairs.json?step=0", "matrix.bin?step=0&count=8&order=as%20drawn"):
            answer = client.get(f"{base}/{path}")
            assert answer.status_code == 404 and "z_views" in answer.text
        assert "order" in client.get(f"{base}/matrix.bin?step=0&count=8&order=x").text


def test_the_routes_give_what_the_functions_give(fake):
    with serving(explore_routes.ROUTES) as client:
        base = f"/lab/runs/{fake.run.id}/map"
        for name, expected in (
            ("pairs", pairs.hard_pairs(fake.run, 0)),
            ("copies", pairs.copies_and_outliers(fake.run, 0)),
            ("labels", label_issues.label_issues(fake.run, 0)),
            ("hard", label_issues.hard_picture(fake.run, 0)),
        ):
            found = client.get(f"{base}/{name}.json?step=0").json()
            assert found == json.loads(json.dumps(expected))
        assert "pairs, labels" in client.get(f"{base}/others.json?step=0").text
        answer = client.get(f"{base}/matrix.bin?step=0&count=8&order=by%20clustering")
        assert answer.content == pairs.matrix_block(fake.run, 0, 8, "by clustering")


def test_of_many_pictures_different_ones_are_compared_among_some(fake, monkeypatch):
    whole = pairs.hard_pairs(fake.run, 0)
    assert (whole["among"], whole["count"]) == (P, P)
    monkeypatch.setattr(pairs.cache, "MANY", 10)
    found = pairs.hard_pairs(fake.run, 0)
    rows = set(np.linspace(0, P - 1, 10).round().astype(int).tolist())
    assert (found["among"], found["count"]) == (10, P)
    assert found["positives"] == whole["positives"]  # of every picture's own two views
    z = fake.run.snapshot(0)["z_views"]
    best = max(
        (max(alike(z[a, i], z[b, j]) for i in (0, 1) for j in (0, 1)), a, b)
        for a in rows
        for b in rows
        if a < b
    )
    first = found["negatives"][0]
    assert (first["a"], first["b"]) == best[1:] and first["similarity"] == pytest.approx(
        best[0], abs=1e-5
    )
    found |= pairs.copies_and_outliers(fake.run, 0)
    for name in ("negatives", "alike", "outliers"):
        assert {one[k] for one in found[name] for k in "ab"} <= rows
