"""Where a network looks: against networks that look where they were made to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cosine

from simclr_core.measures.occlusion import GRID, WINDOW, edges, occlusion
from simclr_core.questions.answers import Question, occlude
from simclr_core.questions.job import occlude_job
from simclr_core.runs.snapshots.networks import Networks
from simclr_core.runs.snapshots.weights import find_weights
from simclr_core.runs.store import RunStore
from trained_run import observer, trained_shapes

RNG = np.random.default_rng(0)
PAIR = RNG.random((2, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize("corner", [(1, 6), (0, 0), (7, 3)])
def test_a_network_that_looks_at_one_cell_is_found_out(corner):
    row, column = corner
    part = np.s_[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
    pair = PAIR.copy()
    pair[1][part[1:]] = pair[0][part[1:]]  # alike there, and nowhere else

    def encode(pictures):
        return pictures[part].reshape(len(pictures), -1)

    whole, lost = occlusion(pair, encode, lambda share: None)
    assert whole == pytest.approx(1)
    for values in lost:
        assert values.argmax() == np.abs(values).argmax() == GRID * corner[0] + corner[1]
        far = values.copy()
        far[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 0  # hidden with it
        assert np.abs(far).max() < 1e-6


def test_every_cell_has_the_mean_of_the_windows_that_hide_it():
    weights = RNG.normal(size=(32 * 32 * 3, 5))

    def encode(pictures):
        return pictures.reshape(len(pictures), -1) @ weights

    shares = []
    whole, lost = occlusion(PAIR, encode, shares.append)
    a, b = encode(PAIR)
    assert whole == pytest.approx(1 - cosine(a, b), abs=1e-5)
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] < 1
    cut = edges(32)
    for picture, (row, column) in ((0, (0, 0)), (1, (3, 7)), (0, (4, 4))):
        found = []
        for top in range(row - WINDOW + 1, row + 1):
            for left in range(column - WINDOW + 1, column + 1):
                hidden = PAIR[picture].copy()
                ends = [min(first + WINDOW, GRID) for first in (top, left)]
                rows = slice(cut[max(top, 0)], cut[ends[0]])
                part = hidden[rows, cut[max(left, 0)] : cut[ends[1]]]
                part[:] = PAIR[picture].mean((0, 1))
                other = encode(PAIR[1 - picture][None])[0]
                found.append(whole - (1 - cosine(encode(hidden[None])[0], other)))
        assert lost[picture, row, column] == pytest.approx(np.mean(found), abs=1e-5)


@pytest.mark.parametrize("size", [8, 13, 28, 224])
def test_cells_cover_pictures_of_any_size(size):
    cut = edges(size)
    assert cut[0] == 0 and cut[-1] == size and (np.diff(cut) >= 1).all()
    pair = RNG.random((2, size, size, 3)).astype(np.float32)
    _, lost = occlusion(pair, lambda p: p.mean((1, 2)), lambda share: None)
    assert np.isfinite(lost).all()


def test_a_run_is_asked_with_its_own_network(tmp_path):
    run = trained_shapes(RunStore(tmp_path))
    images = run.probe()["images"][:2]
    job = occlude_job(images)
    asked = Question(run, job.kind, job.parameters, dict(job.arrays), find_weights(run), Networks())
    found = occlude(asked, lambda share, words: None)
    network = observer(run)
    whole, lost = occlusion(
        images.astype(np.float32) / 255, lambda p: network.encode(p)[0], lambda share: None
    )
    assert float(found["similarity"]) == pytest.approx(whole, abs=1e-5)
    assert found["lost"] == pytest.approx(lost, abs=1e-4) and int(found["step"]) == 12
    job = occlude_job(images[:, :8])
    asked = Question(run, job.kind, job.parameters, dict(job.arrays), find_weights(run), Networks())
    with pytest.raises(ValueError, match="expected pictures"):
        occlude(asked, lambda share, words: None)
