"""NT-Xent against plain loops from SimCLR's algorithm 1, by hand, and by its invariances."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simclr_core.base.paths import PROJECT
from simclr_core.loss.nt_xent import (
    collapsed_loss,
    contrastive_accuracy,
    loss_and_accuracy,
    minimum_loss,
    nt_xent_loss,
    similarities,
)

TEMPERATURES = (0.01, 0.1, 0.5, 1.0, 10.0)


def normal(images: int, dim: int, seed: int = 0) -> np.ndarray:
    """Projections of `images` pairs: (2N, d) float64, partners a little alike."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(rng.normal(size=(images, dim)), 2, axis=0)
    return centre + 0.8 * rng.normal(size=(2 * images, dim))


def similarity(z: np.ndarray, i: int, j: int) -> float:
    """sim(z_i, z_j) of section 2.1, in float64; 0 where one of them is zero."""
    lengths = np.linalg.norm(z[i]) * np.linalg.norm(z[j])
    return float(np.dot(z[i], z[j]) / lengths) if lengths else 0.0


def algorithm_1(z: np.ndarray, temperature: float) -> float:
    """The paper's algorithm 1 as it stands: a loop over pairs, both directions, all k but i."""
    count = len(z)

    def one(i: int, j: int) -> float:
        below = 0.0
        for k in range(count):
            if k != i:
                below += math.exp(similarity(z, i, k) / temperature)
        return -math.log(math.exp(similarity(z, i, j) / temperature) / below)

    total = 0.0
    for k in range(count // 2):
        total += one(2 * k, 2 * k + 1) + one(2 * k + 1, 2 * k)
    return total / count


def accuracy_by_loop(z: np.ndarray) -> float:
    """Share of views that are nearer to their partner than to each negative."""
    found = 0
    for i in range(len(z)):
        partner = i + 1 if i % 2 == 0 else i - 1
        negatives = [similarity(z, i, k) for k in range(len(z)) if k not in (i, partner)]
        found += all(similarity(z, i, partner) > s for s in negatives)
    return found / len(z)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize(("images", "dim"), [(2, 2), (3, 5), (8, 16), (20, 3)])
def test_the_loss_is_algorithm_1(images: int, dim: int, temperature: float) -> None:
    z = normal(images, dim, seed=images)
    oracle = algorithm_1(z, temperature)
    # float32 knows a similarity to about 1e-7, which the temperature divides.
    assert nt_xent_loss(z, temperature) == pytest.approx(
        oracle, rel=2e-6, abs=4e-7 / temperature + 1e-6
    )


def test_four_views_by_hand() -> None:
    """Views 0 and 1 are alike, 2 and 3 at right angles, 0 and 3 opposite; tau is 1.

    similarities: s01 = 1, s02 = s12 = s23 = 0, s03 = s13 = -1
    views 0 and 1: ln(e + 1 + 1/e) - 1 = ln 4.086161 - 1 = 0.407606
    view 2:        ln(1 + 1 + 1)   - 0 = 1.098612
    view 3:        ln(1 + 2/e)     - 0 = ln 1.735759     = 0.551445
    mean:          (0.407606 + 0.407606 + 1.098612 + 0.551445) / 4 = 0.616317
    View 2 ties with its negatives, so three of four views find their partner.
    """
    z = np.array([[3, 0], [0.5, 0], [0, 2], [-1, 0]])
    loss, accuracy = loss_and_accuracy(z, 1.0)
    assert loss == pytest.approx(0.616317, abs=1e-6)
    assert accuracy == 0.75
    assert contrastive_accuracy(z) == 0.75


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("images", [2, 5, 64])
def test_all_alike_gives_ln_of_2n_minus_1(images: int, temperature: float) -> None:
    z = np.tile([[0.0, 2.0]], (2 * images, 1))  # of a length that float32 divides exactly
    loss, accuracy = loss_and_accuracy(z, temperature)
    assert loss == pytest.approx(math.log(2 * images - 1), rel=1e-6)
    assert loss == pytest.approx(collapsed_loss(images), rel=1e-6)
    assert accuracy == 0  # what ties with a negative has not been found


def test_the_all_alike_line_by_hand() -> None:
    assert collapsed_loss(1) == 0
    assert collapsed_loss(2) == pytest.approx(1.0986123)  # ln 3
    assert collapsed_loss(128) == pytest.approx(5.5412635)  # ln 255


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0])
def test_the_floor_is_partners_alike_and_negatives_at_right_angles(temperature: float) -> None:
    z = np.repeat(np.eye(6), 2, axis=0)
    loss, accuracy = loss_and_accuracy(z, temperature)
    assert loss == pytest.approx(minimum_loss(6, temperature), rel=1e-5, abs=1e-6)
    assert accuracy == 1


