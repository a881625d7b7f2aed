"""The pairs of a step: the views that training saw, compared by the network as it is now."""

from __future__ import annotations

import numpy as np
import pytest

from fake_run import FakeRun
from simclr_core.base.files import write_npz
from simclr_core.feed.packing import unpack
from simclr_core.feed.step_pairs import MISSING, pairs_payload
from simclr_core.model.simclr import Feed, build_model
from simclr_core.runs.snapshots.observer import Observer
from simclr_core.runs.store import RunStore
from simclr_core.training.step_pairs import SHOWN, step_pairs
from small_parts import MODEL, SIZE, TRAINING, VIEWS, pictures
from trained_run import trained_shapes

STEP = 7


@pytest.fixture(scope="module")
def model():
    return build_model(MODEL, TRAINING, SIZE)


@pytest.fixture(scope="module")
def feed() -> Feed:
    return Feed(pictures(40), VIEWS, 12, seed=5)


def test_views_and_similarities_are_those_of_the_step(model, feed):
    """By a plain loop over the views that the training itself renders."""
    found = step_pairs(Observer(model, batch=24), feed, STEP)
    (batch,) = feed[STEP]
    views = np.asarray(model.views(batch))  # (24, S, S, 3)
    z = np.asarray(model.projection_head(model.encoder(views, training=False), training=False))
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    assert int(found["step"]) == STEP + 1 and int(found["of"]) == 23
    assert found["views"].shape == (SHOWN, 3, SIZE, SIZE, 3)
    for pair in range(SHOWN):
        one, partner = z[2 * pair], z[2 * pair + 1]
        assert found["alike"][pair] == pytest.approx(float(one @ partner), abs=1e-5)
        others = [(float(one @ z[k]), k) for k in range(24) if k // 2 != pair]
        best, which = max(others)
        assert found["other"][pair] == pytest.approx(best, abs=1e-5)
        for k, view in zip((2 * pair, 2 * pair + 1, which), found["views"][pair], strict=True):
            np.testing.assert_allclose(view, np.rint(views[k] * 255), atol=1)


def test_looking_changes_nothing(model, feed):
    before = [np.copy(weight) for weight in model.get_weights()]
    step_pairs(Observer(model, batch=24), feed, STEP)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_large_views_are_made_smaller(model):
    big = np.repeat(np.repeat(pictures(12), 6, axis=1), 6, axis=2)  # 96 pixels a side
    large = build_model(MODEL, TRAINING, 96)
    assert step_pairs(Observer(large), Feed(big, VIEWS, 12, seed=5), 0)["views"].shape[2:4] == (
        48,
        48,
    )


def test_a_run_ends_with_the_pairs_of_its_last_step(store: RunStore):
    run = trained_shapes(store)
    header, arrays = unpack(pairs_payload(run))
    assert header["step"] == 12 == run.status["step"] and header["count"] == SHOWN
    assert header["found"] == (np.array(header["alike"]) > np.array(header["other"])).tolist()
    assert arrays["views"].size == SHOWN * 3 * header["size"] ** 2 * 3


def test_without_pairs_the_strip_says_why(store: RunStore):
    run = FakeRun(store, probe=20).run
    assert unpack(pairs_payload(run))[0]["message"] == MISSING
    assert unpack(pairs_payload(run, "soon"))[0]["message"] == "soon"
    write_npz(
        run.pairs_path, {"step": np.int64(3), "views": np.zeros((2, 3)), "alike": np.zeros(2)}
    )
    assert "expected" in unpack(pairs_payload(run))[0]["message"].lower()
    arrays = {"step": np.int64(3), "views": np.zeros((2, 3, 4, 4, 3)), "alike": np.zeros(2)}
    write_npz(run.pairs_path, {**arrays, "other": np.zeros(2)})
    assert "views of shape (n, 3, S, S, 3) in uint8" in unpack(pairs_payload(run))[0]["message"]
