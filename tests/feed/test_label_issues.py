"""Labels that neighbours dispute, against a vote in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.errors import LabError
from simclr_core.base.files import write_npz
from simclr_core.feed.explore import label_issues
from simclr_core.measures.knn import K, T
from simclr_core.runs.store import RunStore

P = 40


@pytest.fixture
def fake(tmp_path):
    """A run whose pictures stand in groups by label, but 7 stands in the group of another one."""
    made = FakeRun(RunStore(tmp_path), probe=P)
    rng = np.random.default_rng(3)
    probe = made.run.probe()
    labels = np.arange(P) % 2
    h = np.where(labels[:, None] == 0, [1.0, 0, 0], [0, 1.0, 0]) + 0.2 * rng.normal(size=(P, 3))
    h[7] = h[8] + 0.01
    z = rng.normal(size=(P, 2, 4))
    z[11, 1] = -z[11, 0]
    arrays = {"h": h, "z": z[:, 0], "h_views": np.stack([h, h], 1), "z_views": z}
    write_npz(
        made.run.path / "snapshots" / "00000000.npz",
        {name: array.astype(np.float32) for name, array in arrays.items()},
    )
    kept = {name: probe[name] for name in ("images", "indices")}
    write_npz(made.run.path / "probe.npz", {**kept, "labels": labels})
    return made


def votes(h: np.ndarray, labels: np.ndarray, i: int) -> dict[int, float]:
    """Wu et al. 2018, section 3.4: the nearest of known labels vote with exp(similarity / T)."""
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    others = [(float(unit[i] @ unit[j]), j) for j in range(len(h)) if j != i and labels[j] >= 0]
    found: dict[int, float] = {}
    for s, j in sorted(others, reverse=True)[:K]:
        found[int(labels[j])] = found.get(int(labels[j]), 0.0) + math.exp(s / T)
    return found


def expected(h: np.ndarray, labels: np.ndarray) -> list[int]:
    shares = {}
    for i in np.flatnonzero(labels >= 0).tolist():
        found = votes(h, labels, i)
        if max(found, key=lambda label: found[label]) != labels[i]:
            shares[i] = found.get(int(labels[i]), 0.0) / sum(found.values())
    return sorted(shares, key=lambda i: shares[i])


def test_a_disputed_label_is_found_and_opens_first(fake) -> None:
    h, labels = fake.run.snapshot(0)["h"], fake.run.probe()["labels"]
    found = label_issues.label_issues(fake.run, 0)
    assert [one["a"] for one in found["issues"]] == expected(h, labels)
    first = found["issues"][0]
    assert first["a"] == 7 == label_issues.hard_picture(fake.run, 0)
    assert first["label"] != first["vote"] and first["asked"] == K
    near = np.argsort(-(h @ h[7]) / np.linalg.norm(h, axis=1))
    assert first["agree"] == sum(labels[j] == labels[7] for j in near if j != 7 and j in near[:21])
    assert (found["count"], found["among"]) == (len(found["issues"]), P)


def test_pictures_without_a_label_neither_vote_nor_are_asked(fake) -> None:
    probe, h = fake.run.probe(), fake.run.snapshot(0)["h"]
    labels = probe["labels"].copy()
    labels[::3] = -1
    write_npz(fake.run.path / "probe.npz", {**probe, "labels": labels})
    found = label_issues.label_issues(fake.run, 0)
    assert [one["a"] for one in found["issues"]] == expected(h, labels)
    assert found["among"] == int((labels >= 0).sum())


def test_where_no_label_is_disputed_the_worst_pair_opens_first(fake) -> None:
    probe = fake.run.probe()
    write_npz(fake.run.path / "probe.npz", {k: probe[k] for k in ("images", "indices")})
    assert label_issues.hard_picture(fake.run, 0) == 11  # its two views are opposites
    with pytest.raises(LabError, match="no labels"):
        label_issues.label_issues(fake.run, 0)
    h = fake.run.snapshot(0)["h"]
    write_npz(fake.run.path / "snapshots" / "00000000.npz", {"h": h})
    assert label_issues.hard_picture(fake.run, 0) is None