def test_the_floor_by_hand_and_what_lies_below_it() -> None:
    assert minimum_loss(2, 1.0) == pytest.approx(0.5514447)  # ln(1 + 2/e)
    opposite = np.array([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    # ln(1 + 2/e^2) = ln 1.270671 = 0.239545: negatives that point apart
    assert nt_xent_loss(opposite, 1.0) == pytest.approx(0.239545, abs=1e-6)
    assert (
        minimum_loss(128, 0.1)
        < minimum_loss(128, 0.5)
        < minimum_loss(128, 10)
        < collapsed_loss(128)
    )


def test_one_pair_alone_has_no_negatives() -> None:
    loss, accuracy = loss_and_accuracy(normal(1, 4), 0.1)
    assert loss == pytest.approx(0, abs=1e-6)
    assert accuracy == 1


@pytest.mark.parametrize("seed", range(4))
def test_accuracy_is_counted_as_by_a_loop(seed: int) -> None:
    z = normal(15, 6, seed)
    expected = accuracy_by_loop(z)
    assert 0 < expected < 1
    assert contrastive_accuracy(z) == pytest.approx(expected)
    for temperature in TEMPERATURES:
        assert loss_and_accuracy(z, temperature)[1] == pytest.approx(expected)


def swapped(z: np.ndarray) -> np.ndarray:
    """The two views of every second pair change places."""
    pairs = z.reshape(-1, 2, z.shape[1]).copy()
    pairs[::2] = pairs[::2, ::-1]
    return pairs.reshape(z.shape)


def shuffled(z: np.ndarray) -> np.ndarray:
    """The pairs in another order."""
    order = np.random.default_rng(1).permutation(len(z) // 2)
    return z.reshape(-1, 2, z.shape[1])[order].reshape(z.shape)


def scaled(z: np.ndarray) -> np.ndarray:
    """Every projection with a length of its own."""
    return z * np.random.default_rng(2).uniform(0.01, 100, (len(z), 1))


def turned(z: np.ndarray) -> np.ndarray:
    """All projections turned by the same orthogonal matrix."""
    return z @ np.linalg.qr(np.random.default_rng(3).normal(size=(z.shape[1],) * 2))[0]


@pytest.mark.parametrize("change", [swapped, shuffled, scaled, turned])
def test_what_the_loss_does_not_see(change: Callable[[np.ndarray], np.ndarray]) -> None:
    z = normal(9, 6)
    assert np.abs(change(z) - z).max() > 0.1
    before, after = loss_and_accuracy(z, 0.2), loss_and_accuracy(change(z), 0.2)
    np.testing.assert_allclose(after, before, rtol=1e-5)


def test_the_loss_sees_who_is_whose_partner() -> None:
    z = normal(9, 6)
    assert nt_xent_loss(np.roll(z, 1, axis=0), 0.2) > nt_xent_loss(z, 0.2) + 0.5


def test_similarities_are_cosines() -> None:
    z = normal(5, 7)
    oracle = [[similarity(z, i, j) for j in range(10)] for i in range(10)]
    found = similarities(z)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, oracle, atol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "keras"])
def test_float16_projections_give_a_finite_float32_loss(backend: str) -> None:
    """Their squares pass float16's largest number, 65504, and so does the mask."""
    z = (300 * normal(8, 16)).astype(np.float16)
    if backend == "numpy":
        loss, accuracy = loss_and_accuracy(z, 0.01)
    else:
        from keras import ops

        loss, accuracy = loss_and_accuracy(ops.convert_to_tensor(z), 0.01, ops)
    for value in (loss, accuracy):
        assert np.asarray(value).dtype == np.float32
    assert float(loss) == pytest.approx(algorithm_1(z.astype(float), 0.01), rel=1e-4)
    assert float(accuracy) == pytest.approx(accuracy_by_loop(z.astype(float)))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_numpy_equals_keras(temperature: float) -> None:
    from keras import ops

    z = normal(40, 12).astype(np.float32)
    ours = loss_and_accuracy(z, temperature)
    theirs = [float(v) for v in loss_and_accuracy(ops.convert_to_tensor(z), temperature, ops)]
    tolerance = 1e-6 * max(1.0, 0.1 / temperature)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_compiled_with_any_batch_equals_numpy() -> None:
    tf = pytest.importorskip("tensorflow")
    from keras import backend, ops

    if backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow traces a step for batches of any size")

    @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32)])
    def both(z: Any) -> Any:
        return loss_and_accuracy(z, 0.1, ops)

    for images in (2, 7):
        z = normal(images, 6, images).astype(np.float32)
        np.testing.assert_allclose(
            [float(v) for v in both(z)], loss_and_accuracy(z, 0.1), rtol=1e-5
        )


def gradient(z: np.ndarray, temperature: float, jit: bool = False) -> np.ndarray:
    """Gradient of the loss for z, by the backend; with XLA as on GPUs, or without."""
    from keras import backend, ops

    def loss(z: Any) -> Any:
        return nt_xent_loss(z, temperature, ops)

    if backend.backend() == "jax":
        import jax

        slope = jax.grad(loss)
        return np.asarray((jax.jit(slope) if jit else slope)(z.astype(np.float32)))
    if backend.backend() == "torch":
        import torch

        found = torch.tensor(z, dtype=torch.float32, requires_grad=True)
        loss(found).backward()
        return found.grad.numpy()
    import tensorflow as tf

    @tf.function(jit_compile=jit)
    def by_tape(z: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = loss(z)
        return tape.gradient(value, z)

    return by_tape(tf.constant(z, tf.float32)).numpy()


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_the_gradient_is_that_of_finite_differences(temperature: float) -> None:
    z, step = normal(4, 3), 1e-5
    oracle = np.zeros_like(z)
    for index in np.ndindex(*z.shape):
        high, low = z.copy(), z.copy()
        high[index] += step
        low[index] -= step
        slope = (algorithm_1(high, temperature) - algorithm_1(low, temperature)) / (2 * step)
        oracle[index] = slope
    assert np.abs(oracle).max() > 1e-2
    np.testing.assert_allclose(gradient(z, temperature), oracle, atol=2e-5)


@pytest.mark.parametrize("jit", [False, True])
def test_a_projection_of_zeros_spoils_nothing(jit: bool) -> None:
    """A narrow head gives one whenever none of its units is on. Its similarities are 0."""
    z = normal(4, 3)
    z[5] = 0
    assert nt_xent_loss(z, 0.1) == pytest.approx(algorithm_1(z, 0.1), rel=1e-5)
    assert np.abs(gradient(z, 0.1, jit)).max() < 100


def test_the_module_imports_without_keras() -> None:
    code = (
        "import sys, numpy as np\n"
        "from simclr_core.loss.nt_xent import nt_xent_loss\n"
        "nt_xent_loss(np.eye(4), 0.5)\n"
        "print(sorted({'keras', 'tensorflow', 'streamlit'} & set(sys.modules)))\n"
    )
    root = PROJECT
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
